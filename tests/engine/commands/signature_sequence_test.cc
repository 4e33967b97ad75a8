// SPDX-License-Identifier: Apache-2.0
// Part 3, 17.5, 17.6, 20.3 and 20.6. What is signed is checked against the digest of the message,
// by the command that verifies digests; the tickets, by the formula of Part 2, 10.6.5.
#include "engine/commands/signature_sequence.h"

#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/signing.h"
#include "engine/crypto/ecc.h"
#include "engine/hierarchy.h"
#include "engine/ticket.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
using wire::ObjectBit;
namespace rh = wire::rh;

const std::vector<Bytes> kPieces = {{'a', ' ', 'l', 'o', 'n', 'g'}, {}, {' ', 'm', 'e', 's'}};
const Bytes kLast = {'s', 'a', 'g', 'e'};

Bytes whole(const std::vector<Bytes>& pieces, const Bytes& last = {}) {
  Bytes message;
  for (const Bytes& piece : pieces) append(message, piece);
  append(message, last);
  return message;
}

class SignatureSequences : public ::testing::Test {
 protected:
  Handle start_signing(Handle key, const Bytes& auth = {}) {
    auto answer = tpm.run<SignSequenceStart>({key}, {.auth = wire::Auth(ByteView(auth))});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.sequence.value;
  }
  Handle start_verifying(Handle key) {
    auto answer = tpm.run<VerifySequenceStart>({key}, {});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.sequence.value;
  }
  Rc sign_start_code(Handle key, const Bytes& context = {}) {
    return tpm.run<SignSequenceStart>({key}, {.context = wire::SignatureContext(context)}).code;
  }
  Rc verify_start_code(Handle key, const Bytes& context = {}) {
    return tpm.run<VerifySequenceStart>({key}, {.context = wire::SignatureContext(context)}).code;
  }
  void update(Handle sequence, const Bytes& data) {
    EXPECT_EQ(tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(data)}).code, rc::Success);
  }
  auto complete(Handle sequence, Handle key, const Bytes& last = {}) {
    return tpm.run<SignSequenceComplete>({sequence, key}, {wire::MaxBuffer(last)});
  }
  // Over kPieces and kLast.
  wire::Signature signed_message(Handle key) {
    Handle sequence = start_signing(key);
    for (const Bytes& piece : kPieces) update(sequence, piece);
    auto answer = complete(sequence, key, kLast);
    EXPECT_EQ(answer.code, rc::Success);
    EXPECT_FALSE(tpm.state.transient->slots[sequence & 0xFF].occupied());
    return answer.reply.signature;
  }
  auto verify(Handle key, const Bytes& message, const wire::Signature& signature) {
    Handle sequence = start_verifying(key);
    update(sequence, message);
    return tpm.run<VerifySequenceComplete>({sequence, key}, {signature});
  }
  Made make(AlgId scheme, AlgId hash, Handle hierarchy = rh::Owner) {
    return create_primary(tpm, hierarchy, signing_key(scheme, hash));
  }
  // HMAC(proof, tag || message || Name), Part 2, equation 5.
  Bytes evidence(Handle hierarchy, uint16_t tag, const Bytes& signed_bytes, const Bytes& name,
                 const Bytes& metadata = {}) {
    uint8_t tag_bytes[2];
    store_be(tag_bytes, tag);
    return formula::hmac(AlgId::Sha512, proof(tpm.state, hierarchy).view(),
                         {tag_bytes, signed_bytes, name, metadata});
  }
  TestTpm tpm;
};

TEST_F(SignatureSequences, SignWhatAnybodyCanVerify) {
  const Bytes message = whole(kPieces, kLast);
  for (AlgId scheme : kDigestSchemes) {
    for (AlgId hash : {AlgId::Sha256, AlgId::Sha384}) {
      SCOPED_TRACE(static_cast<int>(scheme));
      Made key = make(scheme, hash);
      wire::Signature signature = signed_message(key.handle);
      EXPECT_EQ(*signature.algorithm, scheme);
      wire::Digest digest(formula::hash(hash, {message}));
      EXPECT_EQ(tpm.run<VerifyDigestSignature>({key.handle}, {{}, digest, signature}).code,
                rc::Success);
      auto verified = verify(key.handle, message, signature);
      ASSERT_EQ(verified.code, rc::Success);
      EXPECT_EQ(verified.reply.validation.tag, wire::StructureTag::MessageVerified);
      EXPECT_EQ(verified.reply.validation.hierarchy, rh::Owner);
      EXPECT_EQ(to_bytes(verified.reply.validation.digest),
                evidence(rh::Owner, 0x8026, message, key.name));
      EXPECT_TRUE(is_genuine(tpm.state, verified.reply.validation, message, key.name));
      EXPECT_FALSE(is_genuine(tpm.state, verified.reply.validation, digest, key.name));
      EXPECT_EQ(verify(key.handle, whole(kPieces), signature).code, rc::Signature.parameter(1));
      tpm.run<FlushContext>({}, {key.handle});
      tpm.state.transient.write() = {};
    }
  }
}

TEST_F(SignatureSequences, AnHmacIsOfTheMessage) {
  Bytes secret = {1, 2, 3, 4, 5, 6, 7};
  wire::Public pub = hmac_key();
  pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
  Made key = create_primary(tpm, rh::Owner, pub, {}, secret);
  Bytes message = whole(kPieces, kLast);
  wire::Signature signature = signed_message(key.handle);
  const auto& value = *signature.details.get<wire::HashValue>();
  EXPECT_EQ(to_bytes(value.digest), formula::hmac(AlgId::Sha256, secret, {message}));
  auto verified = verify(key.handle, message, signature);
  ASSERT_EQ(verified.code, rc::Success);
  EXPECT_TRUE(is_genuine(tpm.state, verified.reply.validation, message, key.name));
  signature.details.get<wire::HashValue>()->digest = wire::Digest(Bytes(32));
  EXPECT_EQ(verify(key.handle, message, signature).code, rc::Signature.parameter(1));
  EXPECT_EQ(verify(key.handle, message, {}).code, rc::Scheme.parameter(1));
  // Without the key itself there is nothing to compute with.
  auto only_public = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Null}});
  Handle other = only_public.reply.object_handle.value;
  EXPECT_EQ(sign_start_code(other), rc::Handle.handle(1));
  EXPECT_EQ(verify_start_code(other), rc::Handle.handle(1));
}

// Part 1, 45.2.2: what is signed is H(Z_A || message), Z_A of the identity in the context.
TEST_F(SignatureSequences, Sm2TakesTheSignersIdentity) {
  Made key =
      create_primary(tpm, rh::Owner, signing_key(AlgId::Sm2, AlgId::Sha256, CurveId::Sm2P256));
  const auto& q = *key.pub.unique.get<wire::EccPoint>();
  const crypto::CurveParameters c = crypto::curve_parameters(crypto::Curve::Sm2P256);
  for (const Bytes& id : {Bytes(), Bytes{'A', 'l', 'i', 'c', 'e'}, Bytes(255, 'i')}) {
    const Bytes bits = {static_cast<uint8_t>(id.size() >> 5), static_cast<uint8_t>(id.size() << 3)};
    Bytes z = formula::hash(AlgId::Sha256, {bits, id, c.a, c.b, c.gx, c.gy, q.x, q.y});
    wire::Digest e(formula::hash(AlgId::Sha256, {z, kLast}));
    wire::SignatureContext context(id);
    auto begun = tpm.run<SignSequenceStart>({key.handle}, {.context = context});
    ASSERT_EQ(begun.code, rc::Success);
    auto answer = complete(begun.reply.sequence.value, key.handle, kLast);
    ASSERT_EQ(answer.code, rc::Success);
    const wire::Signature& signature = answer.reply.signature;
    EXPECT_EQ(tpm.run<VerifyDigestSignature>({key.handle}, {{}, e, signature}).code, rc::Success);
    auto verify_as = [&](const wire::SignatureContext& as) {
      Handle sequence =
          tpm.run<VerifySequenceStart>({key.handle}, {.context = as}).reply.sequence.value;
      update(sequence, kLast);
      auto verified = tpm.run<VerifySequenceComplete>({sequence, key.handle}, {signature});
      EXPECT_EQ(verified.code == rc::Success,
                is_genuine(tpm.state, verified.reply.validation, kLast, key.name));
      tpm.run<FlushContext>({}, {sequence});
      return verified.code;
    };
    EXPECT_EQ(verify_as(context), rc::Success);
    EXPECT_EQ(verify_as(wire::SignatureContext(Bytes{'B', 'o', 'b'})), rc::Signature.parameter(1));
  }
}

TEST_F(SignatureSequences, NeedAKeyThatSignsByItsOwnScheme) {
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  Made open = create_primary(tpm, rh::Owner, ecdsa_key());
  wire::Public restricted_hmac = hmac_key();
  restricted_hmac.attributes.set(ObjectBit::Restricted);
  Made restricted = create_primary(tpm, rh::Owner, restricted_hmac);
  for (auto code : {sign_start_code(storage.handle), verify_start_code(storage.handle)})
    EXPECT_EQ(code, rc::Key.handle(1));
  for (auto code : {sign_start_code(open.handle), verify_start_code(open.handle)})
    EXPECT_EQ(code, rc::Scheme.handle(1));
  EXPECT_EQ(sign_start_code(restricted.handle), rc::Attributes.handle(1));
  EXPECT_EQ(verify_start_code(restricted.handle), rc::Success);
}

TEST_F(SignatureSequences, TakeNoContextAndNoHintWhereTheSchemeHasNone) {
  Made key = make(AlgId::EcDsa, AlgId::Sha256);
  EXPECT_EQ(sign_start_code(key.handle, {1, 2}), rc::Size.parameter(2));
  EXPECT_EQ(verify_start_code(key.handle, {1, 2}), rc::Size.parameter(3));
  Bytes params = {0, 0, 0, 1, 7, 0, 0};  // auth, a hint of one octet, context
  Bytes command =
      TestTpm::assemble(wire::CommandCode::VerifySequenceStart, {key.handle}, {}, params);
  EXPECT_EQ(TestTpm::parse<VerifySequenceStart>(tpm.execute(command).view()).code,
            rc::Size.parameter(2));
}

TEST_F(SignatureSequences, EndWithTheKeyTheyBeganWith) {
  Made key = make(AlgId::EcDsa, AlgId::Sha256);
  Made other = make(AlgId::EcDsa, AlgId::Sha256, rh::Endorsement);
  Handle sequence = start_signing(key.handle);
  EXPECT_EQ(complete(sequence, other.handle, kLast).code, rc::SignContextKey.handle(2));
  // Nothing has changed: the right key still signs all of it.
  auto answer = complete(sequence, key.handle, kLast);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(verify(key.handle, kLast, answer.reply.signature).code, rc::Success);
  sequence = start_verifying(key.handle);
  EXPECT_EQ(
      tpm.run<VerifySequenceComplete>({sequence, other.handle}, {answer.reply.signature}).code,
      rc::SignContextKey.handle(2));
  // The same key by another handle is the same key.
  EXPECT_EQ(tpm.run<EvictControl>({rh::Owner, key.handle}, {0x81000000}).code, rc::Success);
  sequence = start_signing(key.handle);
  EXPECT_EQ(complete(sequence, 0x81000000, kLast).code, rc::Success);
}

// Keys without nameAlg have no Name and, of a keyed hash, perhaps nothing public to tell them by:
// whoever may use one must not sign with the other.
TEST_F(SignatureSequences, KeysWithoutANameAreToldApart) {
  auto load = [&](uint8_t secret) {
    wire::Public pub = hmac_key();
    pub.name_hash = AlgId::Null;
    pub.attributes = {ObjectBit::Sign, ObjectBit::UserWithAuth};
    wire::Sensitive sensitive{.type = AlgId::KeyedHash,
                              .value = wire::PrivateValue(ByteView(Bytes(32, secret)))};
    return tpm.run<LoadExternal>({}, {{sensitive}, pub, {rh::Null}}).reply.object_handle.value;
  };
  Handle one = load(1), two = load(2);
  Handle sequence = start_signing(one);
  EXPECT_EQ(complete(sequence, two, kLast).code, rc::SignContextKey.handle(2));
  EXPECT_EQ(complete(sequence, one, kLast).code, rc::Success);
}

TEST_F(SignatureSequences, OfEachKindHaveTheirOwnEnd) {
  Made key = make(AlgId::EcDsa, AlgId::Sha256);
  Handle signing = start_signing(key.handle), verifying = start_verifying(key.handle);
  Handle hash = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).reply.sequence.value;
  const wire::Signature signature = signed_message(key.handle);
  auto verify_code = [&](Handle sequence, Handle with) {
    return tpm.run<VerifySequenceComplete>({sequence, with}, {signature}).code;
  };
  EXPECT_EQ(complete(verifying, key.handle).code, rc::Mode.handle(1));
  EXPECT_EQ(complete(hash, key.handle).code, rc::Mode.handle(1));
  EXPECT_EQ(complete(key.handle, key.handle).code, rc::Mode.handle(1));
  EXPECT_EQ(verify_code(signing, key.handle), rc::Mode.handle(1));
  EXPECT_EQ(verify_code(hash, key.handle), rc::Mode.handle(1));
  // What is no signature is no parameter (Part 2, 4.8).
  EXPECT_EQ(tpm.run<VerifySequenceComplete>({hash, key.handle}, {}).code, rc::Scheme.parameter(1));
  for (Handle sequence : {signing, verifying}) {
    EXPECT_EQ(tpm.run<SequenceComplete>({sequence}, {{}, {rh::Null}}).code, rc::Mode.handle(1));
    EXPECT_EQ(tpm.run<EventSequenceComplete>({rh::Null, sequence}, {}).code, rc::Mode.handle(2));
    EXPECT_EQ(complete(sequence, sequence).code, rc::Sequence);
  }
}

TEST_F(SignatureSequences, ARestrictedKeySignsNoLookAlikes) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  const Bytes generated = {0xFF, 'T', 'C', 'G', 0x80, 0x18};
  auto code = [&](const std::vector<Bytes>& pieces, const Bytes& last) {
    Handle sequence = start_signing(key.handle);
    for (const Bytes& piece : pieces) update(sequence, piece);
    Rc result = complete(sequence, key.handle, last).code;
    tpm.run<FlushContext>({}, {sequence});
    return result;
  };
  EXPECT_EQ(code({}, {'g', 'o', 'o', 'd'}), rc::Success);
  EXPECT_EQ(code({{'g', 'o', 'o', 'd'}}, generated), rc::Success);
  EXPECT_EQ(code({}, generated), rc::Value.parameter(1));
  EXPECT_EQ(code({generated}, {}), rc::Value.parameter(1));
  // Too little at first to tell.
  EXPECT_EQ(code({{0xFF}}, {'T', 'C', 'G', 0x80}), rc::Value.parameter(1));
  EXPECT_EQ(code({{}}, generated), rc::Value.parameter(1));
  for (const Bytes& first : {Bytes(), Bytes{'o', 'n', 'e'}})
    EXPECT_EQ(code({first}, {}), rc::Value.parameter(1));
  // A whole message that is too short for it.
  for (size_t size = 0; size < 4; ++size)
    EXPECT_EQ(code({}, Bytes(generated.begin(), generated.begin() + ptrdiff_t(size))), rc::Success);
  Made unrestricted = make(AlgId::EcDsa, AlgId::Sha256);
  Handle sequence = start_signing(unrestricted.handle);
  EXPECT_EQ(complete(sequence, unrestricted.handle, generated).code, rc::Success);
}

TEST_F(SignatureSequences, AKeyForCertificatesSignsNone) {
  wire::Public pub = signing_key(AlgId::EcDsa, AlgId::Sha256);
  pub.attributes.set(ObjectBit::X509Sign);
  Made key = create_primary(tpm, rh::Owner, pub);
  EXPECT_EQ(complete(start_signing(key.handle), key.handle, kLast).code, rc::Attributes.handle(2));
}

TEST_F(SignatureSequences, VerifyByTheKeysSchemeAlone) {
  Made key = make(AlgId::EcDsa, AlgId::Sha256);
  wire::Signature signature = signed_message(key.handle);
  Bytes message = whole(kPieces, kLast);
  wire::Signature other = signature;
  other.details.get<wire::EccSignature>()->hash = AlgId::Sha384;
  EXPECT_EQ(verify(key.handle, message, other).code, rc::Scheme.parameter(1));
  EXPECT_EQ(verify(key.handle, message, {}).code, rc::Scheme.parameter(1));
  // A refusal leaves the sequence as it was.
  Handle sequence = start_verifying(key.handle);
  update(sequence, message);
  EXPECT_EQ(tpm.run<VerifySequenceComplete>({sequence, key.handle}, {other}).code,
            rc::Scheme.parameter(1));
  EXPECT_EQ(tpm.run<VerifySequenceComplete>({sequence, key.handle}, {signature}).code, rc::Success);
  EXPECT_EQ(tpm.run<VerifySequenceComplete>({sequence, key.handle}, {signature}).code,
            rc::ReferenceH0);
}

TEST_F(SignatureSequences, ANullTicketForAKeyOutsideTheHierarchies) {
  Made key = make(AlgId::EcDsa, AlgId::Sha256, rh::Null);
  Bytes message = whole(kPieces, kLast);
  auto verified = verify(key.handle, message, signed_message(key.handle));
  ASSERT_EQ(verified.code, rc::Success);
  EXPECT_EQ(verified.reply.validation.tag, wire::StructureTag::MessageVerified);
  EXPECT_EQ(verified.reply.validation.hierarchy, rh::Null);
  EXPECT_TRUE(verified.reply.validation.digest.empty());
  EXPECT_FALSE(is_genuine(tpm.state, verified.reply.validation, message, key.name));
}

TEST_F(SignatureSequences, NeedBothAuthorizations) {
  const Bytes of_key = {1}, of_sequence = {2};
  Made key = create_primary(tpm, rh::Owner, signing_key(AlgId::EcDsa, AlgId::Sha256), of_key);
  Handle sequence = start_signing(key.handle, of_sequence);
  SignSequenceComplete::Params params{wire::MaxBuffer(kLast)};
  auto code = [&](const Bytes& first, const Bytes& second) {
    return tpm.run<SignSequenceComplete>({sequence, key.handle}, params, {first, second}).code;
  };
  EXPECT_EQ(code({}, of_key), rc::BadAuth.session(1));
  EXPECT_EQ(code(of_sequence, {}), rc::BadAuth.session(2));
  // In sessions, the message encrypted; the Name of a sequence is empty.
  ClientSession one = start_session(tpm, {.symmetric = aes_cfb(128)}), two = start_session(tpm);
  Use first{&one, of_sequence}, second{&two, of_key};
  first.attributes = kContinue | kDecrypt;
  EXPECT_EQ(
      run_with<SignSequenceComplete>(tpm, {sequence, key.handle}, params, {first, second}).code,
      rc::Success);
  // A public key has no authorization to give.
  auto only_public = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Owner}});
  Handle public_key = only_public.reply.object_handle.value;
  sequence = start_signing(public_key);
  EXPECT_EQ(complete(sequence, public_key).code, rc::AuthUnavailable.session(2));
}

TEST_F(SignatureSequences, SurviveTheirContext) {
  Made ecdsa = make(AlgId::EcDsa, AlgId::Sha256), hmac = create_primary(tpm, rh::Owner, hmac_key());
  for (const Made& key : {ecdsa, hmac}) {
    Bytes message = whole(kPieces, kLast);
    wire::Signature signature = signed_message(key.handle);
    auto away_and_back = [&](Handle sequence) {
      auto saved = tpm.run<ContextSave>({sequence}, {});
      EXPECT_EQ(saved.code, rc::Success);
      EXPECT_EQ(saved.reply.context.saved_handle, 0x80000001u);
      tpm.run<FlushContext>({}, {sequence});
      auto loaded = tpm.run<ContextLoad>({}, {saved.reply.context});
      EXPECT_EQ(loaded.code, rc::Success);
      return loaded.reply.loaded_handle.value;
    };
    Handle sequence = start_verifying(key.handle);
    update(sequence, message);
    sequence = away_and_back(sequence);
    auto verified = tpm.run<VerifySequenceComplete>({sequence, key.handle}, {signature});
    ASSERT_EQ(verified.code, rc::Success);
    EXPECT_TRUE(is_genuine(tpm.state, verified.reply.validation, message, key.name));
    sequence = start_signing(key.handle);
    update(sequence, message);
    sequence = away_and_back(sequence);
    auto answer = complete(sequence, key.handle);
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(verify(key.handle, message, answer.reply.signature).code, rc::Success);
  }
}

TEST_F(SignatureSequences, EndWhenTheSlotsAreTaken) {
  Made key = make(AlgId::EcDsa, AlgId::Sha256);
  for (size_t i = 1; i < TransientObjects::kSlots; ++i) start_verifying(key.handle);
  EXPECT_EQ(sign_start_code(key.handle), rc::ObjectMemory);
  EXPECT_EQ(verify_start_code(key.handle), rc::ObjectMemory);
}

}  // namespace
}  // namespace vtpm::engine
