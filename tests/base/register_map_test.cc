// SPDX-License-Identifier: Apache-2.0
#include "base/register_map.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace vtpm {
namespace {

// A byte register, a gap, a word, a neighbour of eight bytes, and a window up to the end.
constexpr Register kTable[] = {
    {"BYTE", 0x00, 1, RegisterKind::ReadWrite, 0x11, 0xFF},
    {"WORD", 0x04, 4, RegisterKind::ReadOnly, 0x44332211},
    {"LONG", 0x08, 8, RegisterKind::ReadWrite, 0, ~uint64_t{0}},
    {"FIFO", 0x18, 0x68, RegisterKind::Window},
};
constexpr auto kMap = make_register_map<0x80>(kTable);
static_assert(kMap.sound());

std::vector<std::string> parts(uint32_t offset, unsigned size) {
  std::vector<std::string> found;
  kMap.split(offset, size, [&](const Register& reg, const AccessPart& part) {
    found.push_back(std::string(reg.name) + " at " + std::to_string(part.at) + " size " +
                    std::to_string(part.size) + " shift " + std::to_string(part.shift));
  });
  return found;
}
using Parts = std::vector<std::string>;

TEST(RegisterMap, FindsTheRegisterOfAByte) {
  EXPECT_EQ(kMap.find(0)->name, "BYTE");
  EXPECT_EQ(kMap.find(1), nullptr);
  EXPECT_EQ(kMap.find(4)->name, "WORD");
  EXPECT_EQ(kMap.find(7)->name, "WORD");
  EXPECT_EQ(kMap.find(0x0F)->name, "LONG");
  EXPECT_EQ(kMap.find(0x10), nullptr);
  EXPECT_EQ(kMap.find(0x7F)->name, "FIFO");
  EXPECT_EQ(kMap.find(0x80), nullptr);
  EXPECT_EQ(kMap.find(0xFFFFFFFF), nullptr);
}

TEST(RegisterMap, SplitsAnAccessAtTheRegistersBounds) {
  EXPECT_EQ(parts(0x04, 4), (Parts{"WORD at 0 size 4 shift 0"}));
  EXPECT_EQ(parts(0x05, 2), (Parts{"WORD at 1 size 2 shift 0"}));
  EXPECT_EQ(parts(0x00, 8), (Parts{"BYTE at 0 size 1 shift 0", "WORD at 0 size 4 shift 32"}));
  EXPECT_EQ(parts(0x06, 4), (Parts{"WORD at 2 size 2 shift 0", "LONG at 0 size 2 shift 16"}));
  EXPECT_EQ(parts(0x08, 8), (Parts{"LONG at 0 size 8 shift 0"}));
  EXPECT_EQ(parts(0x0F, 8), (Parts{"LONG at 7 size 1 shift 0"}));
  EXPECT_EQ(parts(0x14, 8), (Parts{"FIFO at 0 size 4 shift 32"}));
  EXPECT_EQ(parts(0x7E, 8), (Parts{"FIFO at 102 size 2 shift 0"}));
}

TEST(RegisterMap, ReservedAndOutsideBytesAreNobodys) {
  EXPECT_EQ(parts(0x01, 3), Parts{});
  EXPECT_EQ(parts(0x10, 8), Parts{});
  EXPECT_EQ(parts(0x80, 8), Parts{});
  EXPECT_EQ(parts(0x04, 0), Parts{});
}

TEST(RegisterMap, AnAccessBelowTheEndOfTheAddressesDoesNotWrapIntoTheSpace) {
  EXPECT_EQ(parts(0xFFFFFFFC, 8), Parts{});
}

TEST(RegisterMap, PartsMoveBytesBothWays) {
  const AccessPart middle{.at = 1, .size = 2, .shift = 8};
  EXPECT_EQ(middle.mask(), 0xFFFFu);
  EXPECT_EQ(middle.written(), 0x00FFFF00u);
  EXPECT_EQ(middle.to_register(0x44332211), 0x00332200u);
  EXPECT_EQ(middle.from_register(0xDDCCBBAA), 0x00CCBB00u);
  const AccessPart whole{.at = 0, .size = 8, .shift = 0};
  EXPECT_EQ(whole.to_register(~uint64_t{0}), ~uint64_t{0});
  EXPECT_EQ(whole.written(), ~uint64_t{0});
}

constexpr bool sound(Register a, Register b) {
  const Register table[] = {a, b};
  return make_register_map<0x10>(table).sound();
}

TEST(RegisterMap, RefusesTablesThatCannotBe) {
  constexpr Register good{"A", 0, 4, RegisterKind::ReadWrite, 0, 1};
  constexpr Register next{"B", 4, 4, RegisterKind::ReadOnly};
  EXPECT_TRUE(sound(good, next));
  EXPECT_FALSE(sound(next, good)) << "not ascending";
  EXPECT_FALSE(sound(good, {"B", 3, 4, RegisterKind::ReadOnly})) << "overlap";
  EXPECT_FALSE(sound(good, {"B", 14, 4, RegisterKind::ReadOnly})) << "beyond the space";
  EXPECT_FALSE(sound(good, {"B", 4, 0, RegisterKind::ReadOnly})) << "empty";
  EXPECT_FALSE(sound(good, {"B", 4, 9, RegisterKind::ReadOnly})) << "too wide";
  EXPECT_FALSE(sound(good, {"B", 4, 1, RegisterKind::ReadOnly, 0x100})) << "reset too wide";
  EXPECT_FALSE(sound(good, {"B", 4, 1, RegisterKind::ReadWrite, 0, 0x100})) << "mask too wide";
  EXPECT_FALSE(sound(good, {"B", 4, 4, RegisterKind::ReadOnly, 0, 1})) << "read-only, writable";
  EXPECT_FALSE(sound(good, {"B", 4, 4, RegisterKind::ReadWrite, 0, 0})) << "nothing writable";
  EXPECT_FALSE(sound(good, {"B", 4, 4, RegisterKind::WriteOnly, 1, 1})) << "reads something";
  EXPECT_TRUE(sound(good, {"B", 4, 12, RegisterKind::Window}));
}

}  // namespace
}  // namespace vtpm
