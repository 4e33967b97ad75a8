// SPDX-License-Identifier: Apache-2.0
// What must hold of the FIFO machine after any event in any state. Shared by the walk over all
// states, the random sequences and the fuzz target; each rule answers with a text when it is
// broken.
#pragma once

#include <string>
#include <variant>

#include "tests/machine/rules.h"
#include "tis/tis.h"

namespace vtpm::tis::testing {

using namespace vtpm::testing;

// What docs/protocol.md, 7, says of the limits.
inline constexpr uint32_t kFirstLimit = 1, kHeaderLimit = 6;

// The level of the interrupt line, by what the pages show.
inline bool line_level(const Regs& regs) {
  for (uint8_t locality = 0; locality < kLocalities; ++locality) {
    const uint32_t enable = word_value(regs, locality, Word::IntEnable);
    const uint32_t status = word_value(regs, locality, Word::IntStatus);
    if (interrupt::kGlobalEnable.get(enable) != 0 && (enable & status & interrupt::kCauses) != 0)
      return true;
  }
  return false;
}

// How far the front-end may go in each state.
inline std::string broken_limit_rule(const Regs& regs) {
  const Fifo& fifo = regs.fifo;
  const bool receiving = regs.state == State::Reception, complete = regs.state == State::Completion;
  if (regs.state == State::Ready ? fifo.write_limit != kFirstLimit
      : receiving                ? fifo.write_limit < kHeaderLimit || fifo.write_limit > kFifoSize
                                 : fifo.write_limit != 0)
    return "a write limit that is not the state's";
  if (fifo.read_limit != 0 && fifo.read_limit != regs.response_size)
    return "a read limit without the data";
  if (complete ? regs.response_size < kFailureSize || regs.response_size > kFifoSize
               : regs.response_size != 0)
    return "a response that cannot be";
  if (regs.expect && !receiving) return "Expect without Reception";
  if (data_available(regs) && !complete) return "dataAvail without Completion";
  if (regs.ready_awaited && (regs.owner == kNoLocality || !outstanding(regs)))
    return "commandReady waits for nothing";
  return "";
}

inline std::string broken_sts_rule(const Regs& regs, uint8_t locality) {
  const uint32_t word = word_value(regs, locality, Word::Sts);
  if (locality != regs.owner)
    return word == kNoRegister ? "" : "STS of a locality that does not own the interface";
  const bool valid = sts::kStsValid.get(word) != 0, ready = sts::kCommandReady.get(word) != 0;
  const bool expect = sts::kExpect.get(word) != 0, data = sts::kDataAvail.get(word) != 0;
  if (valid != (regs.state >= State::Reception)) return "stsValid is wrong";
  if (ready != (regs.state == State::Ready)) return "commandReady is wrong";
  if (expect != regs.expect || data != data_available(regs)) return "Expect or dataAvail is wrong";
  if ((expect || data) && !valid) return "Expect or dataAvail before they are valid";
  if (expect && data) return "Expect beside dataAvail";
  if (sts::kBurstCount.get(word) != (data ? regs.response_size : kFifoSize))
    return "burstCount is wrong";
  return sts::kTpmFamily.get(word) == 1 ? "" : "not a TPM 2.0";
}

// The empty string when `regs` is consistent in itself.
inline std::string broken_state_rule(const Regs& regs) {
  if (std::string text = broken_owner_rule(regs); !text.empty()) return text;
  if (std::string text = broken_limit_rule(regs); !text.empty()) return text;
  unsigned active = 0;
  for (uint8_t locality = 0; locality < kLocalities; ++locality) {
    if (std::string text = broken_sts_rule(regs, locality); !text.empty()) return text;
    const uint32_t word = word_value(regs, locality, Word::Access);
    const bool owns = access::kActiveLocality.get(word) != 0;
    active += owns;
    if (owns != (locality == regs.owner)) return "activeLocality is wrong";
    if (owns && access::kRequestUse.get(word) != 0) return "the owner requests the interface";
    if (access::kPendingRequest.get(word) != ((regs.requests & ~one_hot(locality)) != 0))
      return "pendingRequest is wrong";
    if (!regs.interrupts && (regs.int_enable[locality] | regs.int_status[locality]) != 0)
      return "interrupt registers without a line";
    if ((regs.int_status[locality] & ~interrupt::kCauses) != 0) return "a cause that is none";
  }
  return active == (regs.owner != kNoLocality) ? "" : "not exactly the owner is active";
}

// The positions begin anew with each commandReady, response, responseRetry and change of owner. In
// between a command is received with growing limits, and executed.
inline std::string broken_generation_rule(const Regs& before, const Regs& after) {
  const Fifo &old = before.fifo, &now = after.fifo;
  if (now.generation != old.generation) {
    const bool begins = after.state == State::Idle || after.state == State::Ready ||
                        (after.state == State::Completion && data_available(after));
    // One access may hold HASH_END and HASH_START.
    return begins && now.generation - old.generation <= 2 ? "" : "a generation that begins nothing";
  }
  if (before.owner != after.owner) return "another owner goes on with the positions";
  const bool begun = before.state == State::Ready && after.state == State::Reception;
  const bool submitted = before.state == State::Reception && after.state == State::Execution;
  if (before.state != after.state && !begun && !submitted)
    return "another state goes on with the positions";
  if (after.state == State::Reception && now.write_limit < old.write_limit)
    return "the write limit goes back";
  if (now.read_limit != old.read_limit && now.read_limit != 0)
    return "the read limit moves in the midst of a response";
  return "";
}

inline std::string broken_command_rule(const Regs& before, const Step& step, bool answer) {
  const Regs& after = step.regs;
  const unsigned delivered = count<Deliver>(step.effects) + count<DeliverFailure>(step.effects);
  const bool completes = before.state == State::Execution && after.state == State::Completion;
  if (delivered != completes) return "a response goes astray";
  if (after.state == State::Completion && before.state != State::Completion && !completes)
    return "a response to no command";
  for (const Effect& effect : step.effects) {
    if (const auto* submit = std::get_if<Submit>(&effect)) {
      if (before.state != State::Reception || before.expect || after.state != State::Execution ||
          submit->size != before.fifo.write_limit)
        return "a submit of a command that is not whole";
    } else if (const auto* deliver = std::get_if<Deliver>(&effect)) {
      if (!answer || deliver->size != after.fifo.read_limit) return "a response of another size";
    } else if (std::holds_alternative<DeliverFailure>(effect)) {
      if (!answer || after.fifo.read_limit != kFailureSize) return "a failure of another size";
    } else if (const auto* reset = std::get_if<ResetEstablished>(&effect)) {
      if (reset->locality < 3) return "a locality that may not reset the establishment";
    }
  }
  if (before.state == State::Execution && after.state != State::Execution && !answer &&
      count<Cancel>(step.effects) == 0)
    return "a command is abandoned and not cancelled";
  return "";
}

inline std::string broken_irq_rule(const Regs& before, const Step& step) {
  const bool level = line_level(step.regs);
  if (count<Irq>(step.effects) != (level != line_level(before)))
    return "the interrupt line is not what its registers say";
  for (const Effect& effect : step.effects)
    if (const auto* irq = std::get_if<Irq>(&effect); irq != nullptr && irq->level != level)
      return "the interrupt line has the other level";
  return "";
}

// The empty string when the step from `before` is one that the contract in tis/tis.h allows.
inline std::string broken_step_rule(const Regs& before, const Step& step, bool answer) {
  if (std::string text = broken_state_rule(step.regs); !text.empty()) return text;
  if (std::string text = broken_contract_rule<Submit>(before, step, answer); !text.empty())
    return text;
  if (std::string text = broken_generation_rule(before, step.regs); !text.empty()) return text;
  if (std::string text = broken_command_rule(before, step, answer); !text.empty()) return text;
  if (std::string text = broken_irq_rule(before, step); !text.empty()) return text;
  return missing_word<Word>(step, kWords, [&](uint8_t locality, Word word) {
    return word_value(before, locality, word);
  });
}

}  // namespace vtpm::tis::testing
