// SPDX-License-Identifier: Apache-2.0
// The Castagnoli CRC-32 (reflected, all-ones initial value and final XOR), as iSCSI and ext4 use
// it.
#pragma once

#include <cstdint>
#include <initializer_list>

#include <boost/crc.hpp>

#include "base/bytes.h"

namespace vtpm::device {

// The checksum of several pieces as if they were one.
inline uint32_t crc32c(std::initializer_list<ByteView> pieces) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  for (auto piece : pieces) crc.process_bytes(piece.data(), piece.size());
  return crc.checksum();
}

}  // namespace vtpm::device
