// SPDX-License-Identifier: Apache-2.0
// Part 3, 18.8 with ML-DSA keys (RFC 9881). OpenSSL is asked whether the whole is a certificate.
#include "engine/commands/certify_x509.h"
#include "engine/commands/context.h"
#include "tests/engine/client_session.h"
#include "tests/engine/lattice_keys.h"
#include "tests/engine/openssl_certificate.h"
#include "tests/engine/partial_certificate.h"

namespace vtpm::engine {
namespace {

using namespace testing;
namespace rh = wire::rh;

const char* openssl_name(MlDsaSet set) {
  return set == MlDsaSet::Dsa44 ? "ML-DSA-44" : set == MlDsaSet::Dsa65 ? "ML-DSA-65" : "ML-DSA-87";
}

class MlDsaCertifying : public ::testing::Test {
 protected:
  Made primary(const wire::Public& pub) { return create_primary(tpm, rh::Owner, pub); }
  Answer<CertifyX509> certify(const Made& object, const Made& key,
                              const der::Partial& partial = {}) {
    return tpm.run<CertifyX509>({object.handle, key.handle},
                                {.partial_certificate = wire::MaxBuffer(partial.bytes())});
  }
  static Bytes tbs_of(const der::Partial& partial, const Answer<CertifyX509>& answer) {
    auto added = x509::fields_of(answer.reply.added_to_certificate);
    const Bytes algorithm = partial.algorithm.empty() ? added.at(2) : partial.algorithm;
    return der::sequence({added.at(0), added.at(1), algorithm, partial.issuer, partial.validity,
                          partial.subject, added.back(), partial.extensions});
  }
  TestTpm tpm;
};

TEST_F(MlDsaCertifying, OpenSslTakesTheCertificate) {
  for (MlDsaSet set : kMlDsaSets) {
    wire::Public pub = ml_dsa_key(set);
    pub.attributes.set(ObjectBit::X509Sign);
    Made key = primary(pub);
    const Bytes own = public_key_of(key.pub);
    x509::PublicKey own_key(EVP_PKEY_new_raw_public_key_ex(nullptr, openssl_name(set), nullptr,
                                                           own.data(), own.size()));
    for (const wire::Public& certified : {ecdsa_key(), rsa_signing_key()}) {
      Made object = primary(certified);
      const der::Partial partial;
      auto answer = certify(object, key, partial);
      ASSERT_EQ(answer.code, rc::Success);
      const Bytes tbs = tbs_of(partial, answer);
      EXPECT_EQ(to_bytes(answer.reply.tbs_digest),
                to_bytes(crypto::MlDsaMessage(own, {}).update(tbs).finish()));
      EXPECT_EQ(answer.reply.signature.algorithm, AlgId::MlDsa);
      const Bytes algorithm = x509::fields_of(answer.reply.added_to_certificate).at(2);
      const Bytes whole = der::sequence(
          {tbs, algorithm,
           der::element(
               0x03,
               {Bytes{0}, to_bytes(*answer.reply.signature.details.get<wire::MlDsaSignature>())})});
      const unsigned char* at = whole.data();
      x509::Certificate made(d2i_X509(nullptr, &at, static_cast<long>(whole.size())));
      ASSERT_TRUE(made);
      EXPECT_STREQ(OBJ_nid2ln(X509_get_signature_nid(made.get())), openssl_name(set));
      EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(made.get()), x509::public_key(object.pub).get()), 1);
      EXPECT_EQ(X509_verify(made.get(), own_key.get()), 1);
      tpm.run<FlushContext>({}, {object.handle});
    }
    tpm.run<FlushContext>({}, {key.handle});
  }
}

// Only with an algorithm of the caller's (18.8.1).
TEST_F(MlDsaCertifying, HashMlDsaHasNoNameInCertificates) {
  Made key = primary(hash_ml_dsa_key(AlgId::Sha512)), object = primary(ecdsa_key());
  EXPECT_EQ(certify(object, key).code, rc::Scheme.parameter(2));
  const der::Partial partial{.algorithm = der::sequence({Bytes{0x06, 0x02, 0x2A, 0x03}})};
  auto answer = certify(object, key, partial);
  ASSERT_EQ(answer.code, rc::Success);
  const Bytes tbs = tbs_of(partial, answer);
  EXPECT_EQ(to_bytes(answer.reply.tbs_digest), formula::hash(AlgId::Sha512, {tbs}));
  const Bytes own = public_key_of(key.pub);
  const auto& made = *answer.reply.signature.details.get<wire::HashMlDsaSignature>();
  EXPECT_EQ(made.hash, AlgId::Sha512);
  const crypto::Digest mu =
      crypto::MlDsaMessage(own, {}, crypto::HashAlg::Sha512).update(tbs).finish();
  EXPECT_TRUE(crypto::ml_dsa_verify(MlDsaSet::Dsa65, own, mu, made.signature));
}

// Table 110: the public key would have to fit a TPM2B_MAX_BUFFER.
TEST_F(MlDsaCertifying, LatticeKeysAreNotCertified) {
  Made key = primary(ecdsa_key());
  for (const wire::Public& pub : {ml_dsa_key(MlDsaSet::Dsa44), ml_kem_key(MlKemSet::Kem512)}) {
    Made object = primary(pub);
    EXPECT_EQ(tpm.run<CertifyX509>({object.handle, key.handle},
                                   {.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256),
                                    .partial_certificate = wire::MaxBuffer(der::Partial{}.bytes())})
                  .code,
              rc::Asymmetric.handle(1));
  }
}

}  // namespace
}  // namespace vtpm::engine
