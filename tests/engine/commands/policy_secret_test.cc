// SPDX-License-Identifier: Apache-2.0
// TPM2_PolicySecret, and the limits and tickets that it shares with TPM2_PolicySigned (Part 3, 23.2
// and 23.4).
#include "engine/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/random.h"
#include "engine/commands/startup.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::SessionType;
using wire::StructureTag;
namespace rh = wire::rh;

const Bytes kPassword = {'s', 'e', 'c', 'r', 'e', 't'};

class PolicySecretTest : public PolicyTest {
 protected:
  Answer<PolicySecret> assert_secret(const ClientSession& policy,
                                     const PolicySecret::Params& params, Handle entity = rh::Owner,
                                     const Bytes& auth = {}) {
    return tpm.run<PolicySecret>({entity, policy.handle}, params, {auth});
  }
  Bytes owner_policy(const Bytes& reference = {}) {
    return updated(AlgId::Sha256, zeros, CommandCode::PolicySecret, wire::to_wire(rh::Owner),
                   reference);
  }
};

TEST_F(PolicySecretTest, ExtendsByTheNameAndTheReference) {
  for (AlgId hash : kHashes) {
    for (SessionType type : {SessionType::Policy, SessionType::Trial}) {
      ClientSession policy = start(type, hash);
      auto answer = assert_secret(policy, {.policy_ref = wire::Nonce(kReference)});
      ASSERT_EQ(answer.code, rc::Success);
      EXPECT_EQ(digest_of(tpm, policy),
                updated(hash, Bytes(digest_size(hash)), CommandCode::PolicySecret,
                        wire::to_wire(rh::Owner), kReference));
      // No ticket was asked for.
      EXPECT_TRUE(answer.reply.timeout.empty());
      EXPECT_EQ(answer.reply.policy_ticket.tag, StructureTag::AuthSecret);
      EXPECT_EQ(answer.reply.policy_ticket.hierarchy, rh::Null);
      EXPECT_TRUE(answer.reply.policy_ticket.digest.empty());
    }
  }
}

// Part 1, 13.2: what each kind of entity is called.
TEST_F(PolicySecretTest, OfEachKindOfEntity) {
  Made object = create_primary(tpm, rh::Owner, sealed_data(), kPassword, {1});
  auto sequence = tpm.run<HashSequenceStart>(
      {}, {.auth = wire::Auth(ByteView(kPassword)), .hash = {AlgId::Sha256}});
  ASSERT_EQ(sequence.code, rc::Success);
  struct Case {
    Handle handle;
    Bytes name, auth;
  };
  for (const Case& each :
       {Case{rh::Owner, wire::to_wire(rh::Owner), {}},
        Case{rh::Endorsement, wire::to_wire(rh::Endorsement), {}},
        Case{rh::Platform, wire::to_wire(rh::Platform), {}},
        Case{rh::Lockout, wire::to_wire(rh::Lockout), {}}, Case{3, Bytes{0, 0, 0, 3}, {}},
        Case{object.handle, object.name, kPassword},
        Case{sequence.reply.sequence.value, {}, kPassword}}) {
    ClientSession policy = start();
    EXPECT_EQ(assert_secret(policy, {}, each.handle, each.auth).code, rc::Success);
    EXPECT_EQ(digest_of(tpm, policy),
              updated(AlgId::Sha256, zeros, CommandCode::PolicySecret, each.name, {}));
  }
}

TEST_F(PolicySecretTest, NeedsTheAuthValueEvenOfATrial) {
  Made object = create_primary(tpm, rh::Owner, sealed_data(), kPassword, {1});
  for (SessionType type : {SessionType::Policy, SessionType::Trial}) {
    ClientSession policy = start(type);
    EXPECT_EQ(assert_secret(policy, {}, object.handle, {1}).code, rc::BadAuth.session(1));
    EXPECT_EQ(digest_of(tpm, policy), zeros);
  }
}

TEST_F(PolicySecretTest, AWrongOneCounts) {
  wire::Public guarded = sealed_data({ObjectBit::UserWithAuth});
  Made object = create_primary(tpm, rh::Owner, guarded, kPassword, {1});
  EXPECT_EQ(assert_secret(trial(), {}, object.handle, {1}).code, rc::AuthFail.session(1));
  EXPECT_EQ(tpm.state.dictionary_attack->failed_tries, 1u);
}

TEST_F(PolicySecretTest, OfWhatIsNoEntityOrNotToBeUsed) {
  ClientSession policy = start();
  EXPECT_EQ(assert_secret(policy, {}, rh::Null).code, rc::Value.handle(1));
  EXPECT_EQ(assert_secret(policy, {}, policy.handle).code, rc::Value.handle(1));
  EXPECT_EQ(assert_secret(policy, {}, wire::kPcrCount).code, rc::Value.handle(1));
  tpm.state.platform.write().endorsement_enabled = false;
  EXPECT_EQ(assert_secret(policy, {}, rh::Endorsement).code, rc::Hierarchy.handle(1));
  Made no_auth = create_primary(tpm, rh::Owner, sealed_data({ObjectBit::NoDa}), {}, {1});
  EXPECT_EQ(assert_secret(policy, {}, no_auth.handle).code, rc::PolicyFail.session(1));
  ClientSession hmac = start_session(tpm);
  EXPECT_EQ(assert_secret(hmac, {}).code, rc::Value.handle(2));
  Bytes without = TestTpm::assemble(CommandCode::PolicySecret, {rh::Owner, policy.handle}, {},
                                    TestTpm::marshal_params<PolicySecret>({}));
  EXPECT_EQ(TestTpm::parse<PolicySecret>(tpm.execute(without).view()).code, rc::AuthMissing);
}

// A sequence has no Name: in a ticket's digest, its caller's policyRef could end like another's.
TEST_F(PolicySecretTest, NoTicketOfASequence) {
  auto sequence = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).reply.sequence;
  ClientSession policy = start();
  auto answer = assert_secret(
      policy,
      {.policy_ref = wire::Nonce(wire::to_wire(rh::Endorsement)), .expiration = Expiration{-1000}},
      sequence.value);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(answer.reply.policy_ticket.hierarchy, rh::Null);
  EXPECT_TRUE(answer.reply.policy_ticket.digest.empty());
  EXPECT_TRUE(answer.reply.timeout.empty());
  EXPECT_NE(loaded(tpm, policy).policy.timeout, std::nullopt);
}

TEST_F(PolicySecretTest, ByAnHmacSession) {
  Made object = create_primary(tpm, rh::Owner, sealed_data(), kPassword, {1});
  ClientSession policy = start();
  ClientSession hmac = start_session(tpm);
  EXPECT_EQ(run_with<PolicySecret>(tpm, {object.handle, policy.handle}, {}, {{&hmac, {2}}}).code,
            rc::BadAuth.session(1));
  EXPECT_EQ(
      run_with<PolicySecret>(tpm, {object.handle, policy.handle}, {}, {{&hmac, kPassword}}).code,
      rc::Success);
  EXPECT_EQ(digest_of(tpm, policy),
            updated(AlgId::Sha256, zeros, CommandCode::PolicySecret, object.name, {}));
}

// A policy may stand for the secret only when it contains the authValue (23.4.1).
TEST_F(PolicySecretTest, ByAPolicySessionWithTheAuthValue) {
  Bytes with_auth = extended(AlgId::Sha256, zeros, CommandCode::PolicyAuthValue);
  Bytes without = extended(AlgId::Sha256, zeros, CommandCode::PolicyCommandCode,
                           {wire::to_wire(CommandCode::PolicySecret)});
  Made item = seal_under(tpm, with_auth, kPassword);
  Made open = seal_under(tpm, without, kPassword);
  ClientSession target = start(), policy = start();
  auto run = [&](const Made& made, Use use) {
    return run_with<PolicySecret>(tpm, {made.handle, target.handle}, {}, {use}).code;
  };
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::PolicySecret});
  EXPECT_EQ(run(open, {&policy, kPassword}), rc::Mode.session(1));
  tpm.run<PolicyRestart>({policy.handle}, {});
  tpm.run<PolicyPassword>({policy.handle}, {});
  policy.password_needed = true;
  EXPECT_EQ(run(item, {&policy, kPassword}), rc::Success);
  tpm.run<PolicyAuthValue>({policy.handle}, {});
  policy.auth_value_needed = true;
  EXPECT_EQ(run(item, {&policy, kPassword}), rc::Success);
}

// A policy session that authorizes its own assertion ends as new: it has been used (Part
// 1, 16.7.8).
// Part 3, 23.4.1: TPMA_NV_AUTHREAD, for it is the index's authValue that is proven.
TEST_F(PolicySecretTest, ByAPolicySessionOfAnIndex) {
  for (bool auth_read : {false, true}) {
    wire::NvPublic pub = nv_public({NvBit::PolicyRead});
    if (auth_read) pub.attributes.set(NvBit::AuthRead);
    pub.auth_policy = wire::Digest(extended(AlgId::Sha256, zeros, CommandCode::PolicyAuthValue));
    ASSERT_EQ(define(tpm, pub, kPassword), rc::Success);
    ClientSession session = start(), policy = start();
    ASSERT_EQ(tpm.run<PolicyPassword>({session.handle}, {}).code, rc::Success);
    session.password_needed = true;
    EXPECT_EQ(
        run_with<PolicySecret>(tpm, {kIndex, policy.handle}, {}, {{&session, kPassword}}).code,
        auth_read ? rc::Success : rc::AuthUnavailable);
    ASSERT_EQ(nv_undefine(tpm), rc::Success);
  }
}

TEST_F(PolicySecretTest, ByTheVerySessionThatItExtends) {
  Made item =
      seal_under(tpm, extended(AlgId::Sha256, zeros, CommandCode::PolicyAuthValue), kPassword);
  ClientSession policy = start();
  tpm.run<PolicyPassword>({policy.handle}, {});
  policy.password_needed = true;
  EXPECT_EQ(
      run_with<PolicySecret>(tpm, {item.handle, policy.handle}, {}, {{&policy, kPassword}}).code,
      rc::Success);
  EXPECT_EQ(digest_of(tpm, policy), zeros);
}

// TCG EK Credential Profile, 2.1: an attestation key is made under an endorsement key so.
TEST_F(PolicySecretTest, OpensTheEndorsementKey) {
  ASSERT_EQ(tpm.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(kPassword))}).code,
            rc::Success);
  wire::SensitiveCreate none;
  auto ek = tpm.run<CreatePrimary>(
      {rh::Endorsement}, {.in_sensitive = none, .in_public = templates::ek_ecc()}, {kPassword});
  ASSERT_EQ(ek.code, rc::Success);
  Handle key = ek.reply.object_handle.value;
  Create::Params params{.in_sensitive = none, .in_public = attestation_key()};
  EXPECT_EQ(tpm.run<Create>({key}, params).code, rc::PolicyFail.session(1));
  ClientSession policy = start();
  ASSERT_EQ(assert_secret(policy, {}, rh::Endorsement, kPassword).code, rc::Success);
  auto created = run_with<Create>(tpm, {key}, params, {{&policy}});
  ASSERT_EQ(created.code, rc::Success);
  ASSERT_EQ(assert_secret(policy, {}, rh::Endorsement, kPassword).code, rc::Success);
  EXPECT_EQ(run_with<Load>(
                tpm, {key},
                {.in_private = created.reply.out_private, .in_public = created.reply.out_public},
                {{&policy}})
                .code,
            rc::Success);
}

// ---- Limits (23.2.2)

TEST_F(PolicySecretTest, TheNonceMustBeTheSessions) {
  ClientSession policy = start();
  wire::Nonce own(policy.nonce_tpm), other(Bytes(32, 1));
  EXPECT_EQ(assert_secret(policy, {.nonce_tpm = other}).code, rc::Value.parameter(1));
  EXPECT_EQ(assert_secret(policy, {.nonce_tpm = own}).code, rc::Success);
  EXPECT_EQ(assert_secret(trial(), {.nonce_tpm = other}).code, rc::Success);
}

TEST_F(PolicySecretTest, ExpiresCountedFromTheNonce) {
  ClientSession policy = start();
  tpm.clock.now += 3000;
  wire::Nonce nonce(policy.nonce_tpm);
  auto at = [&](int32_t seconds) {
    return assert_secret(policy, {.nonce_tpm = nonce, .expiration = Expiration{seconds}}).code;
  };
  EXPECT_EQ(at(2), rc::Expired.parameter(4));
  EXPECT_EQ(at(-2), rc::Expired.parameter(4));
  EXPECT_EQ(at(3), rc::Success);
  EXPECT_EQ(loaded(tpm, policy).policy.timeout, loaded(tpm, policy).start_time + 3000);
  tpm.clock.now += 1;
  EXPECT_EQ(at(3), rc::Expired.parameter(4));
}

// Part 1, 16.7.8: any use gives the session a new nonce.
TEST_F(PolicySecretTest, ExpiresCountedFromTheNonceOfAnEncryption) {
  ClientSession policy =
      start_session(tpm, {.type = SessionType::Policy, .symmetric = aes_cfb(128)});
  tpm.clock.now += 2500;
  Use encrypt{.session = &policy, .attributes = kContinue | kEncrypt};
  ASSERT_EQ(run_with<GetRandom>(tpm, {}, {8}, {encrypt}).code, rc::Success);
  PolicySecret::Params params{.nonce_tpm = wire::Nonce(policy.nonce_tpm),
                              .expiration = Expiration{2}};
  ASSERT_EQ(assert_secret(policy, params).code, rc::Success);
  EXPECT_EQ(loaded(tpm, policy).policy.timeout, tpm_time(tpm.state, tpm.ports) + 2000);
}

TEST_F(PolicySecretTest, WithoutANonceTheTimeItselfIsGiven) {
  tpm.clock.now += 10000;
  uint64_t now = tpm_time(tpm.state, tpm.ports);
  ASSERT_EQ(now % 1000, 0u);
  auto seconds = static_cast<int32_t>(now / 1000);
  ClientSession policy = start();
  auto at = [&](int32_t value) {
    return assert_secret(policy, {.expiration = Expiration{value}}).code;
  };
  EXPECT_EQ(at(seconds - 1), rc::Expired.parameter(4));
  EXPECT_EQ(at(seconds), rc::Success);
  EXPECT_EQ(loaded(tpm, policy).policy.timeout, now);
  // Later is not an error and changes nothing (23.2.4).
  EXPECT_EQ(at(seconds + 5), rc::Success);
  EXPECT_EQ(loaded(tpm, policy).policy.timeout, now);
  EXPECT_EQ(at(std::numeric_limits<int32_t>::min()), rc::Success);
  EXPECT_EQ(assert_secret(trial(), {.expiration = Expiration{1}}).code, rc::Success);
}

TEST_F(PolicySecretTest, AnExpiredPolicyAuthorizesNothing) {
  Made item = seal_under(tpm, owner_policy());
  ClientSession policy = start();
  auto limit = [&] {
    return assert_secret(policy,
                         {.nonce_tpm = wire::Nonce(policy.nonce_tpm), .expiration = Expiration{5}})
        .code;
  };
  ASSERT_EQ(limit(), rc::Success);
  tpm.clock.now += 5000;
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
  ASSERT_EQ(limit(), rc::Success);
  tpm.clock.now += 5001;
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Expired.session(1));
  tpm.run<PolicyRestart>({policy.handle}, {});
  EXPECT_FALSE(loaded(tpm, policy).policy.timeout);
}

// Time begins anew: whatever a saved session says of it means nothing (Part 1, 16.7.12).
TEST_F(PolicySecretTest, ASessionFromBeforeAResumeHasNoTime) {
  ClientSession policy = start();
  auto saved = tpm.run<ContextSave>({policy.handle}, {});
  ASSERT_EQ(saved.code, rc::Success);
  ASSERT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Success);
  ASSERT_EQ(tpm.run<ContextLoad>({}, {saved.reply.context}).code, rc::Success);
  wire::Nonce nonce(policy.nonce_tpm);
  EXPECT_EQ(assert_secret(policy, {.nonce_tpm = nonce, .expiration = Expiration{100}}).code,
            rc::Expired.parameter(4));
  EXPECT_EQ(assert_secret(policy, {.expiration = Expiration{100}}).code, rc::Expired.parameter(4));
  EXPECT_EQ(assert_secret(policy, {.nonce_tpm = nonce}).code, rc::Success);
}

TEST_F(PolicySecretTest, ForOneCommandOnly) {
  Made item = seal_under(tpm, owner_policy()), other = seal_under(tpm, owner_policy({1}));
  auto cp_hash = [](const Made& made) {
    return wire::Digest(
        formula::hash(AlgId::Sha256, {wire::to_wire(CommandCode::Unseal), made.name}));
  };
  ClientSession policy = start();
  ASSERT_EQ(assert_secret(policy, {.cp_hash = cp_hash(other)}).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::PolicyFail.session(1));
  // The same again is no contradiction, another is; so is one of another size (23.2.2).
  EXPECT_EQ(assert_secret(policy, {.cp_hash = cp_hash(other)}).code, rc::Success);
  EXPECT_EQ(assert_secret(policy, {.cp_hash = cp_hash(item)}).code, rc::CpHash);
  EXPECT_EQ(assert_secret(policy, {.cp_hash = wire::Digest(Bytes(31))}).code, rc::CpHash);
  tpm.run<PolicyRestart>({policy.handle}, {});
  EXPECT_EQ(assert_secret(policy, {.cp_hash = wire::Digest(Bytes(31))}).code,
            rc::Size.parameter(2));
  ASSERT_EQ(assert_secret(policy, {.cp_hash = cp_hash(item)}).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
}

TEST_F(PolicySecretTest, TheParametersAreCheckedInTheirOrder) {
  tpm.clock.now += 10000;
  ClientSession policy = start();
  PolicySecret::Params params{.nonce_tpm = wire::Nonce(Bytes(32, 1)),
                              .cp_hash = wire::Digest(Bytes(31)),
                              .expiration = Expiration{1}};
  EXPECT_EQ(assert_secret(policy, params).code, rc::Value.parameter(1));
  params.nonce_tpm = {};
  EXPECT_EQ(assert_secret(policy, params).code, rc::Expired.parameter(4));
  params.expiration = Expiration::Never;
  EXPECT_EQ(assert_secret(policy, params).code, rc::Size.parameter(2));
  EXPECT_EQ(digest_of(tpm, policy), zeros);
}

TEST_F(PolicySecretTest, UnderParameterEncryption) {
  ClientSession policy = start();
  ClientSession hmac = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  Use use{.session = &hmac, .attributes = kContinue | kDecrypt | kEncrypt};
  PolicySecret::Params params{.nonce_tpm = wire::Nonce(policy.nonce_tpm),
                              .expiration = Expiration{-10}};
  auto answer = run_with<PolicySecret>(tpm, {rh::Owner, policy.handle}, params, {use});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(load_be<uint64_t>(answer.reply.timeout), loaded(tpm, policy).start_time + 10000);
}

}  // namespace
}  // namespace vtpm::engine
