// SPDX-License-Identifier: Apache-2.0
// What must hold of the CRB machine after any event in any state. Shared by the walk over all
// states, the random sequences and the fuzz target; each rule answers with a text when it is
// broken.
#pragma once

#include <bit>
#include <string>
#include <variant>

#include "crb/crb.h"

namespace vtpm::crb::testing {

inline unsigned count_submits(const Effects& effects) {
  unsigned count = 0;
  for (const Effect& effect : effects) count += std::holds_alternative<Submit>(effect);
  return count;
}

// The empty string when `regs` is consistent in itself.
inline std::string broken_state_rule(const Regs& regs) {
  const bool owned = regs.owner != kNoLocality;
  if (owned && regs.owner >= kLocalities) return "the owner is not a locality";
  if (!owned && (regs.requests != 0 || regs.state != State::Idle || regs.request != 0))
    return "without an owner something waits or runs";
  if (owned && (regs.requests >> regs.owner & 1)) return "the owner waits for itself";
  if (owned && (regs.seized >> regs.owner & 1)) return "the owner counts as seized";
  if (regs.hashing && (regs.owner != 4 || regs.state != State::Idle))
    return "hashing without locality 4";
  if (regs.state == State::Execution && regs.draining) return "two commands are outstanding";
  if (regs.request != 0 && !outstanding(regs)) return "a request waits for nothing";

  unsigned granted = 0, started = 0;
  for (uint8_t locality = 0; locality < kLocalities; ++locality) {
    granted += word_value(regs, locality, Word::LocSts) & 1;
    started += word_value(regs, locality, Word::CtrlStart) & 1;
    const uint32_t state = word_value(regs, locality, Word::LocState);
    if (loc_state::kLocAssigned.get(state) != owned) return "locAssigned is wrong";
    if (owned && loc_state::kActiveLocality.get(state) != regs.owner)
      return "activeLocality is wrong";
  }
  if (granted != owned) return "not exactly the owner is granted";
  if (started != (regs.state == State::Execution)) return "START does not show the execution";
  return "";
}

// The empty string when the step from `before` is one that the contract in crb/crb.h allows. The
// front-end sets START of `start_page` before it posts (none: kNoLocality).
inline std::string broken_step_rule(const Regs& before, const Step& step, bool answer,
                                    uint8_t start_page = kNoLocality) {
  const Regs& after = step.regs;
  const unsigned submits = count_submits(step.effects);
  if (std::string text = broken_state_rule(after); !text.empty()) return text;
  if (step.effects.size() >= Effects::kCapacity) return "the list of effects is full";
  if (outstanding(after) != (outstanding(before) && !answer) + (submits != 0) || submits > 1)
    return "submits and answers do not balance";
  for (const Effect& effect : step.effects) {
    if (const auto* submit = std::get_if<Submit>(&effect)) {
      if (submit->locality != after.owner || submit->locality != before.owner)
        return "a submit of a locality that does not own the interface";
    } else if (const auto* deliver = std::get_if<Deliver>(&effect)) {
      if (!answer || deliver->locality != before.owner || deliver->size > kDataBufferSize)
        return "a response goes astray";
    } else if (const auto* store = std::get_if<StoreBuffer>(&effect)) {
      if (store->offset < kDataBuffer || store->offset + store->size > kPageSize)
        return "a store outside the data buffer";
    } else if (std::holds_alternative<Irq>(effect) && !before.interrupts) {
      return "an interrupt without a line";
    }
  }
  for (uint8_t locality = 0; locality < kLocalities; ++locality) {
    for (unsigned i = 0; i < kWords; ++i) {
      const Word word = static_cast<Word>(i);
      uint32_t page = word_value(before, locality, word);
      if (word == Word::CtrlStart && locality == start_page) page |= 1;
      if (page != word_value(after, locality, word) && !step.changed.contains(locality, word))
        return "the page of locality " + std::to_string(locality) + " misses word " +
               std::to_string(i);
    }
  }
  return "";
}

// The locality whose START bit a front-end sets before it posts this access, or none: the access
// writes 1 to bit 0 of the byte at 0x4C of one page. (No access of eight bytes covers two of them.)
inline uint8_t start_page_of(const Access& access) {
  if (access.op != Access::Op::Write) return kNoLocality;
  for (unsigned i = 0; i < access.size && i < 8; ++i) {
    const uint64_t byte = uint64_t{access.address} + i;
    if (byte < kLocalities * kPageSize && byte % kPageSize == kCtrlStart &&
        (access.value >> 8 * i & 1))
      return static_cast<uint8_t>(byte / kPageSize);
  }
  return kNoLocality;
}

}  // namespace vtpm::crb::testing
