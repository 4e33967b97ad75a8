// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace vtpm::device {

// What the operator must know and mend: one line that says what failed, where, and what to do.
// main() prints it and exits with a non-zero status.
class OperatorError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace vtpm::device
