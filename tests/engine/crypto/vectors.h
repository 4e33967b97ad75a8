// SPDX-License-Identifier: Apache-2.0
// Reads tests/vectors/crypto/*.txt: records of `name = value` lines, separated by blank lines; `#`
// begins a comment line. Byte strings are hexadecimal.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace vtpm::tests {

class Record {
 public:
  void set(const std::string& name, const std::string& value) { fields_[name] = value; }
  bool empty() const { return fields_.empty(); }
  bool has(const std::string& name) const { return fields_.contains(name); }

  // Each throws std::runtime_error when the field is missing or malformed.
  const std::string& text(const std::string& name) const;
  uint64_t number(const std::string& name) const;  // decimal
  uint16_t id(const std::string& name) const;      // hexadecimal
  Bytes bytes(const std::string& name) const;
  std::vector<Bytes> list(const std::string& name) const;  // separated by blanks

 private:
  std::map<std::string, std::string> fields_;
};

// The records of a file in tests/vectors/crypto.
std::vector<Record> read_vectors(const std::string& file);

Bytes from_hex(const std::string& digits);
std::string to_hex(ByteView bytes);

}  // namespace vtpm::tests
