// SPDX-License-Identifier: Apache-2.0
// The engine's ports as the daemon fills them: from this machine.
#pragma once

#include <chrono>

#include "engine/ports.h"

namespace vtpm::device {

// Milliseconds since this object was made, on CLOCK_MONOTONIC.
class HostClock final : public engine::Clock {
 public:
  uint64_t milliseconds() override {
    auto since = std::chrono::steady_clock::now() - start_;
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The kernel's random numbers.
class HostEntropy final : public engine::Entropy {
 public:
  // Throws OperatorError when the kernel refuses, which it does on no system that we run on.
  void fill(MutableByteView out) override;
};

class NeverCancelled final : public engine::Cancellation {
 public:
  bool requested() const override { return false; }
};

}  // namespace vtpm::device
