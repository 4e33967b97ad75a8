// SPDX-License-Identifier: Apache-2.0
// The ACPI tables that announce a TPM to firmware and operating systems, whole, with their
// checksums. Both take a configuration to which there is no objection().
#pragma once

#include "acpi/configuration.h"
#include "base/bytes.h"

namespace vtpm::acpi {

inline constexpr size_t kHeaderSize = 36;  // ACPI 6.5, 5.2.6
inline constexpr std::string_view kCreatorId = "VTPM";

// How software starts a command: the TCG ACPI Specification's list for the TPM2 table.
inline constexpr uint32_t kStartMethodTis = 6;
inline constexpr uint32_t kStartMethodCrb = 7;

// The TPM2 table, revision 4 (TCG ACPI Specification): 76 bytes, or 64 without a log area.
Bytes tpm2_table(const Configuration& configuration);

// A secondary definition block with the device \_SB.VTPM. The name is unlike TPM, TPM0 and what
// else QEMU and firmware call theirs, so that this table can stand beside any DSDT.
Bytes ssdt(const Configuration& configuration);

}  // namespace vtpm::acpi
