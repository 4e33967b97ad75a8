// SPDX-License-Identifier: Apache-2.0
// Part 1, 34.2.6.6 and 34.2.8: PIN indices, which count the uses of their authValue.
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::StartupType;
namespace rh = wire::rh;

class Pin : public ::testing::Test {
 protected:
  const Bytes pin = {1, 2, 3, 4}, wrong = {4, 3, 2, 1};

  void make(NvType type, uint32_t count, uint32_t limit, std::initializer_list<NvBit> bits = {}) {
    wire::NvPublic pub = nv_public(bits, type);
    pub.attributes.set(NvBit::AuthRead);
    ASSERT_EQ(define(tpm, pub, pin), rc::Success);
    set(count, limit);
  }
  void set(uint32_t count, uint32_t limit) {
    Bytes data(8);
    store_be<uint32_t>(data, count);
    store_be<uint32_t>(MutableByteView(data).subspan(4), limit);
    ASSERT_EQ(nv_write(tpm, data), rc::Success);
  }
  Rc use(const Bytes& password, uint16_t size = 8) {
    return nv_read(tpm, size, 0, by_index(password)).code;
  }
  uint32_t count() { return static_cast<uint32_t>(nv_number(tpm) >> 32); }

  TestTpm tpm;
};

TEST_F(Pin, FailCountsFailuresUpToItsLimit) {
  make(NvType::PinFail, 0, 3);
  EXPECT_EQ(use(wrong), rc::BadAuth.session(1));
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(use(wrong), rc::BadAuth.session(1));
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(use(pin), rc::Success);
  EXPECT_EQ(count(), 0u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(use(wrong), rc::BadAuth.session(1));
  EXPECT_EQ(count(), 3u);
  EXPECT_EQ(use(pin), rc::AuthUnavailable);
  EXPECT_EQ(use(wrong), rc::AuthUnavailable);
  EXPECT_EQ(count(), 3u);
  // Nothing of it is global.
  EXPECT_EQ(tpm.state.dictionary_attack->failed_tries, 0u);
  set(0, 3);
  EXPECT_EQ(use(pin), rc::Success);
}

TEST_F(Pin, PassCountsSuccessesUpToItsLimit) {
  make(NvType::PinPass, 0, 2);
  EXPECT_EQ(use(wrong), rc::BadAuth.session(1));
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(use(pin), rc::Success);
  EXPECT_EQ(use(pin), rc::Success);
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(use(pin), rc::AuthUnavailable);
  EXPECT_EQ(use(wrong), rc::AuthUnavailable);
  EXPECT_EQ(count(), 2u);
  set(1, 2);
  EXPECT_EQ(use(pin), rc::Success);
}

TEST_F(Pin, WhatIsReadHasBeenCounted) {
  make(NvType::PinPass, 4, 9);
  auto answer = nv_read(tpm, 4, 0, by_index(pin));
  EXPECT_EQ(to_bytes(answer.reply.data.view()), (Bytes{0, 0, 0, 5}));
}

TEST_F(Pin, PassWithoutNoDaIsProtectedGlobally) {
  wire::NvPublic pub = nv_public({NvBit::AuthRead}, NvType::PinPass);
  pub.attributes.set(NvBit::NoDa, false);
  define(tpm, pub, pin);
  set(0, 9);
  EXPECT_EQ(use(wrong), rc::AuthFail.session(1));
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(tpm.state.dictionary_attack->failed_tries, 1u);
}

// As it is meant to be used: whoever knows the PIN cannot reset the count by reading (23.4.1).
TEST_F(Pin, IsASecretWithoutAuthRead) {
  ClientSession policy = start_session(tpm, {.type = wire::SessionType::Policy});
  auto prove = [&](const Bytes& password) {
    return tpm.run<PolicySecret>({kIndex, policy.handle}, {}, {password}).code;
  };
  define(tpm, nv_public({}, NvType::PinFail), pin);
  EXPECT_EQ(prove(pin), rc::AuthUnavailable);  // before it is written
  set(0, 2);
  EXPECT_EQ(prove(wrong), rc::BadAuth.session(1));
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(use(pin), rc::AuthUnavailable);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(prove(pin), rc::Success);
  EXPECT_EQ(count(), 0u);
  nv_undefine(tpm);
  define(tpm, nv_public(), pin);
  nv_write(tpm, Bytes(8));
  EXPECT_EQ(prove(pin), rc::AuthUnavailable);  // no PIN
}

TEST_F(Pin, NothingIsAllowedBeforeItIsWritten) {
  for (NvType type : {NvType::PinFail, NvType::PinPass}) {
    define(tpm, nv_public({NvBit::AuthRead, NvBit::ReadStClear}, type), pin);
    EXPECT_EQ(use(pin), rc::NvUninitialized);
    EXPECT_EQ(tpm.run<NvReadLock>({kIndex, kIndex}, {}, {pin}).code, rc::AuthUnavailable);
    // A limit of zero allows nothing either.
    nv_write(tpm, {});
    EXPECT_EQ(use(pin), rc::AuthUnavailable);
    nv_undefine(tpm);
  }
}

TEST_F(Pin, TheOwnerAndThePolicyDoNotCount) {
  ClientSession trial = start_session(tpm, {.type = wire::SessionType::Trial});
  tpm.run<PolicyLocality>({trial.handle}, {{1}});
  wire::NvPublic pub = nv_public({NvBit::PolicyRead}, NvType::PinPass);
  pub.auth_policy = tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest;
  define(tpm, pub, pin);
  set(2, 3);
  ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
  tpm.run<PolicyLocality>({session.handle}, {{1}});
  EXPECT_EQ(run_with<NvRead>(tpm, {kIndex, kIndex}, {8, 0}, {{&session}}).code, rc::Success);
  EXPECT_EQ(count(), 2u);
}

// TPM2_PolicyAuthValue and TPM2_PolicyPassword ask for the authValue.
TEST_F(Pin, APolicyThatNeedsTheAuthValueCounts) {
  ClientSession trial = start_session(tpm, {.type = wire::SessionType::Trial});
  tpm.run<PolicyAuthValue>({trial.handle}, {});
  wire::NvPublic pub = nv_public({NvBit::PolicyRead}, NvType::PinPass);
  pub.auth_policy = tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest;
  define(tpm, pub, pin);
  set(0, 2);
  ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
  for (bool password : {false, true}) {
    if (password)
      tpm.run<PolicyPassword>({session.handle}, {});
    else
      tpm.run<PolicyAuthValue>({session.handle}, {});
    session.auth_value_needed = !password;
    session.password_needed = password;
    EXPECT_EQ(run_with<NvRead>(tpm, {kIndex, kIndex}, {8, 0}, {{&session, pin}}).code, rc::Success);
  }
  EXPECT_EQ(count(), 2u);
  tpm.run<PolicyPassword>({session.handle}, {});
  session.auth_value_needed = false;
  session.password_needed = true;
  EXPECT_EQ(run_with<NvRead>(tpm, {kIndex, kIndex}, {8, 0}, {{&session, pin}}).code,
            rc::AuthUnavailable);
}

TEST_F(Pin, AnHmacSessionCounts) {
  make(NvType::PinFail, 0, 3);
  ClientSession session = start_session(tpm);
  EXPECT_EQ(run_with<NvRead>(tpm, {kIndex, kIndex}, {8, 0}, {{&session, wrong}}).code,
            rc::BadAuth.session(1));
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(run_with<NvRead>(tpm, {kIndex, kIndex}, {8, 0}, {{&session, pin}}).code, rc::Success);
  EXPECT_EQ(count(), 0u);
}

TEST_F(Pin, NoSessionIsBoundToIt) {
  make(NvType::PinFail, 0, 3);
  StartAuthSession::Params params{.nonce_caller = wire::Nonce(Bytes(16)),
                                  .session_type = wire::SessionType::Hmac,
                                  .auth_hash = {AlgId::Sha256}};
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, kIndex}, params).code, rc::Handle.handle(2));
}

// A count is kept whatever becomes of the command, and before its answer.
TEST_F(Pin, ACountIsDurableAlsoWhenTheCommandFails) {
  make(NvType::PinPass, 0, 5);
  State before = tpm.state;
  EXPECT_EQ(use(pin, 9), rc::NvRange);
  EXPECT_TRUE(durable_change(before, tpm.state));
  EXPECT_EQ(count(), 1u);
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(count(), 1u);
}

TEST_F(Pin, AFailureIsDurable) {
  make(NvType::PinFail, 0, 5);
  State before = tpm.state;
  EXPECT_EQ(use(wrong), rc::BadAuth.session(1));
  EXPECT_TRUE(durable_change(before, tpm.state));
}

// A resume must not bring back what was counted after the shutdown.
TEST_F(Pin, CountingVoidsAShutdown) {
  for (NvType type : {NvType::PinFail, NvType::PinPass}) {
    make(type, 0, 5, {NvBit::Orderly});
    ASSERT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
    use(type == NvType::PinFail ? wrong : pin);
    tpm.power_cycle();
    EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Value.parameter(1));
    EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
    EXPECT_EQ(use(pin), rc::NvUninitialized);
    nv_undefine(tpm);
  }
}

TEST_F(Pin, LocksDoNotStopTheCount) {
  make(NvType::PinFail, 0, 5, {NvBit::ReadStClear, NvBit::WriteStClear});
  tpm.run<NvWriteLock>({rh::Owner, kIndex}, {});
  EXPECT_EQ(use(wrong), rc::BadAuth.session(1));
  EXPECT_EQ(count(), 1u);
  tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
  EXPECT_EQ(use(pin), rc::NvLocked);
  EXPECT_EQ(pin_counter(index_at(tpm.state, kIndex)).count, 0u);
}

}  // namespace
}  // namespace vtpm::engine
