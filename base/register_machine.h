// SPDX-License-Identifier: Apache-2.0
// What the register machines of a PC Client TPM (crb/, tis/) have in common: five pages, one for
// each locality, accesses to them, and what a machine asks of the device that carries it out.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "base/register_map.h"

namespace vtpm {

inline constexpr uint8_t kLocalities = 5;
inline constexpr uint32_t kPageSize = 0x1000;
inline constexpr uint8_t kNoLocality = 0xFF;
// The chipset's, from which a D-RTM sequence comes.
inline constexpr uint8_t kHardwareLocality = 4;

constexpr uint8_t one_hot(uint8_t locality) {
  return static_cast<uint8_t>(1u << locality);
}
// Of the localities in a set of one_hot() bits, the one that is granted the interface first (PTP,
// locality arbitration); kNoLocality for the empty set.
constexpr uint8_t highest_locality(unsigned set) {
  return set == 0 ? kNoLocality : static_cast<uint8_t>(std::bit_width(set) - 1);
}

// --- accesses ---

// One access of the guest. `address` counts from the base of locality 0 (0 to 0x4FFF); `size` is
// 1 to 8 bytes, aligned or not. What lies outside the five pages reads as ones and ignores writes.
struct Access {
  enum class Op : uint8_t { Read, Write };
  Op op = Op::Read;
  uint8_t size = 4;
  uint32_t address = 0;
  uint64_t value = 0;  // little-endian: the lowest byte belongs to `address`

  static constexpr Access read(uint32_t address, uint8_t size) {
    return {Op::Read, size, address, 0};
  }
  static constexpr Access write(uint32_t address, uint8_t size, uint64_t value) {
    return {Op::Write, size, address, value};
  }
};

// Calls f(locality, offset in its page, size, shift) for the one or two pages that an access
// touches; what lies beyond them is left out.
template <class F>
void split_pages(const Access& access, F&& f) {
  unsigned left = std::min<unsigned>(access.size, 8);
  unsigned shift = 0;
  uint64_t address = access.address;
  while (left > 0 && address < uint64_t{kLocalities} * kPageSize) {
    const uint32_t offset = static_cast<uint32_t>(address % kPageSize);
    const unsigned here = std::min<unsigned>(left, kPageSize - offset);
    f(static_cast<uint8_t>(address / kPageSize), offset, here, shift);
    left -= here;
    address += here;
    shift += 8 * here;
  }
}

// --- effects, for the device to carry out ---

// Ask the outstanding command to end early.
struct Cancel {};
// The level of the interrupt line. Never sent where the guest has no such line.
struct Irq {
  bool level;
};
// The D-RTM sequence of locality 4 (Part 1, clause 31).
struct HashStart {};
struct HashData {
  // The bytes of an access that fall into the window of HASH_DATA.
  constexpr HashData(const AccessPart& part, uint64_t access_value) : size(part.size) {
    for (unsigned i = 0; i < size; ++i)
      bytes[i] = static_cast<uint8_t>(access_value >> (part.shift + 8 * i));
  }

  uint8_t size;  // 1 to 4
  std::array<uint8_t, 4> bytes{};
};
struct HashEnd {};
// A write of the resetEstablishment bit by locality 3 or 4.
struct ResetEstablished {
  uint8_t locality;
};

// A list without allocation.
template <class Effect, size_t Capacity>
class EffectList {
 public:
  static constexpr size_t kCapacity = Capacity;

  EffectList() : count_(0) {}
  const Effect* begin() const { return items_.data(); }
  const Effect* end() const { return items_.data() + count_; }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Effect& operator[](size_t i) const { return items_[i]; }
  void push(const Effect& effect) {
    if (count_ < kCapacity) std::construct_at(&items_[count_++], effect);
  }

 private:
  static_assert(std::is_trivially_copyable_v<Effect> && std::is_trivially_destructible_v<Effect>);
  union {  // a step is made for each access: the unused items must not cost an initialisation
    std::array<Effect, kCapacity> items_;
  };
  size_t count_;
};

// --- page words ---

// One 32-bit word of a page to be stored: word = (word & ~mask) | value. With a full mask a plain
// atomic store will do.
struct PageWord {
  uint8_t locality;
  uint16_t offset;
  uint32_t mask;
  uint32_t value;
};

// A set of (page, word), where `Word` enumerates `Words` words of a page from 0.
template <class Word, unsigned Words>
class WordSet {
 public:
  static constexpr WordSet all() {
    WordSet set;
    for (unsigned word = 0; word < Words; ++word) set.add_everywhere(static_cast<Word>(word));
    return set;
  }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(uint8_t locality, Word word) { bits_ |= bit_of(locality, word); }
  constexpr void add_everywhere(Word word) {
    bits_ |= uint64_t{(1u << kLocalities) - 1} << 8 * static_cast<unsigned>(word);
  }
  constexpr bool contains(uint8_t locality, Word word) const {
    return (bits_ & bit_of(locality, word)) != 0;
  }
  // Calls f(locality, word) for each, in the order of Word.
  template <class F>
  constexpr void for_each(F&& f) const {
    for (uint64_t rest = bits_; rest != 0; rest &= rest - 1) {
      const unsigned index = static_cast<unsigned>(std::countr_zero(rest));
      f(static_cast<uint8_t>(index % 8), static_cast<Word>(index / 8));
    }
  }

 private:
  static_assert(kLocalities <= 8 && Words <= 8);
  static constexpr uint64_t bit_of(uint8_t locality, Word word) {
    return uint64_t{1} << (8 * static_cast<unsigned>(word) + locality);
  }
  uint64_t bits_ = 0;
};

// --- events from the device ---

// The response of the outstanding command, of this size in bytes.
struct ResponseReady {
  uint32_t size;
};
// The outstanding command has no response.
struct CommandFailed {};
// Whether a D-RTM sequence counts as established.
struct Established {
  bool established;  // positive logic, as engine and device have it
};
// System reset (_TPM_Init): no locality, idle, all words changed. The answer of a command that is
// still outstanding is awaited, and dropped.
struct Reset {
  bool established;
};

struct RegisterOptions {
  bool established = false;  // positive logic
  // Whether the guest has an interrupt line, and its number (0 to 15) where the interface tells it.
  bool interrupts = false;
  uint8_t line = 0;
};

}  // namespace vtpm
