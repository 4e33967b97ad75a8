// SPDX-License-Identifier: Apache-2.0
#include "acpi/aml.h"

#include <gtest/gtest.h>

#include "acpi/resources.h"

namespace vtpm::acpi::aml {
namespace {

Bytes text(std::string_view characters) {
  return to_bytes(text_bytes(characters));
}

Bytes joined(const Terms& terms) {
  Bytes out;
  for (const auto& term : terms) append(out, term);
  return out;
}

TEST(AmlName, SegmentsArePadded) {
  EXPECT_EQ(name("PPRQ"), text("PPRQ"));
  EXPECT_EQ(name("TPM"), text("TPM_"));
  EXPECT_EQ(name("\\_SB"), text("\\_SB_"));
}

TEST(AmlName, PathsCountTheirSegments) {
  EXPECT_EQ(name("\\"), (Bytes{'\\', 0}));
  EXPECT_EQ(name("\\_SB.VTPM"), text("\\\x2E_SB_VTPM"));
  EXPECT_EQ(name("_SB.PCI0.ISA"), text("\x2F\x03_SB_PCI0ISA_"));
}

TEST(AmlInteger, TheShortestEncodingIsTaken) {
  EXPECT_EQ(integer(0), Bytes{0x00});
  EXPECT_EQ(integer(1), Bytes{0x01});
  EXPECT_EQ(integer(2), (Bytes{0x0A, 2}));
  EXPECT_EQ(integer(0xFF), (Bytes{0x0A, 0xFF}));
  EXPECT_EQ(integer(0x100), (Bytes{0x0B, 0x00, 0x01}));
  EXPECT_EQ(integer(0xFFFF), (Bytes{0x0B, 0xFF, 0xFF}));
  EXPECT_EQ(integer(0x10000), (Bytes{0x0C, 0, 0, 1, 0}));
  EXPECT_EQ(integer(0xFED40000), (Bytes{0x0C, 0x00, 0x00, 0xD4, 0xFE}));
  EXPECT_EQ(integer(0x100000000), (Bytes{0x0E, 0, 0, 0, 0, 1, 0, 0, 0}));
}

TEST(AmlPackageLength, CountsItself) {
  EXPECT_EQ(package_length(0), Bytes{0x01});
  EXPECT_EQ(package_length(62), Bytes{0x3F});
  EXPECT_EQ(package_length(63), (Bytes{0x41, 0x04}));
  EXPECT_EQ(package_length(0xFFF - 2), (Bytes{0x4F, 0xFF}));
  EXPECT_EQ(package_length(0x1000 - 2), (Bytes{0x81, 0x00, 0x01}));
  EXPECT_EQ(package_length(0xFFFFF - 3), (Bytes{0x8F, 0xFF, 0xFF}));
  EXPECT_EQ(package_length(0x100000 - 3), (Bytes{0xC1, 0x00, 0x00, 0x01}));
}

TEST(AmlData, StringsAndBuffersAndPackages) {
  EXPECT_EQ(string("1.3"), (Bytes{0x0D, '1', '.', '3', 0}));
  EXPECT_EQ(buffer(Bytes{0xFF, 0x01}), (Bytes{0x11, 5, 0x0A, 2, 0xFF, 0x01}));
  EXPECT_EQ(buffer(Bytes{7}), (Bytes{0x11, 3, 0x01, 7}));
  EXPECT_EQ(package({integer(0), integer(5)}), (Bytes{0x12, 5, 2, 0x00, 0x0A, 5}));
  EXPECT_EQ(unicode("TP"), (Bytes{0x11, 9, 0x0A, 6, 'T', 0, 'P', 0, 0, 0}));
}

TEST(AmlData, AUuidsFirstThreeGroupsAreReversed) {
  auto encoded = uuid("3DDDFAA6-361b-4EB4-A424-8D10089D1653");
  EXPECT_EQ(to_bytes(ByteView(encoded).subspan(4)),
            (Bytes{0xA6, 0xFA, 0xDD, 0x3D, 0x1B, 0x36, 0xB4, 0x4E, 0xA4, 0x24, 0x8D, 0x10, 0x08,
                   0x9D, 0x16, 0x53}));
}

TEST(AmlObject, NamesHoldWhatFollows) {
  EXPECT_EQ(define("_UID", integer(1)), joined({{0x08}, text("_UID"), {0x01}}));
  EXPECT_EQ(scope("\\_SB", {integer(0)}), joined({{0x10, 7}, text("\\_SB_"), {0x00}}));
  EXPECT_EQ(device("VTPM", {integer(0)}), joined({{0x5B, 0x82, 6}, text("VTPM"), {0x00}}));
  EXPECT_EQ(method("_DSM", 4, {return_value(integer(0))}),
            joined({{0x14, 8}, text("_DSM"), {0x0C, 0xA4, 0x00}}));
}

TEST(AmlObject, RegionsAndTheirFields) {
  EXPECT_EQ(memory_region("PPIR", integer(0xFED45100), 0x5B),
            joined({{0x5B, 0x80}, text("PPIR"), {0, 0x0C, 0, 0x51, 0xD4, 0xFE, 0x0A, 0x5B}}));
  // The bits of a unit do not count their own encoding.
  EXPECT_EQ(byte_fields("PPIR", {{"", 40}, {"PPRP", 32}, {"", 552}, {"MOVV", 8}}),
            joined({{0x5B, 0x81, 21},
                    text("PPIR"),
                    {0x01, 0x00, 40},
                    text("PPRP"),
                    {32, 0x00, 0x48, 0x22},
                    text("MOVV"),
                    {8}}));
}

TEST(AmlExpression, OpcodesStandBeforeTheirOperands) {
  auto one = integer(1);
  EXPECT_EQ(if_then(equal(argument(0), one), {return_value(local(0))}),
            (Bytes{0xA0, 6, 0x93, 0x68, 0x01, 0xA4, 0x60}));
  EXPECT_EQ(greater(argument(6), local(7)), (Bytes{0x94, 0x6E, 0x67}));
  EXPECT_EQ(less(argument(1), one), (Bytes{0x95, 0x69, 0x01}));
  EXPECT_EQ(add(argument(1), one), (Bytes{0x72, 0x69, 0x01, 0x00}));
  EXPECT_EQ(size_of(argument(2)), (Bytes{0x87, 0x6A}));
  EXPECT_EQ(dereference(index(argument(3), one)), (Bytes{0x83, 0x88, 0x6B, 0x01, 0x00}));
  EXPECT_EQ(store(one, name("PPRM")), joined({{0x70, 0x01}, text("PPRM")}));
  EXPECT_EQ(call("OPST", {argument(0)}), joined({text("OPST"), {0x68}}));
}

TEST(Resources, DescriptorsEndWithTheirTag) {
  EXPECT_EQ(fixed_memory(0xFED40000, 0x5000),
            (Bytes{0x86, 9, 0, 1, 0, 0, 0xD4, 0xFE, 0, 0x50, 0, 0}));
  EXPECT_EQ(interrupt(0x10A), (Bytes{0x89, 6, 0, 1, 1, 0x0A, 1, 0, 0}));
  EXPECT_EQ(resource_template({{1, 2}}), (Bytes{0x11, 7, 0x0A, 4, 1, 2, 0x79, 0}));
}

}  // namespace
}  // namespace vtpm::acpi::aml
