// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/key_exchange.h"

#include <gtest/gtest.h>

#include "engine/crypto/kdf.h"
#include "tests/engine/crypto/fixed_entropy.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::FixedEntropy;
using tests::Record;
using tests::to_hex;

EccPoint point(const Record& r, const std::string& name) {
  return {r.bytes(name + "_x"), r.bytes(name + "_y")};
}

TEST(KeyExchange, Vectors) {
  constexpr uint16_t kMqv = 0x001D;
  for (const Record& r : tests::read_vectors("key_exchange.txt")) {
    const auto curve = static_cast<Curve>(r.id("curve"));
    const Bytes static_a = r.bytes("static_a"), ephemeral_a = r.bytes("ephemeral_a");
    const EccPoint static_b = point(r, "static_b"), ephemeral_b = point(r, "ephemeral_b");
    const ExchangeKeys keys{static_a, ephemeral_a, static_b, ephemeral_b};
    auto z = r.id("scheme") == kMqv ? mqv(curve, keys) : sm2_exchange(curve, keys);
    ASSERT_TRUE(z);
    EXPECT_EQ(to_hex(z->x), r.text("z_x")) << r.text("curve") << " " << r.text("scheme");
    EXPECT_EQ(to_hex(z->y), r.text("z_y"));
  }
}

TEST(KeyExchange, RefusesOtherKeys) {
  FixedEntropy entropy(1);
  Random random(entropy);
  const EccKeyPair a = generate_ecc_key(Curve::P256, random);
  const EccKeyPair b = generate_ecc_key(Curve::P256, random);
  EccPoint off = b.q;
  off.y.back() ^= 1;
  for (auto exchange : {mqv, sm2_exchange}) {
    auto error = [&](ByteView static_a, ByteView ephemeral_a, const EccPoint& static_b,
                     const EccPoint& ephemeral_b) {
      auto z = exchange(Curve::P256, {static_a, ephemeral_a, static_b, ephemeral_b});
      EXPECT_FALSE(z);
      return z.error();
    };
    const ByteView d = a.d.view();
    EXPECT_EQ(error(d, d, off, b.q), CryptoError::InvalidPoint);
    EXPECT_EQ(error(d, d, b.q, off), CryptoError::InvalidPoint);
    EXPECT_EQ(error(Bytes(32), d, b.q, b.q), CryptoError::InvalidKey);
    EXPECT_EQ(error(Bytes(32, 0xFF), d, b.q, b.q), CryptoError::InvalidKey);
    // Zero, and the order itself.
    EXPECT_EQ(error(d, Bytes(32), b.q, b.q), CryptoError::PointAtInfinity);
    EXPECT_EQ(error(d, curve_parameters(Curve::P256).n, b.q, b.q), CryptoError::PointAtInfinity);
  }
}

// The ephemeral number counts modulo the order.
TEST(KeyExchange, TheEphemeralKeyIsReduced) {
  FixedEntropy entropy(2);
  Random random(entropy);
  const EccKeyPair b = generate_ecc_key(Curve::P256, random);
  Bytes larger = curve_parameters(Curve::P256).n, small(32);
  larger.back() = static_cast<uint8_t>(larger.back() + 5);
  small.back() = 5;
  for (auto exchange : {mqv, sm2_exchange}) {
    auto z = exchange(Curve::P256, {b.d.view(), larger, b.q, b.q});
    auto same = exchange(Curve::P256, {b.d.view(), small, b.q, b.q});
    ASSERT_TRUE(z && same);
    EXPECT_EQ(*z, *same);
  }
}

TEST(EccEncryption, Vectors) {
  for (const Record& r : tests::read_vectors("ecc_encryption.txt")) {
    auto text = ecc_decrypt(static_cast<Curve>(r.id("curve")), r.bytes("d"),
                            static_cast<HashAlg>(r.id("hash")), point(r, "c1"), r.bytes("c2"),
                            r.bytes("c3"));
    ASSERT_TRUE(text);
    EXPECT_EQ(to_hex(text->view()), r.text("text"));
  }
}

TEST(EccEncryption, ComesBackOnEveryCurve) {
  FixedEntropy entropy(3);
  Random random(entropy);
  const Bytes text(300, 0x61);
  for (Curve curve : kAllCurves) {
    const EccKeyPair key = generate_ecc_key(curve, random);
    auto sealed = ecc_encrypt(curve, key.q, HashAlg::Sha384, text, random);
    ASSERT_TRUE(sealed);
    auto open = [&] {
      return ecc_decrypt(curve, key.d.view(), HashAlg::Sha384, sealed->c1, sealed->c2, sealed->c3);
    };
    EXPECT_EQ(to_hex(open()->view()), to_hex(text));
    sealed->c2[0] ^= 1;
    EXPECT_EQ(open().error(), CryptoError::DecryptionFailed);
    sealed->c2[0] ^= 1;
    sealed->c1.y[0] ^= 1;
    EXPECT_EQ(open().error(), CryptoError::InvalidPoint);
  }
  EXPECT_EQ(
      ecc_encrypt(Curve::P256, {Bytes(32, 1), Bytes(32, 1)}, HashAlg::Sha256, text, random).error(),
      CryptoError::InvalidPoint);
}

}  // namespace
}  // namespace vtpm::engine::crypto
