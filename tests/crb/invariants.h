// SPDX-License-Identifier: Apache-2.0
// What must hold of the CRB machine after any event in any state. Shared by the walk over all
// states, the random sequences and the fuzz target; each rule answers with a text when it is
// broken.
#pragma once

#include <string>
#include <variant>

#include "crb/crb.h"
#include "tests/machine/rules.h"

namespace vtpm::crb::testing {

using namespace vtpm::testing;

// The empty string when `regs` is consistent in itself.
inline std::string broken_state_rule(const Regs& regs) {
  if (std::string text = broken_owner_rule(regs); !text.empty()) return text;
  const bool owned = regs.owner != kNoLocality;
  if (owned && (regs.seized >> regs.owner & 1)) return "the owner counts as seized";
  if (regs.request != 0 && (!owned || !outstanding(regs))) return "a request waits for nothing";

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
  if (std::string text = broken_state_rule(step.regs); !text.empty()) return text;
  if (std::string text = broken_contract_rule<Submit>(before, step, answer); !text.empty())
    return text;
  for (const Effect& effect : step.effects) {
    if (const auto* deliver = std::get_if<Deliver>(&effect)) {
      if (!answer || deliver->locality != before.owner || deliver->size > kDataBufferSize)
        return "a response goes astray";
    } else if (const auto* store = std::get_if<StoreBuffer>(&effect)) {
      if (store->offset < kDataBuffer || store->offset + store->size > kPageSize)
        return "a store outside the data buffer";
    }
  }
  return missing_word<Word>(step, kWords, [&](uint8_t locality, Word word) {
    const uint32_t value = word_value(before, locality, word);
    return word == Word::CtrlStart && locality == start_page ? value | 1 : value;
  });
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
