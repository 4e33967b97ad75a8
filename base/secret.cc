// SPDX-License-Identifier: Apache-2.0
#include "base/secret.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/declassify.h"

namespace vtpm {

void wipe(MutableByteView bytes) {
  if (!bytes.empty()) explicit_bzero(bytes.data(), bytes.size());
}

bool equal_but_for_trailing_zeros(ByteView a, ByteView b) {
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    uint8_t x = i < a.size() ? a[i] : uint8_t{0}, y = i < b.size() ? b[i] : uint8_t{0};
    difference = static_cast<uint8_t>(difference | (x ^ y));
  }
  return declassified(difference) == 0;
}

bool constant_time_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && equal_but_for_trailing_zeros(a, b);
}

Secret::Secret(size_t size) : bytes_(size ? new uint8_t[size]() : nullptr), size_(size) {}

Secret::Secret(ByteView bytes) : Secret(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(bytes());
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() {
  wipe(bytes());
}

void Secret::truncate(size_t size) {
  assert(size <= size_);
  wipe(bytes().subspan(size));
  size_ = size;
}

}  // namespace vtpm
