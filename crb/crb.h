// SPDX-License-Identifier: Apache-2.0
// The command/response buffer interface of the PC Client Platform TPM Profile (PTP 6.5.3) as a
// pure register machine with five localities. It knows no engine, no memory and no clock.
//
// The guest reads shared pages directly. The machine therefore never holds the data buffer; a Step
// names the page words that changed, and the device stores them. The contract with the device:
//   1. For each Step: first the effects StoreBuffer and Deliver, which fill data buffers, then the
//      changed words in their order (START is last: a response is complete when START reads 0),
//      then the remaining effects in their order.
//   2. The front-end sets START in the page before the machine hears of the write, so that the
//      guest never reads 0 in between. The machine names START only in order to clear it: at the
//      end of a command, or because the write was ignored.
//   3. Each Submit is answered by exactly one ResponseReady or CommandFailed, also after a Cancel
//      or a Reset. At most one Submit is outstanding at any time.
//   4. After HashEnd and ResetEstablished the device sends Established with the engine's answer.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <variant>

#include "crb/registers.h"

namespace vtpm::crb {

inline constexpr uint8_t kNoLocality = 0xFF;

// Of the PTP's five states, Ready and Reception are one here: the first write to the data buffer
// tells them apart, which the machine does not see and nothing depends on.
enum class State : uint8_t { Idle, Ready, Execution, Completion };

// The whole machine. Copy, compare and keep it freely; construct it with power_on().
struct Regs {
  State state = State::Idle;    // of the owner; Idle without one
  uint8_t owner = kNoLocality;  // the active locality; the control area belongs to it
  uint8_t requests = 0;         // bit n: locality n waits for the interface
  uint8_t seized = 0;           // bit n: LOC_STS.beenSeized of locality n
  bool established = false;     // positive logic; LOC_STATE shows the complement
  bool failed = false;          // CTRL_STS.tpmSts, until reset
  bool draining = false;        // the command of a former owner has not been answered yet
  bool hashing = false;         // between HASH_START and HASH_END; locality 4 is the owner
  bool interrupts = false;      // whether INT_ENABLE and INT_STS exist for the guest
  uint8_t request = 0;          // CTRL_REQ of the owner: what is not acknowledged yet
  uint8_t cancel = 0;           // CTRL_CANCEL of the owner: as last written
  uint8_t int_status = 0;       // INT_STS
  uint32_t int_enable = 0;      // INT_ENABLE

  bool operator==(const Regs&) const = default;
};

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

// What a read returns. Bytes that lie in a data buffer are zero in `value` and have their bit set
// in `buffer_bytes` (bit 0: the byte at the access's address); the device takes them from the page.
struct Reply {
  uint64_t value = 0;
  uint8_t buffer_bytes = 0;
};

// --- effects, for the device to carry out ---

// Run the command in the data buffer of this locality's page, its length is in its header.
struct Submit {
  uint8_t locality;
  uint16_t offset;    // of the command in the page
  uint16_t capacity;  // bytes; a longer command is not whole
};
// Copy the response to this place of the locality's page. Comes only from ResponseReady; without
// it the response is not wanted any more.
struct Deliver {
  uint8_t locality;
  uint16_t offset;
  uint16_t size;  // as in the event
};
// Ask the outstanding command to end early.
struct Cancel {};
// The guest wrote bytes of the data buffer as part of an access that reached the machine.
struct StoreBuffer {
  uint8_t locality;
  uint8_t size;     // 1 to 8
  uint16_t offset;  // in the page
  uint64_t value;   // little-endian
};
// The level of the interrupt line. Never sent without Regs::interrupts.
struct Irq {
  bool level;
};
// The D-RTM sequence of locality 4 (Part 1, clause 31).
struct HashStart {};
struct HashData {
  uint8_t size;  // 1 to 4
  std::array<uint8_t, 4> bytes;
};
struct HashEnd {};
// LOC_CTRL.resetEstablishmentBit, written by locality 3 or 4.
struct ResetEstablished {
  uint8_t locality;
};

using Effect = std::variant<Submit, Deliver, Cancel, StoreBuffer, Irq, HashStart, HashData, HashEnd,
                            ResetEstablished>;

// A list without allocation. One access of eight bytes causes at most four effects.
class Effects {
 public:
  static constexpr size_t kCapacity = 6;

  Effects() : count_(0) {}
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
// atomic store will do. START has a second writer, the front-end: only its bit is named, to be
// cleared or set by an atomic AND or OR.
struct PageWord {
  uint8_t locality;
  uint16_t offset;
  uint32_t mask;
  uint32_t value;
};

// A set of (page, word).
class WordSet {
 public:
  static constexpr WordSet all() {
    WordSet set;
    for (unsigned word = 0; word < kWords; ++word) set.add_everywhere(static_cast<Word>(word));
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
  // Calls f(locality, word) for each, in the order of Word: every START comes last.
  template <class F>
  constexpr void for_each(F&& f) const {
    for (uint64_t rest = bits_; rest != 0; rest &= rest - 1) {
      const unsigned index = static_cast<unsigned>(std::countr_zero(rest));
      f(static_cast<uint8_t>(index % 8), static_cast<Word>(index / 8));
    }
  }

 private:
  static_assert(kLocalities <= 8 && kWords <= 8);
  static constexpr uint64_t bit_of(uint8_t locality, Word word) {
    return uint64_t{1} << (8 * static_cast<unsigned>(word) + locality);
  }
  uint64_t bits_ = 0;
};

struct Step {
  explicit Step(const Regs& before) : regs(before) {}

  Regs regs;
  Reply reply;
  Effects effects;
  WordSet changed;  // words that may differ from what the pages hold
};

// --- events from the device ---

// The response of the outstanding command, of this size in bytes.
struct ResponseReady {
  uint32_t size;
};
// The outstanding command has no response; the interface reports a fatal error until reset. A
// ResponseReady whose size cannot be a response's counts as this.
struct CommandFailed {};
struct Established {
  bool established;  // positive logic, as engine and device have it
};
// System reset (_TPM_Init): no locality, idle, all words changed. The answer of a command that is
// still outstanding is awaited, and dropped.
struct Reset {
  bool established;
};

struct Options {
  bool established = false;  // positive logic
  // Whether the guest has an interrupt line; without it INT_ENABLE and INT_STS read as zero.
  bool interrupts = false;
};

Regs power_on(const Options& options);

Step on(const Regs& regs, const Access& access);
Step on(const Regs& regs, const ResponseReady& event);
Step on(const Regs& regs, const CommandFailed& event);
Step on(const Regs& regs, const Established& event);
Step on(const Regs& regs, const Reset& event);

// What a page shows: the current content of one changing word, or of any register that is not a
// window.
uint32_t word_value(const Regs& regs, uint8_t locality, Word word);
uint64_t register_value(const Regs& regs, uint8_t locality, const Register& reg);

// Calls f(PageWord) for each changed word of a step, in the order in which they must be stored.
template <class F>
void for_each_page_word(const Step& step, F&& f) {
  step.changed.for_each([&](uint8_t locality, Word word) {
    const uint32_t mask = word == Word::CtrlStart ? static_cast<uint32_t>(kStart.mask()) : ~0u;
    f(PageWord{locality, word_offset(word), mask, word_value(step.regs, locality, word)});
  });
}

// The whole control area of one page (offsets 0 to 0x7F) in its 32-bit words, constants included:
// for the first publication.
using PageImage = std::array<uint32_t, kDataBuffer / 4>;
PageImage page_image(const Regs& regs, uint8_t locality);

// True from the Submit until its answer, for an abandoned command too.
inline bool outstanding(const Regs& regs) {
  return regs.state == State::Execution || regs.draining;
}

}  // namespace vtpm::crb
