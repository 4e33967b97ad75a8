// SPDX-License-Identifier: Apache-2.0
// Building blocks of Part 2: sized buffers (TPM2B), lists (TPML), checked values (TPMI), attribute
// bits (TPMA).
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "engine/wire/codec.h"
#include "engine/wire/constants.h"

namespace vtpm::engine::wire {

// TPM2B_* of plain bytes, at most kMaximum of them (TPM_RC_SIZE). Short ones live in place.
template <size_t kMaximum>
class Buffer {
 public:
  static constexpr size_t kCapacity = kMaximum;
  static constexpr bool kInPlace = kMaximum > 0 && kMaximum <= 68;

  Buffer() = default;
  // The first kMaximum bytes; callers give what they know to fit.
  explicit Buffer(ByteView bytes) {
    bytes = bytes.first(std::min(bytes.size(), kMaximum));
    if constexpr (kInPlace) {
      std::copy(bytes.begin(), bytes.end(), bytes_.begin());
      size_ = static_cast<uint16_t>(bytes.size());
    } else {
      bytes_.assign(bytes.begin(), bytes.end());
    }
  }

  ByteView view() const {
    if constexpr (kInPlace)
      return {bytes_.data(), size_};
    else
      return bytes_;
  }
  operator ByteView() const { return view(); }
  size_t size() const { return view().size(); }
  bool empty() const { return size() == 0; }
  bool operator==(const Buffer& other) const { return std::ranges::equal(view(), other.view()); }

  TpmResult<void> unmarshal(Reader& in) {
    uint16_t size = 0;
    TRY(wire::unmarshal(in, size));
    if (size > kMaximum) return rc::Size;
    auto bytes = in.take(size);
    if (!bytes) return rc::Insufficient;
    *this = Buffer(*bytes);
    return ok;
  }
  void marshal(Writer& out) const {
    out.put_be(static_cast<uint16_t>(size()));
    out.put(view());
  }

 private:
  std::conditional_t<kInPlace, std::array<uint8_t, kMaximum>, Bytes> bytes_{};
  uint16_t size_ = 0;
};

// TPM2B_* whose bytes are a secret.
template <size_t kMaximum>
class SecretBuffer {
 public:
  static constexpr size_t kCapacity = kMaximum;

  SecretBuffer() = default;
  explicit SecretBuffer(SharedSecret secret) : secret_(std::move(secret)) {}
  explicit SecretBuffer(ByteView bytes) : secret_(Secret(bytes)) {}

  const SharedSecret& secret() const { return secret_; }
  ByteView view() const { return secret_.view(); }
  size_t size() const { return secret_.size(); }
  bool empty() const { return secret_.empty(); }
  bool operator==(const SecretBuffer& other) const {
    return constant_time_equal(view(), other.view());
  }

  TpmResult<void> unmarshal(Reader& in) {
    uint16_t size = 0;
    TRY(wire::unmarshal(in, size));
    if (size > kMaximum) return rc::Size;
    auto bytes = in.take(size);
    if (!bytes) return rc::Insufficient;
    secret_ = SharedSecret(Secret(*bytes));
    return ok;
  }
  void marshal(Writer& out) const {
    out.put_be(static_cast<uint16_t>(size()));
    out.put(view());
  }

 private:
  SharedSecret secret_;
};

// TPMU_* whose members are all TPM2B_* of a secret: one buffer, whose selector says which of them,
// and so how much it may hold.
template <class... Cases>
class SecretUnion : public SecretBuffer<std::max({Cases::Type::kCapacity...})> {
 public:
  using SecretBuffer<std::max({Cases::Type::kCapacity...})>::SecretBuffer;

  TpmResult<void> unmarshal(Reader& in, uint32_t selector) {
    TpmResult<void> result = rc::Selector;
    ((Cases::matches(selector) && (result = unmarshal_as<typename Cases::Type>(in), true)) || ...);
    return result;
  }

 private:
  template <class Member>
  TpmResult<void> unmarshal_as(Reader& in) {
    Member member;
    TRY(member.unmarshal(in));
    *this = SecretUnion(member.secret());
    return ok;
  }
};

// TPM2B_* that wraps a structure. Its size says nothing about where the structure ends: it must be
// the size of what was unmarshalled (TPM_RC_SIZE; Part 2, 4.12). For an Empty Buffer the code is
// kEmpty.
template <class T, uint32_t kEmpty = rc::Size.value()>
struct Sized {
  T value{};

  Sized() = default;
  Sized(T initial) : value(std::move(initial)) {}
  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
  T* operator->() { return &value; }
  bool operator==(const Sized&) const = default;

  TpmResult<void> unmarshal(Reader& in) {
    uint16_t size = 0;
    TRY(wire::unmarshal(in, size));
    if (size == 0) return Rc(kEmpty);
    size_t before = in.remaining();
    TRY(wire::unmarshal(in, value));
    if (before - in.remaining() != size) return rc::Size;
    return ok;
  }
  void marshal(Writer& out) const {
    size_t start = out.position();
    out.put_be(uint16_t{0});
    wire::marshal(out, value);
    out.patch_be(start, static_cast<uint16_t>(out.position() - start - sizeof(uint16_t)));
  }
};

// The same, where an Empty Buffer stands for no structure at all.
template <class T>
struct OptionalSized {
  std::optional<T> value;

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }

  TpmResult<void> unmarshal(Reader& in) {
    Reader ahead = in;
    uint16_t size = 0;
    TRY(wire::unmarshal(ahead, size));
    if (size == 0) {
      value.reset();
      in = ahead;
      return ok;
    }
    Sized<T> sized;
    TRY(sized.unmarshal(in));
    value = std::move(sized.value);
    return ok;
  }
  void marshal(Writer& out) const {
    if (value)
      Sized<T>(*value).marshal(out);
    else
      out.put_be(uint16_t{0});
  }
};

// Parameter encryption covers the first parameter when it is a TPM2B (Part 1, 19.1).
template <class T>
inline constexpr bool kIsSizedBuffer = false;
template <size_t kMaximum>
inline constexpr bool kIsSizedBuffer<Buffer<kMaximum>> = true;
template <size_t kMaximum>
inline constexpr bool kIsSizedBuffer<SecretBuffer<kMaximum>> = true;
template <class T, uint32_t kEmpty>
inline constexpr bool kIsSizedBuffer<Sized<T, kEmpty>> = true;
template <class T>
inline constexpr bool kIsSizedBuffer<OptionalSized<T>> = true;

// TPML_*: u32 count and the elements, kMinimum to kMaximum of them (TPM_RC_SIZE).
template <class T, size_t kMaximum, size_t kMinimum = 0>
struct List {
  static constexpr size_t kMaximumItems = kMaximum;
  using Item = T;
  std::vector<T> items;

  bool operator==(const List&) const = default;

  TpmResult<void> unmarshal(Reader& in) {
    uint32_t count = 0;
    TRY(wire::unmarshal(in, count));
    if (count < kMinimum || count > kMaximum) return rc::Size;
    items.clear();
    items.reserve(count);
    for (uint32_t i = 0; i < count; ++i) TRY(wire::unmarshal(in, items.emplace_back()));
    return ok;
  }
  void marshal(Writer& out) const {
    out.put_be(static_cast<uint32_t>(items.size()));
    for (const auto& item : items) wire::marshal(out, item);
  }
};

// Whether a rule of the value, or of the value and the TPM's profile, allows it. What a profile
// knows by itself, it must have as well.
template <auto kRule, class T>
constexpr bool allows(T value, const Profile& profile) {
  if constexpr (std::predicate<decltype(kRule), T, const Profile&>)
    return kRule(value, profile);
  else if constexpr (requires { profile.has(value); })
    return kRule(value) && profile.has(value);
  else
    return kRule(value);
}

// TPMI_*: a value with the rule that it obeys and the code for one that does not.
template <class T, auto kRule, uint32_t kCode>
struct Checked {
  T value{};

  constexpr Checked() = default;
  constexpr Checked(T initial) : value(initial) {}
  constexpr operator T() const { return value; }
  constexpr T operator*() const { return value; }
  constexpr bool operator==(const Checked&) const = default;
  constexpr bool operator==(T other) const { return value == other; }

  TpmResult<void> unmarshal(Reader& in) {
    TRY(wire::unmarshal(in, value));
    if (!allows<kRule>(value, in.profile())) return Rc(kCode);
    return ok;
  }
  void marshal(Writer& out) const { wire::marshal(out, value); }
};

constexpr bool is_yes_no(uint8_t value) {
  return value <= 1;
}
using YesNo = Checked<uint8_t, is_yes_no, rc::Value.value()>;

// TPMA_*: named bits and fields over an integer; bits outside kDefined are reserved and must be
// zero (TPM_RC_RESERVED_BITS).
template <class Bit, std::unsigned_integral Rep, Rep kDefined>
struct Attributes {
  Rep raw = 0;

  constexpr Attributes() = default;
  constexpr explicit Attributes(Rep bits) : raw(bits) {}
  constexpr Attributes(std::initializer_list<Bit> bits) {
    for (Bit bit : bits) raw = static_cast<Rep>(raw | static_cast<Rep>(bit));
  }

  constexpr bool has(Bit bit) const { return (raw & static_cast<Rep>(bit)) != 0; }
  constexpr void set(Bit bit, bool on = true) {
    raw = static_cast<Rep>(on ? raw | static_cast<Rep>(bit) : raw & ~static_cast<Rep>(bit));
  }
  constexpr bool operator==(const Attributes&) const = default;

  TpmResult<void> unmarshal(Reader& in) {
    TRY(wire::unmarshal(in, raw));
    if ((raw & static_cast<Rep>(~kDefined)) != 0) return rc::ReservedBits;
    return ok;
  }
  void marshal(Writer& out) const { out.put_be(raw); }
};

}  // namespace vtpm::engine::wire
