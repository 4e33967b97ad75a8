// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/known_differences.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vtpm::differential {
namespace {

constexpr const char* kHeading = "## Differences from swtpm";

std::string trimmed(const std::string& text) {
  const char* blanks = " `";
  size_t first = text.find_first_not_of(blanks), last = text.find_last_not_of(blanks);
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> result;
  std::istringstream in(line.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) result.push_back(trimmed(cell));
  return result;
}

}  // namespace

std::vector<KnownDifference> read_known_differences(const std::string& path) {
  std::ifstream file(path);
  std::vector<KnownDifference> result;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("## ", 0) == 0) inside = line == kHeading;
    if (!inside || line.rfind("| `", 0) != 0) continue;
    auto row = cells(line);
    if (row.size() < 4 || row[3].empty())
      throw std::runtime_error(path + ": a difference without a reason: " + line);
    result.push_back({row[0], row[1], row[2]});
  }
  if (result.empty()) throw std::runtime_error(path + ": no table under '" + kHeading + "'");
  return result;
}

bool matches(const std::string& pattern, const std::string& text) {
  size_t star = pattern.find('*');
  if (star == std::string::npos) return pattern == text;
  if (text.compare(0, star, pattern, 0, star) != 0) return false;
  std::string rest = pattern.substr(star + 1);
  for (size_t at = star; at <= text.size(); ++at)
    if (matches(rest, text.substr(at))) return true;
  return false;
}

}  // namespace vtpm::differential
