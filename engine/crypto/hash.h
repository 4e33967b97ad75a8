// SPDX-License-Identifier: Apache-2.0
// Hash algorithms: one-shot, and incremental with a state that can be saved.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace vtpm::engine::crypto {

// The values are those of TPM_ALG_ID (Part 2, 6.3).
enum class HashAlg : uint16_t {
  Sha1 = 0x0004,
  Sha256 = 0x000B,
  Sha384 = 0x000C,
  Sha512 = 0x000D,
  Sm3 = 0x0012,
  Sha3_256 = 0x0027,
  Sha3_384 = 0x0028,
  Sha3_512 = 0x0029,
};

inline constexpr std::array kAllHashAlgs = {HashAlg::Sha1,     HashAlg::Sha256,  HashAlg::Sha384,
                                            HashAlg::Sha512,   HashAlg::Sm3,     HashAlg::Sha3_256,
                                            HashAlg::Sha3_384, HashAlg::Sha3_512};

inline constexpr size_t kMaxDigestSize = 64;
inline constexpr size_t kMaxHashBlockSize = 136;

// The algorithm with this identifier; nothing when it is not a hash algorithm known here.
std::optional<HashAlg> hash_alg_from_id(uint16_t id);

// Bytes in a digest: 20 to 64.
constexpr size_t digest_size(HashAlg alg) {
  switch (alg) {
    case HashAlg::Sha1:
      return 20;
    case HashAlg::Sha256:
    case HashAlg::Sm3:
    case HashAlg::Sha3_256:
      return 32;
    case HashAlg::Sha384:
    case HashAlg::Sha3_384:
      return 48;
    case HashAlg::Sha512:
    case HashAlg::Sha3_512:
      return 64;
  }
  return 0;
}

// Bytes that one step of the algorithm consumes, HMAC's block: 64 to 136.
constexpr size_t block_size(HashAlg alg) {
  switch (alg) {
    case HashAlg::Sha1:
    case HashAlg::Sha256:
    case HashAlg::Sm3:
      return 64;
    case HashAlg::Sha384:
    case HashAlg::Sha512:
      return 128;
    case HashAlg::Sha3_256:
      return 136;
    case HashAlg::Sha3_384:
      return 104;
    case HashAlg::Sha3_512:
      return 72;
  }
  return 0;
}

// A digest or HMAC as a plain value, without an allocation. Default-constructed it is empty.
class Digest {
 public:
  Digest() = default;
  // All zeros, or all `value`; `size` is at most kMaxDigestSize.
  explicit Digest(size_t size, uint8_t value = 0);
  // A copy; nothing when there are more than kMaxDigestSize bytes.
  static std::optional<Digest> from(ByteView bytes);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ByteView view() const { return {bytes_.data(), size_}; }
  MutableByteView bytes() { return {bytes_.data(), size_}; }
  operator ByteView() const { return view(); }

  // In constant time for equal sizes.
  friend bool operator==(const Digest& a, const Digest& b) {
    return constant_time_equal(a.view(), b.view());
  }

 private:
  std::array<uint8_t, kMaxDigestSize> bytes_{};
  uint8_t size_ = 0;
};

// The hash of the concatenation of `parts`.
Digest hash(HashAlg alg, std::initializer_list<ByteView> parts);
inline Digest hash(HashAlg alg, ByteView data) {
  return hash(alg, {data});
}

// A running hash: a value, cheap to copy, wiped when destroyed.
class Hasher {
 public:
  explicit Hasher(HashAlg alg);
  Hasher(const Hasher&) = default;
  Hasher& operator=(const Hasher&) = default;
  ~Hasher();

  HashAlg alg() const { return alg_; }
  Hasher& update(ByteView data);
  // The digest of what was given so far. Afterwards the object may only be destroyed or assigned.
  Digest finish();

  // The running state as bytes, in a form that does not depend on the machine or on OpenSSL, for
  // every algorithm: a sequence object in a saved context or in the saved volatile state.
  Secret export_state() const;
  // Nothing when the bytes are not exactly what export_state() writes.
  static std::optional<Hasher> import_state(ByteView state);

 private:
  static constexpr size_t kStateSize = 224;
  HashAlg alg_;
  alignas(8) std::array<uint8_t, kStateSize> state_;
};

}  // namespace vtpm::engine::crypto
