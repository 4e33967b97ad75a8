// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "device/operator_error.h"
#include "device/vtpm/acpi_files.h"
#include "device/vtpm/inspect.h"
#include "device/vtpm/trace_text.h"

namespace vtpm::device {
namespace {

constexpr char kHelp[] =
    "Usage: vtpm inspect [--json] DIR\n"
    "       vtpm trace FILE\n"
    "       vtpm acpi --interface=crb|tis --output=DIR [OPTION...]\n"
    "       vtpm --help | --version\n\n"
    "inspect  prints what the state directory DIR of a TPM holds, without secrets. It only reads,\n"
    "         also while the TPM runs. Exit status 0: sound; 1: damaged, missing or unreadable;\n"
    "         2: wrong usage.\n"
    "trace    prints FILE, which vhost-user-tpm --trace=FILE wrote: a line for each command with\n"
    "         its answer, and for each register that the guest wrote. Exit status 0: all of it;\n"
    "         1: it is cut short, or no such file; 2: wrong usage.\n"
    "acpi     writes the ACPI tables that announce a TPM to a guest: tpm2.aml and ssdt.aml, for\n"
    "         QEMU's -acpitable and for other VMMs. Earlier ones of its own are replaced, nothing\n"
    "         else is. Exit status 0: written; 1: not; 2: wrong usage.\n\n";

constexpr int kUnsound = 1;
constexpr int kUsage = 2;

int usage(const std::string& what) {
  std::fprintf(stderr, "vtpm: %s; see vtpm --help\n", what.c_str());
  return kUsage;
}

int run_inspect(const std::vector<std::string>& arguments) {
  bool json = false;
  std::vector<std::string> directories;
  for (const auto& argument : arguments) {
    if (argument == "--json")
      json = true;
    else if (argument.rfind("-", 0) == 0)
      return usage("inspect has no option " + argument);
    else
      directories.push_back(argument);
  }
  if (directories.size() != 1) return usage("inspect needs one directory");
  auto found = inspect(directories.front());
  std::fputs((json ? to_json(found) : to_text(found)).c_str(), stdout);
  bool sound = found.health == Inspection::Health::Good || found.health == Inspection::Health::Torn;
  return sound ? 0 : kUnsound;
}

int run_trace(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) return usage("trace needs one file");
  std::ifstream file(arguments.front(), std::ios::binary);
  if (!file) throw OperatorError(arguments.front() + " cannot be read; give a trace's file");
  switch (print_trace(file, std::cout)) {
    case TraceEnd::Whole:
      return 0;
    case TraceEnd::CutShort:
      throw OperatorError(arguments.front() + " is cut short: the last packet is not whole");
    case TraceEnd::NoTrace:
      break;
  }
  throw OperatorError(arguments.front() + " is no trace of vhost-user-tpm");
}

int run_acpi(const std::vector<std::string>& arguments) {
  AcpiRequest request;
  try {
    request = parse_acpi_arguments(arguments);
  } catch (const OperatorError& error) {
    std::fprintf(stderr, "vtpm: acpi: %s\n", error.what());
    return kUsage;
  }
  write_acpi_tables(request);
  return 0;
}

int run(std::vector<std::string> arguments) {
  if (arguments.empty()) return usage("a subcommand is missing");
  auto command = arguments.front();
  arguments.erase(arguments.begin());
  if (command == "inspect") return run_inspect(arguments);
  if (command == "trace") return run_trace(arguments);
  if (command == "acpi") return run_acpi(arguments);
  if (command == "--help") {
    std::fputs((kHelp + acpi_help_text()).c_str(), stdout);
    return 0;
  }
  if (command == "--version") {
    std::puts("vtpm " VTPM_VERSION);
    return 0;
  }
  return usage("'" + command + "' is no subcommand");
}

}  // namespace
}  // namespace vtpm::device

int main(int argc, char** argv) {
  try {
    return vtpm::device::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vtpm: %s\n", error.what());
    return 1;
  }
}
