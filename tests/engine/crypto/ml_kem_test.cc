// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/ml_kem.h"

#include <gtest/gtest.h>

#include "engine/fault.h"
#include "tests/engine/crypto/fixed_source.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::FixedSource;
using tests::Record;
using tests::to_hex;

constexpr MlKemSet kSets[] = {MlKemSet::Kem512, MlKemSet::Kem768, MlKemSet::Kem1024};

MlKemSet kem_set_of(const Record& r) {
  return static_cast<MlKemSet>(r.number("set"));
}

TEST(MlKem, IsAFaultWithoutOpenSsl35) {
  if (!kHasMlKem) {
    EXPECT_THROW(ml_kem_public_key(MlKemSet::Kem768, Bytes(64)), Fault);
  }
}

TEST(MlKem, Vectors) {
  size_t seen = 0;
  for (const Record& r : tests::read_vectors("ml_kem.txt")) {
    if (!kHasMlKem) break;
    ++seen;
    const MlKemSet set = kem_set_of(r);
    const Bytes pub = r.bytes("public");
    if (r.has("seed")) {
      EXPECT_EQ(to_hex(ml_kem_public_key(set, r.bytes("seed"))), r.text("public"));
      auto secret = ml_kem_decapsulate(set, r.bytes("seed"), r.bytes("ciphertext"));
      ASSERT_TRUE(secret);
      EXPECT_EQ(to_hex(secret->view()), r.text("secret"));
      continue;
    }
    FixedSource source(r.bytes("m"));
    auto made = ml_kem_encapsulate(set, pub, source);
    EXPECT_EQ(is_ml_kem_public_key(set, pub), r.has("secret"));
    if (!r.has("secret")) {
      ASSERT_FALSE(made);
      EXPECT_EQ(made.error(), CryptoError::InvalidKey);
      continue;
    }
    ASSERT_TRUE(made);
    EXPECT_EQ(to_hex(made->ciphertext), r.text("ciphertext"));
    EXPECT_EQ(to_hex(made->secret.view()), r.text("secret"));
  }
  EXPECT_EQ(seen != 0, kHasMlKem);
}

TEST(MlKem, SizesOfAllSets) {
  for (MlKemSet set : kSets) {
    if (!kHasMlKem) break;
    FixedSource source(Bytes(64, 5));
    const Bytes seed(kMlKemSeedSize, 7), pub = ml_kem_public_key(set, seed);
    auto made = ml_kem_encapsulate(set, pub, source);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->ciphertext.size(), ciphertext_size(set));
    auto secret = ml_kem_decapsulate(set, seed, made->ciphertext);
    ASSERT_TRUE(secret);
    EXPECT_EQ(to_hex(secret->view()), to_hex(made->secret.view()));
    for (size_t size : {size_t{0}, ciphertext_size(set) - 1, ciphertext_size(set) + 1})
      EXPECT_EQ(ml_kem_decapsulate(set, seed, Bytes(size)).error(), CryptoError::InvalidSize);
    for (size_t size : {size_t{0}, pub.size() - 1, pub.size() + 1})
      EXPECT_FALSE(is_ml_kem_public_key(set, Bytes(size)));
  }
}

// FIPS 203, 6.3: always the same secret for an altered ciphertext, but another one.
TEST(MlKem, AnAlteredCiphertextIsRejectedImplicitly) {
  if (!kHasMlKem) return;
  FixedSource source(Bytes(64, 5));
  const Bytes seed(kMlKemSeedSize, 7);
  auto made =
      ml_kem_encapsulate(MlKemSet::Kem768, ml_kem_public_key(MlKemSet::Kem768, seed), source);
  ASSERT_TRUE(made);
  Bytes altered = made->ciphertext;
  altered[100] ^= 1;
  auto once = ml_kem_decapsulate(MlKemSet::Kem768, seed, altered);
  auto again = ml_kem_decapsulate(MlKemSet::Kem768, seed, altered);
  ASSERT_TRUE(once && again);
  EXPECT_EQ(to_hex(once->view()), to_hex(again->view()));
  EXPECT_NE(to_hex(once->view()), to_hex(made->secret.view()));
}

}  // namespace
}  // namespace vtpm::engine::crypto
