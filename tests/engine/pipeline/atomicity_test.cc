// SPDX-License-Identifier: Apache-2.0
// A command happens as a whole or not at all (Part 3, 5.6, 5.9 and 6.2).
#include <random>

#include "engine/commands/attestation.h"
#include "engine/commands/capability.h"
#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

// Every part is the very same one.
void expect_same(const State& a, const State& b) {
  EXPECT_TRUE(a.hierarchies.same_as(b.hierarchies));
  EXPECT_TRUE(a.pcr_allocation.same_as(b.pcr_allocation));
  EXPECT_TRUE(a.persistent.same_as(b.persistent));
  EXPECT_TRUE(a.dictionary_attack.same_as(b.dictionary_attack));
  EXPECT_TRUE(a.clock_nv.same_as(b.clock_nv));
  EXPECT_TRUE(a.command_audit.same_as(b.command_audit));
  EXPECT_TRUE(a.preserved.same_as(b.preserved));
  EXPECT_TRUE(a.lifecycle.same_as(b.lifecycle));
  EXPECT_TRUE(a.platform.same_as(b.platform));
  EXPECT_TRUE(a.pcrs.same_as(b.pcrs));
  EXPECT_TRUE(a.transient.same_as(b.transient));
  EXPECT_TRUE(a.sessions.same_as(b.sessions));
  EXPECT_TRUE(a.clock.same_as(b.clock));
  EXPECT_TRUE(a.dictionary_attack_timers.same_as(b.dictionary_attack_timers));
  EXPECT_TRUE(a.commits.same_as(b.commits));
}

class Atomicity : public ::testing::Test {
 protected:
  Atomicity() {
    tpm.clock.now += 5000;
    storage = create_primary(tpm, rh::Owner, ecc_storage());
    signer = create_primary(tpm, rh::Owner, ecdsa_key(), {1, 2});
    guarded = create_primary(tpm, rh::Owner, sealed_data({ObjectBit::UserWithAuth}), {7}, {1});
  }

  TestTpm tpm;
  Made storage, signer, guarded;
};

TEST_F(Atomicity, AnErrorLeavesEveryPartAsItWas) {
  ClientSession session = start_session(tpm);
  const std::vector<Bytes> failing = {
      {},
      TestTpm::assemble(CommandCode::GetRandom, {}, {}, {}),
      TestTpm::password_command<HierarchyChangeAuth>({rh::Owner}, {}, {{9}}),
      TestTpm::password_command<HierarchyControl>({rh::Owner}, {.enable = {rh::Platform}}),
      TestTpm::password_command<Clear>({rh::Lockout}, {}, {{}, {}}),
      TestTpm::password_command<EvictControl>({rh::Owner, storage.handle},
                                              {.persistent_handle = {0x81800000}}),
      TestTpm::password_command<PcrReset>({0}, {}),
      TestTpm::password_command<ClockSet>({rh::Owner}, {.new_time = 0}),
      TestTpm::password_command<FlushContext>({}, {.flush_handle = {0x80000009}}),
      TestTpm::password_command<Sign>({signer.handle}, {}, {{1, 2}}),
      prepare<GetRandom>(tpm, {}, {8},
                         {Use{.session = &session, .attributes = kAudit | kAuditExclusive}})
          .command,
  };
  for (const Bytes& command : failing) {
    State before = tpm.state;
    Outcome outcome = execute(tpm.state, {.command = command}, tpm.ports);
    EXPECT_EQ(outcome.response.size(), 10u);
    EXPECT_FALSE(outcome.durable);
    expect_same(outcome.state, before);
  }
}

TEST_F(Atomicity, ReadingLeavesEveryPartAsItWas) {
  const std::vector<Bytes> reading = {
      TestTpm::password_command<GetRandom>({}, {8}),
      TestTpm::password_command<ReadClock>({}, {}),
      TestTpm::password_command<ReadPublic>({storage.handle}, {}),
      TestTpm::password_command<PcrRead>({}, {}),
      TestTpm::password_command<Unseal>({guarded.handle}, {}, {{7}}),
      TestTpm::password_command<Quote>(
          {signer.handle}, {.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256)}, {{1, 2}}),
  };
  for (const Bytes& command : reading) {
    State before = tpm.state;
    Outcome outcome = execute(tpm.state, {.command = command}, tpm.ports);
    EXPECT_EQ(load_be<uint32_t>(outcome.response.view().subspan(6)), 0u);
    EXPECT_FALSE(outcome.durable);
    expect_same(outcome.state, before);
  }
}

TEST_F(Atomicity, ACancelledCommandChangesNothing) {
  State before = tpm.state;
  tpm.cancellation.request = true;
  CreatePrimary::Params params{.in_sensitive = wire::SensitiveCreate{}, .in_public = rsa_storage()};
  EXPECT_EQ(tpm.run<CreatePrimary>({rh::Owner}, params).code, rc::Canceled);
  expect_same(tpm.state, before);
  tpm.cancellation.request = false;
  EXPECT_EQ(tpm.run<CreatePrimary>({rh::Owner}, params).code, rc::Success);
}

TEST_F(Atomicity, AFailedTryChangesItsCounterAndNothingElse) {
  State before = tpm.state;
  EXPECT_EQ(tpm.run<Unseal>({guarded.handle}, {}, {{8}}).code, rc::AuthFail.session(1));
  EXPECT_FALSE(tpm.state.dictionary_attack.same_as(before.dictionary_attack));
  tpm.state.dictionary_attack = before.dictionary_attack;
  tpm.state.dictionary_attack_timers = before.dictionary_attack_timers;
  expect_same(tpm.state, before);
}

// ---- Mutated commands

std::vector<Bytes> valid_commands(TestTpm& tpm, ClientSession& hmac, ClientSession& policy,
                                  Handle storage, Handle signer, Handle guarded) {
  wire::Digest digest{crypto::Digest(32, 5).view()}, start_of_policy{crypto::Digest(32).view()};
  auto ecdsa_sha256 = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  wire::PcrSelections pcrs{{{.hash = {AlgId::Sha256}, .mask = 0xFF}}};
  wire::DigestValues values{{{.algorithm = {AlgId::Sha256}, .digest = digest}}};
  wire::SensitiveCreate sensitive{.user_auth = wire::Auth(ByteView(Bytes{1})),
                                  .data = wire::SensitiveData(ByteView(Bytes{1, 2, 3}))};
  Use audit{.session = &hmac, .attributes = kContinue | kAudit | kEncrypt};
  Use authorize{&hmac, {}};
  authorize.attributes = kContinue | kDecrypt;
  return {
      TestTpm::password_command<GetRandom>({}, {16}),
      TestTpm::password_command<StirRandom>({}, {}),
      TestTpm::password_command<ReadClock>({}, {}),
      TestTpm::password_command<ClockSet>({rh::Owner}, {.new_time = uint64_t{1} << 40}),
      TestTpm::password_command<ClockRateAdjust>({rh::Owner}, {ClockAdjust::FineFaster}),
      TestTpm::password_command<PcrRead>({}, {pcrs}),
      TestTpm::password_command<PcrExtend>({10}, {values}),
      TestTpm::password_command<PcrEvent>({9}, {}),
      TestTpm::password_command<PcrReset>({16}, {}),
      TestTpm::password_command<ReadPublic>({storage}, {}),
      TestTpm::password_command<Unseal>({guarded}, {}, {{7}}),
      TestTpm::password_command<CreatePrimary>(
          {rh::Owner}, {.in_sensitive = sensitive, .in_public = sealed_data()}),
      TestTpm::password_command<Create>(
          {storage}, {.in_sensitive = wire::SensitiveCreate{}, .in_public = ecdsa_key()}),
      TestTpm::password_command<Sign>({signer},
                                      {.digest = digest,
                                       .in_scheme = ecdsa_sha256,
                                       .validation = {{.tag = wire::StructureTag::HashCheck}}},
                                      {{1, 2}}),
      TestTpm::password_command<Quote>({signer}, {.in_scheme = ecdsa_sha256, .pcr_select = pcrs},
                                       {{1, 2}}),
      TestTpm::password_command<Hash>({}, {.hash = {AlgId::Sha256}, .hierarchy = {rh::Owner}}),
      TestTpm::password_command<HashSequenceStart>({}, {.hash = {AlgId::Sha256}}),
      TestTpm::password_command<ContextSave>({signer}, {}),
      TestTpm::password_command<EvictControl>({rh::Owner, storage},
                                              {.persistent_handle = {0x81000001}}),
      TestTpm::password_command<HierarchyChangeAuth>({rh::Endorsement},
                                                     {wire::Auth(ByteView(Bytes{1}))}),
      TestTpm::password_command<HierarchyControl>({rh::Platform}, {.enable = {rh::Endorsement}}),
      TestTpm::password_command<SetPrimaryPolicy>({rh::Platform}, {digest, {AlgId::Sha256}}),
      TestTpm::password_command<ClearControl>({rh::Platform}, {1}),
      TestTpm::password_command<Clear>({rh::Platform}, {}),
      TestTpm::password_command<ChangeEps>({rh::Platform}, {}),
      TestTpm::password_command<ChangePps>({rh::Platform}, {}),
      TestTpm::password_command<DictionaryAttackParameters>({rh::Lockout}, {10, 20, 30}),
      TestTpm::password_command<DictionaryAttackLockReset>({rh::Lockout}, {}),
      TestTpm::password_command<Shutdown>({}, {wire::StartupType::State}),
      TestTpm::password_command<StartAuthSession>({rh::Null, signer},
                                                  {.nonce_caller = wire::Nonce(Bytes(16)),
                                                   .symmetric = aes_cfb(128),
                                                   .auth_hash = {AlgId::Sha256}}),
      TestTpm::password_command<PolicyPcr>({policy.handle}, {{}, pcrs}),
      TestTpm::password_command<PolicyOr>({policy.handle}, {{{digest, start_of_policy}}}),
      TestTpm::password_command<PolicyLocality>({policy.handle}, {{3}}),
      TestTpm::password_command<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal}),
      TestTpm::password_command<PolicyRestart>({policy.handle}, {}),
      prepare<GetRandom>(tpm, {}, {16}, {audit}).command,
      prepare<HierarchyChangeAuth>(tpm, {rh::Owner}, {wire::Auth(ByteView(Bytes{3}))}, {authorize})
          .command,
  };
}

// One to four changes: a bit, a byte, an interesting number, a cut, an insertion. Often the size in
// the header is put right again, so that the change gets farther than the header.
Bytes mutate(Bytes command, std::mt19937_64& random) {
  auto pick = [&](size_t below) { return static_cast<size_t>(random() % below); };
  for (size_t count = 1 + pick(4); count > 0 && !command.empty(); --count) {
    size_t at = pick(command.size());
    auto place = command.begin() + static_cast<ptrdiff_t>(at);
    switch (pick(6)) {
      case 0:
        command[at] ^= static_cast<uint8_t>(1u << pick(8));
        break;
      case 1:
        command[at] = static_cast<uint8_t>(random());
        break;
      case 2: {
        static constexpr uint32_t kNumbers[] = {0,          1,          0x7FFFFFFF, 0xFFFFFFFF,
                                                0x40000001, 0x40000009, 0x80000000, 0x81000000,
                                                0x02000000, 0x03000000, 0x00100010};
        if (at + 4 <= command.size())
          store_be<uint32_t>(MutableByteView(command).subspan(at),
                             kNumbers[pick(std::size(kNumbers))]);
        break;
      }
      case 3:
        command.erase(place, place + static_cast<ptrdiff_t>(pick(command.size() - at) + 1));
        break;
      case 4:
        command.insert(place, pick(8), static_cast<uint8_t>(random()));
        break;
      case 5: {
        static constexpr uint16_t kShorts[] = {0, 1, 0xFFFF, 0x8002, 0x000B, 0x0010, 0x0023};
        if (at + 2 <= command.size())
          store_be<uint16_t>(MutableByteView(command).subspan(at),
                             kShorts[pick(std::size(kShorts))]);
        break;
      }
    }
  }
  if (command.size() >= 6 && pick(4) != 0)
    store_be<uint32_t>(MutableByteView(command).subspan(2), static_cast<uint32_t>(command.size()));
  return command;
}

TEST_F(Atomicity, MutatedCommandsAreAnsweredAndErrorsChangeNothing) {
  ClientSession hmac = start_session(tpm, {.symmetric = aes_cfb(128)});
  ClientSession policy = start_session(tpm, {.type = wire::SessionType::Policy});
  std::vector<Bytes> commands =
      valid_commands(tpm, hmac, policy, storage.handle, signer.handle, guarded.handle);
  // RSA keys take too long to be made by the hundred.
  for (const Bytes& command : commands)
    EXPECT_EQ(load_be<uint32_t>(
                  execute(tpm.state, {.command = command}, tpm.ports).response.view().subspan(6)),
              0u)
        << load_be<uint32_t>(ByteView(command).subspan(6));

  std::mt19937_64 random(20260312);
  unsigned succeeded = 0;
  for (int round = 0; round < 6000; ++round) {
    Bytes command = mutate(commands[random() % commands.size()], random);
    uint8_t locality = static_cast<uint8_t>(random() % 5);
    Outcome outcome = execute(tpm.state, {.locality = locality, .command = command}, tpm.ports);
    ByteView response = outcome.response.view();
    ASSERT_GE(response.size(), 10u);
    ASSERT_EQ(load_be<uint32_t>(response.subspan(2)), response.size());
    ASSERT_NE(outcome.state.lifecycle->mode, Mode::Failure) << outcome.state.lifecycle->fault;
    Rc code(load_be<uint32_t>(response.subspan(6)));
    if (code == rc::Success) {
      ++succeeded;
      continue;
    }
    ASSERT_EQ(response.size(), 10u);
    State after = outcome.state;
    if ((code.value() & 0x0BF) == rc::AuthFail.value()) {
      after.dictionary_attack = tpm.state.dictionary_attack;
      after.dictionary_attack_timers = tpm.state.dictionary_attack_timers;
    }
    expect_same(after, tpm.state);
    ASSERT_FALSE(HasFailure()) << round;
  }
  EXPECT_GT(succeeded, 100u);
}

// The same, adopting what succeeds, so that the TPM wanders through odd states.
TEST_F(Atomicity, MutatedCommandsOneAfterTheOther) {
  ClientSession hmac = start_session(tpm, {.symmetric = aes_cfb(128)});
  ClientSession policy = start_session(tpm, {.type = wire::SessionType::Policy});
  std::vector<Bytes> commands =
      valid_commands(tpm, hmac, policy, storage.handle, signer.handle, guarded.handle);
  State start = tpm.state;
  std::mt19937_64 random(185);
  for (int round = 0; round < 6000; ++round) {
    if (round % 500 == 0) tpm.state = start;
    tpm.execute(mutate(commands[random() % commands.size()], random),
                static_cast<uint8_t>(random() % 5));
    tpm.clock.now += random() % 100;
    ASSERT_NE(tpm.state.lifecycle->mode, Mode::Failure) << tpm.state.lifecycle->fault;
  }
}

}  // namespace
}  // namespace vtpm::engine
