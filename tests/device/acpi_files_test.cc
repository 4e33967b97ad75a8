// SPDX-License-Identifier: Apache-2.0
#include "device/vtpm/acpi_files.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "acpi/tables.h"
#include "device/operator_error.h"
#include "tests/device/temporary_directory.h"

namespace vtpm::device {
namespace {

template <class F>
void expect_operator_error(F action, const std::string& naming) {
  try {
    action();
    ADD_FAILURE() << "nothing was said of " << naming;
  } catch (const OperatorError& error) {
    std::string line = error.what();
    EXPECT_NE(line.find(naming), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  }
}

void expect_no_arguments(const std::vector<std::string>& arguments, const std::string& naming) {
  expect_operator_error([&] { parse_acpi_arguments(arguments); }, naming);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string characters_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(AcpiArguments, EveryOptionIsUnderstood) {
  auto request = parse_acpi_arguments(
      {"--interface=tis", "--output", "/x", "--base=0xFED50000", "--irq=11", "--ppi=0xfed55000",
       "--log-address=0x7ff0000", "--log-size=131072", "--oem-id=ACME", "--oem-table-id=GUEST"});
  EXPECT_EQ(request.directory, "/x");
  const auto& configuration = request.configuration;
  EXPECT_EQ(configuration.interface, acpi::Interface::Tis);
  EXPECT_EQ(configuration.base, 0xFED50000u);
  EXPECT_EQ(configuration.irq, 11u);
  EXPECT_EQ(configuration.physical_presence_page, 0xFED55000u);
  ASSERT_TRUE(configuration.log_area);
  EXPECT_EQ(configuration.log_area->address, 0x7FF0000u);
  EXPECT_EQ(configuration.log_area->minimum_size, 131072u);
  EXPECT_EQ(configuration.oem_id, "ACME");
  EXPECT_EQ(configuration.oem_table_id, "GUEST");
}

TEST(AcpiArguments, WhatIsLeftOutHasADefault) {
  auto configuration =
      parse_acpi_arguments({"--interface=crb", "--output=x", "--log-address=4096"}).configuration;
  EXPECT_EQ(configuration.base, acpi::kDefaultBase);
  EXPECT_FALSE(configuration.irq);
  EXPECT_FALSE(configuration.physical_presence_page);
  EXPECT_EQ(configuration.log_area->minimum_size, 0x10000u);
}

TEST(AcpiArguments, ARefusalNamesTheOption) {
  expect_no_arguments({"--output=x"}, "--interface is missing");
  expect_no_arguments({"--interface=fifo", "--output=x"}, "--interface=fifo");
  expect_no_arguments({"--interface=crb"}, "--output is missing");
  expect_no_arguments({"--interface=crb", "--output="}, "--output");
  expect_no_arguments({"--interface=crb", "--output=x", "--log-size=65536"}, "--log-address");
  expect_no_arguments({"--interface=crb", "x"}, "'x' is no option");
  expect_no_arguments({"--interface=crb", "--output=x", "--base="}, "--base");
  expect_no_arguments({"--interface=crb", "--output=x", "--oem-id", ""}, "--oem-id");
  expect_no_arguments({"--inter=crb", "--output=x"}, "--inter");
  for (std::string wrong :
       {"--base=0x", "--base=-1", "--base=0x10000000000000000", "--base=12k", "--base=4095",
        "--irq=0x100000000", "--irq=0", "--ppi=0xfed40000", "--log-address=0", "--oem-id=TOOLONG"})
    expect_no_arguments({"--interface=tis", "--output=x", wrong}, wrong);
  expect_no_arguments({"--interface=tis", "--output=x", "--log-address=1", "--log-size=100"},
                      "--log-size=100");
}

TEST(AcpiFiles, TablesOfOurOwnAreReplaced) {
  TemporaryDirectory base;
  AcpiRequest request{.configuration = {}, .directory = base / "tables"};
  write_acpi_tables(request);
  EXPECT_EQ(content_of(base / "tables/tpm2.aml"),
            characters_of(acpi::tpm2_table(request.configuration)));
  EXPECT_EQ(content_of(base / "tables/ssdt.aml"), characters_of(acpi::ssdt(request.configuration)));
  request.configuration.interface = acpi::Interface::Tis;
  write_acpi_tables(request);
  EXPECT_EQ(content_of(base / "tables/tpm2.aml"),
            characters_of(acpi::tpm2_table(request.configuration)));
  auto left = std::filesystem::directory_iterator(base / "tables");
  EXPECT_EQ(std::distance(begin(left), end(left)), 2);
}

TEST(AcpiFiles, NothingElseIs) {
  TemporaryDirectory base;
  AcpiRequest request{.configuration = {}, .directory = base.path()};
  std::string foreign = characters_of(acpi::ssdt({}));
  foreign.replace(28, 4, "INTL");
  for (const auto& stranger :
       {std::string("short"), foreign, characters_of(acpi::tpm2_table({}))}) {
    std::ofstream(base / "ssdt.aml", std::ios::binary) << stranger;
    expect_operator_error([&] { write_acpi_tables(request); }, "ssdt.aml exists");
    EXPECT_EQ(content_of(base / "ssdt.aml"), stranger);
    EXPECT_FALSE(std::filesystem::exists(base / "tpm2.aml"));
  }
}

TEST(AcpiFiles, ADirectoryThatCannotBeIsRefused) {
  TemporaryDirectory base;
  AcpiRequest request{.configuration = {}, .directory = base / "none/tables"};
  expect_operator_error([&] { write_acpi_tables(request); }, "cannot make the directory");
  std::ofstream(base / "file") << "x";
  request.directory = base / "file";
  expect_operator_error([&] { write_acpi_tables(request); }, "is not a directory");
  request.directory = base.path();
  std::filesystem::create_directory(base / "tpm2.aml");
  expect_operator_error([&] { write_acpi_tables(request); }, "tpm2.aml exists");
}

}  // namespace
}  // namespace vtpm::device
