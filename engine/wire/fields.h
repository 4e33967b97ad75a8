// SPDX-License-Identifier: Apache-2.0
// The fields of a plain aggregate as a tuple of references: what C++20 has in place of reflection.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace vtpm::engine::wire {
namespace fields_detail {

// Stands for a field of any type, so that the number of fields can be found by trying.
struct Any {
  template <class T>
  operator T() const;
};

template <class T, size_t... kIndex>
constexpr bool constructible_with(std::index_sequence<kIndex...>) {
  return requires {
    T{(static_cast<void>(kIndex), Any{})...};
  };
}

inline constexpr size_t kMaximumFields = 12;

template <class T, size_t kCount = kMaximumFields>
constexpr size_t count_fields() {
  if constexpr (kCount == 0 || constructible_with<T>(std::make_index_sequence<kCount>())) {
    static_assert(kCount < kMaximumFields, "raise kMaximumFields and add its case to tie()");
    return kCount;
  } else {
    return count_fields<T, kCount - 1>();
  }
}

}  // namespace fields_detail

template <class T>
inline constexpr size_t kFieldCount = fields_detail::count_fields<std::remove_const_t<T>>();

// References to all fields in the order of their declaration.
template <class T>
constexpr auto tie(T& value) {
  // clang-format off
  if constexpr (kFieldCount<T> == 0) return std::tuple<>();
  if constexpr (kFieldCount<T> == 1) { auto& [f0] = value; return std::tie(f0); }
  if constexpr (kFieldCount<T> == 2) { auto& [f0, f1] = value; return std::tie(f0, f1); }
  if constexpr (kFieldCount<T> == 3) { auto& [f0, f1, f2] = value; return std::tie(f0, f1, f2); }
  if constexpr (kFieldCount<T> == 4) { auto& [f0, f1, f2, f3] = value; return std::tie(f0, f1, f2, f3); }
  if constexpr (kFieldCount<T> == 5) { auto& [f0, f1, f2, f3, f4] = value; return std::tie(f0, f1, f2, f3, f4); }
  if constexpr (kFieldCount<T> == 6) { auto& [f0, f1, f2, f3, f4, f5] = value; return std::tie(f0, f1, f2, f3, f4, f5); }
  if constexpr (kFieldCount<T> == 7) { auto& [f0, f1, f2, f3, f4, f5, f6] = value; return std::tie(f0, f1, f2, f3, f4, f5, f6); }
  if constexpr (kFieldCount<T> == 8) { auto& [f0, f1, f2, f3, f4, f5, f6, f7] = value; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7); }
  if constexpr (kFieldCount<T> == 9) { auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8] = value; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8); }
  if constexpr (kFieldCount<T> == 10) { auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9] = value; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9); }
  if constexpr (kFieldCount<T> == 11) { auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10] = value; return std::tie(f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10); }
  // clang-format on
}

// Calls `visit(field)` for each field until one call returns false; true when none did.
template <class T, class Visit>
constexpr bool visit_fields(T& value, Visit&& visit) {
  return std::apply([&](auto&... field) { return (visit(field) && ...); }, tie(value));
}

}  // namespace vtpm::engine::wire
