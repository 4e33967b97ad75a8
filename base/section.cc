// SPDX-License-Identifier: Apache-2.0
#include "base/section.h"

#include <algorithm>

namespace vtpm {
namespace {
constexpr size_t kHeaderSize = 12;
}

std::string section_name(uint32_t tag) {
  std::string name;
  for (int shift = 24; shift >= 0; shift -= 8) {
    auto character = static_cast<unsigned char>(tag >> shift);
    name.push_back(character > ' ' && character <= '~' ? static_cast<char>(character) : '?');
  }
  return name;
}

Secret encode_sections(const std::vector<Section>& sections) {
  size_t size = 0;
  for (const auto& section : sections) size += kHeaderSize + section.payload.size();
  // Sized once: a buffer that grows would leave copies of secrets behind.
  Secret out(size);
  MutableByteView rest = out.bytes();
  for (const auto& section : sections) {
    store_be<uint32_t>(rest, section.tag);
    store_be<uint16_t>(rest.subspan(4), section.version);
    store_be<uint16_t>(rest.subspan(6), section.minimum_version);
    store_be<uint32_t>(rest.subspan(8), static_cast<uint32_t>(section.payload.size()));
    auto payload = section.payload.view();
    std::copy(payload.begin(), payload.end(), rest.begin() + kHeaderSize);
    rest = rest.subspan(kHeaderSize + payload.size());
  }
  return out;
}

std::optional<std::vector<Section>> decode_sections(ByteView bytes) {
  std::vector<Section> sections;
  Reader reader(bytes);
  while (reader.remaining() > 0) {
    auto header = reader.take(kHeaderSize);
    if (!header) return std::nullopt;
    auto payload = reader.take(load_be<uint32_t>(header->subspan(8)));
    if (!payload) return std::nullopt;
    sections.push_back({.tag = load_be<uint32_t>(*header),
                        .version = load_be<uint16_t>(header->subspan(4)),
                        .minimum_version = load_be<uint16_t>(header->subspan(6)),
                        .payload = SharedSecret(Secret(*payload))});
  }
  return sections;
}

}  // namespace vtpm
