// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/dhkem.h"

#include <gtest/gtest.h>

#include "engine/fault.h"
#include "tests/engine/crypto/fixed_source.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::FixedSource;
using tests::Record;
using tests::to_hex;

Curve dhkem_curve_of(const Record& r) {
  return *curve_from_id(r.id("curve"));
}

// What generate_ecc_key() makes this scalar of: one less, after 8 octets of zeros.
Bytes stream_of_scalar(Curve curve, Bytes scalar) {
  for (size_t i = scalar.size(); i-- != 0 && scalar[i]-- == 0;) {
  }
  Bytes stream(curve_size(curve) + 8 - scalar.size());
  append(stream, scalar);
  return stream;
}

TEST(Dhkem, Vectors) {
  size_t seen = 0;
  for (const Record& r : tests::read_vectors("dhkem.txt")) {
    ++seen;
    const Curve curve = dhkem_curve_of(r);
    const Bytes d = r.bytes("private");
    auto q = public_point(curve, d);
    ASSERT_TRUE(q);
    EXPECT_EQ("04" + to_hex(q->x) + to_hex(q->y), r.text("public"));
    auto secret = dhkem_decapsulate(curve, d, *q, r.bytes("ciphertext"));
    ASSERT_TRUE(secret);
    EXPECT_EQ(to_hex(secret->view()), r.text("secret"));
    FixedSource source(stream_of_scalar(curve, r.bytes("ephemeral")));
    auto made = dhkem_encapsulate(curve, *q, source);
    ASSERT_TRUE(made);
    EXPECT_EQ(to_hex(made->ciphertext), r.text("ciphertext"));
    EXPECT_EQ(to_hex(made->secret.view()), r.text("secret"));
  }
  EXPECT_EQ(seen, 11u);
}

// RFC 9180, 7.1.
TEST(Dhkem, IsOfTheRegisteredPairs) {
  for (Curve curve : kAllCurves)
    for (HashAlg alg : {HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512,
                        HashAlg::Sm3, HashAlg::Sha3_256, HashAlg::Sha3_384, HashAlg::Sha3_512})
      EXPECT_EQ(is_dhkem(curve, alg), (curve == Curve::P256 && alg == HashAlg::Sha256) ||
                                          (curve == Curve::P384 && alg == HashAlg::Sha384) ||
                                          (curve == Curve::P521 && alg == HashAlg::Sha512));
  FixedSource source(Bytes(64, 5));
  EccKeyPair key = generate_ecc_key(Curve::P224, source);
  EXPECT_THROW(static_cast<void>(dhkem_encapsulate(Curve::P224, key.q, source)), Fault);
}

// The point of a loaded key may be without its leading zeros.
TEST(Dhkem, APublicKeyCountsAsANumber) {
  const Bytes d(32, 9);
  auto q = public_point(Curve::P256, d);
  EccPoint longer = *q;
  longer.x.insert(longer.x.begin(), 0);
  FixedSource source(Bytes(64, 5));
  auto made = dhkem_encapsulate(Curve::P256, longer, source);
  ASSERT_TRUE(made);
  auto secret = dhkem_decapsulate(Curve::P256, d, *q, made->ciphertext);
  ASSERT_TRUE(secret);
  EXPECT_EQ(to_hex(secret->view()), to_hex(made->secret.view()));
}

TEST(Dhkem, RefusesWhatIsNoPoint) {
  const Bytes d(32, 9);
  auto q = public_point(Curve::P256, d);
  EccPoint other = *q;
  other.y.back() ^= 1;
  FixedSource source(Bytes(64, 5));
  EXPECT_EQ(dhkem_encapsulate(Curve::P256, other, source).error(), CryptoError::InvalidPoint);

  auto good = dhkem_encapsulate(Curve::P256, *q, source);
  auto refused = [&](const Bytes& ciphertext) {
    auto secret = dhkem_decapsulate(Curve::P256, d, *q, ciphertext);
    return !secret && secret.error() == CryptoError::InvalidPoint;
  };
  EXPECT_FALSE(refused(good->ciphertext));
  for (size_t size : {size_t{0}, size_t{1}, size_t{33}, size_t{64}, size_t{66}, size_t{97}}) {
    Bytes resized = good->ciphertext;
    resized.resize(size);
    EXPECT_TRUE(refused(resized)) << size;
  }
  // Compressed, hybrid and infinite forms; a point that is not on the curve; p as a coordinate.
  for (unsigned form : {0u, 2u, 3u, 5u, 6u, 7u}) {
    Bytes ciphertext = good->ciphertext;
    ciphertext[0] = static_cast<uint8_t>(form);
    EXPECT_TRUE(refused(ciphertext)) << form;
  }
  Bytes beside = good->ciphertext;
  beside.back() ^= 1;
  EXPECT_TRUE(refused(beside));
  Bytes too_big(65, 0xFF);
  too_big[0] = 4;
  EXPECT_TRUE(refused(too_big));
}

}  // namespace
}  // namespace vtpm::engine::crypto
