// SPDX-License-Identifier: Apache-2.0
// A value or an error of one named kind. C++23's std::expected in small, for C++20.
#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace vtpm {

// T and E must be distinct types: each converts to the Result implicitly, so that functions
// return a value or an error without ceremony.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  using Value = T;
  using Error = E;

  constexpr Result(T value) : either_(std::in_place_index<0>, std::move(value)) {}
  constexpr Result(E error) : either_(std::in_place_index<1>, std::move(error)) {}

  constexpr explicit operator bool() const { return either_.index() == 0; }
  // The value or the error that is there: which one it is has been asked before.
  constexpr T& operator*() & { return *sure(std::get_if<0>(&either_)); }
  constexpr const T& operator*() const& { return *sure(std::get_if<0>(&either_)); }
  constexpr T&& operator*() && { return std::move(*sure(std::get_if<0>(&either_))); }
  constexpr T* operator->() { return sure(std::get_if<0>(&either_)); }
  constexpr const T* operator->() const { return sure(std::get_if<0>(&either_)); }
  constexpr const E& error() const { return *sure(std::get_if<1>(&either_)); }

 private:
  // Tells the compiler what it cannot see, else -Wnull-dereference fires in callers.
  template <class P>
  static constexpr P* sure(P* pointer) {
    if (!pointer) __builtin_unreachable();
    return pointer;
  }

  std::variant<T, E> either_;
};

// Success without a value: `return ok;`.
struct Ok {};
inline constexpr Ok ok;

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using Value = void;
  using Error = E;

  constexpr Result(Ok) : failed_(false), error_() {}
  constexpr Result(E error) : failed_(true), error_(std::move(error)) {}

  constexpr explicit operator bool() const { return !failed_; }
  constexpr void operator*() const {}
  constexpr const E& error() const { return error_; }

 private:
  bool failed_;
  E error_;
};

}  // namespace vtpm

// The value of a Result, or an early return of its error: `auto key = TRY(load(handle));`.
#define TRY(expression)                           \
  ({                                              \
    auto try_result_ = (expression);              \
    if (!try_result_) return try_result_.error(); \
    *std::move(try_result_);                      \
  })
