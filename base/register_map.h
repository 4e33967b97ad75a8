// SPDX-License-Identifier: Apache-2.0
// A device's registers described in one table, and the one place where an access of any size and
// alignment is split into the registers that it touches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bit_field.h"

namespace vtpm {

enum class RegisterKind : uint8_t {
  ReadOnly,
  ReadWrite,        // keeps what is written
  WriteOnly,        // a write acts, a read gives zero
  WriteOneToClear,  // status bits
  Window,           // not a register: bytes that live elsewhere, a FIFO or a buffer
};

struct Register {
  std::string_view name;  // as the specification spells it
  uint16_t offset;        // bytes from the start of the space
  uint16_t size;          // bytes; 1 to 8, except of a Window
  RegisterKind kind;
  uint64_t reset = 0;     // value after power-on, where it does not depend on anything else
  uint64_t writable = 0;  // bits that a write reaches; the others of its bits are dropped

  constexpr uint32_t end() const { return uint32_t{offset} + size; }
  constexpr uint64_t width_mask() const {
    return size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * size) - 1;
  }
};

// The part of an access that falls into one register or window.
struct AccessPart {
  uint16_t at;    // first byte, counted from the register's start
  uint8_t size;   // bytes
  uint8_t shift;  // bits by which the part lies above the access's lowest byte

  constexpr uint64_t mask() const {
    return size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * size) - 1;
  }
  // The written bytes, moved to their place in the register (not for windows).
  constexpr uint64_t to_register(uint64_t value) const {
    return (value >> shift & mask()) << 8 * at;
  }
  // Which of the register's bits are written.
  constexpr uint64_t written() const { return mask() << 8 * at; }
  // The read bytes of the register, moved to their place in the access.
  constexpr uint64_t from_register(uint64_t word) const {
    return (word >> 8 * at & mask()) << shift;
  }
};

// A write as a register of at most 4 bytes sees it: the bits that it reaches, and which it covers.
struct Written {
  constexpr Written(const Register& reg, const AccessPart& part, uint64_t access_value)
      : value(static_cast<uint32_t>(part.to_register(access_value) & reg.writable)),
        covered(static_cast<uint32_t>(part.written() & reg.writable)) {}

  constexpr bool sets(BitField field) const { return field.get(value) != 0; }
  constexpr uint32_t merged_into(uint32_t old) const { return (old & ~covered) | value; }

  uint32_t value;
  uint32_t covered;
};

// `Space` is the number of bytes that the table describes; offsets between the registers are
// reserved: reads give zero and writes are dropped.
template <size_t N, size_t Space>
class RegisterMap {
 public:
  static_assert(N < 0xFF && Space <= 0x10000);

  constexpr explicit RegisterMap(const std::array<Register, N>& registers) : registers_(registers) {
    for (size_t i = 0; i < N; ++i)
      for (uint32_t byte = registers_[i].offset; byte < registers_[i].end() && byte < Space; ++byte)
        index_of_byte_[byte] = static_cast<uint8_t>(i + 1);
  }

  constexpr auto begin() const { return registers_.begin(); }
  constexpr auto end() const { return registers_.end(); }

  // The register or window that holds the byte at `offset`, or null.
  constexpr const Register* find(uint32_t offset) const {
    if (offset >= Space || index_of_byte_[offset] == 0) return nullptr;
    return &registers_[index_of_byte_[offset] - 1u];
  }

  // For a static_assert: ascending, apart from each other, inside the space, each row consistent.
  constexpr bool sound() const {
    uint32_t free_from = 0;
    for (const Register& r : registers_) {
      const bool sized = r.size > 0 && (r.kind == RegisterKind::Window || r.size <= 8);
      if (!sized || r.offset < free_from || r.end() > Space) return false;
      if (((r.reset | r.writable) & ~r.width_mask()) != 0) return false;
      const bool takes_writes = r.kind != RegisterKind::ReadOnly && r.kind != RegisterKind::Window;
      if (takes_writes != (r.writable != 0)) return false;
      if (r.kind == RegisterKind::WriteOnly && r.reset != 0) return false;
      free_from = r.end();
    }
    return true;
  }

  // Calls f(register, part) for each register or window that an access of `size` bytes (at most 8)
  // at `offset` touches, lowest address first. Nothing is called for reserved bytes and for those
  // beyond the space.
  template <class F>
  constexpr void split(uint32_t offset, unsigned size, F&& f) const {
    const uint32_t stop = offset + size;
    for (uint32_t byte = offset; byte < stop;) {
      const Register* r = find(byte);
      if (r == nullptr) {
        ++byte;
        continue;
      }
      const uint32_t next = stop < r->end() ? stop : r->end();
      f(*r, AccessPart{static_cast<uint16_t>(byte - r->offset), static_cast<uint8_t>(next - byte),
                       static_cast<uint8_t>(8 * (byte - offset))});
      byte = next;
    }
  }

 private:
  std::array<Register, N> registers_;
  std::array<uint8_t, Space> index_of_byte_{};  // 0: reserved; otherwise index + 1
};

template <size_t Space, size_t N>
constexpr RegisterMap<N, Space> make_register_map(const Register (&registers)[N]) {
  std::array<Register, N> copy{};
  for (size_t i = 0; i < N; ++i) copy[i] = registers[i];
  return RegisterMap<N, Space>(copy);
}

}  // namespace vtpm
