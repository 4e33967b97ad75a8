// SPDX-License-Identifier: Apache-2.0
// A TPM as its caller sees it: this project's engine, or any other.
#pragma once

#include "engine/crypto/random.h"

namespace vtpm::engine::testing {

// A reproducible byte stream (a 64-bit linear congruential generator).
class FixedEntropy final : public Entropy {
 public:
  explicit FixedEntropy(uint64_t seed) : state_(seed) {}
  void fill(MutableByteView out) override {
    for (uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<uint8_t>(state_ >> 56);
    }
  }

 private:
  uint64_t state_;
};

class Peer {
 public:
  virtual ~Peer() = default;
  // The response to the bytes of a command.
  virtual Bytes transact(ByteView command) = 0;
  // The same for what the caller looks up besides, such as a Name.
  virtual Bytes peek(ByteView command) { return transact(command); }

  // Of the caller: what it draws leaves the TPM's own numbers as they are.
  FixedEntropy caller_entropy{0};
  crypto::Random caller_random{caller_entropy};
};

}  // namespace vtpm::engine::testing
