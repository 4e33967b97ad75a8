// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/rsa.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "tests/engine/crypto/fixed_entropy.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::CancelAfter;
using tests::FixedEntropy;
using tests::Record;
using tests::to_hex;
using Error = CryptoError;

struct KeyRecord {
  Bytes modulus, prime;
  uint32_t exponent;
};

class Rsa : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const Record& r : tests::read_vectors("rsa.txt"))
      if (r.text("kind") == "key")
        numbers()[r.text("name")] = {r.bytes("modulus"), r.bytes("prime"),
                                     static_cast<uint32_t>(r.number("exponent"))};
  }
  static std::map<std::string, KeyRecord>& numbers() {
    static std::map<std::string, KeyRecord> all;
    return all;
  }
  static RsaPrivateKey key(const std::string& name) {
    const KeyRecord& k = numbers().at(name);
    auto made = RsaPrivateKey::create(k.modulus, k.exponent, k.prime);
    if (!made) throw std::runtime_error("key refused");
    return *made;
  }
  static std::vector<Record> records_of(const std::string& kind) {
    std::vector<Record> chosen;
    for (const Record& r : tests::read_vectors("rsa.txt"))
      if (r.text("kind") == kind) chosen.push_back(r);
    EXPECT_FALSE(chosen.empty());
    return chosen;
  }
  template <class T>
  static Error error_of(const Result<T, Error>& result) {
    EXPECT_FALSE(result);
    return result ? Error::Unsupported : result.error();
  }

  FixedEntropy entropy_;
  Random random_{entropy_};
  const RsaPrivateKey key_ = key("rsa2048-65537");
  const Digest digest_ = hash(HashAlg::Sha256, text_bytes("message"));
};

TEST_F(Rsa, RawVectors) {
  for (const Record& r : records_of("raw")) {
    const RsaPrivateKey k = key(r.text("key"));
    auto encrypted = k.public_key().raw(r.bytes("message"));
    ASSERT_TRUE(encrypted);
    EXPECT_EQ(to_hex(*encrypted), r.text("output"));
    auto back = k.raw(*encrypted, random_);
    ASSERT_TRUE(back);
    EXPECT_EQ(to_hex(back->view()), r.text("message"));
  }
}

TEST_F(Rsa, SignatureVectors) {
  for (const Record& r : records_of("rsassa")) {
    const RsaPrivateKey k = key(r.text("key"));
    const HashAlg alg = *hash_alg_from_id(r.id("alg"));
    auto signature = rsassa_sign(k, alg, r.bytes("message"), random_);
    ASSERT_TRUE(signature);
    EXPECT_EQ(to_hex(*signature), r.text("output"));
    EXPECT_TRUE(rsassa_verify(k.public_key(), alg, r.bytes("message"), *signature));
  }
  for (const Record& r : records_of("rsapss")) {
    const HashAlg alg = *hash_alg_from_id(r.id("alg"));
    EXPECT_TRUE(
        rsapss_verify(key(r.text("key")).public_key(), alg, r.bytes("message"), r.bytes("output")));
  }
}

TEST_F(Rsa, DecryptionVectors) {
  for (const Record& r : records_of("oaep")) {
    auto message = oaep_decrypt(key(r.text("key")), *hash_alg_from_id(r.id("alg")),
                                r.bytes("label"), r.bytes("output"), random_);
    ASSERT_TRUE(message);
    EXPECT_EQ(to_hex(message->view()), r.text("message"));
  }
  for (const Record& r : records_of("rsaes")) {
    auto message = rsaes_decrypt(key(r.text("key")), r.bytes("output"), random_);
    ASSERT_TRUE(message);
    EXPECT_EQ(to_hex(message->view()), r.text("message"));
  }
}

TEST_F(Rsa, EverySchemeWithEveryHash) {
  for (const auto& [name, numbers] : numbers()) {
    const RsaPrivateKey k = key(name);
    for (HashAlg alg : kAllHashAlgs) {
      Digest digest = hash(alg, text_bytes("message"));
      Digest other = hash(alg, text_bytes("massage"));
      auto ssa = rsassa_sign(k, alg, digest, random_);
      ASSERT_TRUE(ssa);
      EXPECT_TRUE(rsassa_verify(k.public_key(), alg, digest, *ssa));
      EXPECT_FALSE(rsassa_verify(k.public_key(), alg, other, *ssa));
      auto pss = rsapss_sign(k, alg, digest, random_);
      ASSERT_TRUE(pss);
      EXPECT_TRUE(rsapss_verify(k.public_key(), alg, digest, *pss));
      EXPECT_FALSE(rsapss_verify(k.public_key(), alg, other, *pss));
      EXPECT_FALSE(rsassa_verify(k.public_key(), alg, digest, *pss));
      EXPECT_FALSE(rsapss_verify(k.public_key(), alg, digest, *ssa));
      const size_t overhead = 2 * digest_size(alg) + 2;
      if (k.size() < overhead) {
        EXPECT_EQ(error_of(oaep_encrypt(k.public_key(), alg, {}, {}, random_)), Error::InvalidSize);
        continue;
      }
      const Bytes longest(k.size() - overhead, 3);
      auto oaep = oaep_encrypt(k.public_key(), alg, text_bytes("L"), longest, random_);
      ASSERT_TRUE(oaep);
      EXPECT_EQ(to_hex(oaep_decrypt(k, alg, text_bytes("L"), *oaep, random_)->view()),
                to_hex(longest));
      EXPECT_EQ(error_of(oaep_decrypt(k, alg, text_bytes("M"), *oaep, random_)),
                Error::DecryptionFailed);
    }
  }
}

TEST_F(Rsa, DamagedSignaturesAndDigestsFail) {
  const Bytes signature = *rsassa_sign(key_, HashAlg::Sha256, digest_, random_);
  const Bytes pss = *rsapss_sign(key_, HashAlg::Sha256, digest_, random_);
  for (size_t i = 0; i < signature.size(); i += 11) {
    Bytes bad = signature;
    bad[i] ^= 1;
    EXPECT_FALSE(rsassa_verify(key_.public_key(), HashAlg::Sha256, digest_, bad));
    bad = pss;
    bad[i] ^= 0x80;
    EXPECT_FALSE(rsapss_verify(key_.public_key(), HashAlg::Sha256, digest_, bad));
  }
  Bytes longer = signature;
  longer.insert(longer.begin(), 0);
  EXPECT_FALSE(rsassa_verify(key_.public_key(), HashAlg::Sha256, digest_, longer));
  EXPECT_FALSE(rsassa_verify(key_.public_key(), HashAlg::Sha256, digest_, {}));
  EXPECT_FALSE(rsapss_verify(key_.public_key(), HashAlg::Sha256, {}, pss));
  EXPECT_FALSE(rsassa_verify(key_.public_key(), HashAlg::Sha512, digest_, signature));
  EXPECT_EQ(error_of(rsassa_sign(key_, HashAlg::Sha512, digest_, random_)), Error::InvalidSize);
  EXPECT_EQ(error_of(rsapss_sign(key_, HashAlg::Sha1, digest_, random_)), Error::InvalidSize);
}

TEST_F(Rsa, PssSaltIsTheLongestThatFips186Allows) {
  // 1024 bits and SHA-512: 62 bytes are left for the salt.
  const Digest digest = hash(HashAlg::Sha512, text_bytes("m"));
  const RsaPrivateKey k = key("rsa1024-65537");
  auto signature = rsapss_sign(k, HashAlg::Sha512, digest, random_);
  ASSERT_TRUE(signature);
  EXPECT_TRUE(rsapss_verify(k.public_key(), HashAlg::Sha512, digest, *signature));
}

TEST_F(Rsa, DamagedCiphertextsFail) {
  const Bytes oaep = *oaep_encrypt(key_.public_key(), HashAlg::Sha1, {}, Bytes(20, 1), random_);
  const Bytes es = *rsaes_encrypt(key_.public_key(), Bytes(20, 1), random_);
  Bytes bad = oaep;
  bad.back() ^= 1;
  EXPECT_EQ(error_of(oaep_decrypt(key_, HashAlg::Sha1, {}, bad, random_)), Error::DecryptionFailed);
  EXPECT_EQ(error_of(oaep_decrypt(key_, HashAlg::Sha1, {}, es, random_)), Error::DecryptionFailed);
  EXPECT_EQ(error_of(rsaes_decrypt(key_, oaep, random_)), Error::DecryptionFailed);
  EXPECT_EQ(error_of(rsaes_decrypt(key_, ByteView(es).first(255), random_)), Error::InvalidSize);
  EXPECT_EQ(error_of(rsaes_decrypt(key_, Bytes(256, 0xff), random_)), Error::InvalidValue);
  EXPECT_EQ(error_of(rsaes_encrypt(key_.public_key(), Bytes(246), random_)), Error::InvalidSize);
  EXPECT_TRUE(rsaes_encrypt(key_.public_key(), Bytes(245), random_));
  EXPECT_EQ(rsaes_decrypt(key_, *rsaes_encrypt(key_.public_key(), {}, random_), random_)->size(),
            0u);
}

// Blocks that only a guest with RSAEP would build.
TEST_F(Rsa, MalformedPkcs1EncryptionBlocks) {
  auto decrypt = [&](const Bytes& block) {
    return rsaes_decrypt(key_, *key_.public_key().raw(block), random_);
  };
  Bytes block(256, 0xaa);
  block[0] = 0;
  block[1] = 2;
  EXPECT_EQ(error_of(decrypt(block)), Error::DecryptionFailed);  // no separator
  block[10] = 0;
  EXPECT_EQ(decrypt(block)->size(), 245u);
  block[9] = 0;
  EXPECT_EQ(error_of(decrypt(block)), Error::DecryptionFailed);  // padding too short
  block[9] = 0xaa;
  block[1] = 1;
  EXPECT_EQ(error_of(decrypt(block)), Error::DecryptionFailed);
}

TEST_F(Rsa, RawInputsAreBounded) {
  const Bytes& n = numbers().at("rsa2048-65537").modulus;
  EXPECT_EQ(error_of(key_.public_key().raw(n)), Error::InvalidValue);
  EXPECT_EQ(error_of(key_.raw(n, random_)), Error::InvalidValue);
  EXPECT_EQ(error_of(key_.public_key().raw(Bytes(257))), Error::InvalidSize);
  EXPECT_EQ(error_of(key_.raw(Bytes(257), random_)), Error::InvalidSize);
  EXPECT_EQ(*key_.public_key().raw({}), Bytes(256));
  EXPECT_EQ(to_hex(key_.raw(Bytes{1}, random_)->view()), std::string(511, '0') + "1");
}

TEST_F(Rsa, UnsuitableNumbersAreRefused) {
  const auto [n, p, e] = numbers().at("rsa2048-65537");
  EXPECT_EQ(error_of(RsaPublicKey::create(Bytes(100, 0xff), e)), Error::Unsupported);
  EXPECT_EQ(error_of(RsaPublicKey::create({}, e)), Error::Unsupported);
  EXPECT_EQ(error_of(RsaPublicKey::create(n, 1)), Error::Unsupported);
  EXPECT_EQ(error_of(RsaPublicKey::create(n, 65536)), Error::Unsupported);
  Bytes bad = n;
  bad[0] &= 0x7f;
  EXPECT_EQ(error_of(RsaPublicKey::create(bad, e)), Error::InvalidKey);
  bad = n;
  bad.back() ^= 1;
  EXPECT_EQ(error_of(RsaPublicKey::create(bad, e)), Error::InvalidKey);

  EXPECT_EQ(error_of(RsaPrivateKey::create(n, e, Bytes(128))), Error::InvalidKey);
  EXPECT_EQ(error_of(RsaPrivateKey::create(n, e, Bytes(128, 0xff))), Error::InvalidKey);
  EXPECT_EQ(error_of(RsaPrivateKey::create(n, e, ByteView(p).first(127))), Error::InvalidKey);
  EXPECT_EQ(error_of(RsaPrivateKey::create(n, e, {})), Error::InvalidKey);
  Bytes one(128);
  one.back() = 1;  // divides, but is out of range
  EXPECT_EQ(error_of(RsaPrivateKey::create(n, e, one)), Error::InvalidKey);
}

// Part 1, 43.1: nobody checks that factors are primes. Whatever a guest loads, nothing breaks.
TEST_F(Rsa, FactorsThatAreNotPrimes) {
  Bytes p(64, 0xff), q(64, 0xff);
  p.back() = 0xf1;
  int loaded = 0;
  for (unsigned low = 1; low < 256; low += 2) {
    q.back() = static_cast<uint8_t>(low);
    // p * q without a big-number library: schoolbook, bytes.
    Bytes n(128);
    for (size_t i = 0; i < 64; ++i) {
      unsigned carry = 0;
      for (size_t j = 0; j < 64; ++j) {
        unsigned sum = n[127 - i - j] + p[63 - i] * q[63 - j] + carry;
        n[127 - i - j] = static_cast<uint8_t>(sum);
        carry = sum >> 8;
      }
      n[127 - i - 64] = static_cast<uint8_t>(carry);
    }
    auto made = RsaPrivateKey::create(n, 65537, p);
    if (!made) continue;
    ++loaded;
    (void)made->raw(Bytes(127, 5), random_);
    (void)oaep_decrypt(*made, HashAlg::Sha1, {}, Bytes(128, 5), random_);
  }
  EXPECT_GT(loaded, 20);
}

TEST_F(Rsa, SameEntropySameResults) {
  auto run = [] {
    FixedEntropy entropy;
    Random random(entropy);
    const RsaPrivateKey k = key("rsa2048-65537");
    const Digest digest = hash(HashAlg::Sha256, text_bytes("m"));
    Bytes all = *rsapss_sign(k, HashAlg::Sha256, digest, random);
    append(all, *oaep_encrypt(k.public_key(), HashAlg::Sha256, {}, digest, random));
    append(all, *rsaes_encrypt(k.public_key(), digest, random));
    append(all, generate_rsa_key(1024, 65537, random, CancelAfter())->modulus);
    append(all, rsassa_sign(k, HashAlg::Sha256, digest, random).operator*());
    Bytes rest(32);
    random.fill(rest);
    append(all, rest);
    return all;
  };
  EXPECT_EQ(run(), run());
}

// A cached key must not draw less than a fresh one: a replay from a saved state would diverge.
TEST_F(Rsa, RandomnessDoesNotDependOnWhetherTheKeyWasUsedBefore) {
  auto next_after_signing = [&](const RsaPrivateKey& k) {
    FixedEntropy entropy;
    Random random(entropy);
    EXPECT_TRUE(rsassa_sign(k, HashAlg::Sha256, digest_, random));
    Bytes next(16);
    random.fill(next);
    return next;
  };
  const RsaPrivateKey cached = key("rsa2048-65537");
  const Bytes first = next_after_signing(cached);
  for (int i = 0; i < 40; ++i) ASSERT_EQ(next_after_signing(cached), first);
}

TEST_F(Rsa, OneKeyInSeveralThreads) {
  const Bytes expected = *rsassa_sign(key_, HashAlg::Sha256, digest_, random_);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (uint64_t t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      FixedEntropy entropy(t);
      Random random(entropy);
      for (int i = 0; i < 10; ++i)
        if (*rsassa_sign(key_, HashAlg::Sha256, digest_, random) == expected) ++good;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 30);
}

}  // namespace
}  // namespace vtpm::engine::crypto
