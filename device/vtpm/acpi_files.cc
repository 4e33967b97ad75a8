// SPDX-License-Identifier: Apache-2.0
#include "device/vtpm/acpi_files.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include "acpi/tables.h"
#include "device/command_line.h"
#include "device/file_descriptor.h"
#include "device/operator_error.h"

namespace vtpm::device {
namespace {

namespace filesystem = std::filesystem;
namespace po = boost::program_options;

po::options_description description() {
  po::options_description all("Options of vtpm acpi");
  auto add = all.add_options();
  auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  add("interface", text("NAME"), "how the TPM is reached: crb or tis");
  add("output", text("DIR"), "where to write tpm2.aml and ssdt.aml; made where it is missing");
  add("base", text("ADDR")->default_value("0xfed40000"), "address of the TPM's first page");
  add("irq", text("N"), "global system interrupt of a TIS; polled without it");
  add("ppi", text("ADDR"),
      "page that physical presence requests and firmware share (QEMU's is at 0xfed45000); without "
      "it the device has no _DSM");
  add("log-address", text("ADDR"), "where the firmware may write its event log");
  add("log-size", text("N"), "how large that is; 65536 when only the address is given");
  add("oem-id", text("TEXT"), "up to 6 characters for the tables' headers");
  add("oem-table-id", text("TEXT"), "up to 8 characters for the tables' headers");
  return all;
}

std::string text_of(const po::variables_map& values, const std::string& name) {
  return values[name].as<std::string>();
}

// Decimal, or hexadecimal after 0x.
template <class T>
std::optional<T> number(const po::variables_map& values, const std::string& name) {
  if (!values.count(name)) return std::nullopt;
  auto whole = text_of(values, name);
  std::string_view digits = whole;
  int radix = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    radix = 16;
  }
  T value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, radix);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw OperatorError("--" + name + "=" + whole + " is no number of " +
                        std::to_string(std::numeric_limits<T>::digits) +
                        " bits; give a decimal one, or a hexadecimal one after 0x");
  return value;
}

const char* option_name(acpi::Objection::Setting setting) {
  using Setting = acpi::Objection::Setting;
  switch (setting) {
    case Setting::Base:
      return "base";
    case Setting::Irq:
      return "irq";
    case Setting::PhysicalPresence:
      return "ppi";
    case Setting::LogAddress:
      return "log-address";
    case Setting::LogSize:
      return "log-size";
    case Setting::OemId:
      return "oem-id";
    case Setting::OemTableId:
      return "oem-table-id";
  }
  return "?";
}

acpi::Interface interface_of(const po::variables_map& values) {
  if (!values.count("interface"))
    throw OperatorError("--interface is missing; give --interface=crb or --interface=tis");
  auto name = text_of(values, "interface");
  if (name == "crb") return acpi::Interface::Crb;
  if (name == "tis") return acpi::Interface::Tis;
  throw OperatorError("--interface=" + name + " is unknown; give crb or tis");
}

std::optional<acpi::LogArea> log_area(const po::variables_map& values) {
  auto address = number<uint64_t>(values, "log-address");
  auto size = number<uint32_t>(values, "log-size");
  if (size && !address)
    throw OperatorError("--log-size says nothing without --log-address; give both or none");
  if (!address) return std::nullopt;
  return acpi::LogArea{.address = *address, .minimum_size = size.value_or(acpi::kLeastLogSize)};
}

struct TableFile {
  const char* name;
  Bytes content;
};

std::string reason() {
  return std::strerror(errno);
}

// A table with this signature that this program made, going by its creator.
bool is_own_table(const filesystem::path& path, ByteView signature) {
  constexpr size_t kCreatorAt = 28;  // ACPI 6.5, 5.2.6
  std::array<char, acpi::kHeaderSize> header{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(header.data(), header.size())) return false;
  std::string_view text(header.data(), header.size());
  return std::equal(signature.begin(), signature.end(), text.begin(),
                    [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); }) &&
         text.substr(kCreatorAt, acpi::kCreatorId.size()) == acpi::kCreatorId;
}

void refuse_strangers(const filesystem::path& path, ByteView signature) {
  std::error_code error;
  auto found = filesystem::status(path, error).type();
  if (found == filesystem::file_type::not_found) return;
  if (found == filesystem::file_type::regular && is_own_table(path, signature)) return;
  throw OperatorError(path.string() +
                      " exists and is no table that vtpm made; move it away or give another "
                      "--output");
}

void replace(const filesystem::path& path, ByteView content) {
  auto temporary = path.string() + ".XXXXXX";
  FileDescriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  bool written =
      file.valid() && ::fchmod(file.get(), 0644) == 0 &&
      ::write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      ::rename(temporary.c_str(), path.c_str()) == 0;
  if (written) return;
  auto why = reason();
  if (file.valid()) ::unlink(temporary.c_str());
  throw OperatorError("cannot write " + path.string() + ": " + why +
                      "; give a directory that you may write to");
}

}  // namespace

AcpiRequest parse_acpi_arguments(const std::vector<std::string>& arguments) {
  auto values = parse_command_line(arguments, description(), "vtpm --help");
  AcpiRequest request;
  auto& configuration = request.configuration;
  configuration.interface = interface_of(values);
  if (!values.count("output") || text_of(values, "output").empty())
    throw OperatorError("--output is missing; give the directory to write to");
  request.directory = text_of(values, "output");
  configuration.base = *number<uint64_t>(values, "base");
  configuration.irq = number<uint32_t>(values, "irq");
  configuration.physical_presence_page = number<uint64_t>(values, "ppi");
  configuration.log_area = log_area(values);
  if (values.count("oem-id")) configuration.oem_id = text_of(values, "oem-id");
  if (values.count("oem-table-id")) configuration.oem_table_id = text_of(values, "oem-table-id");
  if (auto found = objection(configuration)) {
    std::string option = option_name(found->setting);
    throw OperatorError("--" + option + "=" + text_of(values, option) + " cannot be: it must be " +
                        std::string(found->rule));
  }
  return request;
}

std::string acpi_help_text() {
  std::ostringstream out;
  out << description();
  return out.str();
}

void write_acpi_tables(const AcpiRequest& request) {
  const filesystem::path directory = request.directory;
  const std::array<TableFile, 2> tables{
      TableFile{"tpm2.aml", acpi::tpm2_table(request.configuration)},
      TableFile{"ssdt.aml", acpi::ssdt(request.configuration)},
  };
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    throw OperatorError("--output: cannot make the directory " + request.directory + ": " +
                        reason() + "; make the directories above it first");
  if (!filesystem::is_directory(directory))
    throw OperatorError("--output: " + request.directory + " is not a directory; give another one");
  for (const auto& table : tables)
    refuse_strangers(directory / table.name, ByteView(table.content).first(4));
  for (const auto& table : tables) replace(directory / table.name, table.content);
}

}  // namespace vtpm::device
