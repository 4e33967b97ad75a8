// SPDX-License-Identifier: Apache-2.0
// SM3 (ISO/IEC 10118-3:2018) with a state that can be saved, which OpenSSL 3.0 does not offer.
// Internal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace vtpm::engine::crypto {

struct Sm3 {
  std::array<uint32_t, 8> chain = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                                   0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
  uint64_t total = 0;                 // bytes given
  std::array<uint8_t, 64> pending{};  // the first total % 64 count

  void update(ByteView data);
  void finish(MutableByteView out);  // 32 bytes
};

}  // namespace vtpm::engine::crypto
