// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

namespace vtpm::engine::crypto {

// Where the bytes of a new key come from: Random for ordinary objects (Part 1, 24.6.2), SeedStream
// for primary objects (24.6.3), KdfaStream for derived ones (25.4). Bytes are handed out in order,
// none skipped: fill(a); fill(b) gives what one fill of both lengths gives for the two streams,
// but not for Random.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual void fill(MutableByteView out) = 0;
};

}  // namespace vtpm::engine::crypto
