// SPDX-License-Identifier: Apache-2.0
// Resource descriptors for _CRS, each as its bytes (ACPI 6.5, 6.4).
#pragma once

#include "acpi/aml.h"

namespace vtpm::acpi {

// 6.4.3.4: a fixed range of memory below 4 GiB, read and written.
Bytes fixed_memory(uint32_t address, uint32_t size);
// 6.4.3.6: one interrupt that the device consumes; level, active high, shared with nobody.
Bytes interrupt(uint32_t number);
// 6.4.2.9: the descriptors with their end tag, as the buffer that _CRS holds.
aml::Term resource_template(const std::vector<Bytes>& descriptors);

}  // namespace vtpm::acpi
