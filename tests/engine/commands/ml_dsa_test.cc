// SPDX-License-Identifier: Apache-2.0
// Signatures with ML-DSA and HashML-DSA (Part 3, Table 115), checked against FIPS 204's functions.
#include "engine/commands/attestation.h"
#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/ticket.h"
#include "tests/engine/ml_dsa_signing.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

// As a caller names it: without details.
wire::SignatureScheme scheme_of(const wire::Public& pub) {
  return {.scheme = wire::SignatureSchemeOrNull(*pub.type)};
}

TEST_F(MlDsaSigning, MessagesWithAndWithoutContext) {
  for (MlDsaSet set : kMlDsaSets) {
    for (const wire::Public& pub :
         {ml_dsa_key(set), ml_dsa_key(set, true), hash_ml_dsa_key(AlgId::Sha256, set),
          hash_ml_dsa_key(AlgId::Sha3_512, set)}) {
      Made key = create_primary(tpm, rh::Owner, pub);
      for (const Bytes& context : {Bytes(), Bytes{'c', 't', 'x'}, Bytes(255, 'x')}) {
        wire::Signature signature = sign(key.handle, kMessage, context);
        EXPECT_EQ(bytes_of(signature).size(), crypto::signature_size(set));
        EXPECT_TRUE(is_good(key.pub, signature, mu_of(key.pub, kMessage, context)));
        auto verified = verify(key.handle, kMessage, signature, context);
        ASSERT_EQ(verified.code, rc::Success);
        EXPECT_EQ(verified.reply.validation.tag, wire::StructureTag::MessageVerified);
        EXPECT_TRUE(is_genuine(tpm.state, verified.reply.validation, kMessage, key.name));
        EXPECT_EQ(verify(key.handle, kMessage, signature, {'o'}).code, rc::Signature.parameter(1));
        EXPECT_EQ(verify(key.handle, {'o'}, signature, context).code, rc::Signature.parameter(1));
      }
      tpm.run<FlushContext>({}, {key.handle});
    }
  }
}

TEST_F(MlDsaSigning, MessagesInPieces) {
  for (const wire::Public& pub : {ml_dsa_key(), hash_ml_dsa_key()}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    Bytes message;
    Handle signing = start_signing(key.handle, {'c'}),
           verifying = start_verifying(key.handle, {'c'});
    for (size_t i = 0; i < 5; ++i) {
      Bytes piece(i * 200, static_cast<uint8_t>('a' + i));
      append(message, piece);
      for (Handle* sequence : {&signing, &verifying}) {
        update(*sequence, piece);
        // The context leaves, and goes on where it was.
        auto saved = tpm.run<ContextSave>({*sequence}, {});
        ASSERT_EQ(saved.code, rc::Success);
        tpm.run<FlushContext>({}, {*sequence});
        *sequence = tpm.run<ContextLoad>({}, {saved.reply.context}).reply.loaded_handle.value;
      }
    }
    auto answer = tpm.run<SignSequenceComplete>({signing, key.handle}, {});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_TRUE(is_good(key.pub, answer.reply.signature, mu_of(key.pub, message, {'c'})));
    auto verified =
        tpm.run<VerifySequenceComplete>({verifying, key.handle}, {answer.reply.signature});
    ASSERT_EQ(verified.code, rc::Success);
    EXPECT_TRUE(is_genuine(tpm.state, verified.reply.validation, message, key.name));
  }
}

// Hedged (FIPS 204, 3.4).
TEST_F(MlDsaSigning, EverySignatureIsAnotherOne) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key());
  EXPECT_NE(to_bytes(bytes_of(sign(key.handle, kMessage))),
            to_bytes(bytes_of(sign(key.handle, kMessage))));
}

TEST_F(MlDsaSigning, ASequenceEndsWithItsKeyAndScheme) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key());
  Made other = create_primary(tpm, rh::Endorsement, ml_dsa_key());
  Made hashed = create_primary(tpm, rh::Owner, hash_ml_dsa_key());
  Handle sequence = start_signing(key.handle);
  EXPECT_EQ(tpm.run<SignSequenceComplete>({sequence, other.handle}, {}).code,
            rc::SignContextKey.handle(2));
  wire::Signature signature = sign(key.handle, kMessage);
  wire::Signature by_hashed = sign(hashed.handle, kMessage);
  EXPECT_EQ(verify(key.handle, kMessage, by_hashed).code, rc::Scheme.parameter(1));
  EXPECT_EQ(verify(hashed.handle, kMessage, signature).code, rc::Scheme.parameter(1));
  EXPECT_EQ(verify(key.handle, kMessage, {}).code, rc::Scheme.parameter(1));
  wire::Signature other_hash = by_hashed;
  other_hash.details.get<wire::HashMlDsaSignature>()->hash = AlgId::Sha256;
  EXPECT_EQ(verify(hashed.handle, kMessage, other_hash).code, rc::Scheme.parameter(1));
  for (size_t size : {size_t{0}, size_t{2420}, size_t{3308}}) {
    wire::Signature cut = signature;
    cut.details = wire::MlDsaSignature(bytes_of(signature).first(size));
    EXPECT_EQ(verify(key.handle, kMessage, cut).code, rc::Signature.parameter(1));
  }
}

TEST_F(MlDsaSigning, ARestrictedKeySignsNoLookAlikes) {
  const Bytes generated = {0xFF, 'T', 'C', 'G', 0x80, 0x18};
  for (wire::Public pub : {ml_dsa_key(), hash_ml_dsa_key()}) {
    pub.attributes.set(ObjectBit::Restricted);
    Made key = create_primary(tpm, rh::Owner, pub);
    EXPECT_EQ(tpm.run<SignSequenceComplete>({start_signing(key.handle), key.handle},
                                            {wire::MaxBuffer(generated)})
                  .code,
              rc::Value.parameter(1));
    sign(key.handle, kMessage, {0xFF});
  }
}

// Table 115: not with the commands that name a scheme.
TEST_F(MlDsaSigning, NotWithSignAndVerifySignature) {
  for (const wire::Public& pub : {ml_dsa_key(MlDsaSet::Dsa65, true), hash_ml_dsa_key()}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    wire::Digest digest(Bytes(64, 1));
    for (const wire::SignatureScheme& scheme : {wire::SignatureScheme{}, scheme_of(pub)})
      EXPECT_EQ(tpm.run<Sign>({key.handle}, {digest, scheme, no_ticket()}).code,
                rc::Scheme.parameter(2));
    auto signature = sign_digest(key.handle, Bytes(64, 1));
    ASSERT_EQ(signature.code, rc::Success);
    EXPECT_EQ(tpm.run<VerifySignature>({key.handle}, {digest, signature.reply.signature}).code,
              rc::Scheme.parameter(2));
    Made ecdsa = create_primary(tpm, rh::Owner, ecdsa_key());
    EXPECT_EQ(tpm.run<VerifySignature>({ecdsa.handle}, {digest, signature.reply.signature}).code,
              rc::Scheme.parameter(2));
  }
}

TEST_F(MlDsaSigning, AKeyThatAllowsItSignsMu) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key(MlDsaSet::Dsa44, true));
  const crypto::Digest mu = mu_of(key.pub, kMessage, {'c'});
  auto answer = sign_digest(key.handle, to_bytes(mu));
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_TRUE(is_good(key.pub, answer.reply.signature, mu));
  // It is a signature of the message.
  EXPECT_EQ(verify(key.handle, kMessage, answer.reply.signature, {'c'}).code, rc::Success);
  auto verified = verify_digest(key.handle, to_bytes(mu), answer.reply.signature);
  ASSERT_EQ(verified.code, rc::Success);
  const wire::VerifiedTicket& ticket = verified.reply.validation;
  EXPECT_EQ(ticket.tag, wire::StructureTag::DigestVerified);
  EXPECT_EQ(ticket.hash, AlgId::Shake256_512);
  EXPECT_TRUE(is_genuine(tpm.state, ticket, mu, key.name));
  EXPECT_EQ(verify_digest(key.handle, Bytes(64), answer.reply.signature).code,
            rc::Signature.parameter(3));
  // The context is in mu already.
  EXPECT_EQ(sign_digest(key.handle, to_bytes(mu), {'c'}).code, rc::Value.parameter(1));
  EXPECT_EQ(verify_digest(key.handle, to_bytes(mu), answer.reply.signature, {'c'}).code,
            rc::Value.parameter(1));
  for (size_t size : {0u, 32u, 63u}) {
    EXPECT_EQ(sign_digest(key.handle, Bytes(size)).code, rc::Size.parameter(2));
    EXPECT_EQ(verify_digest(key.handle, Bytes(size), answer.reply.signature).code,
              rc::Size.parameter(2));
  }
}

TEST_F(MlDsaSigning, OtherKeysDoNotSignMu) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key());
  wire::Signature signature = sign(key.handle, kMessage);
  const Bytes mu = to_bytes(mu_of(key.pub, kMessage));
  EXPECT_EQ(sign_digest(key.handle, mu).code, rc::Scheme.handle(1));
  EXPECT_EQ(verify_digest(key.handle, mu, signature).code, rc::Scheme.handle(1));
}

TEST_F(MlDsaSigning, AHashMlDsaKeySignsDigests) {
  for (AlgId hash : {AlgId::Sha256, AlgId::Sha512, AlgId::Sha3_384}) {
    Made key = create_primary(tpm, rh::Owner, hash_ml_dsa_key(hash));
    const Bytes digest = formula::hash(hash, {kMessage});
    for (const Bytes& context : {Bytes(), Bytes(255, 'x')}) {
      auto answer = sign_digest(key.handle, digest, context);
      ASSERT_EQ(answer.code, rc::Success);
      EXPECT_TRUE(is_good(key.pub, answer.reply.signature, mu_of(key.pub, kMessage, context)));
      EXPECT_EQ(verify(key.handle, kMessage, answer.reply.signature, context).code, rc::Success);
      auto verified = verify_digest(key.handle, digest, answer.reply.signature, context);
      ASSERT_EQ(verified.code, rc::Success);
      EXPECT_EQ(verified.reply.validation.hash, hash);
      EXPECT_TRUE(is_genuine(tpm.state, verified.reply.validation, digest, key.name));
      EXPECT_EQ(verify_digest(key.handle, digest, answer.reply.signature, {'o'}).code,
                rc::Signature.parameter(3));
    }
    EXPECT_EQ(sign_digest(key.handle, Bytes(20)).code, rc::Size.parameter(2));
    tpm.run<FlushContext>({}, {key.handle});
  }
}

TEST_F(MlDsaSigning, ARestrictedKeySignsDigestsOfThisTpm) {
  wire::Public pub = hash_ml_dsa_key(AlgId::Sha384);
  pub.attributes.set(ObjectBit::Restricted);
  Made key = create_primary(tpm, rh::Owner, pub);
  auto hashed = tpm.run<Hash>({}, {wire::MaxBuffer(kMessage), {AlgId::Sha384}, {rh::Owner}});
  auto answer =
      tpm.run<SignDigest>({key.handle}, {{}, hashed.reply.out_hash, hashed.reply.validation});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_TRUE(is_good(key.pub, answer.reply.signature, mu_of(key.pub, kMessage)));
  EXPECT_EQ(sign_digest(key.handle, to_bytes(hashed.reply.out_hash)).code, rc::Ticket.parameter(3));
}

TEST_F(MlDsaSigning, Attestations) {
  Made object = create_primary(tpm, rh::Owner, ecc_storage());
  for (wire::Public pub : {ml_dsa_key(), hash_ml_dsa_key(AlgId::Sha384)}) {
    pub.attributes.set(ObjectBit::Restricted);
    Made key = create_primary(tpm, rh::Owner, pub);
    auto certified = tpm.run<Certify>({object.handle, key.handle}, {});
    ASSERT_EQ(certified.code, rc::Success);
    EXPECT_TRUE(is_good(key.pub, certified.reply.signature,
                        mu_of(key.pub, to_bytes(certified.reply.certify_info.view()))));
    // The digest of the PCR is by the scheme's hash (18.4.1), which ML-DSA has not.
    wire::PcrSelections pcrs{{{.hash = AlgId::Sha256, .mask = 1}}};
    auto quoted = tpm.run<Quote>({key.handle}, {.pcr_select = pcrs});
    if (pub.type == AlgId::MlDsa) {
      EXPECT_EQ(quoted.code, rc::Scheme.parameter(2));
      continue;
    }
    ASSERT_EQ(quoted.code, rc::Success);
    EXPECT_TRUE(is_good(key.pub, quoted.reply.signature,
                        mu_of(key.pub, to_bytes(quoted.reply.quoted.view()))));
  }
}

// Part 3, 18.1: inScheme may be the key's own.
TEST_F(MlDsaSigning, AttestationsWhoseSchemeTheCallerNames) {
  Made object = create_primary(tpm, rh::Owner, ecc_storage());
  wire::PcrSelections pcrs{{{.hash = AlgId::Sha256, .mask = 1}}};
  for (const wire::Public& pub : {ml_dsa_key(), hash_ml_dsa_key(AlgId::Sha384)}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    bool pure = pub.type == AlgId::MlDsa;
    wire::SignatureScheme other = scheme_of(pure ? hash_ml_dsa_key() : ml_dsa_key());
    auto certified = tpm.run<Certify>({object.handle, key.handle}, {.in_scheme = scheme_of(pub)});
    ASSERT_EQ(certified.code, rc::Success);
    EXPECT_TRUE(is_good(key.pub, certified.reply.signature,
                        mu_of(key.pub, to_bytes(certified.reply.certify_info.view()))));
    EXPECT_EQ(tpm.run<Certify>({object.handle, key.handle}, {.in_scheme = other}).code,
              rc::Scheme.parameter(2));
    auto quoted = tpm.run<Quote>({key.handle}, {.in_scheme = scheme_of(pub), .pcr_select = pcrs});
    EXPECT_EQ(quoted.code, pure ? rc::Scheme.parameter(2) : rc::Success);
    // Without a key it must be a scheme, too, and changes nothing.
    auto unsigned_block =
        tpm.run<Certify>({object.handle, rh::Null}, {.in_scheme = scheme_of(pub)});
    ASSERT_EQ(unsigned_block.code, rc::Success);
    EXPECT_EQ(*unsigned_block.reply.signature.algorithm, AlgId::Null);
  }
}

// Part 3, 20.6.1 and 20.7.1.
TEST_F(MlDsaSigning, AKeyForCertificatesSignsNothingElse) {
  wire::Public pub = hash_ml_dsa_key();
  pub.attributes.set(ObjectBit::X509Sign);
  Made key = create_primary(tpm, rh::Owner, pub);
  EXPECT_EQ(tpm.run<SignSequenceComplete>({start_signing(key.handle), key.handle}, {}).code,
            rc::Attributes.handle(2));
  EXPECT_EQ(sign_digest(key.handle, Bytes(64)).code, rc::Attributes.handle(1));
}

// Part 3, equation 3: the key signs toBeSigned itself, with an empty context.
TEST_F(MlDsaSigning, Policies) {
  for (const wire::Public& pub : {ml_dsa_key(), hash_ml_dsa_key()}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
    auto code = [&](const wire::Signature& signature) {
      return tpm.run<PolicySigned>({key.handle, session.handle}, {.auth = signature}).code;
    };
    const Bytes to_be_signed(4);  // no limits but the expiration, which is zero
    EXPECT_EQ(code(sign(key.handle, to_be_signed)), rc::Success);
    EXPECT_EQ(code(sign(key.handle, to_be_signed, {'c'})), rc::PolicyFail.parameter(5));
    EXPECT_EQ(code(sign(key.handle, {1})), rc::PolicyFail.parameter(5));
    EXPECT_EQ(code({}), rc::Scheme.parameter(5));
    // By a key of another type.
    Made ecdsa = create_primary(tpm, rh::Owner, ecdsa_key());
    EXPECT_EQ(tpm.run<PolicySigned>({ecdsa.handle, session.handle},
                                    {.auth = sign(key.handle, to_be_signed)})
                  .code,
              rc::PolicyFail.parameter(5));
  }
}

// A message, or a digest of it, that is an approval; mu says nothing of the approval.
TEST_F(MlDsaSigning, ApprovalsOfPolicies) {
  Made pure = create_primary(tpm, rh::Owner, ml_dsa_key(MlDsaSet::Dsa65, true));
  Made hashed = create_primary(tpm, rh::Owner, hash_ml_dsa_key(AlgId::Sha256));
  const Bytes policy(32);
  auto code = [&](const Made& key, const wire::VerifiedTicket& ticket) {
    ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
    Rc result = tpm.run<PolicyAuthorize>({session.handle}, {.approved_policy = wire::Digest(policy),
                                                            .key_sign = wire::Name(key.name),
                                                            .check_ticket = ticket})
                    .code;
    tpm.run<FlushContext>({}, {session.handle});
    return result;
  };
  auto of_message = verify(pure.handle, policy, sign(pure.handle, policy));
  EXPECT_EQ(code(pure, of_message.reply.validation), rc::Success);
  const Bytes digest = formula::hash(AlgId::Sha256, {policy});
  auto of_digest =
      verify_digest(hashed.handle, digest, sign_digest(hashed.handle, digest).reply.signature);
  EXPECT_EQ(code(hashed, of_digest.reply.validation), rc::Success);
  for (const Bytes& mu : {to_bytes(mu_of(pure.pub, policy)), Bytes(64)}) {
    auto of_mu = verify_digest(pure.handle, mu, sign_digest(pure.handle, mu).reply.signature);
    ASSERT_EQ(of_mu.code, rc::Success);
    EXPECT_EQ(code(pure, of_mu.reply.validation), rc::Policy);
  }
}

TEST_F(MlDsaSigning, NullTicketsForKeysOutsideTheHierarchies) {
  Made key = create_primary(tpm, rh::Null, ml_dsa_key(MlDsaSet::Dsa44, true));
  auto of_message = verify(key.handle, kMessage, sign(key.handle, kMessage));
  ASSERT_EQ(of_message.code, rc::Success);
  EXPECT_TRUE(of_message.reply.validation.digest.empty());
  auto signature = sign_digest(key.handle, Bytes(64));
  auto of_mu = verify_digest(key.handle, Bytes(64), signature.reply.signature);
  ASSERT_EQ(of_mu.code, rc::Success);
  EXPECT_TRUE(of_mu.reply.validation.digest.empty());
}

}  // namespace
}  // namespace vtpm::engine
