// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "engine/ports.h"

namespace vtpm::tests {

// The same bytes in every run; different ones for different seeds.
class FixedEntropy final : public engine::Entropy {
 public:
  explicit FixedEntropy(uint64_t seed = 1) : state_(seed) {}
  void fill(MutableByteView out) override {
    for (uint8_t& byte : out) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      byte = static_cast<uint8_t>(state_ >> 56);
    }
  }

 private:
  uint64_t state_;
};

// Exactly the bytes of a published vector.
class GivenEntropy final : public engine::Entropy {
 public:
  explicit GivenEntropy(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableByteView out) override {
    if (out.size() > bytes_.size() - used_) throw std::runtime_error("more entropy than given");
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(used_), out.size(), out.begin());
    used_ += out.size();
  }
  bool exhausted() const { return used_ == bytes_.size(); }

 private:
  Bytes bytes_;
  size_t used_ = 0;
};

// Asks to cancel at the `after`-th question, counted from 0; by default never.
class CancelAfter final : public engine::Cancellation {
 public:
  explicit CancelAfter(int after = -1) : after_(after) {}
  bool requested() const override { return after_ == asked_ || (++asked_, false); }
  int asked() const { return asked_; }

 private:
  int after_;
  mutable int asked_ = 0;
};

}  // namespace vtpm::tests
