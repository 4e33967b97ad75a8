// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/cmac.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/fault.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::Record;
using tests::to_hex;

TEST(Cmac, Vectors) {
  for (const Record& r : tests::read_vectors("cmac.txt")) {
    const auto cipher = static_cast<Cipher>(r.id("cipher"));
    const Bytes key = r.bytes("key"), message = r.bytes("message");
    if (!cipher_supported(cipher, 8 * key.size())) continue;
    EXPECT_EQ(to_hex(Cmac(cipher, key).update(message).finish()), r.text("mac"))
        << r.text("cipher") << " " << message.size();
  }
}

// In any pieces, saved and restored between them.
TEST(Cmac, PiecesAndSavedStates) {
  std::mt19937 random(3);
  Bytes message(200);
  for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
  const Bytes key(32, 9);
  for (size_t size = 0; size <= message.size(); ++size) {
    ByteView rest = ByteView(message).first(size);
    const Digest expected = Cmac(Cipher::Aes, key).update(rest).finish();
    Cmac running(Cipher::Aes, key);
    while (!rest.empty()) {
      const size_t piece = random() % (std::min<size_t>(rest.size(), 40) + 1);
      running.update(rest.first(piece));
      rest = rest.subspan(piece);
      auto restored = Cmac::import_state(running.export_state().view());
      ASSERT_TRUE(restored);
      running = *restored;
    }
    EXPECT_EQ(running.finish(), expected) << size;
  }
}

TEST(Cmac, RefusesOtherStates) {
  const Secret good = Cmac(Cipher::Aes, Bytes(16, 1)).update(Bytes(20, 2)).export_state();
  ASSERT_TRUE(Cmac::import_state(good.view()));
  for (size_t size = 0; size < 4 + 16 + 16; ++size)
    EXPECT_FALSE(Cmac::import_state(good.view().first(size))) << size;
  // Something was absorbed, but nothing is pending.
  EXPECT_FALSE(Cmac::import_state(good.view().first(4 + 16 + 16)));
  Bytes other = to_bytes(good.view());
  append(other, Bytes(13));
  EXPECT_FALSE(Cmac::import_state(other));  // more than a block pending
  other = to_bytes(good.view());
  other[1] = 0x05;
  EXPECT_FALSE(Cmac::import_state(other));  // HMAC is no cipher
  other = to_bytes(good.view());
  other[3] = 15;
  EXPECT_FALSE(Cmac::import_state(other));
}

TEST(Cmac, AKeyOfTheWrongSizeIsAFault) {
  EXPECT_THROW(Cmac(Cipher::Aes, Bytes(15)), Fault);
  EXPECT_THROW(Cmac(Cipher::Sm4, Bytes(32)), Fault);
}

}  // namespace
}  // namespace vtpm::engine::crypto
