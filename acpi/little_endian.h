// SPDX-License-Identifier: Apache-2.0
// ACPI's byte order (ACPI 6.5, 5.2), where everything else in this program is big-endian.
#pragma once

#include "base/bytes.h"

namespace vtpm::acpi {

template <std::unsigned_integral T>
void put_le(Bytes& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

}  // namespace vtpm::acpi
