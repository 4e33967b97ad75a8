// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vtpm::acpi {

enum class Interface : uint8_t { Crb, Tis };

// Both interfaces have a page for each of five localities (PTP 6.3.1 and 6.5.1).
inline constexpr uint32_t kPageSize = 0x1000;
inline constexpr uint32_t kRegistersSize = 5 * kPageSize;
inline constexpr uint32_t kDefaultBase = 0xFED40000;

// What the TCG ACPI Specification asks of a client platform's log area.
inline constexpr uint32_t kLeastLogSize = 0x10000;

// Where firmware may write the event log that it hands to the operating system.
struct LogArea {
  uint64_t address;
  uint32_t minimum_size;
};

// What the tables tell about a TPM.
struct Configuration {
  Interface interface = Interface::Crb;
  uint64_t base = kDefaultBase;                    // of locality 0
  std::optional<uint32_t> irq;                     // a global system interrupt; TIS only
  std::optional<uint64_t> physical_presence_page;  // shared with firmware: physical_presence.h
  std::optional<LogArea> log_area;                 // UEFI firmware needs none
  // What the tables say of their maker (ACPI 6.5, 5.2.6): 6 and 8 printable characters at most.
  std::string oem_id = "VTPM";
  std::string oem_table_id = "VHOSTTPM";
  uint32_t oem_revision = 1;
};

// What is wrong with a setting and what it should be, for people.
struct Objection {
  enum class Setting : uint8_t {
    Base,
    Irq,
    PhysicalPresence,
    LogAddress,
    LogSize,
    OemId,
    OemTableId
  };
  Setting setting;
  std::string_view rule;
};

// The first setting that no tables can be made of, if there is one.
std::optional<Objection> objection(const Configuration& configuration);

}  // namespace vtpm::acpi
