// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/ecc.h"

#include <gtest/gtest.h>

#include "tests/engine/crypto/fixed_entropy.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::FixedEntropy;
using tests::Record;
using tests::to_hex;
using Error = CryptoError;

EccPoint point_of(const Record& r) {
  return {r.bytes("x"), r.bytes("y")};
}

template <class T>
Error error_of(const Result<T, Error>& result) {
  EXPECT_FALSE(result);
  return result ? Error::Unsupported : result.error();
}

TEST(Ecc, Vectors) {
  for (const Record& r : tests::read_vectors("ecc.txt")) {
    const Curve curve = *curve_from_id(r.id("curve"));
    const std::string& kind = r.text("kind");
    if (kind == "public") {
      auto q = public_point(curve, r.bytes("d"));
      ASSERT_TRUE(q);
      EXPECT_EQ(*q, point_of(r)) << r.text("curve");
      EXPECT_EQ(*multiply_generator(curve, r.bytes("d")), *q);
    } else if (kind == "ecdh") {
      auto z = ecdh(curve, r.bytes("d"), point_of(r));
      ASSERT_TRUE(z);
      EXPECT_EQ(to_hex(z->x), r.text("z")) << r.text("curve");
      EXPECT_EQ(*multiply_point(curve, r.bytes("d"), point_of(r)), *z);
    } else {
      EXPECT_TRUE(ecdsa_verify(curve, point_of(r), r.bytes("digest"), {r.bytes("r"), r.bytes("s")}))
          << r.text("curve");
    }
  }
}

class EveryCurve : public ::testing::TestWithParam<Curve> {
 protected:
  const Curve curve_ = GetParam();
  const size_t size_ = curve_size(curve_);
  FixedEntropy entropy_;
  Random random_{entropy_};
};

INSTANTIATE_TEST_SUITE_P(Ecc, EveryCurve, ::testing::ValuesIn(kAllCurves));

TEST_P(EveryCurve, KeysSignAndAgree) {
  EccKeyPair a = generate_ecc_key(curve_, random_);
  EccKeyPair b = generate_ecc_key(curve_, random_);
  EXPECT_EQ(a.d.size(), size_);
  EXPECT_EQ(a.q.x.size(), size_);
  EXPECT_EQ(a.q.y.size(), size_);
  EXPECT_TRUE(is_on_curve(curve_, a.q));
  EXPECT_EQ(*ecdh(curve_, a.d.view(), b.q), *ecdh(curve_, b.d.view(), a.q));
  for (HashAlg alg : kAllHashAlgs) {
    Digest digest = hash(alg, text_bytes("message"));
    auto signature = ecdsa_sign(curve_, a.d.view(), digest, random_);
    ASSERT_TRUE(signature);
    EXPECT_EQ(signature->r.size(), size_);
    EXPECT_EQ(signature->s.size(), size_);
    EXPECT_TRUE(ecdsa_verify(curve_, a.q, digest, *signature));
    EXPECT_FALSE(ecdsa_verify(curve_, b.q, digest, *signature));
    EXPECT_FALSE(ecdsa_verify(curve_, a.q, hash(alg, text_bytes("massage")), *signature));
    signature->s[3] ^= 1;
    EXPECT_FALSE(ecdsa_verify(curve_, a.q, digest, *signature));
  }
}

TEST_P(EveryCurve, HostilePointsAreRefused) {
  EccKeyPair key = generate_ecc_key(curve_, random_);
  const CurveParameters parameters = curve_parameters(curve_);
  EccPoint off = key.q;
  off.y.back() ^= 1;
  EccPoint not_reduced = key.q;
  not_reduced.x = Bytes(size_, 0xff);
  const std::vector<EccPoint> bad = {
      off,
      not_reduced,
      {{}, {}},
      {Bytes(size_), Bytes(size_)},
      {parameters.p, key.q.y},
      {Bytes(10000, 0xff), Bytes(10000, 0xff)},
  };
  for (const EccPoint& point : bad) {
    EXPECT_FALSE(is_on_curve(curve_, point));
    EXPECT_EQ(error_of(ecdh(curve_, key.d.view(), point)), Error::InvalidPoint);
    EXPECT_EQ(error_of(multiply_point(curve_, key.d.view(), point)), Error::InvalidPoint);
    EXPECT_FALSE(ecdsa_verify(curve_, point, Bytes(32), {Bytes(size_, 1), Bytes(size_, 1)}));
  }
}

TEST_P(EveryCurve, PrivateKeysOutOfRangeAreRefused) {
  const CurveParameters parameters = curve_parameters(curve_);
  const EccPoint generator{parameters.gx, parameters.gy};
  EXPECT_TRUE(is_on_curve(curve_, generator));
  for (const Bytes& d :
       {Bytes(), Bytes(size_), parameters.n, Bytes(size_ + 1, 0xff), Bytes(5000, 1)}) {
    EXPECT_EQ(error_of(public_point(curve_, d)), Error::InvalidKey);
    EXPECT_EQ(error_of(ecdh(curve_, d, generator)), Error::InvalidKey);
    EXPECT_EQ(error_of(ecdsa_sign(curve_, d, Bytes(32), random_)), Error::InvalidKey);
  }
  EXPECT_EQ(error_of(multiply_generator(curve_, parameters.n)), Error::PointAtInfinity);
  EXPECT_EQ(error_of(multiply_point(curve_, parameters.n, generator)), Error::PointAtInfinity);
  EXPECT_EQ(error_of(multiply_generator(curve_, Bytes(size_ + 9))), Error::InvalidSize);
  EXPECT_EQ(*multiply_generator(curve_, Bytes{1}), generator);
}

TEST_P(EveryCurve, HostileSignaturesFail) {
  EccKeyPair key = generate_ecc_key(curve_, random_);
  const Bytes n = curve_parameters(curve_).n;
  for (const Bytes& part : {Bytes(), Bytes(size_), n, Bytes(size_, 0xff), Bytes(9999, 0xff)})
    EXPECT_FALSE(ecdsa_verify(curve_, key.q, Bytes(32, 1), {part, part}));
  EXPECT_FALSE(ecdsa_verify(curve_, key.q, {}, {Bytes(size_, 1), Bytes(size_, 1)}));
}

TEST_P(EveryCurve, SameEntropySameResults) {
  auto run = [&] {
    FixedEntropy entropy(5);
    Random random(entropy);
    EccKeyPair key = generate_ecc_key(curve_, random);
    auto signature = ecdsa_sign(curve_, key.d.view(), Bytes(32, 9), random);
    Bytes all = key.q.x;
    append(all, signature->r);
    append(all, signature->s);
    Bytes rest(16);
    random.fill(rest);
    append(all, rest);
    return all;
  };
  EXPECT_EQ(run(), run());
}

// The same digest twice never has the same nonce.
TEST_P(EveryCurve, NoncesDiffer) {
  EccKeyPair key = generate_ecc_key(curve_, random_);
  auto a = ecdsa_sign(curve_, key.d.view(), Bytes(32, 9), random_);
  auto b = ecdsa_sign(curve_, key.d.view(), Bytes(32, 9), random_);
  EXPECT_NE(a->r, b->r);
}

TEST(Ecc, IdentifiersOfOtherCurvesAreRefused) {
  EXPECT_FALSE(curve_from_id(0));
  EXPECT_FALSE(curve_from_id(0x0040));
  EXPECT_EQ(curve_from_id(3), Curve::P256);
}

TEST(Ecc, Parameters) {
  const CurveParameters p256 = curve_parameters(Curve::P256);
  EXPECT_EQ(to_hex(p256.n), "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  EXPECT_EQ(p256.h, Bytes{1});
  EXPECT_EQ(curve_parameters(Curve::P521).b.size(), 66u);
  EXPECT_EQ(to_hex(curve_parameters(Curve::BnP256).a), std::string(64, '0'));
}

}  // namespace
}  // namespace vtpm::engine::crypto
