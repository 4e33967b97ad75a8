// SPDX-License-Identifier: Apache-2.0
#include "acpi/resources.h"

#include "acpi/little_endian.h"

namespace vtpm::acpi {
namespace {

constexpr uint8_t kFixedMemory = 0x86;
constexpr uint8_t kReadWrite = 0x01;
constexpr uint8_t kInterrupt = 0x89;
constexpr uint8_t kConsumer = 0x01;  // the other bits 0: level, active high, exclusive
constexpr uint8_t kEndTag = 0x79;

// 6.4.3: a large descriptor, whose length is that of what follows.
Bytes large(uint8_t tag, const Bytes& content) {
  Bytes out{tag};
  put_le(out, static_cast<uint16_t>(content.size()));
  append(out, content);
  return out;
}

}  // namespace

Bytes fixed_memory(uint32_t address, uint32_t size) {
  Bytes content{kReadWrite};
  put_le(content, address);
  put_le(content, size);
  return large(kFixedMemory, content);
}

Bytes interrupt(uint32_t number) {
  Bytes content{kConsumer, 1};
  put_le(content, number);
  return large(kInterrupt, content);
}

aml::Term resource_template(const std::vector<Bytes>& descriptors) {
  Bytes content;
  for (const auto& descriptor : descriptors) append(content, descriptor);
  // A checksum of 0 is accepted without being computed.
  append(content, Bytes{kEndTag, 0});
  return aml::buffer(content);
}

}  // namespace vtpm::acpi
