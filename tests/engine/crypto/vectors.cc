// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/crypto/vectors.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vtpm::tests {
namespace {

std::string trimmed(const std::string& text) {
  auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

const std::string& Record::text(const std::string& name) const {
  auto found = fields_.find(name);
  if (found == fields_.end()) throw std::runtime_error("vector without " + name);
  return found->second;
}

uint64_t Record::number(const std::string& name) const {
  return std::stoull(text(name));
}

uint16_t Record::id(const std::string& name) const {
  return static_cast<uint16_t>(std::stoul(text(name), nullptr, 16));
}

Bytes Record::bytes(const std::string& name) const {
  return from_hex(text(name));
}

std::vector<Bytes> Record::list(const std::string& name) const {
  std::istringstream words(text(name));
  std::vector<Bytes> all;
  for (std::string word; words >> word;) all.push_back(from_hex(word));
  return all;
}

std::vector<Record> read_vectors(const std::string& file) {
  std::ifstream in(std::string(VTPM_CRYPTO_VECTORS) + "/" + file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<Record> records(1);
  for (std::string line; std::getline(in, line);) {
    line = trimmed(line);
    if (line.empty()) {
      if (!records.back().empty()) records.emplace_back();
    } else if (line[0] != '#') {
      auto equals = line.find('=');
      if (equals == std::string::npos)
        throw std::runtime_error("bad line in " + file + ": " + line);
      records.back().set(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    }
  }
  if (records.back().empty()) records.pop_back();
  if (records.empty()) throw std::runtime_error("no vectors in " + file);
  return records;
}

Bytes from_hex(const std::string& digits) {
  if (digits.size() % 2 != 0) throw std::runtime_error("odd number of hex digits: " + digits);
  Bytes bytes;
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string to_hex(ByteView bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace vtpm::tests
