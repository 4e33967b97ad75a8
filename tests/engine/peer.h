// SPDX-License-Identifier: Apache-2.0
// A TPM as its caller sees it: this project's engine, or any other.
#pragma once

#include "engine/crypto/random.h"
#include "tests/engine/crypto/fixed_entropy.h"

namespace vtpm::engine::testing {

using tests::FixedEntropy;

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
