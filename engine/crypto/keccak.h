// SPDX-License-Identifier: Apache-2.0
// SHA-3 (FIPS 202) with a state that can be saved, which OpenSSL 3.0 does not offer. Internal.
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
  // SHA-3's padding, then the first out.size() bytes of the state; out.size() <= rate.
  void finish(size_t rate, MutableByteView out);
};

}  // namespace vtpm::engine::crypto
