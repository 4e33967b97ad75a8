// SPDX-License-Identifier: Apache-2.0
// Saved state as a list of versioned sections: the unit in which the engine saves, the store writes
// and migration moves. docs/state-format.md describes the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"

namespace vtpm {

// One saved part of the TPM. Fields of the payload are only ever appended: `version` counts the
// appends, and a reader that knows at least `minimum_version` can load the section, ignoring bytes
// that it does not know.
struct Section {
  uint32_t tag = 0;  // four ASCII characters, for example 'PCRS'
  uint16_t version = 1;
  uint16_t minimum_version = 1;
  SharedSecret payload;
};

constexpr uint32_t section_tag(const char (&name)[5]) {
  uint32_t tag = 0;
  for (int i = 0; i < 4; ++i) tag = tag << 8 | static_cast<uint8_t>(name[i]);
  return tag;
}
// The four characters of a tag; a question mark for what cannot be printed.
std::string section_name(uint32_t tag);

// u32 tag, u16 version, u16 minimum version, u32 length, payload; all big-endian.
Secret encode_sections(const std::vector<Section>& sections);
// Nothing when the bytes are not exactly a list of sections.
std::optional<std::vector<Section>> decode_sections(ByteView bytes);

}  // namespace vtpm
