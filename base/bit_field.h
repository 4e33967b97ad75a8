// SPDX-License-Identifier: Apache-2.0
// Fields of a hardware register, named once and read or written by that name.
#pragma once

#include <cstdint>

namespace vtpm {

// Bits `low` to `low + width - 1` of a register word; 1 <= width, low + width <= 64.
struct BitField {
  unsigned low;
  unsigned width;

  constexpr uint64_t max() const { return ~uint64_t{0} >> (64 - width); }
  constexpr uint64_t mask() const { return max() << low; }
  constexpr uint64_t get(uint64_t word) const { return word >> low & max(); }
  // The word with the field replaced; bits of `value` beyond the field are dropped.
  constexpr uint64_t set(uint64_t word, uint64_t value) const {
    return (word & ~mask()) | place(value);
  }
  // The field alone, all other bits zero.
  constexpr uint64_t place(uint64_t value) const { return (value & max()) << low; }
};

constexpr BitField bit(unsigned position) {
  return {position, 1};
}
// As a datasheet writes it: bits(4, 2) are bits 4, 3 and 2.
constexpr BitField bits(unsigned high, unsigned low) {
  return {low, high - low + 1};
}

// True when no two fields share a bit: for a static_assert next to a register's fields.
template <class... Fields>
constexpr bool disjoint(Fields... fields) {
  uint64_t seen = 0;
  return (... && ((seen & fields.mask()) == 0 && ((seen |= fields.mask()), true)));
}

}  // namespace vtpm
