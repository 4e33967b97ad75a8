// SPDX-License-Identifier: Apache-2.0
// OpenSSL's view of a TPM's keys and signatures, for tests in which it is to judge a certificate.
#pragma once

#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "engine/wire/structures.h"

namespace vtpm::engine::testing::x509 {

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using Certificate = Owned<X509>;
using PublicKey = Owned<EVP_PKEY>;

inline Owned<BIGNUM> number(ByteView bytes) {
  return Owned<BIGNUM>(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

inline const char* group_name(CurveId curve) {
  switch (curve) {
    case CurveId::NistP384:
      return "P-384";
    case CurveId::NistP521:
      return "P-521";
    case CurveId::Sm2P256:
      return "SM2";
    default:
      return "P-256";
  }
}

// To OpenSSL a key on SM2's curve is a type of its own.
inline const char* type_name(const wire::Public& pub) {
  if (pub.type == AlgId::Rsa) return "RSA";
  return pub.parameters.get<wire::EccParameters>()->curve == CurveId::Sm2P256 ? "SM2" : "EC";
}

// The key of a public area, by OpenSSL from its numbers.
inline PublicKey public_key(const wire::Public& pub) {
  Owned<OSSL_PARAM_BLD> build(OSSL_PARAM_BLD_new());
  Owned<BIGNUM> n, e = number(Bytes{1, 0, 1});
  Bytes point = {4};
  if (const auto* modulus = pub.unique.get<wire::RsaBytes>()) {
    n = number(*modulus);
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  } else {
    const auto& q = *pub.unique.get<wire::EccPoint>();
    append(point, q.x);
    append(point, q.y);
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                    group_name(pub.parameters.get<wire::EccParameters>()->curve),
                                    0);
    OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
  }
  Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(build.get()));
  Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type_name(pub), nullptr));
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(context.get()), 1);
  EXPECT_EQ(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()), 1);
  return PublicKey(key);
}

// The elements of a SEQUENCE.
inline std::vector<Bytes> fields_of(ByteView sequence) {
  const unsigned char* at = sequence.data();
  const unsigned char* end = at + sequence.size();
  long size = 0;
  int tag = 0, tag_class = 0;
  EXPECT_EQ(ASN1_get_object(&at, &size, &tag, &tag_class, end - at), V_ASN1_CONSTRUCTED);
  EXPECT_EQ(at + size, end);
  std::vector<Bytes> fields;
  while (at != end) {
    const unsigned char* start = at;
    if ((ASN1_get_object(&at, &size, &tag, &tag_class, end - at) & 0x80) != 0) break;
    at += size;
    fields.emplace_back(start, at);
  }
  return fields;
}

// A signature as a certificate holds it.
inline Bytes signature_value(const wire::Signature& signature) {
  if (const auto* rsa = signature.details.get<wire::RsaSignature>())
    return to_bytes(rsa->signature);
  const auto& ecc = *signature.details.get<wire::EccSignature>();
  Owned<ECDSA_SIG> parts(ECDSA_SIG_new());
  ECDSA_SIG_set0(parts.get(), number(ecc.r).release(), number(ecc.s).release());
  unsigned char* out = nullptr;
  int size = i2d_ECDSA_SIG(parts.get(), &out);
  Bytes bytes(out, out + size);
  OPENSSL_free(out);
  return bytes;
}

}  // namespace vtpm::engine::testing::x509
