// SPDX-License-Identifier: Apache-2.0
// DER by hand, and partial certificates for TPM2_CertifyX509: apart from the engine's own, so that
// they may be wrong, too.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/bytes.h"

namespace vtpm::engine::testing::der {

inline Bytes concat(std::initializer_list<Bytes> parts) {
  Bytes result;
  for (const Bytes& part : parts) append(result, part);
  return result;
}

inline Bytes element(uint8_t identifier, std::initializer_list<Bytes> contents) {
  Bytes inside = concat(contents);
  Bytes result = {identifier};
  if (inside.size() >= 0x100) {
    result.push_back(0x82);
    result.push_back(static_cast<uint8_t>(inside.size() >> 8));
  } else if (inside.size() >= 0x80) {
    result.push_back(0x81);
  }
  result.push_back(static_cast<uint8_t>(inside.size()));
  append(result, inside);
  return result;
}
inline Bytes sequence(std::initializer_list<Bytes> contents) {
  return element(0x30, contents);
}
inline Bytes text(uint8_t identifier, std::string_view characters) {
  return element(identifier, {to_bytes(text_bytes(characters))});
}

inline Bytes common_name(std::string_view name) {
  return sequence(
      {element(0x31, {sequence({Bytes{0x06, 0x03, 0x55, 0x04, 0x03}, text(0x0C, name)})})});
}

// `critical` as it is to be in the extension: nothing where it is false.
inline const Bytes kCritical = {0x01, 0x01, 0xFF};
inline Bytes extension(const Bytes& kind, const Bytes& value, const Bytes& critical = {}) {
  return sequence({kind, critical, element(0x04, {value})});
}
inline const Bytes kKeyUsage = {0x06, 0x03, 0x55, 0x1D, 0x0F};
inline const Bytes kTpmaObject = {0x06, 0x07, 0x67, 0x81, 0x05, 0x0A, 0x01, 0x01, 0x01};

// `bits` with the number of unused ones before them, as a BIT STRING holds them.
inline Bytes bit_string(const Bytes& bits) {
  return element(0x03, {bits});
}
inline Bytes key_usage(const Bytes& bits = {0x07, 0x80}) {  // digitalSignature
  return extension(kKeyUsage, bit_string(bits), kCritical);
}
inline Bytes tpma_object(uint32_t attributes) {
  Bytes bits(5);
  store_be(MutableByteView(bits).subspan(1), attributes);
  return extension(kTpmaObject, bit_string(bits));
}
inline Bytes extensions(std::initializer_list<Bytes> all) {
  return element(0xA3, {sequence(all)});
}

struct Partial {
  Bytes algorithm{};
  Bytes issuer = common_name("issuer");
  Bytes validity = sequence({text(0x17, "260101000000Z"), text(0x17, "360101000000Z")});
  Bytes subject = common_name("subject");
  Bytes extensions = der::extensions({key_usage()});

  Bytes bytes() const { return sequence({algorithm, issuer, validity, subject, extensions}); }
};
inline Bytes with_extensions(std::initializer_list<Bytes> all) {
  return Partial{.extensions = extensions(all)}.bytes();
}

}  // namespace vtpm::engine::testing::der
