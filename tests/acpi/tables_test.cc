// SPDX-License-Identifier: Apache-2.0
// The headers and the TPM2 table. What the SSDT holds is compared with ASL and executed in
// tests/e2e/acpi_tables.sh.
#include "acpi/tables.h"

#include <numeric>
#include <string>

#include <gtest/gtest.h>

namespace vtpm::acpi {
namespace {

uint64_t little(const Bytes& table, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{table.at(at + i)} << (8 * i);
  return value;
}

std::string characters(const Bytes& table, size_t at, size_t size) {
  auto view = ByteView(table).subspan(at, size);
  return {view.begin(), view.end()};
}

bool holds(const Bytes& table, std::string_view text) {
  return characters(table, 0, table.size()).find(text) != std::string::npos;
}

void expect_header(const Bytes& table, const std::string& signature, uint8_t revision) {
  EXPECT_EQ(characters(table, 0, 4), signature);
  EXPECT_EQ(little(table, 4, 4), table.size());
  EXPECT_EQ(table[8], revision);
  EXPECT_EQ(std::accumulate(table.begin(), table.end(), 0u) % 0x100, 0u);
  EXPECT_EQ(characters(table, 28, 4), "VTPM");
  EXPECT_EQ(little(table, 32, 4), 1u);
}

TEST(Tables, HeadersNameTheirMaker) {
  Configuration configuration{
      .oem_id = "ACME", .oem_table_id = "GUEST", .oem_revision = 0x01020304};
  for (const auto& table : {tpm2_table(configuration), ssdt(configuration)}) {
    EXPECT_EQ(characters(table, 10, 6), "ACME  ");
    EXPECT_EQ(characters(table, 16, 8), "GUEST   ");
    EXPECT_EQ(little(table, 24, 4), 0x01020304u);
  }
}

TEST(Tpm2Table, ACrbHasItsControlArea) {
  auto table = tpm2_table({.base = 0xFED50000});
  expect_header(table, "TPM2", 4);
  ASSERT_EQ(table.size(), 64u);
  EXPECT_EQ(little(table, 36, 2), 0u);
  EXPECT_EQ(little(table, 40, 8), 0xFED50040u);
  EXPECT_EQ(little(table, 48, 4), kStartMethodCrb);
  EXPECT_EQ(Bytes(table.begin() + 52, table.end()), Bytes(12));
}

TEST(Tpm2Table, ATisHasNone) {
  auto table = tpm2_table({.interface = Interface::Tis});
  EXPECT_EQ(little(table, 40, 8), 0u);
  EXPECT_EQ(little(table, 48, 4), kStartMethodTis);
}

TEST(Tpm2Table, ALogAreaIsAppended) {
  auto table = tpm2_table({.log_area = LogArea{0x123456789000, 0x20000}});
  expect_header(table, "TPM2", 4);
  ASSERT_EQ(table.size(), 76u);
  EXPECT_EQ(little(table, 64, 4), 0x20000u);
  EXPECT_EQ(little(table, 68, 8), 0x123456789000u);
}

TEST(Ssdt, WithoutAPageThereIsNoDsm) {
  auto table = ssdt({});
  expect_header(table, "SSDT", 2);
  EXPECT_TRUE(holds(table, "MSFT0101"));
  EXPECT_TRUE(holds(table, "_CRS"));
  EXPECT_FALSE(holds(table, "_DSM"));
  auto with_page = ssdt({.physical_presence_page = 0xFED45000});
  expect_header(with_page, "SSDT", 2);
  EXPECT_TRUE(holds(with_page, "_DSM"));
  EXPECT_TRUE(holds(with_page, std::string("\x0C\x00\x51\xD4\xFE", 5)));
}

}  // namespace
}  // namespace vtpm::acpi
