// SPDX-License-Identifier: Apache-2.0
// `vtpm acpi`: the tables that announce a TPM, as files for QEMU's -acpitable and for other VMMs.
#pragma once

#include <string>
#include <vector>

#include "acpi/configuration.h"

namespace vtpm::device {

struct AcpiRequest {
  acpi::Configuration configuration;
  std::string directory;
};

// The arguments behind `acpi`. Throws OperatorError, naming the option.
AcpiRequest parse_acpi_arguments(const std::vector<std::string>& arguments);
std::string acpi_help_text();

// Writes tpm2.aml and ssdt.aml, each whole or not at all, and makes the directory where it is
// missing. Tables made here earlier are replaced; throws OperatorError, with nothing changed, where
// one of the names is anything else.
void write_acpi_tables(const AcpiRequest& request);

}  // namespace vtpm::device
