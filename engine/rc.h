// SPDX-License-Identifier: Apache-2.0
// TPM response codes (Part 2, 6.6): part of the interface, down to the position they name.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace vtpm::engine {

class Rc {
 public:
  constexpr Rc() = default;
  constexpr explicit Rc(uint32_t value) : value_(value) {}

  constexpr uint32_t value() const { return value_; }
  constexpr bool operator==(const Rc&) const = default;

  // The position of the culprit, counted from 1. Only format-one codes carry one; others are
  // returned as they are (Part 2, 6.6.2).
  constexpr Rc parameter(unsigned number) const { return at(0x040 | number << 8); }
  constexpr Rc handle(unsigned number) const { return at(number << 8); }
  constexpr Rc session(unsigned number) const { return at(0x800 | number << 8); }

  // The warnings TPM_RC_REFERENCE_H0/S0 count from 0 in their low bits.
  constexpr Rc plus(unsigned index) const { return Rc(value_ + index); }

 private:
  // A code that names a position already keeps it: the innermost finder knows best.
  constexpr Rc at(uint32_t position) const {
    constexpr uint32_t kFormatOne = 0x080, kPosition = 0xF40;
    return (value_ & kFormatOne) != 0 && (value_ & kPosition) == 0 ? Rc(value_ | position) : *this;
  }

  uint32_t value_ = 0;
};

template <class T>
using TpmResult = Result<T, Rc>;

namespace rc {
inline constexpr Rc Success{0x000};

inline constexpr Rc Initialize{0x100};
inline constexpr Rc Failure{0x101};
inline constexpr Rc Sequence{0x103};
inline constexpr Rc Disabled{0x120};
inline constexpr Rc Exclusive{0x121};
inline constexpr Rc AuthType{0x124};
inline constexpr Rc AuthMissing{0x125};
inline constexpr Rc Policy{0x126};
inline constexpr Rc Pcr{0x127};
inline constexpr Rc PcrChanged{0x128};
inline constexpr Rc TooManyContexts{0x12E};
inline constexpr Rc AuthUnavailable{0x12F};
inline constexpr Rc Reboot{0x130};
inline constexpr Rc Unbalanced{0x131};
inline constexpr Rc CommandSize{0x142};
inline constexpr Rc CommandCode{0x143};
inline constexpr Rc AuthSize{0x144};
inline constexpr Rc AuthContext{0x145};
inline constexpr Rc NvRange{0x146};
inline constexpr Rc NvSize{0x147};
inline constexpr Rc NvLocked{0x148};
inline constexpr Rc NvAuthorization{0x149};
inline constexpr Rc NvUninitialized{0x14A};
inline constexpr Rc NvSpace{0x14B};
inline constexpr Rc NvDefined{0x14C};
inline constexpr Rc BadContext{0x150};
inline constexpr Rc CpHash{0x151};
inline constexpr Rc Parent{0x152};
inline constexpr Rc NeedsTest{0x153};
inline constexpr Rc NoResult{0x154};
inline constexpr Rc Sensitive{0x155};
inline constexpr Rc ReadOnly{0x156};

inline constexpr Rc Asymmetric{0x081};
inline constexpr Rc Attributes{0x082};
inline constexpr Rc Hash{0x083};
inline constexpr Rc Value{0x084};
inline constexpr Rc Hierarchy{0x085};
inline constexpr Rc KeySize{0x087};
inline constexpr Rc Mgf{0x088};
inline constexpr Rc Mode{0x089};
inline constexpr Rc Type{0x08A};
inline constexpr Rc Handle{0x08B};
inline constexpr Rc Kdf{0x08C};
inline constexpr Rc Range{0x08D};
inline constexpr Rc AuthFail{0x08E};
inline constexpr Rc Nonce{0x08F};
inline constexpr Rc Pp{0x090};
inline constexpr Rc Scheme{0x092};
inline constexpr Rc Size{0x095};
inline constexpr Rc Symmetric{0x096};
inline constexpr Rc Tag{0x097};
inline constexpr Rc Selector{0x098};
inline constexpr Rc Insufficient{0x09A};
inline constexpr Rc Signature{0x09B};
inline constexpr Rc Key{0x09C};
inline constexpr Rc PolicyFail{0x09D};
inline constexpr Rc Integrity{0x09F};
inline constexpr Rc Ticket{0x0A0};
inline constexpr Rc ReservedBits{0x0A1};
inline constexpr Rc BadAuth{0x0A2};
inline constexpr Rc Expired{0x0A3};
inline constexpr Rc PolicyCc{0x0A4};
inline constexpr Rc Binding{0x0A5};
inline constexpr Rc Curve{0x0A6};
inline constexpr Rc EccPoint{0x0A7};
inline constexpr Rc Parms{0x0AA};
inline constexpr Rc SignContextKey{0x0AD};
inline constexpr Rc Channel{0x0B0};

inline constexpr Rc ContextGap{0x901};
inline constexpr Rc ObjectMemory{0x902};
inline constexpr Rc SessionMemory{0x903};
inline constexpr Rc Memory{0x904};
inline constexpr Rc SessionHandles{0x905};
inline constexpr Rc ObjectHandles{0x906};
inline constexpr Rc Locality{0x907};
inline constexpr Rc Canceled{0x909};
inline constexpr Rc Testing{0x90A};
inline constexpr Rc ReferenceH0{0x910};
inline constexpr Rc ReferenceS0{0x918};
inline constexpr Rc Lockout{0x921};
inline constexpr Rc Retry{0x922};
inline constexpr Rc NvUnavailable{0x923};
}  // namespace rc

// The condition, or an early return of the code.
#define REQUIRE(condition, code)     \
  do {                               \
    if (!(condition)) return (code); \
  } while (false)

}  // namespace vtpm::engine
