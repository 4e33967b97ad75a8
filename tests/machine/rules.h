// SPDX-License-Identifier: Apache-2.0
// What must hold of any register machine (crb/, tis/), whatever its registers are; the rules of
// each one's own are in its invariants.h. Each rule answers with a text when it is broken.
#pragma once

#include <string>
#include <variant>

#include "base/register_machine.h"

namespace vtpm::testing {

template <class Kind, class Effects>
unsigned count(const Effects& effects) {
  unsigned number = 0;
  for (const auto& effect : effects) number += std::holds_alternative<Kind>(effect);
  return number;
}

// Who owns the interface, who waits for it, and what runs.
template <class Regs>
std::string broken_owner_rule(const Regs& regs) {
  using State = decltype(regs.state);
  const bool owned = regs.owner != kNoLocality;
  if (owned && regs.owner >= kLocalities) return "the owner is not a locality";
  if (!owned && (regs.requests != 0 || regs.state != State::Idle))
    return "without an owner something waits or runs";
  if (owned && (regs.requests >> regs.owner & 1)) return "the owner waits for itself";
  if (regs.hashing && (regs.owner != kHardwareLocality || regs.state != State::Idle))
    return "hashing without locality 4";
  if (regs.state == State::Execution && regs.draining) return "two commands are outstanding";
  return "";
}

// What the contract with the device says of every machine. `answer`: the step is that of an event
// that answers the outstanding command.
template <class Submit, class Regs, class Step>
std::string broken_contract_rule(const Regs& before, const Step& step, bool answer) {
  const Regs& after = step.regs;
  const unsigned submits = count<Submit>(step.effects);
  if (step.effects.size() >= step.effects.kCapacity) return "the list of effects is full";
  if (outstanding(after) != (outstanding(before) && !answer) + (submits != 0) || submits > 1)
    return "submits and answers do not balance";
  if (count<Irq>(step.effects) != 0 && !before.interrupts) return "an interrupt without a line";
  for (const auto& effect : step.effects) {
    const auto* submit = std::get_if<Submit>(&effect);
    if (submit != nullptr && (submit->locality != after.owner || submit->locality != before.owner))
      return "a submit of a locality that does not own the interface";
  }
  return "";
}

// Whether each word that differs from what the pages hold is named. `in_page(locality, word)` is
// what a page holds before the step.
template <class Word, class Step, class InPage>
std::string missing_word(const Step& step, unsigned words, InPage&& in_page) {
  for (uint8_t locality = 0; locality < kLocalities; ++locality) {
    for (unsigned i = 0; i < words; ++i) {
      const Word word = static_cast<Word>(i);
      if (in_page(locality, word) != word_value(step.regs, locality, word) &&
          !step.changed.contains(locality, word))
        return "the page of locality " + std::to_string(locality) + " misses word " +
               std::to_string(i);
    }
  }
  return "";
}

}  // namespace vtpm::testing
