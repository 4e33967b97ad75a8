// SPDX-License-Identifier: Apache-2.0
// Dictionary attack protection as authorizations meet it (Part 1, 16.8; Part 3, clause 25).
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "engine/commands/startup.h"
#include "engine/saved_state.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::SessionType;
namespace rh = wire::rh;

constexpr uint64_t kSecond = 1000;

class Lockout : public ::testing::Test {
 protected:
  Lockout() {
    guarded = create_primary(tpm, rh::Owner, sealed_data({ObjectBit::UserWithAuth}), auth, {1});
    unguarded = create_primary(tpm, rh::Owner, sealed_data(), auth, {1});
  }

  Rc unseal(const Made& item, const Bytes& password) {
    return tpm.run<Unseal>({item.handle}, {}, {password}).code;
  }
  Rc unseal(const Made& item, Use use) {
    return run_with<Unseal>(tpm, {item.handle}, {}, {use}).code;
  }
  void parameters(uint32_t tries, uint32_t recovery, uint32_t lockout) {
    ASSERT_EQ(tpm.run<DictionaryAttackParameters>({rh::Lockout}, {tries, recovery, lockout}).code,
              rc::Success);
  }
  // When a command finds out what the time has done.
  uint32_t tries_after(uint64_t seconds) {
    tpm.clock.now += seconds * kSecond;
    tpm.run<GetRandom>({}, {1});
    return tries();
  }
  uint32_t tries() const { return tpm.state.dictionary_attack->failed_tries; }
  void fail(unsigned times) {
    for (unsigned i = 0; i < times; ++i) ASSERT_EQ(unseal(guarded, wrong), rc::AuthFail.session(1));
  }

  const Bytes auth = {1, 2, 3, 4}, wrong = {4, 3, 2, 1};
  TestTpm tpm;
  Made guarded, unguarded;
};

TEST_F(Lockout, CountsFailuresOfProtectedEntitiesOnly) {
  EXPECT_EQ(unseal(unguarded, wrong), rc::BadAuth.session(1));
  EXPECT_EQ(tries(), 0u);
  EXPECT_EQ(unseal(guarded, wrong), rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 1u);
  EXPECT_EQ(tpm.run<HierarchyChangeAuth>({rh::Owner}, {}, {wrong}).code, rc::BadAuth.session(1));
  EXPECT_EQ(tries(), 1u);
  EXPECT_EQ(unseal(guarded, auth), rc::Success);
  EXPECT_EQ(tries(), 1u);
}

TEST_F(Lockout, AFailedTryIsDurableBeforeItIsAnswered) {
  Bytes command = TestTpm::password_command<Unseal>({guarded.handle}, {}, {wrong});
  Outcome outcome = execute(tpm.state, {.command = command}, tpm.ports);
  EXPECT_TRUE(outcome.durable);
  auto sections = save(outcome.state, &tpm.state);
  ASSERT_EQ(sections.size(), 1u);
  EXPECT_EQ(sections[0].tag, section_tag("DICT"));
  // Nothing else has changed.
  EXPECT_TRUE(outcome.state.sessions.same_as(tpm.state.sessions));
  EXPECT_TRUE(outcome.state.transient.same_as(tpm.state.transient));

  command = TestTpm::password_command<Unseal>({unguarded.handle}, {}, {wrong});
  EXPECT_FALSE(execute(tpm.state, {.command = command}, tpm.ports).durable);
}

TEST_F(Lockout, RefusesFurtherTriesUntilItHeals) {
  parameters(3, 100, 1000);
  fail(3);
  EXPECT_EQ(unseal(guarded, auth), rc::Lockout);
  EXPECT_EQ(unseal(guarded, wrong), rc::Lockout);
  EXPECT_EQ(tries(), 3u);
  EXPECT_EQ(unseal(unguarded, auth), rc::Success);
  tpm.clock.now += 100 * kSecond - 1;
  EXPECT_EQ(unseal(guarded, auth), rc::Lockout);
  tpm.clock.now += 1;
  EXPECT_EQ(unseal(guarded, auth), rc::Success);
  EXPECT_EQ(tries(), 2u);
}

TEST_F(Lockout, HealsOneTryARecoveryTimeAndNotBelowZero) {
  parameters(10, 100, 1000);
  fail(5);
  EXPECT_EQ(tries_after(250), 3u);
  EXPECT_EQ(tries_after(50), 2u);
  EXPECT_EQ(tries_after(100000), 0u);
}

// Part 1, 16.8.2: it takes a recoveryTime without any failure.
TEST_F(Lockout, AFailureBeginsTheRecoveryTimeAnew) {
  parameters(10, 100, 1000);
  fail(1);
  tpm.clock.now += 99 * kSecond;
  fail(1);
  EXPECT_EQ(tries_after(99), 2u);
  EXPECT_EQ(tries_after(1), 1u);
}

TEST_F(Lockout, NeedsContinuousPowerToHeal) {
  parameters(10, 100, 1000);
  fail(2);
  tpm.clock.now += 99 * kSecond;
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(tries(), 2u);
  EXPECT_EQ(tries_after(99), 2u);
  EXPECT_EQ(tries_after(1), 1u);
}

TEST_F(Lockout, ClockSetDoesNotHeal) {
  parameters(10, 100, 1000);
  fail(1);
  tpm.state.clock.write().clock_at_sync += 1000 * kSecond;
  tpm.run<GetRandom>({}, {1});
  EXPECT_EQ(tries(), 1u);
}

TEST_F(Lockout, ARecoveryTimeOfZeroTurnsItOff) {
  parameters(3, 0, 1000);
  fail(10);
  EXPECT_EQ(tries(), 0u);
  EXPECT_EQ(unseal(guarded, auth), rc::Success);
}

TEST_F(Lockout, AMaximumOfZeroIsLockoutAtOnce) {
  parameters(0, 100, 1000);
  EXPECT_EQ(unseal(guarded, auth), rc::Lockout);
  EXPECT_EQ(unseal(unguarded, auth), rc::Success);
  parameters(1, 100, 1000);
  EXPECT_EQ(unseal(guarded, auth), rc::Success);
}

TEST_F(Lockout, IsResetByLockoutAuth) {
  parameters(2, 100, 1000);
  fail(2);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Success);
  EXPECT_EQ(tries(), 0u);
  EXPECT_EQ(unseal(guarded, auth), rc::Success);
}

TEST_F(Lockout, LockoutAuthHasOneTry) {
  parameters(5, 100, 50);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {wrong}).code,
            rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 0u);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Lockout);
  EXPECT_EQ(tpm.run<Clear>({rh::Lockout}, {}).code, rc::Lockout);
  // It concerns nobody else.
  EXPECT_EQ(unseal(guarded, auth), rc::Success);
  tpm.clock.now += 50 * kSecond - 1;
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Lockout);
  tpm.clock.now += 1;
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Success);
}

TEST_F(Lockout, LockoutAuthWorksWhileOthersAreLockedOut) {
  parameters(1, 100, 50);
  fail(1);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Success);
}

TEST_F(Lockout, ALockoutRecoveryOfZeroNeedsARestart) {
  parameters(5, 100, 0);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {wrong}).code,
            rc::AuthFail.session(1));
  tpm.clock.now += 1000000 * kSecond;
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Lockout);
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Success);
}

TEST_F(Lockout, ALockoutRecoverySurvivesARestart) {
  parameters(5, 100, 50);
  tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {wrong});
  tpm.clock.now += 49 * kSecond;
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  tpm.clock.now += 49 * kSecond;
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Lockout);
  tpm.clock.now += 1 * kSecond;
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Success);
}

// Part 1, 16.8.5.
TEST_F(Lockout, LockoutPolicyGivesLockoutAuthBack) {
  Bytes digest = command_code_policy(CommandCode::DictionaryAttackLockReset);
  ASSERT_EQ(tpm.run<SetPrimaryPolicy>({rh::Lockout}, {wire::Digest(digest), {AlgId::Sha256}}).code,
            rc::Success);
  parameters(5, 100, 1000000);
  tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {wrong});
  ASSERT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Lockout);
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::DictionaryAttackLockReset});
  EXPECT_EQ(run_with<DictionaryAttackLockReset>(tpm, {rh::Lockout}, {}, {{&policy}}).code,
            rc::Success);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Success);
}

TEST_F(Lockout, APolicyWithoutTheAuthValueIsNotLockedOut) {
  wire::Public item = sealed_data({});
  item.auth_policy = wire::Digest(command_code_policy(CommandCode::Unseal));
  Made made = create_primary(tpm, rh::Owner, item, auth, {1});
  parameters(1, 100, 1000);
  fail(1);
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
  EXPECT_EQ(unseal(made, Use{&policy}), rc::Success);
  // A policy that fails is no failed try.
  EXPECT_EQ(unseal(made, Use{&policy}), rc::PolicyFail.session(1));
  EXPECT_EQ(tries(), 1u);
}

TEST_F(Lockout, APolicyWithTheAuthValueCounts) {
  wire::Public item = sealed_data({});
  item.auth_policy = wire::Digest(
      formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(CommandCode::PolicyAuthValue)}));
  Made made = create_primary(tpm, rh::Owner, item, auth, {1});
  parameters(2, 100, 1000);
  for (bool password : {true, false}) {
    ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
    if (password)
      tpm.run<PolicyPassword>({policy.handle}, {});
    else
      tpm.run<PolicyAuthValue>({policy.handle}, {});
    policy.password_needed = password;
    policy.auth_value_needed = !password;
    EXPECT_EQ(unseal(made, Use{&policy, wrong}), rc::AuthFail.session(1));
  }
  EXPECT_EQ(tries(), 2u);
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
  tpm.run<PolicyAuthValue>({policy.handle}, {});
  policy.auth_value_needed = true;
  EXPECT_EQ(unseal(made, Use{&policy, auth}), rc::Lockout);
}

TEST_F(Lockout, AnHmacSessionCounts) {
  ClientSession session = start_session(tpm);
  EXPECT_EQ(unseal(guarded, Use{&session, wrong}), rc::AuthFail.session(1));
  EXPECT_EQ(unseal(unguarded, Use{&session, wrong}), rc::BadAuth.session(1));
  EXPECT_EQ(tries(), 1u);
}

// Part 1, 16.8.7: what a session is bound to is protected whatever the session does.
TEST_F(Lockout, ABoundSessionGuardsItsEntityElsewhere) {
  parameters(3, 100, 1000);
  ClientSession session = start_session(tpm, {.bind = guarded.handle, .bind_auth = wrong});
  EXPECT_EQ(unseal(unguarded, Use{&session, auth}), rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 1u);
  // As an audit or encryption session, too: its HMAC would tell a right guess.
  Use audit{.session = &session, .attributes = kContinue | kAudit};
  EXPECT_EQ(run_with<GetRandom>(tpm, {}, {8}, {audit}).code, rc::AuthFail.session(1));
  EXPECT_EQ(run_with<Unseal>(tpm, {unguarded.handle}, {}, {Use{.auth = auth}, audit}).code,
            rc::AuthFail.session(2));
  EXPECT_EQ(tries(), 3u);
  EXPECT_EQ(run_with<GetRandom>(tpm, {}, {8}, {audit}).code, rc::Lockout);
  EXPECT_EQ(unseal(unguarded, Use{&session, auth}), rc::Lockout);
  ClientSession right = start_session(tpm, {.bind = guarded.handle, .bind_auth = auth});
  EXPECT_EQ(unseal(unguarded, Use{&right, auth}), rc::Lockout);
}

TEST_F(Lockout, APolicySessionBoundToAProtectedEntityCounts) {
  wire::Public item = sealed_data();
  item.auth_policy = wire::Digest(command_code_policy(CommandCode::Unseal));
  Made made = create_primary(tpm, rh::Owner, item, auth, {1});
  ClientSession policy =
      start_session(tpm, {.type = SessionType::Policy, .bind = guarded.handle, .bind_auth = wrong});
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
  EXPECT_EQ(unseal(made, Use{&policy}), rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 1u);
}

TEST_F(Lockout, ASessionBoundToLockoutCountsAgainstLockoutAuth) {
  parameters(3, 100, 1000);
  ClientSession session = start_session(tpm, {.bind = rh::Lockout, .bind_auth = wrong});
  EXPECT_EQ(unseal(unguarded, Use{&session, auth}), rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 0u);
  EXPECT_FALSE(tpm.state.dictionary_attack->lockout_auth_enabled);
  EXPECT_EQ(unseal(unguarded, Use{&session, auth}), rc::Lockout);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Lockout);
}

// Part 1, 16.8.3 and 16.8.5: the authValue that is used and the one in the session's key are each
// protected in their own way.
TEST_F(Lockout, ABoundSessionAndItsEntityAreBothProtected) {
  parameters(2, 100, 1000);
  ClientSession of_lockout = start_session(tpm, {.bind = rh::Lockout, .bind_auth = {}});
  ClientSession of_guarded = start_session(tpm, {.bind = guarded.handle, .bind_auth = auth});
  EXPECT_EQ(unseal(guarded, Use{&of_lockout, auth}), rc::Success);
  fail(2);
  EXPECT_EQ(unseal(guarded, Use{&of_lockout, auth}), rc::Lockout);
  auto reset = [&](Use use) {
    return run_with<DictionaryAttackLockReset>(tpm, {rh::Lockout}, {}, {use}).code;
  };
  EXPECT_EQ(reset(Use{&of_guarded}), rc::Lockout);
  ClientSession plain = start_session(tpm);
  EXPECT_EQ(reset(Use{&plain}), rc::Success);
  // A failure may be that of either.
  EXPECT_EQ(unseal(guarded, Use{&of_lockout, wrong}), rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 1u);
  EXPECT_FALSE(tpm.state.dictionary_attack->lockout_auth_enabled);
}

// Part 1, 16.8.5: lockoutPolicy leads out, and uses no lockoutAuth.
TEST_F(Lockout, LockoutPolicyByABoundSession) {
  parameters(3, 100, 1000);
  Bytes policy = command_code_policy(CommandCode::DictionaryAttackLockReset);
  ASSERT_EQ(tpm.run<SetPrimaryPolicy>({rh::Lockout}, {wire::Digest(policy), {AlgId::Sha256}}).code,
            rc::Success);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {wrong}).code,
            rc::AuthFail.session(1));
  auto reset = [&](const Bytes& bind_auth) {
    ClientSession session = start_session(
        tpm, {.type = SessionType::Policy, .bind = guarded.handle, .bind_auth = bind_auth});
    tpm.run<PolicyCommandCode>({session.handle}, {CommandCode::DictionaryAttackLockReset});
    return run_with<DictionaryAttackLockReset>(tpm, {rh::Lockout}, {}, {Use{&session}}).code;
  };
  EXPECT_EQ(reset(wrong), rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 1u);
  EXPECT_EQ(reset(auth), rc::Success);
  EXPECT_TRUE(tpm.state.dictionary_attack->lockout_auth_enabled);
}

TEST_F(Lockout, ASessionBoundToAnotherHierarchyDoesNotCount) {
  ClientSession session = start_session(tpm, {.bind = rh::Owner, .bind_auth = wrong});
  EXPECT_EQ(unseal(unguarded, Use{&session, auth}), rc::BadAuth.session(1));
  EXPECT_EQ(tries(), 0u);
}

}  // namespace
}  // namespace vtpm::engine
