// SPDX-License-Identifier: Apache-2.0
// The terms of the ACPI Machine Language that the tables need, each as its bytes. Clauses are of
// ACPI 6.5, chapter 20.2.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace vtpm::acpi::aml {

using Term = Bytes;
using Terms = std::vector<Term>;

// 20.2.2: a path like `\_SB_.VTPM` or `PPRQ`; a segment of fewer than four characters is padded.
Term name(std::string_view path);
// 20.2.3: an integer in its shortest encoding.
Term integer(uint64_t value);
// 20.2.3: ASCII, with its terminator.
Term string(std::string_view text);
// 20.2.4: the length of a package with these contents, which counts itself too.
Bytes package_length(size_t content_size);

// 20.2.5.4, data objects.
Term buffer(ByteView content);
Term package(const Terms& elements);
// A buffer of UTF-16 with its terminator, what ASL's Unicode() makes of ASCII (19.6.147).
Term unicode(std::string_view ascii);
// The 16 bytes of a UUID as ASL's ToUUID() orders them (19.6.142), of
// "aabbccdd-eeff-gghh-iijj-...".
Term uuid(std::string_view text);

// 20.2.5.1 and 20.2.5.2, names and what they hold.
Term define(std::string_view name, const Term& object);
Term scope(std::string_view path, const Terms& content);
Term device(std::string_view name, const Terms& content);
// Serialized, as a method that makes names has to be.
Term method(std::string_view name, uint8_t arguments, const Terms& content);
// In the space SystemMemory.
Term memory_region(std::string_view name, const Term& address, uint32_t size);

// A field of a region: so many bits, skipped where the name is empty.
struct FieldUnit {
  std::string_view name;
  uint32_t bits;
};
// Read and written in bytes: fields are unaligned, and no access may touch a neighbour.
Term byte_fields(std::string_view region, const std::vector<FieldUnit>& units);

// 20.2.5.3, statements.
Term if_then(const Term& condition, const Terms& content);
Term return_value(const Term& value);
Term store(const Term& value, const Term& target);

// 20.2.5.4, expressions.
Term equal(const Term& left, const Term& right);
Term greater(const Term& left, const Term& right);
Term less(const Term& left, const Term& right);
Term add(const Term& left, const Term& right);
Term size_of(const Term& object);
Term index(const Term& object, const Term& position);
Term dereference(const Term& reference);
Term call(std::string_view method, const Terms& arguments);

// 20.2.6: a method's arguments 0 to 6 and locals 0 to 7.
Term argument(uint8_t number);
Term local(uint8_t number);

}  // namespace vtpm::acpi::aml
