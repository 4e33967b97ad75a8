// SPDX-License-Identifier: Apache-2.0
// TPM2_PCR_SetAuthPolicy and TPM2_PCR_SetAuthValue (Part 3, 22.6, 22.7; Part 1, 14.7).
#include "engine/commands/capability.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

const Bytes kPcrAuth = {'p', 'c', 'r'};

class PcrAuthorization : public PolicyTest {
 protected:
  // PCR[20] to PCR[22] are in both sets; locality 2 may change them all.
  PcrAuthorization() { tpm.locality = 2; }

  Rc set_auth(Handle pcr, const Bytes& auth, const Bytes& password = {}) {
    return tpm.run<PcrSetAuthValue>({pcr}, {wire::Auth(ByteView(auth))}, {password}).code;
  }
  Rc set_policy(Handle pcr, const Bytes& digest, AlgId hash = AlgId::Sha256) {
    return tpm.run<PcrSetAuthPolicy>({rh::Platform}, {wire::Digest(digest), {hash}, {pcr}}).code;
  }
  Rc extend(Handle pcr, const Bytes& password = {}) {
    return tpm.run<PcrExtend>({pcr}, {}, {password}).code;
  }
  // TPM2_Startup takes localities 0, 3 and 4 only.
  void start_again(Restarting kind) {
    tpm.locality = 0;
    restart(tpm, kind);
    tpm.locality = 2;
  }
  static Bytes for_extend() { return command_code_policy(CommandCode::PcrExtend); }
};

TEST_F(PcrAuthorization, TheSetsAreToBeSeen) {
  auto mask = [&](wire::PcrPropertyTag tag) {
    auto answer = tpm.run<GetCapability>(
        {}, {wire::Capability::PcrProperties, static_cast<uint32_t>(tag), 1});
    const auto* list = answer.reply.data.data.get<wire::TaggedPcrProperties>();
    EXPECT_TRUE(list && list->items.size() == 1 && list->items[0].property == tag);
    return list->items.at(0).mask;
  };
  EXPECT_EQ(mask(wire::PcrPropertyTag::PolicySet), 0x700000u);
  EXPECT_EQ(mask(wire::PcrPropertyTag::AuthSet), 0x700000u);
}

TEST_F(PcrAuthorization, OneAuthValueForTheSet) {
  ASSERT_EQ(set_auth(21, {'p', 'c', 'r', 0, 0}), rc::Success);
  for (Handle pcr : {20u, 21u, 22u}) {
    EXPECT_EQ(extend(pcr), rc::BadAuth.session(1)) << pcr;
    EXPECT_EQ(extend(pcr, kPcrAuth), rc::Success) << pcr;
    EXPECT_EQ(tpm.run<PcrReset>({pcr}, {}, {kPcrAuth}).code, rc::Success) << pcr;
  }
  EXPECT_EQ(extend(19), rc::Success);
  EXPECT_EQ(extend(16), rc::Success);
  ClientSession session = start(wire::SessionType::Hmac);
  EXPECT_EQ(run_with<PcrExtend>(tpm, {20}, {}, {{&session, kPcrAuth}}).code, rc::Success);
  // The response's HMAC has the new value already.
  EXPECT_EQ(run_with<PcrSetAuthValue>(tpm, {20}, {wire::Auth(ByteView(Bytes{1}))},
                                      {{.session = &session, .auth = kPcrAuth, .new_auth = {{1}}}})
                .code,
            rc::Success);
  EXPECT_EQ(set_auth(22, {}, {1}), rc::Success);
  EXPECT_EQ(extend(20), rc::Success);
}

TEST_F(PcrAuthorization, OnlyTheseHaveAny) {
  for (Handle pcr : {0u, 16u, 17u, 19u, 23u}) {
    EXPECT_EQ(set_auth(pcr, kPcrAuth), rc::Value) << pcr;
    EXPECT_EQ(set_policy(pcr, for_extend()), rc::Value.parameter(3)) << pcr;
  }
  EXPECT_EQ(set_policy(24, for_extend()), rc::Value.parameter(3));
  EXPECT_EQ(set_policy(0, Bytes(31)), rc::Size.parameter(1));
  EXPECT_EQ(set_policy(20, Bytes(31)), rc::Size.parameter(1));
  EXPECT_EQ(set_policy(20, Bytes(32), AlgId::Null), rc::Size.parameter(1));
  ClientSession policy = start();
  EXPECT_EQ(run_with<PcrExtend>(tpm, {20}, {}, {{&policy}}).code, rc::PolicyFail.session(1));
  EXPECT_EQ(run_with<PcrExtend>(tpm, {16}, {}, {{&policy}}).code, rc::PolicyFail.session(1));
}

// Nothing but a policy session will do, with the authValue where the policy asks for it.
TEST_F(PcrAuthorization, OnePolicyForTheSet) {
  ASSERT_EQ(set_auth(20, kPcrAuth), rc::Success);
  ASSERT_EQ(set_policy(22, for_extend()), rc::Success);
  EXPECT_EQ(extend(20, kPcrAuth), rc::AuthType.session(1));
  ClientSession hmac = start(wire::SessionType::Hmac);
  EXPECT_EQ(run_with<PcrExtend>(tpm, {21}, {}, {{&hmac, kPcrAuth}}).code, rc::AuthType.session(1));
  ClientSession policy = start();
  EXPECT_EQ(run_with<PcrExtend>(tpm, {20}, {}, {{&policy}}).code, rc::PolicyFail.session(1));
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::PcrExtend});
  EXPECT_EQ(run_with<PcrExtend>(tpm, {20}, {}, {{&policy}}).code, rc::Success);

  ASSERT_EQ(set_policy(20, extended(AlgId::Sha256, zeros, CommandCode::PolicyAuthValue)),
            rc::Success);
  tpm.run<PolicyAuthValue>({policy.handle}, {});
  policy.auth_value_needed = true;
  EXPECT_EQ(run_with<PcrExtend>(tpm, {20}, {}, {{&policy}}).code, rc::BadAuth.session(1));
  EXPECT_EQ(run_with<PcrExtend>(tpm, {20}, {}, {{&policy, kPcrAuth}}).code, rc::Success);

  ASSERT_EQ(set_policy(21, {}, AlgId::Null), rc::Success);
  EXPECT_EQ(extend(20, kPcrAuth), rc::Success);
}

TEST_F(PcrAuthorization, TheAuthValueLastsUntilStartupClear) {
  for (Restarting kind : kAllRestarts) {
    ASSERT_EQ(set_auth(20, kPcrAuth), rc::Success);
    start_again(kind);
    bool kept = kind == Restarting::Resume;
    EXPECT_EQ(extend(20, kept ? kPcrAuth : Bytes{}), rc::Success);
    EXPECT_EQ(extend(20, kept ? Bytes{} : kPcrAuth), rc::BadAuth.session(1));
    ASSERT_EQ(set_auth(20, {}, kept ? kPcrAuth : Bytes{}), rc::Success);
  }
  ASSERT_EQ(set_auth(20, kPcrAuth), rc::Success);
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(extend(20), rc::Success);
}

TEST_F(PcrAuthorization, ThePolicyLastsUntilThePlatformSeedChanges) {
  ASSERT_EQ(set_policy(20, for_extend()), rc::Success);
  for (Restarting kind : kAllRestarts) {
    start_again(kind);
    EXPECT_EQ(extend(20), rc::AuthType.session(1));
  }
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(extend(20), rc::AuthType.session(1));
  ASSERT_EQ(tpm.run<ChangePps>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(extend(20), rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
