// SPDX-License-Identifier: Apache-2.0
// What the store's tests share: sections with recognizable contents, and files as bytes.
#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/section.h"

namespace vtpm::device {

using Image = std::map<uint32_t, Bytes>;  // a TPM's sections as plain values

inline Section make_section(const char (&tag)[5], ByteView payload) {
  return {.tag = section_tag(tag),
          .version = 3,
          .minimum_version = 2,
          .payload = SharedSecret(Secret(payload))};
}

inline Section make_section(const char (&tag)[5], size_t size, uint8_t fill) {
  return make_section(tag, Bytes(size, fill));
}

inline Image image(const std::vector<Section>& sections) {
  Image out;
  for (const auto& section : sections) out[section.tag] = to_bytes(section.payload.view());
  return out;
}

inline Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

inline void write_file(const std::string& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

}  // namespace vtpm::device
