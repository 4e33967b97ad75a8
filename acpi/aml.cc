// SPDX-License-Identifier: Apache-2.0
#include "acpi/aml.h"

#include "acpi/little_endian.h"

namespace vtpm::acpi::aml {
namespace {

constexpr uint8_t kZero = 0x00;
constexpr uint8_t kOne = 0x01;
constexpr uint8_t kNullName = 0x00;
constexpr uint8_t kName = 0x08;
constexpr uint8_t kByte = 0x0A;
constexpr uint8_t kWord = 0x0B;
constexpr uint8_t kDword = 0x0C;
constexpr uint8_t kString = 0x0D;
constexpr uint8_t kQword = 0x0E;
constexpr uint8_t kScope = 0x10;
constexpr uint8_t kBuffer = 0x11;
constexpr uint8_t kPackage = 0x12;
constexpr uint8_t kMethod = 0x14;
constexpr uint8_t kDualName = 0x2E;
constexpr uint8_t kMultiName = 0x2F;
constexpr uint8_t kExtended = 0x5B;
constexpr uint8_t kExtRegion = 0x80;
constexpr uint8_t kExtField = 0x81;
constexpr uint8_t kExtDevice = 0x82;
constexpr uint8_t kLocal0 = 0x60;
constexpr uint8_t kArgument0 = 0x68;
constexpr uint8_t kStore = 0x70;
constexpr uint8_t kAdd = 0x72;
constexpr uint8_t kDereference = 0x83;
constexpr uint8_t kSizeOf = 0x87;
constexpr uint8_t kIndex = 0x88;
constexpr uint8_t kEqual = 0x93;
constexpr uint8_t kGreater = 0x94;
constexpr uint8_t kLess = 0x95;
constexpr uint8_t kIf = 0xA0;
constexpr uint8_t kReturn = 0xA4;

constexpr uint8_t kSystemMemory = 0x00;
constexpr uint8_t kByteAccess = 0x01;  // no lock, the bits around a field preserved
constexpr uint8_t kSerialized = 0x08;
constexpr size_t kSegment = 4;

Term join(const Terms& terms) {
  Term out;
  for (const auto& term : terms) append(out, term);
  return out;
}

// An opcode whose contents' size stands before them.
Term sized(const Bytes& opcode, const Terms& content) {
  Term inner = join(content);
  return join({opcode, package_length(inner.size()), inner});
}

// 20.2.4: the low four bits of more than one byte stand in the first, beside the count of the
// others.
Bytes encode_length(size_t length) {
  if (length < 0x40) return {static_cast<uint8_t>(length)};
  size_t more = length < 0x1000 ? 1 : length < 0x100000 ? 2 : 3;
  Bytes out{static_cast<uint8_t>(more << 6 | (length & 0x0F))};
  for (size_t i = 0; i < more; ++i) out.push_back(static_cast<uint8_t>(length >> (4 + 8 * i)));
  return out;
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return digit - 'A' + 10;
}

}  // namespace

Term name(std::string_view path) {
  Term out;
  if (path.starts_with('\\')) {
    out.push_back('\\');
    path.remove_prefix(1);
  }
  Bytes segments;
  while (!path.empty()) {
    auto segment = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    append(segments, text_bytes(segment));
    segments.resize((segments.size() + kSegment - 1) / kSegment * kSegment, '_');
  }
  size_t count = segments.size() / kSegment;
  if (count == 0) out.push_back(kNullName);
  if (count == 2) out.push_back(kDualName);
  if (count > 2) append(out, Bytes{kMultiName, static_cast<uint8_t>(count)});
  append(out, segments);
  return out;
}

Term integer(uint64_t value) {
  if (value == 0) return {kZero};
  if (value == 1) return {kOne};
  Term out;
  if (value <= 0xFF) {
    out = {kByte, static_cast<uint8_t>(value)};
  } else if (value <= 0xFFFF) {
    out = {kWord};
    put_le(out, static_cast<uint16_t>(value));
  } else if (value <= 0xFFFFFFFF) {
    out = {kDword};
    put_le(out, static_cast<uint32_t>(value));
  } else {
    out = {kQword};
    put_le(out, value);
  }
  return out;
}

Term string(std::string_view text) {
  return join({{kString}, to_bytes(text_bytes(text)), {0}});
}

Bytes package_length(size_t content_size) {
  for (size_t own = 1;; ++own) {
    Bytes encoded = encode_length(content_size + own);
    if (encoded.size() == own) return encoded;
  }
}

Term buffer(ByteView content) {
  return sized({kBuffer}, {integer(content.size()), to_bytes(content)});
}

Term package(const Terms& elements) {
  return sized({kPackage}, {{static_cast<uint8_t>(elements.size())}, join(elements)});
}

Term unicode(std::string_view ascii) {
  Bytes characters;
  for (char character : ascii) put_le(characters, uint16_t{static_cast<uint8_t>(character)});
  put_le(characters, uint16_t{0});
  return buffer(characters);
}

Term uuid(std::string_view text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    if (text[i] == '-') ++i;
    bytes.push_back(static_cast<uint8_t>(hex_digit(text[i]) << 4 | hex_digit(text[i + 1])));
  }
  // The first three groups are little-endian integers.
  std::reverse(bytes.begin(), bytes.begin() + 4);
  std::reverse(bytes.begin() + 4, bytes.begin() + 6);
  std::reverse(bytes.begin() + 6, bytes.begin() + 8);
  return buffer(bytes);
}

Term define(std::string_view path, const Term& object) {
  return join({{kName}, name(path), object});
}

Term scope(std::string_view path, const Terms& content) {
  return sized({kScope}, {name(path), join(content)});
}

Term device(std::string_view path, const Terms& content) {
  return sized({kExtended, kExtDevice}, {name(path), join(content)});
}

Term method(std::string_view path, uint8_t arguments, const Terms& content) {
  uint8_t flags = arguments | kSerialized;
  return sized({kMethod}, {name(path), {flags}, join(content)});
}

Term memory_region(std::string_view path, const Term& address, uint32_t size) {
  return join({{kExtended, kExtRegion}, name(path), {kSystemMemory}, address, integer(size)});
}

Term byte_fields(std::string_view region, const std::vector<FieldUnit>& units) {
  Terms list;
  for (const auto& unit : units) {
    list.push_back(unit.name.empty() ? Term{kNullName} : name(unit.name));
    list.push_back(encode_length(unit.bits));
  }
  return sized({kExtended, kExtField}, {name(region), {kByteAccess}, join(list)});
}

Term if_then(const Term& condition, const Terms& content) {
  return sized({kIf}, {condition, join(content)});
}

Term return_value(const Term& value) {
  return join({{kReturn}, value});
}

Term store(const Term& value, const Term& target) {
  return join({{kStore}, value, target});
}

Term equal(const Term& left, const Term& right) {
  return join({{kEqual}, left, right});
}

Term greater(const Term& left, const Term& right) {
  return join({{kGreater}, left, right});
}

Term less(const Term& left, const Term& right) {
  return join({{kLess}, left, right});
}

Term add(const Term& left, const Term& right) {
  return join({{kAdd}, left, right, {kNullName}});
}

Term size_of(const Term& object) {
  return join({{kSizeOf}, object});
}

Term index(const Term& object, const Term& position) {
  return join({{kIndex}, object, position, {kNullName}});
}

Term dereference(const Term& reference) {
  return join({{kDereference}, reference});
}

Term call(std::string_view path, const Terms& arguments) {
  return join({name(path), join(arguments)});
}

Term argument(uint8_t number) {
  return {static_cast<uint8_t>(kArgument0 + number)};
}

Term local(uint8_t number) {
  return {static_cast<uint8_t>(kLocal0 + number)};
}

}  // namespace vtpm::acpi::aml
