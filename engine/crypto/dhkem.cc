// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/dhkem.h"

#include <algorithm>
#include <string_view>

#include <openssl/core_names.h>

#include "engine/crypto/ecc_numbers.h"
#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;

// RFC 9180, 7.1. The secret is as long as the hash.
struct Suite {
  Curve curve;
  HashAlg alg;
  const char* digest;  // OpenSSL's name of it
  uint16_t id;
};
constexpr Suite kSuites[] = {
    {Curve::P256, HashAlg::Sha256, "SHA256", 0x0010},
    {Curve::P384, HashAlg::Sha384, "SHA384", 0x0011},
    {Curve::P521, HashAlg::Sha512, "SHA512", 0x0012},
};

const Suite& suite_of(Curve curve) {
  for (const Suite& suite : kSuites)
    if (suite.curve == curve) return suite;
  throw Fault("a curve that DHKEM does not have");
}

// The reverse of uncompressed(), for what may be no point of the curve.
Result<EccPoint, Error> deserialize(Curve curve, ByteView bytes) {
  const size_t size = curve_size(curve);
  if (bytes.size() != 1 + 2 * size || bytes[0] != POINT_CONVERSION_UNCOMPRESSED)
    return Error::InvalidPoint;
  return EccPoint{to_bytes(bytes.subspan(1, size)), to_bytes(bytes.subspan(1 + size))};
}

// One half of HKDF (RFC 5869): extraction without a salt, or expansion of `key`.
void hkdf(const Suite& suite, int mode, ByteView key, ByteView info, MutableByteView out) {
  Owned<EVP_KDF> kdf(check_pointer(EVP_KDF_fetch(library(), "HKDF", nullptr), "HKDF"));
  Owned<EVP_KDF_CTX> context(check_pointer(EVP_KDF_CTX_new(kdf.get()), "EVP_KDF_CTX_new"));
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(suite.digest), 0),
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode), octets(OSSL_KDF_PARAM_KEY, key),
      info.empty() ? OSSL_PARAM_construct_end() : octets(OSSL_KDF_PARAM_INFO, info),
      OSSL_PARAM_construct_end()};
  check(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1, "EVP_KDF_derive");
}

// What precedes every input: the version, "KEM" with the identifier, and the label.
Bytes labeled(const Suite& suite, std::string_view label) {
  Bytes bytes = to_bytes(text_bytes("HPKE-v1KEM"));
  Writer(bytes).put_be(suite.id);
  append(bytes, text_bytes(label));
  return bytes;
}

// ExtractAndExpand() of RFC 9180, 4.1.
Secret extract_and_expand(const Suite& suite, ByteView dh, ByteView kem_context) {
  const size_t size = digest_size(suite.alg);
  const Bytes label = labeled(suite, "eae_prk");
  Secret input(label.size() + dh.size());
  std::copy(label.begin(), label.end(), input.bytes().begin());
  std::copy(dh.begin(), dh.end(), input.bytes().subspan(label.size()).begin());
  Secret key(size), secret(size);
  hkdf(suite, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, input.view(), {}, key.bytes());

  Bytes info;
  Writer(info).put_be(static_cast<uint16_t>(size));
  append(info, labeled(suite, "shared_secret"));
  append(info, kem_context);
  hkdf(suite, EVP_KDF_HKDF_MODE_EXPAND_ONLY, key.view(), info, secret.bytes());
  return secret;
}

// Of the point that both sides compute, which is wiped.
Secret shared_secret(Curve curve, EccPoint product, ByteView ciphertext, const EccPoint& q) {
  Bytes kem_context = to_bytes(ciphertext);
  append(kem_context, uncompressed(curve, q));
  Secret secret = extract_and_expand(suite_of(curve), product.x, kem_context);
  wipe(product.x);
  wipe(product.y);
  return secret;
}

}  // namespace

bool is_dhkem(Curve curve, HashAlg alg) {
  for (const Suite& suite : kSuites)
    if (suite.curve == curve) return suite.alg == alg;
  return false;
}

Result<Encapsulated, Error> dhkem_encapsulate(Curve curve, const EccPoint& q, ByteSource& source) {
  const EccKeyPair ephemeral = generate_ecc_key(curve, source);
  EccPoint product = TRY(ecdh(curve, ephemeral.d.view(), q));
  Bytes ciphertext = uncompressed(curve, ephemeral.q);
  Secret secret = shared_secret(curve, std::move(product), ciphertext, q);
  return Encapsulated{.secret = std::move(secret), .ciphertext = std::move(ciphertext)};
}

Result<Secret, Error> dhkem_decapsulate(Curve curve, ByteView d, const EccPoint& q,
                                        ByteView ciphertext) {
  const EccPoint ephemeral = TRY(deserialize(curve, ciphertext));
  EccPoint product = TRY(ecdh(curve, d, ephemeral));
  return shared_secret(curve, std::move(product), ciphertext, q);
}

}  // namespace vtpm::engine::crypto
