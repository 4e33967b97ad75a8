// SPDX-License-Identifier: Apache-2.0
// Signatures with ML-DSA and HashML-DSA (Part 3, Table 115), checked against FIPS 204's functions.
#include "engine/commands/attestation.h"
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/nv.h"
#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/signing.h"
#include "engine/ticket.h"
#include "tests/engine/client_session.h"
#include "tests/engine/lattice_keys.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

constexpr size_t kRegisterWindow = 3968;
const Bytes kMessage = {'a', ' ', 'm', 'e', 's', 's', 'a', 'g', 'e'};
const wire::HashCheckTicket kNoTicket = {
    {.tag = wire::StructureTag::HashCheck, .hierarchy = rh::Null, .digest = {}}};

MlDsaSet set_of(const wire::Public& pub) {
  if (const auto* pure = pub.parameters.get<wire::MlDsaParameters>()) return *pure->parameter_set;
  return *pub.parameters.get<wire::HashMlDsaParameters>()->parameter_set;
}
// FIPS 204, algorithms 2 and 4.
crypto::Digest mu_of(const wire::Public& pub, const Bytes& message, const Bytes& context = {}) {
  const Bytes key = public_key_of(pub);
  if (pub.type == AlgId::MlDsa) return crypto::MlDsaMessage(key, context).update(message).finish();
  AlgId hash = *pub.parameters.get<wire::HashMlDsaParameters>()->hash;
  return crypto::MlDsaMessage(key, context, to_crypto(hash)).update(message).finish();
}
ByteView bytes_of(const wire::Signature& signature) {
  const auto* hashed = signature.details.get<wire::HashMlDsaSignature>();
  return hashed ? hashed->signature : *signature.details.get<wire::MlDsaSignature>();
}
bool is_good(const wire::Public& pub, const wire::Signature& signature, const crypto::Digest& mu) {
  return signature.algorithm == *pub.type &&
         crypto::ml_dsa_verify(set_of(pub), public_key_of(pub), mu, bytes_of(signature));
}

class MlDsaSigning : public ::testing::Test {
 protected:
  Handle start_signing(Handle key, const Bytes& context = {}) {
    auto answer = tpm.run<SignSequenceStart>({key}, {.context = wire::SignatureContext(context)});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.sequence.value;
  }
  Handle start_verifying(Handle key, const Bytes& context = {}) {
    auto answer = tpm.run<VerifySequenceStart>({key}, {.context = wire::SignatureContext(context)});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.sequence.value;
  }
  void update(Handle sequence, const Bytes& data) {
    EXPECT_EQ(tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(data)}).code, rc::Success);
  }
  wire::Signature sign(Handle key, const Bytes& message, const Bytes& context = {}) {
    auto answer = tpm.run<SignSequenceComplete>({start_signing(key, context), key},
                                                {wire::MaxBuffer(message)});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.signature;
  }
  Answer<VerifySequenceComplete> verify(Handle key, const Bytes& message,
                                        const wire::Signature& signature,
                                        const Bytes& context = {}) {
    Handle sequence = start_verifying(key, context);
    update(sequence, message);
    auto answer = tpm.run<VerifySequenceComplete>({sequence, key}, {signature});
    if (answer.code != rc::Success) tpm.run<FlushContext>({}, {sequence});
    return answer;
  }
  Answer<SignDigest> sign_digest(Handle key, const Bytes& digest, const Bytes& context = {}) {
    return tpm.run<SignDigest>({key},
                               {wire::SignatureContext(context), wire::Digest(digest), kNoTicket});
  }
  Answer<VerifyDigestSignature> verify_digest(Handle key, const Bytes& digest,
                                              const wire::Signature& signature,
                                              const Bytes& context = {}) {
    return tpm.run<VerifyDigestSignature>(
        {key}, {wire::SignatureContext(context), wire::Digest(digest), signature});
  }
  TestTpm tpm;
};

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
    EXPECT_EQ(tpm.run<Sign>({key.handle}, {digest, {}, kNoTicket}).code, rc::Scheme.parameter(2));
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

// Three sessions with the longest nonces, and the largest signature that the registers carry, or
// the largest of all.
TEST_F(MlDsaSigning, ResponsesThatFit) {
  for (MlDsaSet set : {MlDsaSet::Dsa65, MlDsaSet::Dsa87}) {
    tpm.maximum_size = set == MlDsaSet::Dsa65 ? kRegisterWindow : kMaximumMessageSize;
    Made key = create_primary(tpm, rh::Owner, ml_dsa_key(set));
    std::vector<ClientSession> sessions;
    for (int i = 0; i < 3; ++i) sessions.push_back(start_session(tpm, {.hash = AlgId::Sha512}));
    Handle sequence = start_signing(key.handle);
    auto made = run_with<SignSequenceComplete>(
        tpm, {sequence, key.handle}, {},
        {{&sessions[0]},
         {&sessions[1]},
         {.session = &sessions[2], .attributes = kContinue | kAudit}});
    EXPECT_EQ(made.code, rc::Success);
    for (const ClientSession& session : sessions) tpm.run<FlushContext>({}, {session.handle});
    tpm.run<FlushContext>({}, {key.handle});
  }
}

// The transport cannot carry the signature: nothing has happened, and another one goes on.
TEST_F(MlDsaSigning, ASignatureTooLargeForTheRegisters) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key(MlDsaSet::Dsa87));
  Handle sequence = start_signing(key.handle);
  update(sequence, kMessage);
  ClientSession session = start_session(tpm);
  auto complete = [&] {
    return run_with<SignSequenceComplete>(tpm, {sequence, key.handle}, {}, {{}, {&session}});
  };
  for (size_t size : {kRegisterWindow, size_t{4096}, size_t{4627}}) {
    tpm.maximum_size = size;
    const State before = tpm.state;
    EXPECT_EQ(tpm.run<SignSequenceComplete>({sequence, key.handle}, {}).code, rc::NoResult);
    EXPECT_EQ(complete().code, rc::NoResult);
    EXPECT_TRUE(tpm.state.transient.same_as(before.transient));
    EXPECT_TRUE(tpm.state.sessions.same_as(before.sessions));
  }
  tpm.maximum_size = kMaximumMessageSize;
  auto made = complete();
  ASSERT_EQ(made.code, rc::Success);
  EXPECT_TRUE(is_good(key.pub, made.reply.signature, mu_of(key.pub, kMessage)));

  Handle verifying = start_verifying(key.handle);
  update(verifying, kMessage);
  tpm.maximum_size = kRegisterWindow;
  auto verify_it = [&] {
    return tpm.run<VerifySequenceComplete>({verifying, key.handle}, {made.reply.signature}).code;
  };
  EXPECT_EQ(verify_it(), rc::CommandSize);
  tpm.maximum_size = kMaximumMessageSize;
  EXPECT_EQ(verify_it(), rc::Success);
}

// More than a response can hold, which changes nothing.
TEST_F(MlDsaSigning, AResponseThatDoesNotFit) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key());
  tpm.maximum_size = kRegisterWindow;
  constexpr Handle kIndex = 0x01000000;
  using wire::NvBit;
  wire::NvPublic area{.index = kIndex,
                      .name_hash = AlgId::Sha256,
                      .attributes = {NvBit::OwnerRead, NvBit::OwnerWrite},
                      .data_size = 2048};
  ASSERT_EQ(tpm.run<NvDefineSpace>({rh::Owner}, {{}, area}).code, rc::Success);
  ASSERT_EQ(
      tpm.run<NvWrite>({rh::Owner, kIndex}, {wire::MaxNvBuffer(ByteView(Bytes(2048))), 0}).code,
      rc::Success);
  auto certify = [&](uint16_t size) {
    return tpm.run<NvCertify>({key.handle, rh::Owner, kIndex}, {{}, {}, size, 0}).code;
  };
  EXPECT_EQ(certify(300), rc::Success);
  EXPECT_EQ(certify(2048), rc::NoResult);
  EXPECT_EQ(certify(300), rc::Success);
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
              pub.type == AlgId::MlDsa ? rc::Scheme.parameter(5) : rc::PolicyFail.parameter(5));
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
