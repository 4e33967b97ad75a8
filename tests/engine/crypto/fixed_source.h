// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/crypto/byte_source.h"

namespace vtpm::tests {

// The given bytes, then zeros.
class FixedSource final : public engine::crypto::ByteSource {
 public:
  explicit FixedSource(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableByteView out) override {
    for (uint8_t& byte : out) byte = used_ < bytes_.size() ? bytes_[used_++] : uint8_t{0};
  }

 private:
  Bytes bytes_;
  size_t used_ = 0;
};

}  // namespace vtpm::tests
