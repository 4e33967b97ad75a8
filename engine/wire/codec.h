// SPDX-License-Identifier: Apache-2.0
// Marshalling and unmarshalling, both derived from one description: the C++ structure itself.
//
// A field's type says how it travels: integers and enumerations big-endian, types with members
// marshal() and unmarshal() as they say, aggregates field by field. Within an aggregate a Selector
// field chooses the member of every Union that follows it (Part 2, 4.6).
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "base/secret.h"
#include "engine/profile.h"
#include "engine/rc.h"
#include "engine/wire/fields.h"

namespace vtpm::engine::wire {

// Knows which algorithms the structures that it reads may name.
class Reader : public vtpm::Reader {
 public:
  explicit Reader(ByteView bytes, const Profile& profile = kWholeProfile)
      : vtpm::Reader(bytes), profile_(&profile) {}

  const Profile& profile() const { return *profile_; }

 private:
  const Profile* profile_;
};

template <class T>
TpmResult<void> unmarshal(Reader& in, T& out);
template <class T>
void marshal(Writer& out, const T& value);

template <class T>
concept SelfCoded = requires(T& value, const T& constant, Reader& in, Writer& out) {
  { value.unmarshal(in) } -> std::same_as<TpmResult<void>>;
  constant.marshal(out);
};

// An enumeration on the wire gives its rule as `Rc check(E)`, found by its namespace; without one
// every value of the underlying type is accepted.
template <class E>
concept CheckedEnum = std::is_enum_v<E> && requires(E value) {
  { check(value) } -> std::same_as<Rc>;
};

// TPMS_EMPTY, and the union members that carry nothing.
struct Empty {
  bool operator==(const Empty&) const = default;
};

// A field whose value selects the members of the unions that follow in the same structure.
template <class T>
struct Selector {
  T value{};

  constexpr Selector() = default;
  constexpr Selector(T initial) : value(initial) {}
  template <class U>
  requires(std::is_enum_v<U>&& std::convertible_to<U, T> &&
           !std::same_as<U, T>) constexpr Selector(U initial)
      : value(initial) {}

  constexpr operator T() const { return value; }
  constexpr auto operator*() const { return *value; }
  template <class U>
  constexpr bool operator==(const U& other) const {
    if constexpr (std::same_as<U, Selector>)
      return value == other.value;
    else
      return value == other;
  }
};

template <class T>
inline constexpr bool kIsSelector = false;
template <class T>
inline constexpr bool kIsSelector<Selector<T>> = true;

// A member of a union and the selector values that choose it.
template <class T, auto... kSelectors>
struct Case {
  using Type = T;
  static constexpr bool matches(uint32_t selector) {
    return ((selector == static_cast<uint32_t>(kSelectors)) || ...);
  }
};

// TPMU_*: exactly one member, chosen by the selector. The members' C++ types are distinct.
template <class... Cases>
class Union {
 public:
  Union() = default;
  template <class T>
  requires(std::same_as<T, typename Cases::Type> || ...) Union(T member)
      : member_(std::move(member)) {}

  bool operator==(const Union&) const = default;

  // The member of that type, or null when another one is present.
  template <class T>
  requires(std::same_as<T, typename Cases::Type> || ...) const T* get() const {
    return std::get_if<T>(&member_);
  }
  template <class T>
  requires(std::same_as<T, typename Cases::Type> || ...) T* get() {
    return std::get_if<T>(&member_);
  }

  // False when no case has the selector; otherwise the member is default-constructed.
  bool select(uint32_t selector) {
    return ((Cases::matches(selector) && (member_ = typename Cases::Type{}, true)) || ...);
  }

  TpmResult<void> unmarshal(Reader& in, uint32_t selector) {
    if (!select(selector)) return rc::Selector;
    return std::visit([&](auto& member) { return wire::unmarshal(in, member); }, member_);
  }
  void marshal(Writer& out) const {
    std::visit([&](const auto& member) { wire::marshal(out, member); }, member_);
  }

 private:
  std::variant<typename Cases::Type...> member_;
};

template <class T>
concept IsUnion = requires(T& value, Reader& in) {
  { value.unmarshal(in, uint32_t{}) } -> std::same_as<TpmResult<void>>;
};

namespace codec_detail {

template <class T>
uint32_t selector_value(const T& value) {
  if constexpr (requires { *value; })
    return static_cast<uint32_t>(*value);
  else
    return static_cast<uint32_t>(value);
}

// `selector` is the value of the last Selector field before this one.
template <class Field>
TpmResult<void> unmarshal_field(Reader& in, Field& field, uint32_t& selector) {
  if constexpr (IsUnion<Field>) {
    return field.unmarshal(in, selector);
  } else if constexpr (kIsSelector<Field>) {
    TRY(unmarshal(in, field.value));
    selector = selector_value(field.value);
    return ok;
  } else {
    return unmarshal(in, field);
  }
}

template <class T>
TpmResult<void> unmarshal_aggregate(Reader& in, T& out) {
  uint32_t selector = 0;
  Rc error = rc::Success;
  visit_fields(out, [&](auto& field) {
    auto done = unmarshal_field(in, field, selector);
    if (!done) error = done.error();
    return error == rc::Success;
  });
  if (error != rc::Success) return error;
  return ok;
}

}  // namespace codec_detail

template <class T>
TpmResult<void> unmarshal(Reader& in, T& out) {
  if constexpr (SelfCoded<T>) {
    return out.unmarshal(in);
  } else if constexpr (std::unsigned_integral<T>) {
    auto value = in.take_be<T>();
    if (!value) return rc::Insufficient;
    out = *value;
    return ok;
  } else if constexpr (std::is_enum_v<T>) {
    std::make_unsigned_t<std::underlying_type_t<T>> value{};
    TRY(unmarshal(in, value));
    out = static_cast<T>(value);
    if constexpr (CheckedEnum<T>) {
      if (Rc code = check(out); code != rc::Success) return code;
    }
    return ok;
  } else {
    static_assert(std::is_aggregate_v<T>, "give the type members marshal() and unmarshal()");
    return codec_detail::unmarshal_aggregate(in, out);
  }
}

template <class T>
void marshal(Writer& out, const T& value) {
  if constexpr (SelfCoded<T>) {
    value.marshal(out);
  } else if constexpr (IsUnion<T>) {
    value.marshal(out);
  } else if constexpr (kIsSelector<T>) {
    marshal(out, value.value);
  } else if constexpr (std::unsigned_integral<T>) {
    out.put_be(value);
  } else if constexpr (std::is_enum_v<T>) {
    out.put_be(static_cast<std::make_unsigned_t<std::underlying_type_t<T>>>(value));
  } else {
    static_assert(std::is_aggregate_v<T>, "give the type members marshal() and unmarshal()");
    visit_fields(value, [&](const auto& field) {
      marshal(out, field);
      return true;
    });
  }
}

template <class T>
Bytes to_wire(const T& value) {
  Bytes bytes;
  Writer out(bytes);
  marshal(out, value);
  return bytes;
}

// The same of what holds a secret, in one buffer that never moves, so that no copy stays behind.
// `most`: what it may take at most.
template <class T>
Secret to_secret(const T& value, size_t most) {
  Bytes bytes;
  bytes.reserve(most);
  Writer out(bytes);
  marshal(out, value);
  Secret secret{ByteView(bytes)};
  wipe(bytes);
  return secret;
}

// A whole byte string as one structure: TPM_RC_SIZE when bytes are left over.
template <class T>
TpmResult<T> from_wire(ByteView bytes, const Profile& profile = kWholeProfile) {
  Reader in(bytes, profile);
  T value{};
  TRY(unmarshal(in, value));
  if (in.remaining() != 0) return rc::Size;
  return value;
}

}  // namespace vtpm::engine::wire
