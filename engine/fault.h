// SPDX-License-Identifier: Apache-2.0
// What cannot happen inside the TPM, and did: Part 1 answers it with failure mode.
#pragma once

#include <stdexcept>
#include <string>

namespace vtpm::engine {

// Thrown anywhere in engine/, caught in execute() only. The text says what was inconsistent; it
// holds no secrets. Nothing that a guest can send causes one.
class Fault : public std::runtime_error {
 public:
  explicit Fault(const std::string& what) : std::runtime_error(what) {}
};

}  // namespace vtpm::engine
