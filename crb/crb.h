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
#include <cstdint>
#include <variant>

#include "base/register_machine.h"
#include "crb/registers.h"

namespace vtpm::crb {

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
// The guest wrote bytes of the data buffer as part of an access that reached the machine.
struct StoreBuffer {
  uint8_t locality;
  uint8_t size;     // 1 to 8
  uint16_t offset;  // in the page
  uint64_t value;   // little-endian
};
using Effect = std::variant<Submit, Deliver, Cancel, StoreBuffer, Irq, HashStart, HashData, HashEnd,
                            ResetEstablished>;

// One access of eight bytes causes at most four effects.
using Effects = EffectList<Effect, 6>;

// Of the page words START has a second writer, the front-end: only its bit is named, to be cleared
// or set by an atomic AND or OR. It comes last in the order of Word.
using WordSet = vtpm::WordSet<Word, kWords>;

struct Step {
  explicit Step(const Regs& before) : regs(before) {}

  Regs regs;
  Reply reply;
  Effects effects;
  WordSet changed;  // words that may differ from what the pages hold
};

// A CommandFailed is reported as a fatal error of the interface until reset. So is a ResponseReady
// whose size cannot be a response's.

// Without interrupts INT_ENABLE and INT_STS read as zero.
Regs power_on(const RegisterOptions& options);

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
