// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/symmetric.h"

#include <gtest/gtest.h>

#include "engine/fault.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::Record;
using tests::to_hex;

constexpr std::array kModes = {CipherMode::Ctr, CipherMode::Ofb, CipherMode::Cbc, CipherMode::Cfb,
                               CipherMode::Ecb};

TEST(Symmetric, Vectors) {
  for (const Record& r : tests::read_vectors("symmetric.txt")) {
    const auto cipher = static_cast<Cipher>(r.id("cipher"));
    const auto mode = static_cast<CipherMode>(r.id("mode"));
    const Bytes key = r.bytes("key");
    Bytes data = r.bytes("plain"), iv = r.bytes("iv");
    ASSERT_TRUE(encrypt(cipher, mode, key, iv, data));
    EXPECT_EQ(to_hex(data), r.text("encrypted")) << r.text("cipher") << " " << r.text("mode");
    iv = r.bytes("iv");
    ASSERT_TRUE(decrypt(cipher, mode, key, iv, data));
    EXPECT_EQ(to_hex(data), r.text("plain"));
    if (mode != CipherMode::Cfb) continue;
    cfb_encrypt(cipher, key, r.bytes("iv"), data);
    EXPECT_EQ(to_hex(data), r.text("encrypted"));
    cfb_decrypt(cipher, key, r.bytes("iv"), data);
    EXPECT_EQ(to_hex(data), r.text("plain"));
  }
}

// A long text in pieces, each continuing with the IV that the one before left, is the text at once.
TEST(Symmetric, IvOutContinues) {
  const Bytes key(16, 5);
  Bytes text(160);
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<uint8_t>(i);
  for (CipherMode mode : kModes) {
    const Bytes start = mode == CipherMode::Ecb ? Bytes() : Bytes(16, 0xfe);
    Bytes whole = text, iv = start;
    ASSERT_TRUE(encrypt(Cipher::Aes, mode, key, iv, whole));
    Bytes pieces = text;
    iv = start;
    for (size_t at = 0; at < text.size(); at += 32)
      ASSERT_TRUE(encrypt(Cipher::Aes, mode, key, iv, MutableByteView(pieces).subspan(at, 32)));
    EXPECT_EQ(pieces, whole);
    iv = start;
    for (size_t at = 0; at < text.size(); at += 16)
      ASSERT_TRUE(decrypt(Cipher::Aes, mode, key, iv, MutableByteView(pieces).subspan(at, 16)));
    EXPECT_EQ(pieces, text);
  }
}

TEST(Symmetric, IvOutHoldsNoUnusedKeyStream) {
  const Bytes key(16, 5);
  Bytes data{1, 2, 3}, iv(16, 7);
  ASSERT_TRUE(encrypt(Cipher::Aes, CipherMode::Cfb, key, iv, data));
  EXPECT_EQ(to_hex(iv), to_hex(data) + std::string(26, '0'));
}

TEST(Symmetric, WrongSizesAreRefused) {
  Bytes data(20), iv(16), none, short_iv(15);
  const Bytes key(16), odd_key(20), key192(24);
  auto error = [&](Cipher cipher, CipherMode mode, const Bytes& k, Bytes& v, Bytes& d) {
    auto result = encrypt(cipher, mode, k, v, d);
    EXPECT_FALSE(result);
    return result ? CryptoError::Cancelled : result.error();
  };
  EXPECT_EQ(error(Cipher::Aes, CipherMode::Cfb, odd_key, iv, data), CryptoError::Unsupported);
  EXPECT_EQ(error(Cipher::Sm4, CipherMode::Cfb, key192, iv, data), CryptoError::Unsupported);
  EXPECT_EQ(error(Cipher::Aes, CipherMode::Cfb, key, short_iv, data), CryptoError::InvalidSize);
  EXPECT_EQ(error(Cipher::Aes, CipherMode::Cfb, key, none, data), CryptoError::InvalidSize);
  EXPECT_EQ(error(Cipher::Aes, CipherMode::Ecb, key, iv, data), CryptoError::InvalidSize);
  EXPECT_EQ(error(Cipher::Aes, CipherMode::Ecb, key, none, data), CryptoError::InvalidSize);
  EXPECT_EQ(error(Cipher::Aes, CipherMode::Cbc, key, iv, data), CryptoError::InvalidSize);
  EXPECT_TRUE(encrypt(Cipher::Aes, CipherMode::Cbc, key, iv, none));
  EXPECT_THROW(cfb_encrypt(Cipher::Aes, odd_key, iv, data), Fault);
  EXPECT_THROW(cfb_decrypt(Cipher::Aes, key, short_iv, data), Fault);
}

TEST(Symmetric, WeakAesKeys) {
  Bytes key(16);
  EXPECT_TRUE(is_weak_key(Cipher::Aes, key));
  key[8] = 1;
  EXPECT_TRUE(is_weak_key(Cipher::Aes, key));
  key[7] = 1;
  EXPECT_FALSE(is_weak_key(Cipher::Aes, key));
  EXPECT_FALSE(is_weak_key(Cipher::Camellia, Bytes(16)));
}

}  // namespace
}  // namespace vtpm::engine::crypto
