// SPDX-License-Identifier: Apache-2.0
// Authorization by policy session (Part 1, 16.6 and 16.7; Part 3, 5.6).
#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::SessionType;
namespace rh = wire::rh;

const Bytes kItemAuth = {'s', 'e', 'a', 'l', 'e', 'd'};
const Bytes kAuthValuePolicy = extended(AlgId::Sha256, Bytes(32), CommandCode::PolicyAuthValue);

using PolicyAuthorizationTest = PolicyTest;

TEST_F(PolicyAuthorizationTest, TheDigestMustMatch) {
  Made item = seal_under(tpm, command_code_policy(CommandCode::Unseal));
  ClientSession policy = start();
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::PolicyFail.session(1));
  ASSERT_EQ(tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal}).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
}

TEST_F(PolicyAuthorizationTest, AnEmptyPolicyMatchesNothing) {
  wire::Public item = sealed_data();
  Made made = create_primary(tpm, rh::Owner, item, {}, {5});
  ClientSession policy = start();
  EXPECT_EQ(unseal(tpm, made, {&policy}), rc::PolicyFail.session(1));
  EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {rh::Owner}, {.hash = {AlgId::Null}}, {{&policy}}).code,
            rc::PolicyFail.session(1));
}

TEST_F(PolicyAuthorizationTest, OfAnotherHashDoesNotMatch) {
  Made item = seal_under(tpm, command_code_policy(CommandCode::Unseal));
  ClientSession policy = start(SessionType::Policy, AlgId::Sha384);
  ASSERT_EQ(tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal}).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::PolicyFail.session(1));
}

TEST_F(PolicyAuthorizationTest, ForAnotherCommand) {
  Made item = seal_under(tpm, command_code_policy(CommandCode::Sign));
  ClientSession policy = start();
  ASSERT_EQ(tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Sign}).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::PolicyCc.session(1));
}

TEST_F(PolicyAuthorizationTest, WithTheAuthValueInTheHmac) {
  Made item = seal_under(tpm, kAuthValuePolicy, kItemAuth);
  ClientSession policy = start();
  auto assert_policy = [&] {
    ASSERT_EQ(tpm.run<PolicyAuthValue>({policy.handle}, {}).code, rc::Success);
    policy.auth_value_needed = true;
  };
  assert_policy();
  EXPECT_EQ(unseal(tpm, item, {&policy, {1}}), rc::BadAuth.session(1));
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::BadAuth.session(1));
  EXPECT_EQ(unseal(tpm, item, {&policy, kItemAuth}), rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy, kItemAuth}), rc::PolicyFail.session(1));
}

TEST_F(PolicyAuthorizationTest, WithThePassword) {
  Made item = seal_under(tpm, kAuthValuePolicy, kItemAuth);
  ClientSession policy = start();
  ASSERT_EQ(tpm.run<PolicyPassword>({policy.handle}, {}).code, rc::Success);
  policy.password_needed = true;
  EXPECT_EQ(unseal(tpm, item, {&policy, {1}}), rc::BadAuth.session(1));
  Bytes padded = kItemAuth;
  padded.push_back(0);
  EXPECT_EQ(unseal(tpm, item, {&policy, padded}), rc::Success);
}

TEST_F(PolicyAuthorizationTest, TheLastOfAuthValueAndPasswordCounts) {
  Bytes twice =
      formula::hash(AlgId::Sha256, {kAuthValuePolicy, wire::to_wire(CommandCode::PolicyAuthValue)});
  Made item = seal_under(tpm, twice, kItemAuth);
  ClientSession policy = start();
  tpm.run<PolicyAuthValue>({policy.handle}, {});
  tpm.run<PolicyPassword>({policy.handle}, {});
  policy.password_needed = true;
  EXPECT_EQ(unseal(tpm, item, {&policy, kItemAuth}), rc::Success);
  tpm.run<PolicyPassword>({policy.handle}, {});
  tpm.run<PolicyAuthValue>({policy.handle}, {});
  policy.auth_value_needed = true;
  EXPECT_EQ(unseal(tpm, item, {&policy, kItemAuth}), rc::Success);
}

// The key of a policy session that is bound or salted proves more than the policy (16.6.10).
TEST_F(PolicyAuthorizationTest, InABoundOrSaltedSession) {
  Made salt_key = create_primary(tpm, rh::Endorsement, ecc_storage());
  Made item = seal_under(tpm, command_code_policy(CommandCode::Unseal), kItemAuth);
  ASSERT_EQ(tpm.run<HierarchyChangeAuth>({rh::Owner}, {wire::Auth(ByteView(kItemAuth))}).code,
            rc::Success);
  for (SessionOptions options :
       {SessionOptions{.type = SessionType::Policy, .bind = rh::Owner, .bind_auth = kItemAuth},
        SessionOptions{.type = SessionType::Policy, .salt_key = salt_key.handle},
        SessionOptions{.type = SessionType::Policy, .bind = item.handle, .bind_auth = kItemAuth}}) {
    ClientSession policy = start_session(tpm, options);
    tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
    EXPECT_EQ(unseal(tpm, item, {&policy, kItemAuth}), rc::Success);
    tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
    policy.key[3] ^= 1;
    EXPECT_EQ(unseal(tpm, item, {&policy, kItemAuth}), rc::BadAuth.session(1));
  }
}

TEST_F(PolicyAuthorizationTest, OfAHierarchy) {
  Bytes policy_digest = command_code_policy(CommandCode::ClearControl);
  ASSERT_EQ(
      tpm.run<SetPrimaryPolicy>({rh::Platform}, {wire::Digest(policy_digest), {AlgId::Sha256}})
          .code,
      rc::Success);
  ClientSession policy = start();
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::ClearControl});
  EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {{&policy}}).code, rc::Success);
}

TEST_F(PolicyAuthorizationTest, PcrsMustNotHaveChangedSince) {
  wire::PcrSelections none;
  Bytes digest =
      formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(CommandCode::PolicyPcr),
                                    wire::to_wire(none), formula::hash(AlgId::Sha256, {})});
  Made item = seal_under(tpm, digest);
  ClientSession policy = start();
  ASSERT_EQ(tpm.run<PolicyPcr>({policy.handle}, {}).code, rc::Success);
  Made other = seal_under(tpm, digest);
  ASSERT_EQ(tpm.run<PcrEvent>({0}, {}).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::PcrChanged);
  ASSERT_EQ(tpm.run<PolicyRestart>({policy.handle}, {}).code, rc::Success);
  ASSERT_EQ(tpm.run<PolicyPcr>({policy.handle}, {}).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
}

TEST_F(PolicyAuthorizationTest, AtTheLocalityOfThePolicy) {
  for (uint8_t locality : {uint8_t{0x04}, uint8_t{40}}) {
    Bytes digest = formula::hash(
        AlgId::Sha256,
        {Bytes(32), wire::to_wire(CommandCode::PolicyLocality), ByteView(&locality, 1)});
    Made item = seal_under(tpm, digest);
    ClientSession policy = start();
    ASSERT_EQ(tpm.run<PolicyLocality>({policy.handle}, {{locality}}).code, rc::Success);
    EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Locality);
    tpm.locality = locality == 40 ? 40 : 2;
    EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
    tpm.locality = 0;
  }
}

TEST_F(PolicyAuthorizationTest, WithinItsTime) {
  Made item = seal_under(tpm, command_code_policy(CommandCode::Unseal));
  ClientSession policy = start();
  auto limit = [&](uint64_t milliseconds) {
    tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
    update_session(tpm.state, policy.handle, [&](Session& session) {
      session.policy.timeout = session.start_time + milliseconds;
    });
  };
  limit(1000);
  tpm.clock.now += 1000;
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
  // Used, the session counts its time anew.
  EXPECT_EQ(tpm.state.sessions->slots[session_slot(policy.handle)].loaded->start_time,
            tpm.clock.now - 1000);
  limit(1000);
  tpm.clock.now += 1001;
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Expired.session(1));
}

// TPM2_PolicyCpHash and TPM2_PolicyNameHash leave these in the session.
TEST_F(PolicyAuthorizationTest, ForTheseParametersAndThoseNames) {
  Made item = seal_under(tpm, command_code_policy(CommandCode::Unseal));
  ClientSession policy = start();
  Bytes cp_hash = formula::hash(AlgId::Sha256, {wire::to_wire(CommandCode::Unseal), item.name});
  Bytes name_hash = formula::hash(AlgId::Sha256, {item.name});
  auto bound = [&](PolicyBinding::To to, const Bytes& hash) {
    tpm.run<PolicyRestart>({policy.handle}, {});
    tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
    update_session(tpm.state, policy.handle, [&](Session& session) {
      session.policy.binding = {to, wire::Digest(hash)};
    });
    return unseal(tpm, item, {&policy});
  };
  EXPECT_EQ(bound(PolicyBinding::To::Command, cp_hash), rc::Success);
  EXPECT_EQ(bound(PolicyBinding::To::Command, name_hash), rc::PolicyFail.session(1));
  EXPECT_EQ(bound(PolicyBinding::To::Names, name_hash), rc::Success);
  EXPECT_EQ(bound(PolicyBinding::To::Names, cp_hash), rc::PolicyFail.session(1));
}

}  // namespace
}  // namespace vtpm::engine
