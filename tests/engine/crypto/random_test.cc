// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/random.h"

#include <gtest/gtest.h>

#include "tests/engine/crypto/fixed_entropy.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::FixedEntropy;
using tests::GivenEntropy;
using tests::Record;
using tests::to_hex;

Bytes draw(Random& random, size_t size) {
  Bytes bytes(size);
  random.fill(bytes);
  return bytes;
}

TEST(Random, NistVectors) {
  for (const Record& record : tests::read_vectors("hmac_drbg.txt")) {
    Bytes all = record.bytes("entropy");
    append(all, record.bytes("reseed"));
    GivenEntropy entropy(all);
    Random random(entropy);
    if (!record.bytes("reseed").empty()) random.stir({});
    draw(random, 128);
    EXPECT_EQ(to_hex(draw(random, 128)), record.text("out"));
    EXPECT_TRUE(entropy.exhausted());
  }
}

TEST(Random, SameEntropySameBytes) {
  FixedEntropy entropy_a, entropy_b, entropy_c(2);
  Random a(entropy_a), b(entropy_b), c(entropy_c);
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(draw(a, 32), draw(b, 32));  // past a reseed
  EXPECT_NE(draw(a, 32), draw(c, 32));
}

TEST(Random, StirringChangesWhatFollows) {
  FixedEntropy entropy_a, entropy_b, entropy_c;
  Random a(entropy_a), b(entropy_b), c(entropy_c);
  a.stir(Bytes{1});
  b.stir(Bytes{1});
  c.stir(Bytes{2});
  const Bytes from_a = draw(a, 32);
  EXPECT_EQ(from_a, draw(b, 32));
  EXPECT_NE(from_a, draw(c, 32));
}

TEST(Random, AnySize) {
  FixedEntropy entropy;
  Random random(entropy);
  draw(random, 0);
  EXPECT_NE(draw(random, 1000), draw(random, 1000));
  Bytes large = draw(random, 200000);
  EXPECT_NE(Bytes(large.end() - 32, large.end()), Bytes(32));
}

}  // namespace
}  // namespace vtpm::engine::crypto
