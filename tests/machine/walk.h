// SPDX-License-Identifier: Apache-2.0
// The whole graph of a register machine's reachable states: each is visited once, and from each
// every event is tried. That covers all sequences of these events, of any length.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

namespace vtpm::testing {

template <class... Fields>
size_t hash_of(const Fields&... fields) {
  uint64_t hash = 1469598103934665603u;
  ((hash = (hash ^ static_cast<uint64_t>(fields)) * 1099511628211u), ...);
  return hash;
}

// An event has on(regs), its step, and broken_rule(regs, step), which may take out of the step what
// does not tell states apart; comes_to_rest(regs) says whether the machine can be brought back to
// where nobody owns it. Returns how many states there are.
template <class Hash, class Event, class Regs, class Rest>
size_t walk_all_states(const Regs& first, const std::vector<Event>& events, Rest&& comes_to_rest) {
  std::unordered_set<Regs, Hash> seen{first};
  std::deque<Regs> todo{first};
  while (!todo.empty()) {
    const Regs regs = todo.front();
    todo.pop_front();
    EXPECT_TRUE(comes_to_rest(regs));
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
