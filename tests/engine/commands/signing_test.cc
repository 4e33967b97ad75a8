// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 20. Signatures are checked with engine/crypto, and by the TPM itself.
#include "engine/commands/signing.h"

#include "engine/commands/attestation.h"
#include "engine/commands/hash.h"
#include "engine/crypto/ecc.h"
#include "engine/hierarchy.h"
#include "engine/ticket.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"
#include "tests/engine/signatures.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

const Bytes kMessage = {'m', 'e', 's', 's', 'a', 'g', 'e'};

Sign::Params sign_params(AlgId scheme, AlgId hash) {
  return {.digest = wire::Digest(formula::hash(hash, {kMessage})),
          .in_scheme = signature_scheme(scheme, hash),
          .validation = no_ticket()};
}

class Signing : public ::testing::Test {
 protected:
  Rc verify(Handle key, const wire::Digest& digest, const wire::Signature& signature) {
    return tpm.run<VerifySignature>({key}, {digest, signature}).code;
  }
  TestTpm tpm{true, 1, kWholeProfile};
};

TEST_F(Signing, EcdsaOnEachCurveWithEachHash) {
  for (CurveId curve : kCurves) {
    Made key = create_primary(tpm, rh::Owner, ecdsa_key(curve));
    const auto& q = *key.pub.unique.get<wire::EccPoint>();
    for (AlgId hash : kHashes) {
      auto params = sign_params(AlgId::EcDsa, hash);
      auto answer = tpm.run<Sign>({key.handle}, params);
      ASSERT_EQ(answer.code, rc::Success);
      const auto& signature = *answer.reply.signature.details.get<wire::EccSignature>();
      EXPECT_EQ(*signature.hash, hash);
      EXPECT_TRUE(crypto::ecdsa_verify(static_cast<crypto::Curve>(curve),
                                       {to_bytes(q.x), to_bytes(q.y)}, params.digest,
                                       {to_bytes(signature.r), to_bytes(signature.s)}));
      EXPECT_EQ(verify(key.handle, params.digest, answer.reply.signature), rc::Success);
    }
  }
}

TEST_F(Signing, SchnorrAndSm2OnEachCurveWithEachHash) {
  for (CurveId curve : kCurves) {
    Made key = create_primary(tpm, rh::Owner, ecdsa_key(curve));
    for (AlgId hash : kHashes) {
      for (AlgId scheme : {AlgId::EcSchnorr, AlgId::Sm2}) {
        auto params = sign_params(scheme, hash);
        auto answer = tpm.run<Sign>({key.handle}, params);
        ASSERT_EQ(answer.code, rc::Success);
        EXPECT_EQ(*answer.reply.signature.algorithm, scheme);
        EXPECT_EQ(verify(key.handle, params.digest, answer.reply.signature), rc::Success);
        wire::Digest other(Bytes(digest_size(hash), 1));
        EXPECT_EQ(verify(key.handle, other, answer.reply.signature), rc::Signature.parameter(2));
      }
    }
    tpm.state.transient.write() = {};
  }
}

// No signature exists, and nothing else happens.
TEST_F(Signing, Sm2WithTheGreatestKey) {
  wire::Public pub = ecdsa_key();
  pub.attributes = {ObjectBit::Sign, ObjectBit::UserWithAuth};
  Bytes d = crypto::curve_parameters(crypto::Curve::P256).n;
  d.back() ^= 1;
  auto q = crypto::public_point(crypto::Curve::P256, d);
  ASSERT_TRUE(q);
  pub.unique = wire::EccPoint{.x = wire::EccParameter(q->x), .y = wire::EccParameter(q->y)};
  wire::Sensitive sensitive{.type = AlgId::Ecc, .value = wire::PrivateValue(ByteView(d))};
  auto loaded = tpm.run<LoadExternal>({}, {{sensitive}, pub, {rh::Null}});
  ASSERT_EQ(loaded.code, rc::Success);
  Handle key = loaded.reply.object_handle.value;
  EXPECT_EQ(tpm.run<Sign>({key}, sign_params(AlgId::Sm2, AlgId::Sha256)).code, rc::NoResult);
  EXPECT_EQ(tpm.run<Sign>({key}, sign_params(AlgId::EcDsa, AlgId::Sha256)).code, rc::Success);
}

// Part 3, 20.7 and 20.4.
TEST_F(Signing, DigestsByTheKeysOwnScheme) {
  for (AlgId scheme : {AlgId::RsaSsa, AlgId::RsaPss, AlgId::EcDsa, AlgId::EcSchnorr, AlgId::Sm2}) {
    SCOPED_TRACE(static_cast<int>(scheme));
    Made key = create_primary(tpm, rh::Owner, signing_key(scheme, AlgId::Sha256));
    wire::Digest digest(formula::hash(AlgId::Sha256, {kMessage}));
    auto answer = tpm.run<SignDigest>({key.handle}, {{}, digest, no_ticket()});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(verify(key.handle, digest, answer.reply.signature), rc::Success);
    auto verified =
        tpm.run<VerifyDigestSignature>({key.handle}, {{}, digest, answer.reply.signature});
    ASSERT_EQ(verified.code, rc::Success);
    const wire::VerifiedTicket& ticket = verified.reply.validation;
    EXPECT_EQ(ticket.tag, wire::StructureTag::DigestVerified);
    EXPECT_EQ(ticket.hierarchy, rh::Owner);
    EXPECT_EQ(ticket.hash, AlgId::Sha256);
    const Bytes tag = {0x80, 0x27}, hash = {0x00, 0x0B};
    EXPECT_EQ(to_bytes(ticket.digest),
              formula::hmac(AlgId::Sha512, proof(tpm.state, rh::Owner).view(),
                            {tag, digest, key.name, hash}));
    EXPECT_TRUE(is_genuine(tpm.state, ticket, digest, key.name));
    wire::VerifiedTicket other = ticket;
    other.hash = AlgId::Sha384;
    EXPECT_FALSE(is_genuine(tpm.state, other, digest, key.name));
    other = ticket;
    other.tag = wire::StructureTag::Verified;
    EXPECT_FALSE(is_genuine(tpm.state, other, digest, key.name));
  }
}

// An attestation is hashed as it is, for SM2, too (Part 1, 45.2.2.5).
TEST_F(Signing, AttestationsByEachScheme) {
  for (AlgId scheme : {AlgId::RsaSsa, AlgId::RsaPss, AlgId::EcDsa, AlgId::EcSchnorr, AlgId::Sm2}) {
    SCOPED_TRACE(static_cast<int>(scheme));
    wire::Public pub = signing_key(scheme, AlgId::Sha384);
    pub.attributes.set(ObjectBit::Restricted);
    Made key = create_primary(tpm, rh::Owner, pub);
    auto quoted = tpm.run<Quote>({key.handle}, {.qualifying_data = wire::Data(kMessage)});
    ASSERT_EQ(quoted.code, rc::Success);
    EXPECT_EQ(*quoted.reply.signature.algorithm, scheme);
    wire::Digest digest(formula::hash(AlgId::Sha384, {quoted.reply.quoted}));
    EXPECT_EQ(
        tpm.run<VerifyDigestSignature>({key.handle}, {{}, digest, quoted.reply.signature}).code,
        rc::Success);
  }
}

TEST_F(Signing, DigestsNeedAKeyWithAScheme) {
  wire::Digest digest(formula::hash(AlgId::Sha256, {kMessage}));
  wire::Digest short_digest(Bytes(31));
  auto sign = [&](Handle key, const wire::Digest& what, const Bytes& context = {}) {
    return tpm.run<SignDigest>({key}, {wire::SignatureContext(context), what, no_ticket()}).code;
  };
  auto check = [&](Handle key, const wire::Digest& what, const wire::Signature& signature,
                   const Bytes& context = {}) {
    return tpm.run<VerifyDigestSignature>({key}, {wire::SignatureContext(context), what, signature})
        .code;
  };
  Made key = create_primary(tpm, rh::Owner, signing_key(AlgId::EcDsa, AlgId::Sha256));
  auto signature = tpm.run<SignDigest>({key.handle}, {{}, digest, no_ticket()}).reply.signature;
  for (const wire::Public& pub : {ecdsa_key(), hmac_key()}) {
    Made other = create_primary(tpm, rh::Owner, pub);
    EXPECT_EQ(sign(other.handle, digest), rc::Scheme.handle(1));
    EXPECT_EQ(check(other.handle, digest, signature), rc::Scheme.handle(1));
  }
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(sign(storage.handle, digest), rc::Key.handle(1));
  EXPECT_EQ(check(storage.handle, digest, signature), rc::Key.handle(1));
  EXPECT_EQ(sign(key.handle, short_digest), rc::Size.parameter(2));
  EXPECT_EQ(check(key.handle, short_digest, signature), rc::Size.parameter(2));
  EXPECT_EQ(sign(key.handle, digest, {1}), rc::Size.parameter(1));
  EXPECT_EQ(check(key.handle, digest, signature, {1}), rc::Size.parameter(1));
  wire::Public x509 = signing_key(AlgId::EcDsa, AlgId::Sha256);
  x509.attributes.set(ObjectBit::X509Sign);
  EXPECT_EQ(sign(create_primary(tpm, rh::Owner, x509).handle, digest), rc::Attributes.handle(1));
  wire::Digest wrong(Bytes(32, 1));
  EXPECT_EQ(check(key.handle, wrong, signature), rc::Signature.parameter(3));
  wire::Signature altered = signature;
  altered.details.get<wire::EccSignature>()->hash = AlgId::Sha384;
  EXPECT_EQ(check(key.handle, digest, altered), rc::Scheme.parameter(3));
  EXPECT_EQ(check(key.handle, digest, {}), rc::Scheme.parameter(3));
}

// Part 3, 12.3.1: nothing says whose signature it is.
TEST_F(Signing, ANullTicketForAKeyWithoutName) {
  wire::Public pub = create_primary(tpm, rh::Owner, signing_key(AlgId::EcDsa, AlgId::Sha256)).pub;
  wire::Digest digest(formula::hash(AlgId::Sha256, {kMessage}));
  auto signature = tpm.run<SignDigest>({0x80000000}, {{}, digest, no_ticket()}).reply.signature;
  pub.name_hash = AlgId::Null;
  Handle nameless = tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = {rh::Owner}})
                        .reply.object_handle.value;
  auto verified = tpm.run<VerifySignature>({nameless}, {digest, signature});
  ASSERT_EQ(verified.code, rc::Success);
  EXPECT_EQ(verified.reply.validation.hierarchy, rh::Null);
  EXPECT_TRUE(verified.reply.validation.digest.empty());
  auto digest_verified = tpm.run<VerifyDigestSignature>({nameless}, {{}, digest, signature});
  ASSERT_EQ(digest_verified.code, rc::Success);
  EXPECT_EQ(digest_verified.reply.validation.hierarchy, rh::Null);
  EXPECT_TRUE(digest_verified.reply.validation.digest.empty());
}

TEST_F(Signing, RsaWithBothPaddingsAndEachHash) {
  Made key = create_primary(tpm, rh::Owner, rsa_signing_key());
  auto pub = *crypto::RsaPublicKey::create(*key.pub.unique.get<wire::RsaBytes>(), 65537);
  for (AlgId hash : kHashes) {
    for (AlgId scheme : {AlgId::RsaSsa, AlgId::RsaPss}) {
      auto params = sign_params(scheme, hash);
      auto answer = tpm.run<Sign>({key.handle}, params);
      ASSERT_EQ(answer.code, rc::Success);
      const auto& signature = *answer.reply.signature.details.get<wire::RsaSignature>();
      EXPECT_EQ(*answer.reply.signature.algorithm, scheme);
      bool good =
          scheme == AlgId::RsaSsa
              ? crypto::rsassa_verify(pub, to_crypto(hash), params.digest, signature.signature)
              : crypto::rsapss_verify(pub, to_crypto(hash), params.digest, signature.signature);
      EXPECT_TRUE(good);
      EXPECT_EQ(verify(key.handle, params.digest, answer.reply.signature), rc::Success);
    }
  }
}

TEST_F(Signing, AnHmacOfTheDigest) {
  Bytes key_bytes = {1, 2, 3, 4, 5, 6, 7};
  wire::Public pub = hmac_key();
  pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
  Made key = create_primary(tpm, rh::Owner, pub, {}, key_bytes);
  auto params = sign_params(AlgId::Hmac, AlgId::Sha256);
  auto answer = tpm.run<Sign>({key.handle}, params);
  ASSERT_EQ(answer.code, rc::Success);
  const auto& value = *answer.reply.signature.details.get<wire::HashValue>();
  EXPECT_EQ(to_bytes(value.digest), formula::hmac(AlgId::Sha256, key_bytes, {params.digest}));
  EXPECT_EQ(verify(key.handle, params.digest, answer.reply.signature), rc::Success);
  // Without the key itself there is nothing to verify with (20.2.1).
  auto only_public = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Null}});
  ASSERT_EQ(only_public.code, rc::Success);
  EXPECT_EQ(verify(only_public.reply.object_handle.value, params.digest, answer.reply.signature),
            rc::Handle.handle(1));
}

// With a scheme of its own, a key makes HMACs of that hash algorithm only.
TEST_F(Signing, AnHmacOfAnotherHash) {
  const Bytes secret(32, 3);
  Made key = create_primary(
      tpm, rh::Owner,
      [] {
        wire::Public pub = hmac_key();
        pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
        pub.parameters.get<wire::KeyedHashParameters>()->scheme = {
            .scheme = AlgId::Hmac, .details = wire::HashScheme{AlgId::Sha256}};
        return pub;
      }(),
      {}, secret);
  wire::Digest digest(formula::hash(AlgId::Sha256, {kMessage}));
  for (AlgId hash : kHashes) {
    wire::Signature signature{
        .algorithm = wire::SignatureAlgorithm(AlgId::Hmac),
        .details = wire::HashValue{.algorithm = hash,
                                   .digest = wire::Digest(formula::hmac(hash, secret, {digest}))}};
    EXPECT_EQ(verify(key.handle, digest, signature),
              hash == AlgId::Sha256 ? rc::Success : rc::Signature.parameter(2));
  }
}

TEST_F(Signing, TheKeysOwnSchemeCounts) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  auto hashed = tpm.run<Hash>(
      {}, {.data = wire::MaxBuffer(kMessage), .hash = {AlgId::Sha256}, .hierarchy = {rh::Owner}});
  ASSERT_EQ(hashed.code, rc::Success);
  Sign::Params params{.digest = hashed.reply.out_hash, .validation = hashed.reply.validation};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Success);
  params.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Success);
  params.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha384);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Scheme.parameter(2));
  params.in_scheme = signature_scheme(AlgId::RsaSsa, AlgId::Sha256);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::Scheme.parameter(2));
}

TEST_F(Signing, SchemesThatDoNotFit) {
  Made ecc = create_primary(tpm, rh::Owner, ecdsa_key());
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  auto sign = [&](Handle key, const Sign::Params& params) {
    return tpm.run<Sign>({key}, params).code;
  };
  EXPECT_EQ(sign(ecc.handle, sign_params(AlgId::RsaPss, AlgId::Sha256)), rc::Scheme.parameter(2));
  EXPECT_EQ(sign(ecc.handle, sign_params(AlgId::Hmac, AlgId::Sha256)), rc::Scheme.parameter(2));
  auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  params.in_scheme = {};
  EXPECT_EQ(sign(ecc.handle, params), rc::Scheme.parameter(2));
  EXPECT_EQ(sign(storage.handle, sign_params(AlgId::EcDsa, AlgId::Sha256)), rc::Key.handle(1));
  params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  params.digest = wire::Digest(Bytes(31));
  EXPECT_EQ(sign(ecc.handle, params), rc::Size.parameter(1));
  params.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Aes);
  EXPECT_EQ(sign(ecc.handle, params), rc::Hash.parameter(2));
}

TEST_F(Signing, AlteredSignaturesAreRefused) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  wire::Signature signature = tpm.run<Sign>({key.handle}, params).reply.signature;
  wire::Digest other(Bytes(32, 1));
  const Rc refused = rc::Signature.parameter(2);
  EXPECT_EQ(verify(key.handle, other, signature), refused);
  EXPECT_EQ(verify(key.handle, wire::Digest(Bytes(31)), signature), refused);
  wire::Signature altered = signature;
  altered.details.get<wire::EccSignature>()->hash = {AlgId::Sha384};
  EXPECT_EQ(verify(key.handle, params.digest, altered), refused);
  for (size_t size : {size_t{0}, size_t{1}, size_t{32}, size_t{48}}) {
    altered = signature;
    altered.details.get<wire::EccSignature>()->r = wire::EccParameter(Bytes(size, 0xFF));
    EXPECT_EQ(verify(key.handle, params.digest, altered), refused) << size;
  }
  wire::Signature rsa{.algorithm = {AlgId::RsaSsa},
                      .details = wire::RsaSignature{.hash = {AlgId::Sha256},
                                                    .signature = wire::RsaBytes(Bytes(256))}};
  EXPECT_EQ(verify(key.handle, params.digest, rsa), rc::Scheme.parameter(2));
  EXPECT_EQ(verify(key.handle, params.digest, {}), rc::Scheme.parameter(2));
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(verify(storage.handle, params.digest, signature), rc::Attributes.handle(1));
  // TPM_ALG_NULL is none, whatever the key is (Part 2, 4.8).
  EXPECT_EQ(verify(storage.handle, params.digest, {}), rc::Scheme.parameter(2));
  EXPECT_EQ(tpm.run<VerifyDigestSignature>({storage.handle}, {.digest = params.digest}).code,
            rc::Scheme.parameter(3));
}

TEST_F(Signing, AVerifiedTicketOfTheKeysHierarchy) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Null}) {
    Made key = create_primary(tpm, hierarchy, ecdsa_key());
    auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
    auto signature = tpm.run<Sign>({key.handle}, params).reply.signature;
    auto verified = tpm.run<VerifySignature>({key.handle}, {params.digest, signature});
    ASSERT_EQ(verified.code, rc::Success);
    EXPECT_EQ(verified.reply.validation.tag, wire::StructureTag::Verified);
    EXPECT_EQ(verified.reply.validation.hierarchy, hierarchy);
    EXPECT_EQ(verified.reply.validation.digest.empty(), hierarchy == rh::Null);
  }
}

TEST_F(Signing, NeedsTheKeysAuthorization) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key(), {1, 2});
  auto params = sign_params(AlgId::EcDsa, AlgId::Sha256);
  EXPECT_EQ(tpm.run<Sign>({key.handle}, params).code, rc::BadAuth.session(1));
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128)});
  Use use{&session, {1, 2}};
  use.attributes = kContinue | kDecrypt;
  EXPECT_EQ(run_with<Sign>(tpm, {key.handle}, params, {use}).code, rc::Success);
  // TPM2_VerifySignature needs none.
  EXPECT_EQ(verify(key.handle, params.digest, {}), rc::Scheme.parameter(2));
}

}  // namespace
}  // namespace vtpm::engine
