// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace vtpm {
namespace {

TEST(Bytes, StoresAndLoadsBigEndian) {
  uint8_t raw[8] = {};
  store_be<uint32_t>(raw, 0x01020304);
  EXPECT_EQ(to_bytes(ByteView(raw, 5)), (Bytes{1, 2, 3, 4, 0}));
  EXPECT_EQ(load_be<uint8_t>(raw), 1u);
  EXPECT_EQ(load_be<uint16_t>(raw), 0x0102u);
  EXPECT_EQ(load_be<uint32_t>(raw), 0x01020304u);
  store_be<uint64_t>(raw, 0xF102030405060708);
  EXPECT_EQ(load_be<uint64_t>(raw), 0xF102030405060708u);
}

TEST(Bytes, TextHasNoTerminator) {
  EXPECT_EQ(to_bytes(text_bytes("CFB")), (Bytes{'C', 'F', 'B'}));
  EXPECT_TRUE(text_bytes("").empty());
}

TEST(Reader, TakesFromTheFront) {
  const Bytes bytes{1, 2, 3, 4, 5, 6, 7};
  Reader reader(bytes);
  EXPECT_EQ(reader.take_be<uint8_t>(), 1);
  EXPECT_EQ(reader.take_be<uint16_t>(), 0x0203);
  EXPECT_EQ(to_bytes(*reader.take(2)), (Bytes{4, 5}));
  EXPECT_EQ(reader.remaining(), 2u);
  EXPECT_EQ(to_bytes(reader.rest()), (Bytes{6, 7}));
}

TEST(Reader, TakesNothingWhenTooFewAreLeft) {
  const Bytes bytes{1, 2, 3};
  Reader reader(bytes);
  EXPECT_FALSE(reader.take_be<uint32_t>());
  EXPECT_FALSE(reader.take(4));
  EXPECT_FALSE(reader.take(~size_t{0}));
  EXPECT_EQ(reader.remaining(), 3u);
  EXPECT_TRUE(reader.take(3));
  EXPECT_FALSE(reader.take_be<uint8_t>());
  EXPECT_TRUE(reader.take(0)->empty());
}

TEST(Writer, AppendsAndPatches) {
  Bytes out{9};
  Writer writer(out);
  const size_t size_at = writer.position();
  writer.put_be<uint16_t>(0);
  writer.put(Bytes{1, 2, 3});
  writer.put_be<uint64_t>(4);
  writer.patch_be<uint16_t>(size_at, 0x0B0C);
  EXPECT_EQ(out, (Bytes{9, 0x0B, 0x0C, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 4}));
}

}  // namespace
}  // namespace vtpm
