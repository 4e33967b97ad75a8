// SPDX-License-Identifier: Apache-2.0
// The engine's ports as the daemon fills them: from this machine.
#pragma once

#include "engine/ports.h"

namespace vtpm::device {

// Milliseconds since this object was made, on CLOCK_BOOTTIME: Time that stood still while the
// machine sleeps would lengthen what policies allow (Part 1, 16.7.12).
class HostClock final : public engine::Clock {
 public:
  uint64_t milliseconds() override { return now() - start_; }

 private:
  static uint64_t now();
  uint64_t start_ = now();
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
