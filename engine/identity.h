// SPDX-License-Identifier: Apache-2.0
// Who made this TPM, and which one it is: what TPM_PT properties and attestations report.
#pragma once

#include <array>
#include <cstdint>

namespace vtpm::engine {

// Four ASCII characters as a property holds them.
constexpr uint32_t four_characters(const char (&text)[5]) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(text[i]);
  return value;
}

inline constexpr uint32_t kManufacturer = four_characters("VTPM");
// Scripts around tpm2-tools know a software TPM by this string.
inline constexpr std::array kVendorString = {four_characters("SW  "), four_characters(" TPM"),
                                             uint32_t{0}, uint32_t{0}};
inline constexpr uint32_t kVendorTpmType = 1;

// The specification that this TPM follows (Part 2, 6.1), and the platform's: PC Client Platform TPM
// Profile 1.05, of 4 September 2020.
inline constexpr uint32_t kSpecificationFamily = 0x322E3000;  // "2.0"
inline constexpr uint32_t kSpecificationLevel = 0;
inline constexpr uint32_t kSpecificationVersion = 185;
inline constexpr uint32_t kSpecificationErrata = 0;
inline constexpr uint32_t kPlatformFamily = 1;  // TPM_PS_PC
inline constexpr uint32_t kPlatformLevel = 0;
inline constexpr uint32_t kPlatformRevision = 0x105;
inline constexpr uint32_t kPlatformDayOfYear = 248;
inline constexpr uint32_t kPlatformYear = 2020;

// Major, minor, patch and build in 16 bits each.
inline constexpr uint64_t kFirmwareVersion = uint64_t{0} << 48 | uint64_t{1} << 32;

}  // namespace vtpm::engine
