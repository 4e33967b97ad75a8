// SPDX-License-Identifier: Apache-2.0
// The whole graph of a register machine's reachable states: each is visited once, and from each
// every event is tried. That covers all sequences of these events, of any length.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "base/register_machine.h"

namespace vtpm::testing {

// Whether an event, one of several, is the answer of a command.
template <class Events>
bool is_answer(const Events& event) {
  return std::holds_alternative<ResponseReady>(event) ||
         std::holds_alternative<CommandFailed>(event);
}

// A guest and a device that behave can always bring the interface back: after the answer of what
// is outstanding and the end of a hash sequence, every locality lets go and nobody owns it.
// `let_go` is the access by which a locality does, `hash_end` the offset of its register.
template <class Regs, class LetGo>
bool comes_to_rest(Regs regs, uint16_t hash_end, LetGo&& let_go) {
  if (outstanding(regs)) regs = on(regs, ResponseReady{10}).regs;
  if (outstanding(regs)) return false;
  regs = on(regs, Access::write(kHardwareLocality * kPageSize + hash_end, 4, 0)).regs;
  for (unsigned round = 0; round < kLocalities && regs.owner != kNoLocality; ++round)
    regs = on(regs, let_go(regs.owner * kPageSize)).regs;
  return regs.owner == kNoLocality && !outstanding(regs);
}

template <class... Fields>
size_t hash_of(const Fields&... fields) {
  uint64_t hash = 1469598103934665603u;
  ((hash = (hash ^ static_cast<uint64_t>(fields)) * 1099511628211u), ...);
  return hash;
}

// An event has on(regs), its step, and broken_rule(regs, step), which may take out of the step what
// does not tell states apart; rests(regs) says whether the machine comes to rest. Returns how many
// states there are.
template <class Hash, class Event, class Regs, class Rest>
size_t walk_all_states(const Regs& first, const std::vector<Event>& events, Rest&& rests) {
  std::unordered_set<Regs, Hash> seen{first};
  std::deque<Regs> todo{first};
  while (!todo.empty()) {
    const Regs regs = todo.front();
    todo.pop_front();
    EXPECT_TRUE(rests(regs));
    for (const Event& event : events) {
      auto step = event.on(regs);
      EXPECT_EQ(event.broken_rule(regs, step), "") << "after " << seen.size() << " states";
      if (seen.insert(step.regs).second) todo.push_back(step.regs);
    }
    if (::testing::Test::HasFailure()) break;
  }
  return seen.size();
}

}  // namespace vtpm::testing
