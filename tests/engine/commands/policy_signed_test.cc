// SPDX-License-Identifier: Apache-2.0
// TPM2_PolicySigned and TPM2_PolicyTicket (Part 3, 23.3 and 23.5).
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "tests/engine/policies.h"
#include "tests/engine/signatures.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::SessionType;
using wire::StructureTag;
namespace rh = wire::rh;

constexpr uint64_t kUntilReset = uint64_t{1} << 63;

class SignedTest : public PolicyTest {
 protected:
  // Part 3, equation 3.
  PolicySigned::Params approved(const Made& key, PolicySigned::Params params,
                                AlgId scheme = AlgId::EcDsa, AlgId hash = AlgId::Sha256) {
    Bytes expiration(4);
    store_be<uint32_t>(expiration, static_cast<uint32_t>(params.expiration));
    Bytes digest =
        formula::hash(hash, {params.nonce_tpm, expiration, params.cp_hash, params.policy_ref});
    params.auth = sign(tpm, key, digest, scheme, hash);
    return params;
  }
  Answer<PolicySigned> assert_signed(const Made& key, const ClientSession& policy,
                                     const PolicySigned::Params& params) {
    return tpm.run<PolicySigned>({key.handle, policy.handle}, params);
  }
  Rc assert_ticket(const ClientSession& policy, const PolicyTicket::Params& params) {
    return tpm.run<PolicyTicket>({policy.handle}, params).code;
  }
  static Bytes signed_policy(const Made& key, ByteView reference = {}) {
    return updated(AlgId::Sha256, Bytes(32), CommandCode::PolicySigned, key.name, reference);
  }
};

TEST_F(SignedTest, ByEachKindOfKeyAndHash) {
  struct Case {
    wire::Public pub;
    AlgId scheme;
  };
  for (const Case& each : {Case{ecdsa_key(), AlgId::EcDsa}, Case{rsa_signing_key(), AlgId::RsaSsa},
                           Case{rsa_signing_key(), AlgId::RsaPss}}) {
    Made key = create_primary(tpm, rh::Owner, each.pub);
    for (AlgId hash : kHashes) {
      ClientSession policy = start(SessionType::Policy, hash);
      auto params = approved(key, {.policy_ref = wire::Nonce(kReference)}, each.scheme, hash);
      ASSERT_EQ(assert_signed(key, policy, params).code, rc::Success);
      EXPECT_EQ(digest_of(tpm, policy), updated(hash, Bytes(digest_size(hash)),
                                                CommandCode::PolicySigned, key.name, kReference));
    }
    ASSERT_EQ(tpm.run<FlushContext>({}, {.flush_handle = {key.handle}}).code, rc::Success);
  }
  Made hmac = create_primary(tpm, rh::Owner, hmac_key());
  ClientSession policy = start();
  EXPECT_EQ(assert_signed(hmac, policy, approved(hmac, {}, AlgId::Hmac)).code, rc::Success);
  EXPECT_EQ(digest_of(tpm, policy), signed_policy(hmac));
}

// Part 3, table 115: what such a key signs is the message, not a digest of it.
TEST_F(SignedTest, ByAKeyThatSignsMessages) {
  wire::Public hmac = hmac_key();
  hmac.parameters.get<wire::KeyedHashParameters>()->scheme = {
      .scheme = AlgId::Hmac, .details = wire::HashScheme{AlgId::Sha256}};
  for (const wire::Public& pub :
       {hmac, signing_key(AlgId::Sm2, AlgId::Sm3_256, CurveId::Sm2P256)}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    auto begun = tpm.run<SignSequenceStart>({key.handle}, {});
    ASSERT_EQ(begun.code, rc::Success);
    auto signature = tpm.run<SignSequenceComplete>({begun.reply.sequence.value, key.handle},
                                                   {wire::MaxBuffer(Bytes(4))});
    ASSERT_EQ(signature.code, rc::Success);
    ClientSession policy = start();
    PolicySigned::Params params{.auth = signature.reply.signature};
    EXPECT_EQ(assert_signed(key, policy, params).code, rc::Success);
    EXPECT_EQ(digest_of(tpm, policy), signed_policy(key));
    params.policy_ref = wire::Nonce(kReference);
    EXPECT_EQ(assert_signed(key, policy, params).code, rc::PolicyFail.parameter(5));
  }
}

TEST_F(SignedTest, EveryQualifierIsSigned) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  ClientSession policy = start();
  const PolicySigned::Params good = approved(key, {.nonce_tpm = wire::Nonce(policy.nonce_tpm),
                                                   .cp_hash = wire::Digest(Bytes(32, 1)),
                                                   .policy_ref = wire::Nonce(kReference),
                                                   .expiration = Expiration{10}});
  std::vector<PolicySigned::Params> bad(4, good);
  bad[0].nonce_tpm = {};
  bad[1].cp_hash = wire::Digest(Bytes(32, 2));
  bad[2].policy_ref = {};
  bad[3].expiration = Expiration{11};
  for (const auto& params : bad)
    EXPECT_EQ(assert_signed(key, policy, params).code, rc::PolicyFail.parameter(5));
  EXPECT_EQ(digest_of(tpm, policy), zeros);
  EXPECT_EQ(assert_signed(key, policy, good).code, rc::Success);
  EXPECT_EQ(loaded(tpm, policy).policy.timeout, loaded(tpm, policy).start_time + 10000);
  EXPECT_EQ(loaded(tpm, policy).policy.binding,
            (PolicyBinding{PolicyBinding::To::Command, good.cp_hash}));
}

TEST_F(SignedTest, ByAnotherKeyOrNotAtAll) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  Made other = create_primary(tpm, rh::Endorsement, ecdsa_key());
  Made rsa = create_primary(tpm, rh::Owner, rsa_signing_key());
  ClientSession policy = start();
  auto params = approved(other, {});
  EXPECT_EQ(assert_signed(key, policy, params).code, rc::PolicyFail.parameter(5));
  EXPECT_EQ(assert_signed(rsa, policy, params).code, rc::PolicyFail.parameter(5));
  // A signature is not optional, not even in a trial.
  params.auth = {};
  EXPECT_EQ(assert_signed(key, policy, params).code, rc::Scheme.parameter(5));
  EXPECT_EQ(assert_signed(key, trial(), params).code, rc::Scheme.parameter(5));
  params.nonce_tpm = wire::Nonce(Bytes(9));
  EXPECT_EQ(assert_signed(key, policy, params).code, rc::Scheme.parameter(5));
}

// Whoever may not use sealed data must not find out, either, what it is.
TEST_F(SignedTest, SealedDataIsNoKey) {
  const Bytes pin = {'4', '7', '1', '1'};
  Made sealed = create_primary(tpm, rh::Owner, sealed_data({ObjectBit::UserWithAuth}), pin, pin);
  const Bytes to_be_signed = formula::hash(AlgId::Sha256, {Bytes(4)});  // no limits at all
  PolicySigned::Params params;
  params.auth = {.algorithm = wire::SignatureAlgorithm(AlgId::Hmac),
                 .details = wire::HashValue{
                     .algorithm = {AlgId::Sha256},
                     .digest = wire::Digest(formula::hmac(AlgId::Sha256, pin, {to_be_signed}))}};
  EXPECT_EQ(assert_signed(sealed, start(), params).code, rc::PolicyFail.parameter(5));
}

TEST_F(SignedTest, ATrialTakesAnySignature) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  Made other = create_primary(tpm, rh::Owner, rsa_signing_key());
  ClientSession policy = trial();
  auto params = approved(other, {}, AlgId::RsaSsa);
  params.nonce_tpm = wire::Nonce(Bytes(9));
  params.cp_hash = wire::Digest(Bytes(3));
  params.expiration = Expiration{-1};
  auto answer = assert_signed(key, policy, params);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(digest_of(tpm, policy), signed_policy(key));
  EXPECT_EQ(answer.reply.policy_ticket.tag, StructureTag::AuthSigned);
  EXPECT_EQ(answer.reply.policy_ticket.hierarchy, rh::Null);
  EXPECT_TRUE(answer.reply.policy_ticket.digest.empty());
  EXPECT_TRUE(answer.reply.timeout.empty());
}

TEST_F(SignedTest, TheLimitsComeBeforeTheSignature) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  tpm.clock.now += 10000;
  ClientSession policy = start();
  PolicySigned::Params params = approved(key, {});
  params.nonce_tpm = wire::Nonce(Bytes(32, 1));
  EXPECT_EQ(assert_signed(key, policy, params).code, rc::Value.parameter(1));
  params.nonce_tpm = {};
  params.expiration = Expiration{1};
  EXPECT_EQ(assert_signed(key, policy, params).code, rc::Expired.parameter(4));
  params.expiration = Expiration::Never;
  params.cp_hash = wire::Digest(Bytes(33));
  EXPECT_EQ(assert_signed(key, policy, params).code, rc::Size.parameter(2));
}

TEST_F(SignedTest, APublicKeyIsEnough) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  auto external = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Null}});
  ASSERT_EQ(external.code, rc::Success);
  Made only_public{.handle = external.reply.object_handle.value, .name = key.name};
  Made item = seal_under(tpm, signed_policy(key));
  ClientSession policy = start();
  ASSERT_EQ(assert_signed(only_public, policy, approved(key, {})).code, rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
  // Of an HMAC key the secret is needed to verify.
  Made hmac = create_primary(tpm, rh::Owner, hmac_key());
  auto no_secret = tpm.run<LoadExternal>({}, {.in_public = hmac.pub, .hierarchy = {rh::Null}});
  ASSERT_EQ(no_secret.code, rc::Success);
  Made public_hmac{.handle = no_secret.reply.object_handle.value};
  EXPECT_EQ(assert_signed(public_hmac, policy, approved(hmac, {}, AlgId::Hmac)).code,
            rc::PolicyFail.parameter(5));
}

TEST_F(SignedTest, TheHandlesAreAKeyAndAPolicySession) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  ClientSession policy = start(), hmac = start_session(tpm);
  auto params = approved(key, {});
  EXPECT_EQ(tpm.run<PolicySigned>({rh::Owner, policy.handle}, params).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<PolicySigned>({key.handle, hmac.handle}, params).code, rc::Value.handle(2));
}

// ---- Tickets

TEST_F(SignedTest, ATicketStandsForTheSignatureUntilItsTime) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  Made item = seal_under(tpm, signed_policy(key, kReference));
  ClientSession policy = start();
  auto params = approved(key, {.nonce_tpm = wire::Nonce(policy.nonce_tpm),
                               .policy_ref = wire::Nonce(kReference),
                               .expiration = Expiration{-60}});
  auto answer = assert_signed(key, policy, params);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(answer.reply.policy_ticket.tag, StructureTag::AuthSigned);
  EXPECT_EQ(answer.reply.policy_ticket.hierarchy, rh::Owner);
  EXPECT_EQ(answer.reply.policy_ticket.digest.size(), digest_size(kIntegrityHash));
  uint64_t end = loaded(tpm, policy).start_time + 60000;
  EXPECT_EQ(load_be<uint64_t>(answer.reply.timeout), end);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);

  ClientSession another = start();
  PolicyTicket::Params ticket{.timeout = answer.reply.timeout,
                              .policy_ref = params.policy_ref,
                              .auth_name = wire::Name(key.name),
                              .ticket = answer.reply.policy_ticket};
  tpm.clock.now += 59000;
  ASSERT_EQ(assert_ticket(another, ticket), rc::Success);
  EXPECT_EQ(digest_of(tpm, another), signed_policy(key, kReference));
  EXPECT_EQ(loaded(tpm, another).policy.timeout, end);
  EXPECT_EQ(unseal(tpm, item, {&another}), rc::Success);
  tpm.clock.now += 1001;
  EXPECT_EQ(assert_ticket(another, ticket), rc::Expired.parameter(1));
}

TEST_F(SignedTest, ATicketOfASecretSaysSo) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Lockout}) {
    ClientSession policy = start();
    auto answer = tpm.run<PolicySecret>(
        {hierarchy, policy.handle},
        {.cp_hash = wire::Digest(Bytes(32, 5)), .expiration = Expiration{-1000}});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(answer.reply.policy_ticket.tag, StructureTag::AuthSecret);
    EXPECT_EQ(answer.reply.policy_ticket.hierarchy,
              hierarchy == rh::Lockout ? rh::Owner : hierarchy);
    ClientSession another = start();
    Bytes name = wire::to_wire(hierarchy);
    ASSERT_EQ(assert_ticket(another, {.timeout = answer.reply.timeout,
                                      .cp_hash = wire::Digest(Bytes(32, 5)),
                                      .auth_name = wire::Name(name),
                                      .ticket = answer.reply.policy_ticket}),
              rc::Success);
    EXPECT_EQ(digest_of(tpm, another),
              updated(AlgId::Sha256, zeros, CommandCode::PolicySecret, name, {}));
    EXPECT_EQ(loaded(tpm, another).policy.binding,
              (PolicyBinding{PolicyBinding::To::Command, wire::Digest(Bytes(32, 5))}));
    EXPECT_EQ(loaded(tpm, another).policy.timeout, 1000000u);
  }
}

class TicketTest : public SignedTest {
 protected:
  TicketTest() : key(create_primary(tpm, rh::Owner, ecdsa_key())), policy(start()) {}

  // Of an authorization with a nonce or without one.
  PolicyTicket::Params obtain(bool with_nonce) {
    PolicySigned::Params params{.cp_hash = wire::Digest(Bytes(32, 5)),
                                .policy_ref = wire::Nonce(kReference),
                                .expiration = Expiration{-1000}};
    if (with_nonce) params.nonce_tpm = wire::Nonce(policy.nonce_tpm);
    auto answer = assert_signed(key, policy, approved(key, params));
    EXPECT_EQ(answer.code, rc::Success);
    return {.timeout = answer.reply.timeout,
            .cp_hash = params.cp_hash,
            .policy_ref = params.policy_ref,
            .auth_name = wire::Name(key.name),
            .ticket = answer.reply.policy_ticket};
  }

  Made key;
  ClientSession policy;
};

TEST_F(TicketTest, EveryPartOfItCounts) {
  const Rc refused = rc::Ticket.parameter(5);
  const PolicyTicket::Params good = obtain(true);
  std::vector<PolicyTicket::Params> bad(7, good);
  Bytes later = to_bytes(good.timeout), other = later;
  later[7] ^= 1;
  bad[0].timeout = wire::Timeout(later);
  other[0] ^= 0x80;
  bad[1].timeout = wire::Timeout(other);
  bad[2].cp_hash = {};
  bad[3].policy_ref = {};
  bad[4].auth_name = wire::Name(zeros);
  bad[5].ticket.hierarchy = rh::Endorsement;
  bad[6].ticket.tag = StructureTag::AuthSecret;
  ClientSession another = start();
  for (const auto& params : bad) EXPECT_EQ(assert_ticket(another, params), refused);
  PolicyTicket::Params null = good;
  null.ticket = {{.tag = StructureTag::AuthSigned, .hierarchy = rh::Null, .digest = {}}};
  EXPECT_EQ(assert_ticket(another, null), refused);
  null.ticket.tag = StructureTag::Verified;
  EXPECT_EQ(assert_ticket(another, null), rc::Tag.parameter(5));
  null = good;
  null.ticket.hierarchy = rh::Lockout;
  EXPECT_EQ(assert_ticket(another, null), rc::Value.parameter(5));
  null = good;
  null.timeout = wire::Timeout(Bytes(7));
  EXPECT_EQ(assert_ticket(another, null), rc::Size.parameter(1));
  EXPECT_EQ(digest_of(tpm, another), zeros);
  EXPECT_EQ(assert_ticket(another, good), rc::Success);
  // And again: an equal cpHashA is no contradiction, another one is.
  EXPECT_EQ(assert_ticket(another, good), rc::Success);
  PolicyTicket::Params contradicting = good;
  contradicting.cp_hash = wire::Digest(Bytes(32, 6));
  EXPECT_EQ(assert_ticket(another, contradicting), rc::CpHash);
}

TEST_F(TicketTest, SaysWhetherAResetEndsIt) {
  EXPECT_EQ(load_be<uint64_t>(obtain(true).timeout) & kUntilReset, 0u);
  EXPECT_EQ(load_be<uint64_t>(obtain(false).timeout), kUntilReset | 1000000);
}

// Whether a nonce was given or not: Time has begun anew (Part 1, 16.7.12).
TEST_F(TicketTest, DiesWithTheStretchOfTime) {
  for (bool with_nonce : {true, false}) {
    policy = start();
    PolicyTicket::Params ticket = obtain(with_nonce);
    ASSERT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
    tpm.power_cycle();
    ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Success);
    key = create_primary(tpm, rh::Owner, ecdsa_key());
    policy = start();
    EXPECT_EQ(assert_ticket(policy, ticket), rc::Ticket.parameter(5));
  }
}

TEST_F(TicketTest, DiesWithItsHierarchy) {
  PolicyTicket::Params ticket = obtain(true);
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(assert_ticket(start(), ticket), rc::Ticket.parameter(5));
}

TEST_F(TicketTest, ATrialTakesAny) {
  ClientSession session = trial();
  PolicyTicket::Params params{.policy_ref = wire::Nonce(kReference),
                              .auth_name = wire::Name(key.name)};
  params.ticket = {{.tag = StructureTag::AuthSigned, .hierarchy = rh::Null, .digest = {}}};
  EXPECT_EQ(assert_ticket(session, params), rc::Success);
  EXPECT_EQ(digest_of(tpm, session), signed_policy(key, kReference));
}

// Part 3, 12.3.1: nothing says which of the TPM's owners would answer for the key. Without a Name
// behind it, policyRef could even end like a Name that is somebody else's.
TEST_F(SignedTest, NoTicketOfAKeyFromOutsideWithoutHierarchyOrName) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  wire::Public nameless = key.pub;
  nameless.name_hash = AlgId::Null;
  struct Case {
    wire::Public pub;
    Handle hierarchy;
    bool ticket;
  };
  for (const Case& c : {Case{key.pub, rh::Owner, true}, Case{key.pub, rh::Null, false},
                        Case{nameless, rh::Owner, false}, Case{nameless, rh::Null, false}}) {
    auto external = tpm.run<LoadExternal>({}, {.in_public = c.pub, .hierarchy = {c.hierarchy}});
    ASSERT_EQ(external.code, rc::Success);
    Made only_public{.handle = external.reply.object_handle.value};
    auto answer =
        assert_signed(only_public, start(), approved(key, {.expiration = Expiration{-1000}}));
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(answer.reply.policy_ticket.hierarchy, c.ticket ? rh::Owner : rh::Null);
    EXPECT_EQ(answer.reply.policy_ticket.digest.empty(), !c.ticket);
    EXPECT_EQ(answer.reply.timeout.empty(), !c.ticket);
    tpm.run<FlushContext>({}, {{only_public.handle}});
  }
}

}  // namespace
}  // namespace vtpm::engine
