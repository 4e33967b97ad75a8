// SPDX-License-Identifier: Apache-2.0
// Byte strings that must not outlive their use: wiped when freed, compared in constant time, and
// never copied by accident.
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.h"

namespace vtpm {

// Overwrites memory in a way that the compiler keeps.
void wipe(MutableByteView bytes);

// Equal length and content; the time depends on the lengths only.
bool constant_time_equal(ByteView a, ByteView b);
// The same for values of which trailing zeros are no part (Part 1, 16.4).
bool equal_but_for_trailing_zeros(ByteView a, ByteView b);

// Owns a secret byte string. Move-only; the bytes are wiped on destruction and on reassignment.
class Secret {
 public:
  Secret() = default;
  explicit Secret(size_t size);
  explicit Secret(ByteView bytes);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ByteView view() const { return {bytes_.get(), size_}; }
  MutableByteView bytes() { return {bytes_.get(), size_}; }
  Secret clone() const { return Secret(view()); }
  // Drops trailing bytes; `size` must not exceed the current size.
  void truncate(size_t size);

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_ = 0;
};

// An immutable secret that several owners share: a copy of the TPM's copy-on-write state holds the
// same bytes, not another copy of them. Default-constructed it is the empty secret.
class SharedSecret {
 public:
  SharedSecret() = default;
  SharedSecret(Secret secret) : secret_(std::make_shared<const Secret>(std::move(secret))) {}

  ByteView view() const { return secret_ ? secret_->view() : ByteView(); }
  size_t size() const { return view().size(); }
  bool empty() const { return size() == 0; }

 private:
  std::shared_ptr<const Secret> secret_;
};

}  // namespace vtpm
