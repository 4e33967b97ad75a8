// SPDX-License-Identifier: Apache-2.0
#include "base/bit_field.h"

#include <gtest/gtest.h>

namespace vtpm {
namespace {

TEST(BitField, ReadsAndWritesItsBitsOnly) {
  constexpr BitField field = bits(4, 2);
  EXPECT_EQ(field.mask(), 0x1Cu);
  EXPECT_EQ(field.max(), 7u);
  EXPECT_EQ(field.get(0xFFFFFFF4), 5u);
  EXPECT_EQ(field.set(0xFF, 2), 0xEBu);
  EXPECT_EQ(field.set(0, 0xFF), 0x1Cu);  // too large a value does not spill
  EXPECT_EQ(field.place(9), 4u);
}

TEST(BitField, ReachesBothEndsOfAWord) {
  EXPECT_EQ(bit(0).mask(), 1u);
  EXPECT_EQ(bit(63).mask(), uint64_t{1} << 63);
  EXPECT_EQ(bits(63, 0).mask(), ~uint64_t{0});
  EXPECT_EQ(bits(63, 0).get(~uint64_t{0}), ~uint64_t{0});
  EXPECT_EQ(bits(63, 48).get(0x1234000000000000), 0x1234u);
}

TEST(BitField, KnowsWhetherFieldsShareBits) {
  static_assert(disjoint(bit(0), bit(1), bits(4, 2), bit(63)));
  static_assert(!disjoint(bit(0), bits(4, 2), bit(3)));
  static_assert(!disjoint(bits(4, 2), bits(7, 4)));
}

}  // namespace
}  // namespace vtpm
