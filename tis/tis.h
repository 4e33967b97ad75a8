// SPDX-License-Identifier: Apache-2.0
// The FIFO interface of the PC Client Platform TPM Profile (PTP 6.5.2; TIS before) as a pure
// register machine with five localities. It knows no engine, no memory and no clock.
//
// Registers are read from shared pages. The bytes of the FIFO never reach the machine: the
// front-end moves them between the guest and two buffers of kFifoSize bytes as far as the machine's
// limits allow, and the machine hears when a limit has been reached. The contract with the device:
//   1. For each Step: first the effects Deliver and DeliverFailure, which fill the response buffer,
//      then the Fifo if it has changed, then the changed words in their order, then the remaining
//      effects in theirs.
//   2. Each Submit is answered by exactly one ResponseReady or CommandFailed, also after a Cancel
//      or a Reset. At most one Submit is outstanding at any time.
//   3. After HashEnd and ResetEstablished the device sends Established with the engine's answer.
//   4. STS.burstCount in the page is what it would be if no byte of the FIFO had been moved since
//      the positions began anew; who shows it to a guest subtracts its position.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "base/register_machine.h"
#include "tis/registers.h"

namespace vtpm::tis {

// As the PTP's state diagram has them.
enum class State : uint8_t { Idle, Ready, Reception, Execution, Completion };

// How far the front-end may move bytes on its own. A change of `generation` means that both of its
// positions are 0 from now on.
struct Fifo {
  uint32_t generation = 0;
  uint32_t write_limit = 0;  // of the command, in bytes
  uint32_t read_limit = 0;   // of the response

  bool operator==(const Fifo&) const = default;
};

// The whole machine. Copy, compare and keep it freely; construct it with power_on().
struct Regs {
  State state = State::Idle;     // of the owner; Idle without one
  uint8_t owner = kNoLocality;   // the active locality
  uint8_t requests = 0;          // bit n: ACCESS.requestUse of locality n
  uint8_t seized = 0;            // bit n: ACCESS.beenSeized of locality n
  bool established = false;      // positive logic; ACCESS shows the complement
  bool expect = false;           // STS.Expect: the command is not whole yet
  bool ready_awaited = false;    // commandReady was written while a command was outstanding
  bool draining = false;         // the command of a former owner has not been answered yet
  bool hashing = false;          // between HASH_START and HASH_END; locality 4 is the owner
  bool selector_locked = false;  // INTERFACE_ID.IntfSelLock
  bool interrupts = false;       // whether the guest has an interrupt line
  uint8_t line = 0;              // its number, for INT_VECTOR
  uint32_t response_size = 0;    // of the response in the buffer; 0 without one
  Fifo fifo;
  std::array<uint8_t, kLocalities> int_status{};
  std::array<uint32_t, kLocalities> int_enable{};

  bool operator==(const Regs&) const = default;
};

// --- effects, for the device to carry out, beside those of base/register_machine.h ---

// Run the command of this many bytes in the command buffer.
struct Submit {
  uint8_t locality;
  uint32_t size;
};
// Copy the response to the response buffer. Comes only from ResponseReady; without it the response
// is not wanted any more.
struct Deliver {
  uint32_t size;  // as in the event
};
// Put a response there that says TPM_RC_FAILURE: the interface has no other way to report one.
struct DeliverFailure {};

using Effect = std::variant<Submit, Deliver, DeliverFailure, Cancel, Irq, HashStart, HashData,
                            HashEnd, ResetEstablished>;
// One access of eight bytes causes at most four effects.
using Effects = EffectList<Effect, 6>;
using WordSet = vtpm::WordSet<Word, kWords>;

// The response of a DeliverFailure has as many bytes (Part 1, 18.2: header only).
inline constexpr uint32_t kFailureSize = 10;

struct Step {
  explicit Step(const Regs& before) : regs(before) {}

  Regs regs;
  Effects effects;
  WordSet changed;  // words that may differ from what the pages hold
};

// --- events, beside those of base/register_machine.h ---

// The front-end has stored the command up to `position`, which was the write limit.
// `command_size` is what the command's header says by now, and only looked at once it is there.
struct FifoWritten {
  uint32_t generation;
  uint32_t position;
  uint32_t command_size;
};
// The guest has taken the response up to `position`, which was the read limit.
struct FifoRead {
  uint32_t generation;
  uint32_t position;
};

Regs power_on(const RegisterOptions& options);

// A guest's write to registers; bytes of the FIFO in it are left out, for they do not travel this
// way, but at locality 4 those of HASH_DATA do. Reads cause nothing: see page_word().
Step on(const Regs& regs, const Access& access);
Step on(const Regs& regs, const FifoWritten& event);
Step on(const Regs& regs, const FifoRead& event);
Step on(const Regs& regs, const ResponseReady& event);
Step on(const Regs& regs, const CommandFailed& event);
Step on(const Regs& regs, const Established& event);
Step on(const Regs& regs, const Reset& event);

// What a page shows: one changing word, or any word of it (`offset` a multiple of 4). A window's
// content is not the machine's: it is kNoRegister here.
uint32_t word_value(const Regs& regs, uint8_t locality, Word word);
uint32_t page_word(const Regs& regs, uint8_t locality, uint16_t offset);

// Calls f(PageWord) for each changed word of a step, in the order in which they must be stored.
template <class F>
void for_each_page_word(const Step& step, F&& f) {
  step.changed.for_each([&](uint8_t locality, Word word) {
    f(PageWord{locality, word_offset(word), ~0u, word_value(step.regs, locality, word)});
  });
}

// STS.dataAvail: there are bytes of the response that the guest has not taken.
inline bool data_available(const Regs& regs) {
  return regs.fifo.read_limit != 0;
}

// True from the Submit until its answer, for an abandoned command too.
inline bool outstanding(const Regs& regs) {
  return regs.state == State::Execution || regs.draining;
}

}  // namespace vtpm::tis
