// SPDX-License-Identifier: Apache-2.0
// Which fields of a command's schema are secret, and where they stand in its bytes.
#pragma once

#include <type_traits>

#include "base/secret.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

template <class T>
inline constexpr bool kIsSecret = false;
template <size_t kMaximum>
inline constexpr bool kIsSecret<wire::SecretBuffer<kMaximum>> = true;
template <>
inline constexpr bool kIsSecret<wire::SensitiveCreate> = true;
template <>
inline constexpr bool kIsSecret<wire::Sensitive> = true;
template <>
inline constexpr bool kIsSecret<wire::SecretEccPoint> = true;
template <>
inline constexpr bool kIsSecret<wire::NvBits> = true;
template <class T, uint32_t kEmpty>
inline constexpr bool kIsSecret<wire::Sized<T, kEmpty>> = kIsSecret<T>;
template <class T>
inline constexpr bool kIsSecret<wire::OptionalSized<T>> = kIsSecret<T>;

template <class Fields>
constexpr bool has_secrets() {
  return []<class... Field>(std::type_identity<std::tuple<Field&...>>) {
    return (kIsSecret<std::remove_const_t<Field>> || ...);
  }(std::type_identity<decltype(wire::tie(std::declval<Fields&>()))>());
}

// Zeros in the place of the secret fields, behind their sizes if they have any; and in the place of
// all that follows a field that cannot be read. `Skipped` fields are not in the bytes.
template <class Fields, class Skipped>
void mask_secrets(MutableByteView bytes) {
  if constexpr (has_secrets<Fields>()) {
    wire::Reader in(bytes);
    Fields fields{};
    wire::visit_fields(fields, [&](auto& field) {
      using Field = std::remove_cvref_t<decltype(field)>;
      if constexpr (!std::is_same_v<Field, Skipped>) {
        const size_t start = bytes.size() - in.remaining();
        const bool readable = static_cast<bool>(wire::unmarshal(in, field));
        const size_t end = readable ? bytes.size() - in.remaining() : bytes.size();
        const size_t size_field = wire::kIsSizedBuffer<Field> ? sizeof(uint16_t) : 0;
        const size_t hidden = std::min(start + (readable ? size_field : 0), end);
        if (!readable || kIsSecret<Field>) wipe(bytes.subspan(hidden, end - hidden));
        return readable;
      }
      return true;
    });
  }
}

}  // namespace vtpm::engine
