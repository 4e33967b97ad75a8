// SPDX-License-Identifier: Apache-2.0
// Primary keys from seeds (Part 1, 24.6.3). docs/key-derivation.md specifies every byte; the
// vectors in tests/vectors/crypto/derived-*.txt freeze it. The results never change within a level:
// a different algorithm is a new level beside the old ones, because a changed endorsement key
// voids its certificate and everything sealed under it.
#pragma once

#include <string_view>

#include "engine/crypto/byte_source.h"
#include "engine/crypto/hmac.h"

namespace vtpm::engine::crypto {

// The level that a new TPM stores in its state. It names the stream of SeedStream together with
// the algorithms of generate_rsa_key() and generate_ecc_key().
inline constexpr uint16_t kNewestDerivationLevel = 1;
constexpr bool derivation_level_supported(uint16_t level) {
  return level == kNewestDerivationLevel;
}

// The deterministic, endless byte stream of one primary object. Everything that shall make a
// difference to the key goes into `use` and `contexts` (the digest of the template, for example);
// each part is framed, so that different lists never give the same stream.
class SeedStream final : public ByteSource {
 public:
  // An unsupported level is a Fault: check it where the state is loaded.
  SeedStream(uint16_t level, ByteView seed, std::string_view use,
             std::initializer_list<ByteView> contexts);

  ~SeedStream() override;

  void fill(MutableByteView out) override;

 private:
  Hmac keyed_;  // HMAC under the stream's key, nothing hashed yet
  uint64_t next_block_ = 1;
  Digest block_;
  size_t used_ = 0;  // bytes of block_ already handed out
};

}  // namespace vtpm::engine::crypto
