// SPDX-License-Identifier: Apache-2.0
#include "acpi/configuration.h"

#include <algorithm>

#include "acpi/physical_presence.h"

namespace vtpm::acpi {
namespace {

using Setting = Objection::Setting;

// Fixed memory descriptors and, in tables of revision 1, integers have 32 bits.
constexpr uint64_t kEnd = uint64_t{1} << 32;

bool page_aligned(uint64_t address) {
  return address % kPageSize == 0;
}

bool fits_below_4g(uint64_t address, uint32_t size) {
  return address != 0 && address <= kEnd - size;
}

bool is_identifier(std::string_view text, size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::optional<Objection> about_physical_presence(uint64_t page, uint64_t base) {
  if (!page_aligned(page) || !fits_below_4g(page, kPageSize))
    return Objection{Setting::PhysicalPresence, "a multiple of 0x1000 below 4 GiB, and not 0"};
  if (page >= base && page < base + kRegistersSize)
    return Objection{Setting::PhysicalPresence, "outside of the TPM's own five pages"};
  return std::nullopt;
}

std::optional<Objection> about_log_area(const LogArea& log) {
  if (log.address == 0) return Objection{Setting::LogAddress, "the address of memory, and not 0"};
  if (log.minimum_size < kLeastLogSize) return Objection{Setting::LogSize, "0x10000 at least"};
  return std::nullopt;
}

}  // namespace

std::optional<Objection> objection(const Configuration& configuration) {
  const auto& it = configuration;
  if (!page_aligned(it.base) || !fits_below_4g(it.base, kRegistersSize))
    return Objection{Setting::Base,
                     "a multiple of 0x1000, not 0, with all five pages of the TPM below 4 GiB"};
  if (it.irq && it.interface == Interface::Crb)
    return Objection{Setting::Irq, "left out: the CRB interface of this TPM has no interrupt"};
  if (it.irq && *it.irq == 0) return Objection{Setting::Irq, "1 at least"};
  if (it.physical_presence_page)
    if (auto found = about_physical_presence(*it.physical_presence_page, it.base)) return found;
  if (it.log_area)
    if (auto found = about_log_area(*it.log_area)) return found;
  if (!is_identifier(it.oem_id, 6))
    return Objection{Setting::OemId, "1 to 6 printable ASCII characters without spaces"};
  if (!is_identifier(it.oem_table_id, 8))
    return Objection{Setting::OemTableId, "1 to 8 printable ASCII characters without spaces"};
  return std::nullopt;
}

}  // namespace vtpm::acpi
