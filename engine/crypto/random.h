// SPDX-License-Identifier: Apache-2.0
// The TPM's random number generator (Part 1, 8.4.11).
#pragma once

#include "engine/crypto/byte_source.h"
#include "engine/crypto/hmac.h"
#include "engine/ports.h"

namespace vtpm::engine::crypto {

// HMAC_DRBG with SHA-256 (SP 800-90A, 10.1.2), security strength 256 bits, seeded and from time to
// time reseeded from an Entropy. With a deterministic Entropy it is deterministic, so that a whole
// run can be replayed; every operation of this folder that needs randomness takes it from the
// Random that the caller passes and from nowhere else. Not for several threads at once.
class Random final : public ByteSource {
 public:
  explicit Random(Entropy& entropy);
  ~Random() override;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;

  void fill(MutableByteView out) override;
  // Mixes in the caller's data, which may be known or chosen by an adversary, with fresh entropy
  // (TPM2_StirRandom).
  void stir(ByteView additional);

 private:
  void reseed(ByteView additional);
  void update(std::initializer_list<ByteView> parts);
  void step();

  Entropy& entropy_;
  Hmac key_;  // HMAC under the generator's key, nothing hashed yet
  Digest value_;
  uint32_t requests_ = 0;
};

}  // namespace vtpm::engine::crypto
