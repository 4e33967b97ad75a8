// SPDX-License-Identifier: Apache-2.0
// CMAC (SP 800-38B; ISO/IEC 9797-1, algorithm 5) over the ciphers of symmetric.h.
#pragma once

#include <array>
#include <optional>

#include "base/secret.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/symmetric.h"

namespace vtpm::engine::crypto {

// A running CMAC: a value, wiped when destroyed. The cipher is OpenSSL's; its own CMAC has no state
// that can be saved.
class Cmac {
 public:
  // A key of a size that the cipher does not take is a Fault.
  Cmac(Cipher cipher, ByteView key);
  Cmac(const Cmac&) = default;
  Cmac& operator=(const Cmac&) = default;
  ~Cmac();

  Cmac& update(ByteView data);
  // The MAC, one block, of what was given so far. Afterwards the object may only be destroyed or
  // assigned.
  Digest finish();

  // The running state as bytes in a form that does not depend on the machine. The key is among
  // them.
  Secret export_state() const;
  // Nothing when the bytes are not exactly what export_state() writes.
  static std::optional<Cmac> import_state(ByteView state);

 private:
  using Block = std::array<uint8_t, kCipherBlockSize>;

  void absorb(MutableByteView blocks);

  Cipher cipher_;
  SharedSecret key_;
  Block chain_{};    // the CBC-MAC of the blocks before
  Block pending_{};  // the last bytes, one whole block at most: the last block is treated apart
  size_t pending_size_ = 0;
};

}  // namespace vtpm::engine::crypto
