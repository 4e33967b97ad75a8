// SPDX-License-Identifier: Apache-2.0
// Bounded reading and writing of big-endian byte strings, the TPM's and swtpm's wire order.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace vtpm {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;
using MutableByteView = std::span<uint8_t>;

inline Bytes to_bytes(ByteView view) {
  return Bytes(view.begin(), view.end());
}
inline void append(Bytes& out, ByteView more) {
  // Not insert(), in which g++ 12 sees an overflow that cannot be.
  size_t end = out.size();
  out.resize(end + more.size());
  std::copy(more.begin(), more.end(), out.begin() + static_cast<ptrdiff_t>(end));
}
// The characters of a text as bytes, without a terminator (KDFa's labels, for example).
inline ByteView text_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Stores an unsigned integer big-endian into the first sizeof(T) bytes of `out`.
template <std::unsigned_integral T>
constexpr void store_be(MutableByteView out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    out[i] = static_cast<uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}

// The same as an array of its own.
template <std::unsigned_integral T>
constexpr std::array<uint8_t, sizeof(T)> be_bytes(T value) {
  std::array<uint8_t, sizeof(T)> bytes{};
  store_be<T>(bytes, value);
  return bytes;
}

// Loads an unsigned integer big-endian from the first sizeof(T) bytes of `in`.
template <std::unsigned_integral T>
constexpr T load_be(ByteView in) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(uint64_t{value} << 8 | in[i]);
  return value;
}

// Takes bytes off the front of a view; nothing is taken when too few are left.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  size_t remaining() const { return rest_.size(); }
  ByteView rest() const { return rest_; }

  std::optional<ByteView> take(size_t count) {
    if (count > rest_.size()) return std::nullopt;
    ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  template <std::unsigned_integral T>
  std::optional<T> take_be() {
    auto bytes = take(sizeof(T));
    if (!bytes) return std::nullopt;
    return load_be<T>(*bytes);
  }

 private:
  ByteView rest_;
};

// Appends to a byte string that it does not own.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(&out) {}

  size_t position() const { return out_->size(); }
  void put(ByteView bytes) { append(*out_, bytes); }

  template <std::unsigned_integral T>
  void put_be(T value) {
    uint8_t raw[sizeof(T)];
    store_be<T>(raw, value);
    put(raw);
  }

  // Overwrites an integer written earlier: sizes that are known only afterwards.
  template <std::unsigned_integral T>
  void patch_be(size_t position, T value) {
    store_be<T>(MutableByteView(*out_).subspan(position, sizeof(T)), value);
  }

 private:
  Bytes* out_;
};

}  // namespace vtpm
