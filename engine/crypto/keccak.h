// SPDX-License-Identifier: Apache-2.0
// SHA-3 and SHAKE (FIPS 202) with a state that can be saved, which OpenSSL 3.0 does not offer.
// Internal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace vtpm::engine::crypto {

// `rate` is block_size() of the algorithm; the same one in every call.
struct Keccak {
  std::array<uint64_t, 25> lanes{};
  uint64_t total = 0;  // bytes absorbed

  void absorb(size_t rate, ByteView data);
  // The padding, which begins with the suffix of SHA-3 or of SHAKE; then the first out.size() bytes
  // of the state; out.size() <= rate.
  static constexpr uint8_t kSha3Suffix = 0x06, kShakeSuffix = 0x1F;
  void finish(size_t rate, MutableByteView out, uint8_t suffix = kSha3Suffix);
};

}  // namespace vtpm::engine::crypto
