// SPDX-License-Identifier: Apache-2.0
// TPM2_PolicyAuthorize (Part 3, 23.16).
#include "engine/commands/hash.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/signing.h"
#include "tests/engine/policies.h"
#include "tests/engine/signatures.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::StructureTag;
namespace rh = wire::rh;

class AuthorizeTest : public PolicyTest {
 protected:
  explicit AuthorizeTest()
      : key(create_primary(tpm, rh::Owner, ecdsa_key())),
        approved_digest(extended(AlgId::Sha256, zeros, CommandCode::PolicyCommandCode,
                                 {wire::to_wire(CommandCode::Unseal)})) {}

  PolicyAuthorize::Params approval(const Bytes& digest, const Bytes& reference = kReference) {
    Bytes to_be_signed = formula::hash(AlgId::Sha256, {digest, reference});
    auto verified = tpm.run<VerifySignature>(
        {key.handle}, {.digest = wire::Digest(to_be_signed),
                       .signature = sign(tpm, key, to_be_signed, AlgId::EcDsa, AlgId::Sha256)});
    EXPECT_EQ(verified.code, rc::Success);
    return {.approved_policy = wire::Digest(digest),
            .policy_ref = wire::Nonce(reference),
            .key_sign = wire::Name(key.name),
            .check_ticket = verified.reply.validation};
  }
  Rc assert_approved(const ClientSession& policy, const PolicyAuthorize::Params& params) {
    return tpm.run<PolicyAuthorize>({policy.handle}, params).code;
  }

  Made key;
  Bytes approved_digest;
};

TEST_F(AuthorizeTest, PutsTheKeyInThePlaceOfThePolicy) {
  Bytes final_digest =
      updated(AlgId::Sha256, zeros, CommandCode::PolicyAuthorize, key.name, kReference);
  Made item = seal_under(tpm, final_digest);
  ClientSession policy = start();
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
  ASSERT_EQ(assert_approved(policy, approval(approved_digest)), rc::Success);
  EXPECT_EQ(digest_of(tpm, policy), final_digest);
  // What the approved policy demands still holds.
  EXPECT_EQ(loaded(tpm, policy).policy.command, CommandCode::Unseal);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
}

// Of TPM2_VerifyDigestSignature and TPM2_VerifySequenceComplete, which use the key as it is.
TEST_F(AuthorizeTest, TakesTicketsForDigestsAndForMessages) {
  wire::Public pub = ecdsa_key();
  pub.parameters.get<wire::EccParameters>()->scheme = {
      .scheme = {AlgId::EcDsa}, .details = wire::HashScheme{.hash = AlgId::Sha384}};
  Made signer = create_primary(tpm, rh::Owner, pub);
  Bytes message = formula::concat({approved_digest, kReference});
  Bytes digest = formula::hash(AlgId::Sha384, {message});
  wire::Signature signature = sign(tpm, signer, digest, AlgId::EcDsa, AlgId::Sha384);
  auto by_digest = tpm.run<VerifyDigestSignature>(
      {signer.handle}, {.digest = wire::Digest(digest), .signature = signature});
  ASSERT_EQ(by_digest.code, rc::Success);
  Handle sequence = tpm.run<VerifySequenceStart>({signer.handle}, {}).reply.sequence.value;
  tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(message)});
  auto by_message = tpm.run<VerifySequenceComplete>({sequence, signer.handle}, {signature});
  ASSERT_EQ(by_message.code, rc::Success);

  PolicyAuthorize::Params params{.approved_policy = wire::Digest(approved_digest),
                                 .policy_ref = wire::Nonce(kReference),
                                 .key_sign = wire::Name(signer.name)};
  auto outcome = [&](const wire::VerifiedTicket& ticket) {
    ClientSession policy = start();
    tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
    params.check_ticket = ticket;
    return assert_approved(policy, params);
  };
  wire::VerifiedTicket ticket = by_digest.reply.validation;
  EXPECT_EQ(outcome(ticket), rc::Success);
  EXPECT_EQ(outcome(by_message.reply.validation), rc::Success);
  ticket.hash = {AlgId::Sha256};
  EXPECT_EQ(outcome(ticket), rc::Policy);
  params.policy_ref = {};
  EXPECT_EQ(outcome(by_digest.reply.validation), rc::Policy);
  EXPECT_EQ(outcome(by_message.reply.validation), rc::Policy);
}

TEST_F(AuthorizeTest, WhatHasNotBeenApproved) {
  const PolicyAuthorize::Params good = approval(approved_digest);
  ClientSession policy = start();
  EXPECT_EQ(assert_approved(policy, good), rc::Value.parameter(1));
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
  std::vector<PolicyAuthorize::Params> bad(4, good);
  bad[0].policy_ref = {};
  bad[1].key_sign = wire::Name(create_primary(tpm, rh::Endorsement, ecdsa_key()).name);
  bad[2].check_ticket.hierarchy = rh::Endorsement;
  bad[3].check_ticket = {{.tag = StructureTag::Verified, .hierarchy = rh::Null, .digest = {}}};
  for (const auto& params : bad) EXPECT_EQ(assert_approved(policy, params), rc::Policy);
  EXPECT_EQ(digest_of(tpm, policy), approved_digest);
  EXPECT_EQ(assert_approved(policy, good), rc::Success);
}

TEST_F(AuthorizeTest, TheKeyMustHaveAName) {
  ClientSession policy = start();
  PolicyAuthorize::Params params = approval(zeros);
  for (const ClientSession& session : {policy, trial()}) {
    for (const Bytes& none : {Bytes{}, Bytes{0}, Bytes{0, 0x10}, Bytes{0, 0x23, 1, 2}}) {
      params.key_sign = wire::Name(none);
      EXPECT_EQ(assert_approved(session, params), rc::Hash.parameter(3));
    }
    for (size_t size : {2u, 33u, 35u}) {
      Bytes name = key.name;
      name.resize(size);
      params.key_sign = wire::Name(name);
      EXPECT_EQ(assert_approved(session, params), rc::Size.parameter(3));
    }
  }
  params = approval(zeros);
  params.check_ticket.tag = StructureTag::Creation;
  EXPECT_EQ(assert_approved(policy, params), rc::Tag.parameter(4));
}

TEST_F(AuthorizeTest, ATrialTakesAnyTicket) {
  ClientSession session = trial();
  PolicyAuthorize::Params params{.approved_policy = wire::Digest(Bytes(5)),
                                 .policy_ref = wire::Nonce(kReference),
                                 .key_sign = wire::Name(key.name)};
  params.check_ticket = {{.tag = StructureTag::Verified, .hierarchy = rh::Null, .digest = {}}};
  EXPECT_EQ(assert_approved(session, params), rc::Success);
  EXPECT_EQ(digest_of(tpm, session),
            updated(AlgId::Sha256, zeros, CommandCode::PolicyAuthorize, key.name, kReference));
}

}  // namespace
}  // namespace vtpm::engine
