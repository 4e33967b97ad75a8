// SPDX-License-Identifier: Apache-2.0
// Part 3, 18.8. What counts as a partial certificate is tested in crypto/certificate_test.cc; here
// OpenSSL is asked whether the whole is a certificate.
#include "engine/commands/certify_x509.h"

#include <openssl/x509v3.h>

#include "engine/commands/attestation.h"
#include "engine/commands/commit.h"
#include "engine/commands/policy.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/signing.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"
#include "tests/engine/openssl_certificate.h"
#include "tests/engine/partial_certificate.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

class X509Certifying : public ::testing::Test {
 protected:
  using Partial = der::Partial;

  Answer<CertifyX509> certify(Handle object, Handle key, const Bytes& partial,
                              const wire::SignatureScheme& scheme = {},
                              std::vector<Bytes> passwords = {}) {
    return tpm.run<CertifyX509>(
        {object, key}, {.in_scheme = scheme, .partial_certificate = wire::MaxBuffer(partial)},
        std::move(passwords));
  }
  Rc code(const Made& object, const Made& key, const Partial& partial,
          const wire::SignatureScheme& scheme = {}) {
    return certify(object.handle, key.handle, partial.bytes(), scheme).code;
  }
  // A certificate with one purpose: bit 0 is digitalSignature.
  Rc purpose_code(const Made& object, const Made& key, unsigned bit) {
    Bytes bits = {static_cast<uint8_t>(7 - bit % 8)};
    if (bit == 8) bits.push_back(0);
    bits.push_back(static_cast<uint8_t>(0x80 >> bit % 8));
    return code(object, key, {.extensions = der::extensions({der::key_usage(bits)})}, ecdsa);
  }
  Made primary(const wire::Public& pub) { return create_primary(tpm, rh::Owner, pub); }

  // The certificate that a partial one and an answer make together, in the order of RFC 5280, 4.1.
  static x509::Certificate complete(const Partial& partial, const Answer<CertifyX509>& answer,
                                    AlgId hash) {
    EXPECT_EQ(answer.code, rc::Success);
    auto added = x509::fields_of(answer.reply.added_to_certificate);
    EXPECT_EQ(added.size(), partial.algorithm.empty() ? 4u : 3u);
    if (added.size() < 3) return nullptr;
    const Bytes algorithm = partial.algorithm.empty() ? added[2] : partial.algorithm;
    const Bytes tbs =
        der::sequence({added[0], added[1], algorithm, partial.issuer, partial.validity,
                       partial.subject, added.back(), partial.extensions});
    EXPECT_EQ(to_bytes(answer.reply.tbs_digest), formula::hash(hash, {tbs}));
    const Bytes whole = der::sequence(
        {tbs, algorithm,
         der::element(0x03, {Bytes{0}, x509::signature_value(answer.reply.signature)})});
    const unsigned char* at = whole.data();
    x509::Certificate made(d2i_X509(nullptr, &at, static_cast<long>(whole.size())));
    EXPECT_TRUE(made);
    return made;
  }
  // Certifies `object`; OpenSSL must find everything in its place.
  void expect_certificate(const Made& object, const Made& key, AlgId scheme, AlgId hash,
                          const Partial& partial = {}) {
    auto answer =
        certify(object.handle, key.handle, partial.bytes(), signature_scheme(scheme, hash));
    x509::Certificate made = complete(partial, answer, hash);
    ASSERT_TRUE(made);
    EXPECT_EQ(X509_get_version(made.get()), X509_VERSION_3);
    EXPECT_EQ(X509_get_key_usage(made.get()), unsigned{KU_DIGITAL_SIGNATURE});
    EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(made.get()), x509::public_key(object.pub).get()), 1);
    EXPECT_EQ(X509_verify(made.get(), x509::public_key(key.pub).get()), 1);
  }

  const wire::SignatureScheme ecdsa = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  const Bytes own_algorithm = der::sequence({Bytes{0x06, 0x02, 0x2A, 0x03}});
  TestTpm tpm;
};

TEST_F(X509Certifying, RsaKeysSign) {
  Made key = primary(rsa_signing_key()), object = primary(ecdsa_key());
  for (AlgId scheme : {AlgId::RsaSsa, AlgId::RsaPss})
    for (AlgId hash : {AlgId::Sha1, AlgId::Sha256, AlgId::Sha384, AlgId::Sha512, AlgId::Sha3_256})
      expect_certificate(object, key, scheme, hash);
  expect_certificate(key, key, AlgId::RsaPss, AlgId::Sha256);
}

TEST_F(X509Certifying, EccKeysSign) {
  Made object = primary(rsa_signing_key());
  for (CurveId curve : {CurveId::NistP256, CurveId::NistP384, CurveId::NistP521}) {
    Made key = primary(ecdsa_key(curve));
    for (AlgId hash : {AlgId::Sha1, AlgId::Sha256, AlgId::Sha384, AlgId::Sha512})
      expect_certificate(object, key, AlgId::EcDsa, hash);
    expect_certificate(key, key, AlgId::EcDsa, AlgId::Sha384);
  }
  Made key = primary(ecdsa_key()), sm2 = primary(ecdsa_key(CurveId::Sm2P256));
  expect_certificate(sm2, key, AlgId::EcDsa, AlgId::Sha256);
}

// The key's own scheme where it has one; a restricted key signs certificates, too.
TEST_F(X509Certifying, TheKeysOwnScheme) {
  Made key = primary(attestation_key()), object = primary(ecdsa_key());
  Partial partial;
  auto answer = certify(object.handle, key.handle, partial.bytes());
  x509::Certificate made = complete(partial, answer, AlgId::Sha256);
  ASSERT_TRUE(made);
  EXPECT_EQ(X509_verify(made.get(), x509::public_key(key.pub).get()), 1);
  EXPECT_EQ(code(object, key, partial, signature_scheme(AlgId::EcDsa, AlgId::Sha384)),
            rc::Scheme.parameter(2));
}

TEST_F(X509Certifying, TheCallersAlgorithmIsUsed) {
  Made key = primary(rsa_signing_key());
  const Bytes sha256_with_rsa = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00};
  expect_certificate(key, key, AlgId::RsaSsa, AlgId::Sha256, {.algorithm = sha256_with_rsa});
  // It is not compared with the scheme.
  Partial other{.algorithm = own_algorithm};
  auto answer = certify(key.handle, key.handle, other.bytes(),
                        signature_scheme(AlgId::RsaPss, AlgId::Sha256));
  EXPECT_TRUE(complete(other, answer, AlgId::Sha256));
}

TEST_F(X509Certifying, SchemesWithoutAName) {
  Made object = primary(ecdsa_key()), sm2 = primary(ecdsa_key(CurveId::Sm2P256)),
       hmac = primary(hmac_key());
  const wire::SignatureScheme schnorr = signature_scheme(AlgId::EcSchnorr, AlgId::Sha256);
  const wire::SignatureScheme sm2_scheme = signature_scheme(AlgId::Sm2, AlgId::Sm3_256);
  EXPECT_EQ(code(object, object, {}, schnorr), rc::Scheme.parameter(2));
  EXPECT_EQ(code(object, object, {}, signature_scheme(AlgId::EcDsa, AlgId::Sm3_256)),
            rc::Scheme.parameter(2));
  EXPECT_EQ(code(object, sm2, {}, sm2_scheme), rc::Scheme.parameter(2));
  EXPECT_EQ(code(object, hmac, {}), rc::Scheme.parameter(2));
  Partial named{.algorithm = own_algorithm};
  EXPECT_EQ(code(object, object, named, schnorr), rc::Success);
  EXPECT_EQ(code(object, sm2, named, sm2_scheme), rc::Success);
  EXPECT_EQ(code(object, hmac, named), rc::Success);
}

// An anonymous signature uses up a commitment, but only where there is one to be made.
TEST_F(X509Certifying, AnonymousSchemes) {
  wire::Public pub = ecdsa_key(CurveId::BnP256);
  pub.parameters.get<wire::EccParameters>()->scheme = {
      .scheme = {AlgId::EcDaa}, .details = wire::HashCountScheme{.hash = AlgId::Sha256}};
  Made key = primary(pub), object = primary(ecdsa_key());
  const wire::SignatureScheme scheme = {
      .scheme = {AlgId::EcDaa},
      .details = wire::HashCountScheme{.hash = AlgId::Sha256,
                                       .count = tpm.run<Commit>({key.handle}, {}).reply.counter}};
  EXPECT_EQ(code(object, key, {}, scheme), rc::Scheme.parameter(2));
  Partial named{.algorithm = own_algorithm};
  EXPECT_EQ(code(object, key, named, scheme), rc::Success);
  EXPECT_EQ(code(object, key, named, scheme), rc::Value.parameter(2));
}

// OpenSSL 3.0 does not check signatures by ECDSA with SHA-3, but reads what they are.
TEST_F(X509Certifying, EcdsaWithSha3IsNamed) {
  Made key = primary(ecdsa_key());
  Partial partial;
  auto answer = certify(key.handle, key.handle, partial.bytes(),
                        signature_scheme(AlgId::EcDsa, AlgId::Sha3_384));
  x509::Certificate made = complete(partial, answer, AlgId::Sha3_384);
  ASSERT_TRUE(made);
  EXPECT_EQ(X509_get_signature_nid(made.get()), NID_ecdsa_with_SHA3_384);
}

// RFC 5280, 4.1.2.2: positive, at most 20 octets, and another one each time.
TEST_F(X509Certifying, SerialNumbers) {
  Made key = primary(ecdsa_key());
  Partial partial;
  std::vector<Bytes> numbers;
  for (int i = 0; i < 20; ++i) {
    auto answer = certify(key.handle, key.handle, partial.bytes(), ecdsa);
    Bytes field = x509::fields_of(answer.reply.added_to_certificate)[1];
    EXPECT_EQ(field.size(), 22u);
    EXPECT_EQ(field[2] & 0xC0, 0x40);
    EXPECT_EQ(std::count(numbers.begin(), numbers.end(), field), 0);
    numbers.push_back(field);
  }
}

// Part 2, Table 45: purposes against what the private key does.
TEST_F(X509Certifying, PurposesNeedAttributes) {
  Made key = primary(ecdsa_key());
  wire::Public movable = ecdsa_key();
  for (ObjectBit bit : {ObjectBit::FixedTpm, ObjectBit::FixedParent})
    movable.attributes.set(bit, false);
  wire::Public exchange = decrypting(ecdsa_key());
  struct {
    Made object;
    std::string_view purposes;  // for each bit, from digitalSignature to decipherOnly
  } const cases[] = {{key, "11---11--"},
                     {primary(movable), "1----11--"},
                     {primary(exchange), "-1-11--11"},
                     {primary(ecc_storage()), "-1111--11"}};
  for (const auto& each : cases)
    for (unsigned bit = 0; bit < each.purposes.size(); ++bit)
      EXPECT_EQ(purpose_code(each.object, key, bit),
                each.purposes[bit] == '1' ? rc::Success : rc::Attributes.handle(1))
          << each.purposes << " " << bit;
  // All of them must be possible.
  Partial both{.extensions = der::extensions({der::key_usage({0x05, 0xA0})})};
  EXPECT_EQ(code(key, key, both, ecdsa), rc::Attributes.handle(1));
}

TEST_F(X509Certifying, ObjectAttributesMatchExactly) {
  Made object = primary(ecdsa_key());
  auto with = [&](uint32_t attributes) {
    return code(object, object,
                {.extensions = der::extensions({der::key_usage(), der::tpma_object(attributes)})},
                ecdsa);
  };
  const uint32_t own = object.pub.attributes.raw;
  EXPECT_EQ(with(own), rc::Success);
  EXPECT_EQ(with(0), rc::Attributes.handle(1));
  for (unsigned bit = 0; bit < 32; ++bit)
    EXPECT_EQ(with(own ^ 1u << bit), rc::Attributes.handle(1)) << bit;
}

TEST_F(X509Certifying, OnlyKeysThatCertificatesCanHold) {
  Made key = primary(ecdsa_key());
  for (const wire::Public& pub :
       {hmac_key(), sealed_data(), ecdsa_key(CurveId::BnP256),
        unguarded(templates::cipher({ObjectBit::FixedTpm, ObjectBit::FixedParent,
                                     ObjectBit::SensitiveDataOrigin, ObjectBit::UserWithAuth,
                                     ObjectBit::Sign}))}) {
    Bytes data = pub.attributes.has(ObjectBit::SensitiveDataOrigin) ? Bytes() : Bytes{1};
    Made object = create_primary(tpm, rh::Owner, pub, {}, data);
    EXPECT_EQ(code(object, key, {}, ecdsa), rc::Asymmetric.handle(1));
  }
}

TEST_F(X509Certifying, Refusals) {
  Made object = create_primary(tpm, rh::Owner, ecdsa_key(), {1});
  Made key = create_primary(tpm, rh::Owner, ecdsa_key(), {2});
  Made storage = primary(ecc_storage());
  const Bytes partial = Partial().bytes();
  auto run = [&](Handle of, Handle by, const wire::SignatureScheme& scheme,
                 std::vector<Bytes> passwords, const Bytes& described) {
    return certify(of, by, described, scheme, std::move(passwords)).code;
  };
  EXPECT_EQ(run(object.handle, key.handle, ecdsa, {{1}, {2}}, partial), rc::Success);
  EXPECT_EQ(run(object.handle, key.handle, ecdsa, {{2}, {2}}, partial), rc::BadAuth.session(1));
  EXPECT_EQ(run(object.handle, key.handle, ecdsa, {{1}, {1}}, partial), rc::BadAuth.session(2));
  EXPECT_EQ(run(object.handle, storage.handle, ecdsa, {{1}, {}}, partial), rc::Key.handle(2));
  EXPECT_EQ(run(object.handle, key.handle, {}, {{1}, {2}}, partial), rc::Scheme.parameter(2));
  EXPECT_EQ(run(object.handle, key.handle, signature_scheme(AlgId::RsaSsa, AlgId::Sha256),
                {{1}, {2}}, partial),
            rc::Scheme.parameter(2));
  for (const Bytes& bad : {Bytes(), Bytes(1024, 0x30), der::with_extensions({})})
    EXPECT_EQ(run(object.handle, key.handle, ecdsa, {{1}, {2}}, bad), rc::Value.parameter(3));
  // There is always a key, and it is an object.
  EXPECT_EQ(run(object.handle, rh::Null, ecdsa, {{1}, {}}, partial), rc::Value.handle(2));
  EXPECT_EQ(run(rh::Null, key.handle, ecdsa, {{}, {2}}, partial), rc::Value.handle(1));
  CertifyX509::Params reserved{.reserved = wire::Data(Bytes{0}),
                               .in_scheme = ecdsa,
                               .partial_certificate = wire::MaxBuffer(partial)};
  EXPECT_EQ(tpm.run<CertifyX509>({object.handle, key.handle}, reserved, {{1}, {2}}).code,
            rc::Size.parameter(1));
  // Of what is not whole nothing can be said.
  Handle half = tpm.run<LoadExternal>({}, {.in_public = object.pub, .hierarchy = {rh::Null}})
                    .reply.object_handle.value;
  EXPECT_EQ(run(half, key.handle, ecdsa, {{}, {2}}, partial), rc::AuthUnavailable);
}

// ADMIN role: with adminWithPolicy a policy, and one for this command.
TEST_F(X509Certifying, AnObjectsPolicyMustNameTheCommand) {
  wire::Public pub = ecdsa_key();
  pub.attributes.set(ObjectBit::AdminWithPolicy);
  pub.auth_policy = wire::Digest(
      formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(wire::CommandCode::PolicyCommandCode),
                                    wire::to_wire(wire::CommandCode::CertifyX509)}));
  Made object = primary(pub), key = primary(ecdsa_key());
  EXPECT_EQ(code(object, key, {}, ecdsa), rc::AuthType.session(1));
  ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
  auto run = [&] {
    return run_with<CertifyX509>(
               tpm, {object.handle, key.handle},
               {.in_scheme = ecdsa, .partial_certificate = wire::MaxBuffer(Partial().bytes())},
               {{.session = &session}, Use{}})
        .code;
  };
  tpm.run<PolicyCommandCode>({session.handle}, {wire::CommandCode::CertifyX509});
  EXPECT_EQ(run(), rc::Success);
  session = start_session(tpm, {.type = wire::SessionType::Policy});
  EXPECT_EQ(run(), rc::PolicyFail.session(1));
}

TEST_F(X509Certifying, ParametersMayBeEncrypted) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key(), {1});
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128)});
  Partial partial;
  auto answer = run_with<CertifyX509>(
      tpm, {key.handle, key.handle},
      {.in_scheme = ecdsa, .partial_certificate = wire::MaxBuffer(partial.bytes())},
      {{.session = &session, .auth = {1}, .attributes = kContinue | kDecrypt | kEncrypt},
       {.auth = {1}}});
  x509::Certificate made = complete(partial, answer, AlgId::Sha256);
  ASSERT_TRUE(made);
  EXPECT_EQ(X509_verify(made.get(), x509::public_key(key.pub).get()), 1);
}

// A key with x509sign signs what the TPM has made, certificates among it, and no digest or message
// of the caller (Part 1, 28.6; Part 2, 8.3.3.15).
TEST_F(X509Certifying, AKeyForCertificatesAlone) {
  wire::Public pub = signing_key(AlgId::EcDsa, AlgId::Sha256);
  pub.attributes.set(ObjectBit::X509Sign);
  Made key = primary(pub), object = primary(rsa_signing_key());
  expect_certificate(object, key, AlgId::EcDsa, AlgId::Sha256);
  EXPECT_EQ(tpm.run<Quote>({key.handle}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<Certify>({object.handle, key.handle}, {}).code, rc::Success);
  const wire::Digest digest{ByteView(Bytes(32, 1))};
  const wire::HashCheckTicket none{
      {.tag = wire::StructureTag::HashCheck, .hierarchy = rh::Null, .digest = {}}};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, {.digest = digest, .validation = none}).code,
            rc::Attributes.handle(1));
  EXPECT_EQ(tpm.run<SignDigest>({key.handle}, {.digest = digest, .validation = none}).code,
            rc::Attributes.handle(1));
  Handle sequence = tpm.run<SignSequenceStart>({key.handle}, {}).reply.sequence.value;
  EXPECT_EQ(tpm.run<SignSequenceComplete>({sequence, key.handle}, {}).code,
            rc::Attributes.handle(2));
}

}  // namespace
}  // namespace vtpm::engine
