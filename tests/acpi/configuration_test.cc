// SPDX-License-Identifier: Apache-2.0
#include "acpi/configuration.h"

#include <gtest/gtest.h>

namespace vtpm::acpi {
namespace {

using Setting = Objection::Setting;

std::optional<Setting> objectionable(const Configuration& configuration) {
  auto found = objection(configuration);
  if (!found) return std::nullopt;
  EXPECT_FALSE(found->rule.empty());
  return found->setting;
}

TEST(Configuration, TheDefaultIsACrb) {
  EXPECT_EQ(objectionable({}), std::nullopt);
  EXPECT_EQ(objectionable({.interface = Interface::Tis,
                           .irq = 5,
                           .physical_presence_page = 0xFED45000,
                           .log_area = LogArea{0x7FF0000, kLeastLogSize}}),
            std::nullopt);
}

TEST(Configuration, PagesAreAlignedAndBelow4GiB) {
  for (uint64_t base :
       {0x0ull, 0xFED40001ull, 0xFED40800ull, 0xFFFFC000ull, 0x100000000ull, 0xFFFFFFFFFFFFF000ull})
    EXPECT_EQ(objectionable({.base = base}), Setting::Base) << base;
  for (uint64_t base : {0x1000ull, 0xFFFFB000ull})
    EXPECT_EQ(objectionable({.base = base}), std::nullopt) << base;
  for (uint64_t page : {0x0ull, 0xFED45400ull, 0x100000000ull})
    EXPECT_EQ(objectionable({.physical_presence_page = page}), Setting::PhysicalPresence) << page;
  EXPECT_EQ(objectionable({.physical_presence_page = 0xFFFFF000}), std::nullopt);
}

TEST(Configuration, ThePhysicalPresencePageIsNotTheTpms) {
  for (uint64_t page : {0xFED40000, 0xFED44000})
    EXPECT_EQ(objectionable({.physical_presence_page = page}), Setting::PhysicalPresence) << page;
  for (uint64_t page : {0xFED3F000, 0xFED45000})
    EXPECT_EQ(objectionable({.physical_presence_page = page}), std::nullopt) << page;
}

TEST(Configuration, OnlyATisHasAnInterrupt) {
  EXPECT_EQ(objectionable({.interface = Interface::Crb, .irq = 5}), Setting::Irq);
  EXPECT_EQ(objectionable({.interface = Interface::Tis, .irq = 0}), Setting::Irq);
}

TEST(Configuration, ALogAreaIsSomewhereAndLargeEnough) {
  EXPECT_EQ(objectionable({.log_area = LogArea{0, kLeastLogSize}}), Setting::LogAddress);
  EXPECT_EQ(objectionable({.log_area = LogArea{0x1000, kLeastLogSize - 1}}), Setting::LogSize);
}

TEST(Configuration, IdentifiersFitTheirFields) {
  for (const char* text : {"", "SEVENCH", "A B", "\x80"}) {
    EXPECT_EQ(objectionable({.oem_id = text}), Setting::OemId) << text;
  }
  EXPECT_EQ(objectionable({.oem_table_id = "NINECHARS"}), Setting::OemTableId);
  EXPECT_EQ(objectionable({.oem_id = "ACME_6", .oem_table_id = "EIGHT_CH"}), std::nullopt);
}

}  // namespace
}  // namespace vtpm::acpi
