// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 24, without TPM2_CreatePrimary.
#include "engine/commands/hierarchy.h"

#include "engine/clock.h"
#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/startup.h"
#include "engine/hierarchy.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

constexpr Handle kOwnerObject = 0x81000001, kEndorsementObject = 0x81010001,
                 kPlatformObject = 0x81800001;

// Keys in each hierarchy, loaded, saved and evicted.
class Hierarchy : public ::testing::Test {
 protected:
  Hierarchy() {
    for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Null}) {
      Made made = create_primary(tpm, hierarchy, ecc_storage());
      loaded[hierarchy] = made.handle;
      names[hierarchy] = made.name;
      contexts[hierarchy] = tpm.run<ContextSave>({made.handle}, {}).reply.context;
    }
    evict(rh::Owner, loaded[rh::Owner], kOwnerObject);
    evict(rh::Owner, loaded[rh::Endorsement], kEndorsementObject);
    evict(rh::Platform, loaded[rh::Platform], kPlatformObject);
  }

  void evict(Handle auth, Handle object, Handle persistent) {
    EXPECT_EQ(tpm.run<EvictControl>({auth, object}, {.persistent_handle = {persistent}}).code,
              rc::Success);
  }
  bool is_loaded(Handle hierarchy) {
    return tpm.run<ReadPublic>({loaded[hierarchy]}, {}).code == rc::Success;
  }
  bool is_there(Handle persistent) { return tpm.state.persistent->objects.contains(persistent); }
  Rc load_context(Handle hierarchy) {
    auto answer = tpm.run<ContextLoad>({}, {contexts[hierarchy]});
    if (answer.code == rc::Success)
      tpm.run<FlushContext>({}, {.flush_handle = {answer.reply.loaded_handle.value}});
    return answer.code;
  }
  Bytes primary_name(Handle hierarchy) {
    Made made = create_primary(tpm, hierarchy, ecc_storage());
    tpm.run<FlushContext>({}, {.flush_handle = {made.handle}});
    return made.name;
  }
  Rc control(Handle auth, Handle enable, bool on) {
    return tpm
        .run<HierarchyControl>({auth}, {.enable = {enable}, .state = {static_cast<uint8_t>(on)}})
        .code;
  }

  TestTpm tpm;
  std::map<Handle, Handle> loaded;
  std::map<Handle, Bytes> names;
  std::map<Handle, wire::Context> contexts;
};

TEST_F(Hierarchy, PrimaryKeysComeAgain) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Null})
    EXPECT_EQ(primary_name(hierarchy), names[hierarchy]);
}

TEST_F(Hierarchy, ControlOfTheOwner) {
  EXPECT_EQ(control(rh::Owner, rh::Owner, false), rc::Success);
  EXPECT_FALSE(is_loaded(rh::Owner));
  EXPECT_TRUE(is_loaded(rh::Endorsement));
  EXPECT_TRUE(is_loaded(rh::Platform));
  EXPECT_TRUE(is_there(kOwnerObject));
  EXPECT_EQ(tpm.run<ReadPublic>({kOwnerObject}, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(load_context(rh::Owner), rc::Hierarchy.parameter(1));
  // Only the platform switches it on again.
  EXPECT_EQ(control(rh::Owner, rh::Owner, true), rc::Hierarchy.handle(1));
  EXPECT_EQ(control(rh::Endorsement, rh::Owner, true), rc::AuthType);
  EXPECT_EQ(control(rh::Platform, rh::Owner, true), rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({kOwnerObject}, {}).code, rc::Success);
  EXPECT_EQ(load_context(rh::Owner), rc::Success);
}

TEST_F(Hierarchy, ControlOfTheEndorsement) {
  EXPECT_EQ(control(rh::Endorsement, rh::Endorsement, false), rc::Success);
  EXPECT_FALSE(is_loaded(rh::Endorsement));
  EXPECT_TRUE(is_loaded(rh::Owner));
  EXPECT_EQ(load_context(rh::Endorsement), rc::Hierarchy.parameter(1));
  EXPECT_EQ(control(rh::Platform, rh::Endorsement, true), rc::Success);
  EXPECT_EQ(load_context(rh::Endorsement), rc::Success);
}

TEST_F(Hierarchy, ControlOfThePlatformLastsUntilTheNextStart) {
  EXPECT_EQ(control(rh::Platform, rh::Platform, true), rc::AuthType);
  EXPECT_EQ(control(rh::Platform, rh::Platform, false), rc::Success);
  EXPECT_FALSE(is_loaded(rh::Platform));
  EXPECT_EQ(control(rh::Platform, rh::Owner, false), rc::Hierarchy.handle(1));
  // phEnable is set by every Startup, a resume too (9.3.1).
  ASSERT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({kPlatformObject}, {}).code, rc::Success);
}

TEST_F(Hierarchy, OthersSurviveAResumeButNotARestart) {
  control(rh::Platform, rh::Owner, false);
  control(rh::Platform, rh::PlatformNv, false);
  tpm.run<HierarchyChangeAuth>({rh::Platform}, {wire::Auth(ByteView(Bytes{1}))});
  tpm.run<Shutdown>({}, {wire::StartupType::State});
  State saved = tpm.state;
  tpm.power_cycle();
  ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Success);
  EXPECT_FALSE(tpm.state.platform->storage_enabled);
  EXPECT_FALSE(tpm.state.platform->platform_nv_enabled);
  EXPECT_EQ(tpm.state.platform->platform.auth.size(), 1u);
  tpm.state = saved;
  tpm.power_cycle();
  ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
  EXPECT_TRUE(tpm.state.platform->storage_enabled);
  EXPECT_TRUE(tpm.state.platform->platform_nv_enabled);
  EXPECT_TRUE(tpm.state.platform->platform.auth.empty());
}

TEST_F(Hierarchy, WhoMayControlWhat) {
  EXPECT_EQ(control(rh::Owner, rh::Endorsement, false), rc::AuthType);
  EXPECT_EQ(control(rh::Owner, rh::Platform, false), rc::AuthType);
  EXPECT_EQ(control(rh::Owner, rh::PlatformNv, false), rc::AuthType);
  EXPECT_EQ(control(rh::Endorsement, rh::Owner, false), rc::AuthType);
  EXPECT_EQ(control(rh::Platform, rh::PlatformNv, false), rc::Success);
  EXPECT_FALSE(tpm.state.platform->platform_nv_enabled);
  EXPECT_EQ(control(rh::Platform, rh::PlatformNv, true), rc::Success);
  EXPECT_EQ(control(rh::Platform, rh::Null, false), rc::Value.parameter(1));
  EXPECT_EQ(control(rh::Lockout, rh::Owner, false), rc::Value.handle(1));
  EXPECT_EQ(control(rh::Null, rh::Owner, false), rc::Value.handle(1));
  EXPECT_EQ(tpm.run<HierarchyControl>({rh::Owner}, {.enable = {rh::Owner}, .state = {2}}).code,
            rc::Value.parameter(2));
}

TEST_F(Hierarchy, PrimaryPolicyIsSetAndTakenBack) {
  wire::Digest policy{crypto::Digest(48, 1).view()};
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Lockout}) {
    auto set = [&](const wire::Digest& digest, AlgId hash) {
      return tpm.run<SetPrimaryPolicy>({hierarchy}, {digest, {hash}}).code;
    };
    EXPECT_EQ(set(policy, AlgId::Sha384), rc::Success);
    EXPECT_EQ(set(policy, AlgId::Sha256), rc::Size.parameter(1));
    EXPECT_EQ(set(policy, AlgId::Null), rc::Size.parameter(1));
    EXPECT_EQ(set({}, AlgId::Sha384), rc::Size.parameter(1));
    EXPECT_EQ(set(policy, AlgId::Aes), rc::Hash.parameter(2));
    const Authorization& authorization = hierarchy == rh::Owner ? tpm.state.hierarchies->owner
                                         : hierarchy == rh::Endorsement
                                             ? tpm.state.hierarchies->endorsement
                                         : hierarchy == rh::Lockout ? tpm.state.hierarchies->lockout
                                                                    : tpm.state.platform->platform;
    EXPECT_EQ(authorization.policy, policy);
    EXPECT_EQ(*authorization.policy_hash, AlgId::Sha384);
    EXPECT_EQ(set({}, AlgId::Null), rc::Success);
  }
  EXPECT_EQ(tpm.run<SetPrimaryPolicy>({rh::Null}, {{}, {AlgId::Null}}).code, rc::Value.handle(1));
  control(rh::Platform, rh::Owner, false);
  EXPECT_EQ(tpm.run<SetPrimaryPolicy>({rh::Owner}, {{}, {AlgId::Null}}).code,
            rc::Hierarchy.handle(1));
}

TEST_F(Hierarchy, ChangePps) {
  wire::Digest policy{crypto::Digest(32, 1).view()};
  tpm.run<SetPrimaryPolicy>({rh::Platform}, {policy, {AlgId::Sha256}});
  tpm.run<HierarchyChangeAuth>({rh::Platform}, {wire::Auth(ByteView(Bytes{1}))});
  ASSERT_EQ(tpm.run<ChangePps>({rh::Platform}, {}, {{1}}).code, rc::Success);
  EXPECT_FALSE(is_loaded(rh::Platform));
  EXPECT_FALSE(is_there(kPlatformObject));
  EXPECT_EQ(load_context(rh::Platform), rc::Integrity.parameter(1));
  EXPECT_TRUE(tpm.state.platform->platform.policy.empty());
  // Not platformAuth, and no other hierarchy (24.4.1).
  EXPECT_EQ(tpm.state.platform->platform.auth.size(), 1u);
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Null}) {
    EXPECT_TRUE(is_loaded(hierarchy));
    EXPECT_EQ(load_context(hierarchy), rc::Success);
    EXPECT_EQ(primary_name(hierarchy), names[hierarchy]);
  }
  tpm.run<HierarchyChangeAuth>({rh::Platform}, {}, {{1}});
  EXPECT_NE(primary_name(rh::Platform), names[rh::Platform]);
  EXPECT_EQ(tpm.run<ChangePps>({rh::Owner}, {}).code, rc::Value.handle(1));
}

TEST_F(Hierarchy, ChangeEps) {
  control(rh::Endorsement, rh::Endorsement, false);
  control(rh::Platform, rh::Endorsement, true);
  tpm.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(Bytes{1}))});
  wire::Digest policy{crypto::Digest(32, 1).view()};
  tpm.run<SetPrimaryPolicy>({rh::Endorsement}, {policy, {AlgId::Sha256}}, {{1}});
  control(rh::Platform, rh::Endorsement, false);
  ASSERT_EQ(tpm.run<ChangeEps>({rh::Platform}, {}).code, rc::Success);
  EXPECT_FALSE(is_loaded(rh::Endorsement));
  EXPECT_FALSE(is_there(kEndorsementObject));
  EXPECT_EQ(load_context(rh::Endorsement), rc::Integrity.parameter(1));
  EXPECT_TRUE(tpm.state.platform->endorsement_enabled);
  EXPECT_TRUE(tpm.state.hierarchies->endorsement.auth.empty());
  EXPECT_TRUE(tpm.state.hierarchies->endorsement.policy.empty());
  EXPECT_NE(primary_name(rh::Endorsement), names[rh::Endorsement]);
  for (Handle hierarchy : {rh::Owner, rh::Platform, rh::Null}) {
    EXPECT_TRUE(is_loaded(hierarchy));
    EXPECT_EQ(load_context(hierarchy), rc::Success);
    EXPECT_EQ(primary_name(hierarchy), names[hierarchy]);
  }
  EXPECT_TRUE(is_there(kOwnerObject));
}

TEST_F(Hierarchy, Clear) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Lockout}) {
    wire::Digest policy{crypto::Digest(32, 1).view()};
    tpm.run<SetPrimaryPolicy>({hierarchy}, {policy, {AlgId::Sha256}});
    tpm.run<HierarchyChangeAuth>({hierarchy}, {wire::Auth(ByteView(Bytes{1}))});
  }
  tpm.run<DictionaryAttackParameters>({rh::Lockout}, {1, 2, 3}, {{1}});
  tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {{2}});
  ASSERT_FALSE(tpm.state.dictionary_attack->lockout_auth_enabled);
  control(rh::Platform, rh::Owner, false);
  control(rh::Platform, rh::Endorsement, false);
  tpm.run<HierarchyChangeAuth>({rh::Platform}, {wire::Auth(ByteView(Bytes{1}))});
  tpm.clock.now += 5000;
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}, {{1}}).code, rc::Success);

  for (Handle hierarchy : {rh::Owner, rh::Endorsement}) {
    EXPECT_FALSE(is_loaded(hierarchy));
    EXPECT_EQ(load_context(hierarchy), rc::Integrity.parameter(1));
  }
  EXPECT_FALSE(is_there(kOwnerObject));
  EXPECT_FALSE(is_there(kEndorsementObject));
  EXPECT_TRUE(is_there(kPlatformObject));
  EXPECT_TRUE(is_loaded(rh::Platform));
  EXPECT_EQ(load_context(rh::Platform), rc::Success);
  EXPECT_EQ(load_context(rh::Null), rc::Success);
  for (const Authorization* each :
       {&tpm.state.hierarchies->owner, &tpm.state.hierarchies->endorsement,
        &tpm.state.hierarchies->lockout}) {
    EXPECT_TRUE(each->auth.empty());
    EXPECT_TRUE(each->policy.empty());
    EXPECT_EQ(*each->policy_hash, AlgId::Null);
  }
  EXPECT_EQ(tpm.state.platform->platform.auth.size(), 1u);
  EXPECT_TRUE(tpm.state.platform->storage_enabled);
  EXPECT_TRUE(tpm.state.platform->endorsement_enabled);
  EXPECT_NE(primary_name(rh::Owner), names[rh::Owner]);
  // The endorsement keys are the same for all owners.
  EXPECT_EQ(primary_name(rh::Endorsement), names[rh::Endorsement]);

  const DictionaryAttack defaults;
  const DictionaryAttack& da = *tpm.state.dictionary_attack;
  EXPECT_EQ(da.failed_tries, 0u);
  EXPECT_EQ(da.maximum_tries, defaults.maximum_tries);
  EXPECT_EQ(da.recovery_time, defaults.recovery_time);
  EXPECT_EQ(da.lockout_recovery, defaults.lockout_recovery);
  EXPECT_TRUE(da.lockout_auth_enabled);

  auto time = tpm.run<ReadClock>({}, {}).reply.current_time;
  EXPECT_EQ(time.clock_info.clock, 0u);
  EXPECT_EQ(time.clock_info.reset_count, 0u);
  EXPECT_EQ(time.clock_info.restart_count, 0u);
  EXPECT_EQ(*time.clock_info.safe, 1);
  EXPECT_NE(time.time, 0u);
}

// Part 1, 8.4.11.2: the seed of a new owner comes from new entropy.
TEST_F(Hierarchy, ClearReseedsTheGenerator) {
  auto entropy_to_come = [&] {
    Bytes bytes(16);
    tests::FixedEntropy(tpm.entropy).fill(bytes);
    return bytes;
  };
  const Bytes unused = entropy_to_come();
  tpm.run<HierarchyControl>({rh::Platform}, {rh::Owner, 0});
  EXPECT_EQ(entropy_to_come(), unused);
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  EXPECT_NE(entropy_to_come(), unused);
}

TEST_F(Hierarchy, ClearEndsSavedSessions) {
  ClientSession kept = start_session(tpm), saved = start_session(tpm);
  auto context = tpm.run<ContextSave>({saved.handle}, {}).reply.context;
  ASSERT_EQ(tpm.run<Clear>({rh::Lockout}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<ContextLoad>({}, {context}).code, rc::Integrity.parameter(1));
  EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {{&kept}}).code, rc::Success);
}

TEST_F(Hierarchy, ClearVoidsAShutdown) {
  tpm.run<Shutdown>({}, {wire::StartupType::State});
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Value.parameter(1));
}

// The response is under the new, empty lockoutAuth (24.6.1).
TEST_F(Hierarchy, ClearByAnHmacSession) {
  for (bool bound : {false, true}) {
    tpm.run<HierarchyChangeAuth>({rh::Lockout}, {wire::Auth(ByteView(Bytes{1, 2}))});
    ClientSession session = start_session(
        tpm, bound ? SessionOptions{.bind = rh::Lockout, .bind_auth = {1, 2}} : SessionOptions{});
    EXPECT_EQ(run_with<engine::Clear>(tpm, {rh::Lockout}, {}, {{&session, {1, 2}, Bytes()}}).code,
              rc::Success);
  }
}

TEST_F(Hierarchy, ClearControl) {
  auto control = [&](Handle auth, uint8_t disable) {
    return tpm.run<engine::ClearControl>({auth}, {{disable}}).code;
  };
  EXPECT_EQ(control(rh::Lockout, 1), rc::Success);
  EXPECT_EQ(tpm.run<engine::Clear>({rh::Lockout}, {}).code, rc::Disabled);
  EXPECT_EQ(tpm.run<engine::Clear>({rh::Platform}, {}).code, rc::Disabled);
  EXPECT_EQ(control(rh::Lockout, 0), rc::AuthFail);
  EXPECT_EQ(tpm.state.dictionary_attack->failed_tries, 0u);
  EXPECT_TRUE(tpm.state.dictionary_attack->lockout_auth_enabled);
  EXPECT_EQ(control(rh::Platform, 0), rc::Success);
  EXPECT_EQ(tpm.run<engine::Clear>({rh::Lockout}, {}).code, rc::Success);
  EXPECT_EQ(control(rh::Owner, 1), rc::Value.handle(1));
  EXPECT_EQ(control(rh::Platform, 2), rc::Value.parameter(1));
  // It survives the loss of power.
  control(rh::Platform, 1);
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(tpm.run<engine::Clear>({rh::Lockout}, {}).code, rc::Disabled);
}

TEST_F(Hierarchy, ChangeAuth) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Lockout}) {
    auto change = [&](const Bytes& auth, const Bytes& old) {
      return tpm.run<HierarchyChangeAuth>({hierarchy}, {wire::Auth(ByteView(auth))}, {old}).code;
    };
    Bytes longest(digest_size(kIntegrityHash), 7);
    EXPECT_EQ(change(longest, {}), rc::Success);
    EXPECT_EQ(change({1, 2, 0, 0}, longest), rc::Success);
    EXPECT_EQ(change({}, {1, 2}), rc::Success);
  }
  Bytes too_long = {0, 65};
  too_long.resize(67);
  Bytes password = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
  EXPECT_EQ(TestTpm::parse<HierarchyChangeAuth>(
                tpm.execute(TestTpm::assemble(wire::CommandCode::HierarchyChangeAuth, {rh::Owner},
                                              password, too_long))
                    .view())
                .code,
            rc::Size.parameter(1));
  EXPECT_EQ(tpm.run<HierarchyChangeAuth>({rh::Null}, {}).code, rc::Value.handle(1));
}

TEST_F(Hierarchy, ChangeAuthSurvivesAResetExceptOfThePlatform) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Lockout})
    tpm.run<HierarchyChangeAuth>({hierarchy}, {wire::Auth(ByteView(Bytes{1}))});
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(tpm.state.hierarchies->owner.auth.size(), 1u);
  EXPECT_EQ(tpm.state.hierarchies->endorsement.auth.size(), 1u);
  EXPECT_EQ(tpm.state.hierarchies->lockout.auth.size(), 1u);
  EXPECT_TRUE(tpm.state.platform->platform.auth.empty());
}

// The null hierarchy is another one after each reset.
TEST_F(Hierarchy, TheNullSeedChanges) {
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_NE(primary_name(rh::Null), names[rh::Null]);
  EXPECT_EQ(primary_name(rh::Owner), names[rh::Owner]);
  Bytes now = primary_name(rh::Null);
  for (auto type : {wire::StartupType::State, wire::StartupType::Clear}) {
    tpm.run<Shutdown>({}, {wire::StartupType::State});
    tpm.power_cycle();
    tpm.run<Startup>({}, {type});
    EXPECT_EQ(primary_name(rh::Null), now);
  }
}

}  // namespace
}  // namespace vtpm::engine
