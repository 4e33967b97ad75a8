// SPDX-License-Identifier: Apache-2.0
// What the engine needs from the outside world, injected so that a run can be replayed.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace vtpm::engine {

// Time since the TPM was powered on, in milliseconds; never runs backwards.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual uint64_t milliseconds() = 0;
};

// Full-entropy random bytes (in the daemon: the kernel's).
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(MutableByteView out) = 0;
};

// True once the caller wants the running command to end with TPM_RC_CANCELED. Read from the
// thread that executes, set from any other.
class Cancellation {
 public:
  virtual ~Cancellation() = default;
  virtual bool requested() const = 0;
};

namespace crypto {
class Random;
enum class SelfTest : uint8_t;
bool run_self_test(SelfTest test) noexcept;
}  // namespace crypto

struct Ports {
  Clock& clock;
  crypto::Random& random;
  const Cancellation& cancellation;
  // True when the test passes. A test of the engine puts a failing one here.
  bool (*self_test)(crypto::SelfTest) noexcept = &crypto::run_self_test;
  // False while nothing can be made durable. No protected authValue is tried then: the failure
  // could not be counted (Part 1, 16.8.2).
  bool nv_available = true;

  // The same by another clock.
  Ports by(Clock& other) const { return {other, random, cancellation, self_test, nv_available}; }
};

}  // namespace vtpm::engine
