// SPDX-License-Identifier: Apache-2.0
// ECSCHNORR and SM2 are also run through published and foreign signatures, by the TPM's commands
// (tests/engine/commands/signature_vectors_test.cc).
#include "engine/crypto/ecc_schemes.h"

#include <gtest/gtest.h>

#include "tests/engine/crypto/fixed_entropy.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::FixedEntropy;
using tests::from_hex;
using tests::to_hex;

class EverySchemesCurve : public ::testing::TestWithParam<Curve> {
 protected:
  const Curve curve_ = GetParam();
  const size_t size_ = curve_size(curve_);
  FixedEntropy entropy_;
  Random random_{entropy_};
  const EccKeyPair key_ = generate_ecc_key(curve_, random_);
};

INSTANTIATE_TEST_SUITE_P(Ecc, EverySchemesCurve, ::testing::ValuesIn(kAllCurves));

// Signs a digest with each hash; `verify` must take the signature and nothing that is near it.
template <class Sign, class Verify>
void check_scheme(const EccKeyPair& key, const EccKeyPair& other, Sign sign, Verify verify) {
  for (HashAlg alg : kAllHashAlgs) {
    Digest digest = hash(alg, text_bytes("message"));
    auto signature = sign(alg, digest);
    ASSERT_TRUE(signature);
    EXPECT_EQ(signature->r.size(), key.q.x.size());
    EXPECT_EQ(signature->s.size(), key.q.x.size());
    EXPECT_TRUE(verify(alg, key.q, digest, *signature));
    EXPECT_FALSE(verify(alg, other.q, digest, *signature));
    EXPECT_FALSE(verify(alg, key.q, hash(alg, text_bytes("massage")), *signature));
    for (Bytes EccSignature::*part : {&EccSignature::r, &EccSignature::s}) {
      EccSignature changed = *signature;
      (changed.*part).back() ^= 1;
      EXPECT_FALSE(verify(alg, key.q, digest, changed));
      for (const Bytes& hostile :
           {Bytes(), Bytes(key.q.x.size()), Bytes(66, 0xFF), Bytes(999, 1)}) {
        changed = *signature;
        changed.*part = hostile;
        EXPECT_FALSE(verify(alg, key.q, digest, changed));
      }
    }
    EXPECT_NE(sign(alg, digest)->s, signature->s) << "a nonce twice";
  }
}

TEST_P(EverySchemesCurve, EcSchnorr) {
  check_scheme(
      key_, generate_ecc_key(curve_, random_),
      [&](HashAlg alg, ByteView digest) {
        return ecschnorr_sign(curve_, key_.d.view(), alg, digest, random_);
      },
      [&](HashAlg alg, const EccPoint& q, ByteView digest, const EccSignature& signature) {
        return ecschnorr_verify(curve_, q, alg, digest, signature);
      });
}

TEST_P(EverySchemesCurve, Sm2) {
  check_scheme(
      key_, generate_ecc_key(curve_, random_),
      [&](HashAlg, ByteView digest) { return sm2_sign(curve_, key_.d.view(), digest, random_); },
      [&](HashAlg, const EccPoint& q, ByteView digest, const EccSignature& signature) {
        return sm2_verify(curve_, q, digest, signature);
      });
}

// The inverse of d + 1 is part of each SM2 signature.
TEST_P(EverySchemesCurve, Sm2HasNoSignatureByTheGreatestKey) {
  Bytes greatest = curve_parameters(curve_).n;
  greatest.back() ^= 1;  // n is odd
  ASSERT_TRUE(public_point(curve_, greatest));
  auto signature = sm2_sign(curve_, greatest, Bytes(32, 1), random_);
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error(), CryptoError::Unsupported);
}

TEST_P(EverySchemesCurve, KeysAndPointsOutOfRangeAreRefused) {
  const Bytes digest(32, 1);
  const EccSignature signature{Bytes(size_, 1), Bytes(size_, 1)};
  for (const Bytes& d : {Bytes(), Bytes(size_), curve_parameters(curve_).n, Bytes(5000, 1)}) {
    EXPECT_FALSE(ecschnorr_sign(curve_, d, HashAlg::Sha256, digest, random_));
    EXPECT_FALSE(sm2_sign(curve_, d, digest, random_));
    EXPECT_FALSE(ecdaa_sign(curve_, d, Bytes{1}, HashAlg::Sha256, digest, random_));
  }
  EccPoint off = key_.q;
  off.y.back() ^= 1;
  EXPECT_FALSE(ecschnorr_verify(curve_, off, HashAlg::Sha256, digest, signature));
  EXPECT_FALSE(sm2_verify(curve_, off, digest, signature));
}

// Adds big-endian numbers; the result is as long as `a`.
Bytes sum(Bytes a, ByteView b) {
  unsigned carry = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t at = a.size() - 1 - i;
    carry += a[at] + (i < b.size() ? b[b.size() - 1 - i] : 0u);
    a[at] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  return a;
}

// s = r + T d mod n with T = H(k || P) (Part 1, 44.3.3.3), for a d that is easy to multiply with:
// [s]G must be [r + T d]G.
TEST_P(EverySchemesCurve, EcDaa) {
  const Bytes d = {1, 0, 1}, r(size_, 0x31);
  for (HashAlg alg : {HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384}) {
    Digest digest = hash(alg, text_bytes("message"));
    auto signature = ecdaa_sign(curve_, d, r, alg, digest, random_);
    ASSERT_TRUE(signature);
    ASSERT_EQ(signature->r.size(), size_);
    if (digest_size(alg) > size_) continue;
    Bytes t(3);
    append(t, Bytes(size_ - digest_size(alg)));
    append(t, hash(alg, {signature->r, digest}));
    Bytes shifted(t.begin() + 2, t.end());  // 2^16 T
    shifted.insert(shifted.end(), 2, uint8_t{0});
    Bytes expected = sum(sum(t, shifted), r);
    EXPECT_EQ(*multiply_generator(curve_, signature->s), *multiply_generator(curve_, expected));
  }
  EXPECT_FALSE(ecdaa_sign(curve_, d, curve_parameters(curve_).n, HashAlg::Sha256, d, random_));
}

TEST_P(EverySchemesCurve, FieldElements) {
  const Bytes p = curve_parameters(curve_).p;
  EXPECT_EQ(field_element(curve_, p), Bytes(size_));
  EXPECT_EQ(field_element(curve_, key_.q.x), key_.q.x);
  Bytes larger(70, 0xFF);
  EXPECT_LT(field_element(curve_, larger), p);
}

// GM/T 0003.5-2012, A.2.
TEST(Sm2, Identity) {
  const EccPoint q{from_hex("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"),
                   from_hex("ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13")};
  Digest z = sm2_identity(Curve::Sm2P256, HashAlg::Sm3, text_bytes("1234567812345678"), q);
  EXPECT_EQ(to_hex(z), "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3");
  Digest e = hash(HashAlg::Sm3, {z, text_bytes("message digest")});
  EXPECT_TRUE(
      sm2_verify(Curve::Sm2P256, q, e,
                 {from_hex("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"),
                  from_hex("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa")}));
}

}  // namespace
}  // namespace vtpm::engine::crypto
