// SPDX-License-Identifier: Apache-2.0
// The differences from swtpm that are meant to be, as docs/conformance.md lists them.
#pragma once

#include <string>
#include <vector>

namespace vtpm::differential {

// A row of the table: `*` in `where` stands for any text.
struct KnownDifference {
  std::string where;         // "Sign: p1 *"
  std::string ours, theirs;  // the outcome, or "*"
};

// Throws std::runtime_error when the table is not there.
std::vector<KnownDifference> read_known_differences(const std::string& path);

bool matches(const std::string& pattern, const std::string& text);

}  // namespace vtpm::differential
