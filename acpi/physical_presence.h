// SPDX-License-Identifier: Apache-2.0
// The operating system's requests to the firmware of the next boot, as AML: _DSM for the TCG
// Physical Presence Interface 1.3 and for memory clearing (TCG Platform Reset Attack Mitigation
// 1.10). Both end in a page that firmware reads, whose layout SeaBIOS and OVMF share with QEMU
// (QEMU's docs/specs/tpm.rst).
#pragma once

#include "acpi/aml.h"

namespace vtpm::acpi {

// The page: a byte for each operation (0: not implemented, 1: firmware only, 2: blocked, 3: a user
// must confirm, 4: none need), then registers of 32 bits.
namespace physical_presence {
inline constexpr uint32_t kOperations = 0x000;
inline constexpr uint32_t kOperationCount = 0x100;
inline constexpr uint32_t kRegisters = 0x100;
inline constexpr uint32_t kResponse = 0x105;     // pprp: of the last operation
inline constexpr uint32_t kRequest = 0x109;      // pprq
inline constexpr uint32_t kParameter = 0x10D;    // pprm: of the request
inline constexpr uint32_t kLastRequest = 0x111;  // lppr
inline constexpr uint32_t kMemoryClear = 0x15A;  // movv, one byte
inline constexpr uint32_t kEnd = 0x15B;
}  // namespace physical_presence

// What the device holds for it: regions, methods, _DSM.
aml::Terms physical_presence_terms(uint32_t page);

}  // namespace vtpm::acpi
