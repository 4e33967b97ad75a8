// SPDX-License-Identifier: Apache-2.0
// What a state directory holds, for an operator's eyes: never a secret, and never a change to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/profile.h"

namespace vtpm::device {

struct SectionSummary {
  std::string tag;  // four characters, those that cannot be printed as '?'
  uint16_t version = 0;
  uint16_t minimum_version = 0;
  size_t size = 0;
};

struct Inspection {
  enum class Health : uint8_t {
    Good,
    Torn,     // an append is under way, or a crash cut one short: nothing acknowledged is missing
    Damaged,  // the daemon refuses it
    Missing,  // no TPM is stored here
  };

  std::string directory;
  Health health = Health::Missing;
  std::string fault;                   // of Damaged: what is wrong
  std::optional<std::string> used_by;  // who holds the lock
  size_t file_size = 0;
  uint32_t format_version = 0;
  uint64_t rewrites = 0;
  uint64_t changes = 0;
  uint64_t acknowledged = 0;
  size_t torn_size = 0;
  std::optional<engine::Profile> profile;
  std::vector<SectionSummary> sections;
};

// Reads only, without the lock, so that a running TPM can be looked at. Throws OperatorError when
// the directory or the file in it cannot be read at all.
Inspection inspect(const std::string& directory);

std::string to_text(const Inspection& inspection);
std::string to_json(const Inspection& inspection);

}  // namespace vtpm::device
