// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/hash.h"

#include <gtest/gtest.h>

#include "engine/crypto/hmac.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::Record;
using tests::to_hex;

HashAlg alg_of(const Record& record) {
  auto alg = hash_alg_from_id(record.id("alg"));
  if (!alg) throw std::runtime_error("unknown hash algorithm in a vector");
  return *alg;
}

TEST(Hash, Vectors) {
  for (const Record& record : tests::read_vectors("hash.txt")) {
    Digest digest = hash(alg_of(record), record.bytes("message"));
    EXPECT_EQ(to_hex(digest), record.text("digest")) << record.text("alg");
    EXPECT_EQ(digest.size(), digest_size(alg_of(record)));
  }
}

TEST(Hash, PartsAreConcatenated) {
  const Bytes a{1, 2, 3}, b, c(200, 4);
  Bytes all = a;
  append(all, c);
  for (HashAlg alg : kAllHashAlgs) EXPECT_EQ(hash(alg, {a, b, c}), hash(alg, all));
}

TEST(Hash, IdentifiersOfOtherAlgorithmsAreRefused) {
  EXPECT_FALSE(hash_alg_from_id(0x0010));  // TPM_ALG_NULL
  EXPECT_FALSE(hash_alg_from_id(0x0006));
  EXPECT_EQ(hash_alg_from_id(0x000B), HashAlg::Sha256);
}

// A state saved and loaded at every position of a message continues to the same digest, and saves
// to the same bytes again.
TEST(Hasher, StateSurvivesSavingAnywhere) {
  Bytes message(300);
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<uint8_t>(i * 3);
  for (HashAlg alg : kAllHashAlgs) {
    const Digest expected = hash(alg, message);
    for (size_t split = 0; split <= message.size(); split += 7) {
      Hasher first(alg);
      first.update(ByteView(message).first(split));
      Secret saved = first.export_state();
      auto second = Hasher::import_state(saved.view());
      ASSERT_TRUE(second);
      EXPECT_EQ(second->alg(), alg);
      EXPECT_EQ(to_hex(second->export_state().view()), to_hex(saved.view()));
      second->update(ByteView(message).subspan(split));
      EXPECT_EQ(second->finish(), expected) << static_cast<int>(alg) << " split at " << split;
    }
  }
}

TEST(Hasher, LengthBeyond32BitsSurvivesSaving) {
  // A saved state is where a long message can be had without hashing it.
  for (HashAlg alg : kAllHashAlgs) {
    Secret saved = Hasher(alg).export_state();
    store_be(saved.bytes().subspan(2), uint64_t{0x123456789} * block_size(alg));
    auto hasher = Hasher::import_state(saved.view());
    ASSERT_TRUE(hasher);
    EXPECT_EQ(to_hex(hasher->export_state().view()), to_hex(saved.view()));
  }
}

TEST(Hasher, DamagedStatesAreRefused) {
  for (HashAlg alg : kAllHashAlgs) {
    Hasher hasher(alg);
    hasher.update(Bytes(30, 1));
    const Secret saved = hasher.export_state();
    for (size_t size = 0; size < saved.size(); ++size)
      EXPECT_FALSE(Hasher::import_state(saved.view().first(size)));
    Bytes longer = to_bytes(saved.view());
    longer.push_back(0);
    EXPECT_FALSE(Hasher::import_state(longer));
    Bytes other_alg = to_bytes(saved.view());
    other_alg[0] = 0xff;
    EXPECT_FALSE(Hasher::import_state(other_alg));
    Bytes endless = to_bytes(saved.view());
    endless[2] = 0xff;
    EXPECT_FALSE(Hasher::import_state(endless));
  }
}

// Frozen: states in saved contexts of older versions must load.
TEST(Hasher, SavedFormIsStable) {
  Hasher hasher(HashAlg::Sha256);
  hasher.update(text_bytes("abc"));
  EXPECT_EQ(to_hex(hasher.export_state().view()),
            "000b"
            "0000000000000003"
            "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"
            "616263");
}

TEST(Hasher, CopiesAreIndependent) {
  for (HashAlg alg : kAllHashAlgs) {
    Hasher a(alg);
    a.update(text_bytes("a"));
    Hasher b = a;
    b.update(text_bytes("b"));
    EXPECT_EQ(a.finish(), hash(alg, text_bytes("a")));
    EXPECT_EQ(b.finish(), hash(alg, text_bytes("ab")));
  }
}

TEST(Digest, IsAValueWithBounds) {
  EXPECT_TRUE(Digest().empty());
  EXPECT_EQ(to_hex(Digest(3, 0xff)), "ffffff");
  EXPECT_TRUE(Digest::from(Bytes(64)));
  EXPECT_FALSE(Digest::from(Bytes(65)));
  EXPECT_FALSE(Digest(3) == Digest(4));
}

TEST(HmacFunction, Vectors) {
  for (const Record& record : tests::read_vectors("hmac.txt")) {
    Digest mac = hmac(alg_of(record), record.bytes("key"), {record.bytes("message")});
    EXPECT_EQ(to_hex(mac), record.text("mac")) << record.text("alg");
  }
}

TEST(HmacFunction, StateSurvivesSaving) {
  const Bytes key(20, 7), message(150, 8);
  for (HashAlg alg : kAllHashAlgs) {
    Hmac first(alg, key);
    first.update(ByteView(message).first(70));
    auto second = Hmac::import_state(first.export_state().view());
    ASSERT_TRUE(second);
    second->update(ByteView(message).subspan(70));
    EXPECT_EQ(second->finish(), hmac(alg, key, {message}));
    EXPECT_FALSE(Hmac::import_state(first.export_state().view().subspan(1)));
    EXPECT_FALSE(Hmac::import_state({}));
  }
}

}  // namespace
}  // namespace vtpm::engine::crypto
