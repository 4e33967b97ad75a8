// SPDX-License-Identifier: Apache-2.0
// The whole graph of reachable states: each is visited once, and from each every event is tried.
// That covers all sequences of these events, of any length.
#include <deque>
#include <random>
#include <unordered_set>

#include "tests/crb/bench.h"

namespace vtpm::crb {
namespace {

using namespace vtpm::crb::testing;

struct Event {
  std::variant<Access, ResponseReady, CommandFailed, Established, Reset> what;

  Step on(const Regs& regs) const {
    return std::visit([&](const auto& event) { return crb::on(regs, event); }, what);
  }
  bool answer() const {
    return std::holds_alternative<ResponseReady>(what) ||
           std::holds_alternative<CommandFailed>(what);
  }
  uint8_t start_page() const {
    const auto* access = std::get_if<Access>(&what);
    return access == nullptr ? kNoLocality : start_page_of(*access);
  }
};

// `interrupts` leaves out two localities, or the graph would be too large for a unit test.
std::vector<Event> alphabet(bool interrupts) {
  std::vector<Event> events;
  for (uint8_t n : interrupts ? localities({0, 3, 4}) : localities({0, 1, 2, 3, 4})) {
    const uint32_t page = n * kPageSize;
    for (uint32_t value : {1u, 2u, 4u, 8u, 3u})
      events.push_back({Access::write(page + kLocCtrl, 4, value)});
    for (uint32_t value : {1u, 2u}) events.push_back({Access::write(page + kCtrlReq, 4, value)});
    for (uint32_t value : {0u, 1u}) events.push_back({Access::write(page + kCtrlCancel, 4, value)});
    events.push_back({Access::write(page + kCtrlStart, 4, 1)});
    events.push_back({Access::write(page + kCtrlCancel, 8, 0x0000000100000001)});
    if (interrupts) {
      events.push_back({Access::write(page + kIntEnable, 4, 0x80000001)});
      events.push_back({Access::write(page + kIntSts, 4, 0xF)});
    }
  }
  for (uint32_t offset : {kHashStart, kHashData, kHashEnd})
    events.push_back({Access::write(0x4000 + offset, 4, 1)});
  events.push_back({ResponseReady{10}});
  events.push_back({CommandFailed{}});
  events.push_back({Reset{false}});
  return events;
}

struct Hash {
  size_t operator()(const Regs& r) const {
    uint64_t h = 1469598103934665603u;
    for (uint64_t value :
         {uint64_t{static_cast<uint8_t>(r.state)}, uint64_t{r.owner}, uint64_t{r.requests},
          uint64_t{r.seized}, uint64_t{r.established}, uint64_t{r.failed}, uint64_t{r.draining},
          uint64_t{r.hashing}, uint64_t{r.request}, uint64_t{r.cancel}, uint64_t{r.int_status},
          uint64_t{r.int_enable}})
      h = (h ^ value) * 1099511628211u;
    return h;
  }
};

// A guest and a device that behave can always bring the interface back: after the answer of what
// is outstanding and the end of a hash sequence, every locality lets go and nobody owns it.
bool comes_to_rest(Regs regs) {
  if (outstanding(regs)) regs = on(regs, ResponseReady{10}).regs;
  if (outstanding(regs) || regs.request != 0) return false;
  regs = on(regs, Access::write(0x4000 + kHashEnd, 4, 0)).regs;
  for (unsigned round = 0; round < kLocalities && regs.owner != kNoLocality; ++round)
    regs = on(regs, Access::write(regs.owner * kPageSize + kLocCtrl, 4, 2)).regs;
  return regs.owner == kNoLocality && !outstanding(regs);
}

void walk(bool interrupts, size_t at_least) {
  const std::vector<Event> events = alphabet(interrupts);
  std::unordered_set<Regs, Hash> seen{power_on({.interrupts = interrupts})};
  std::deque<Regs> todo(seen.begin(), seen.end());
  while (!todo.empty()) {
    const Regs regs = todo.front();
    todo.pop_front();
    ASSERT_TRUE(comes_to_rest(regs));
    for (const Event& event : events) {
      const Step step = event.on(regs);
      const std::string broken =
          broken_step_rule(regs, step, event.answer() && outstanding(regs), event.start_page());
      ASSERT_EQ(broken, "") << "after " << seen.size() << " states";
      if (seen.insert(step.regs).second) todo.push_back(step.regs);
    }
  }
  EXPECT_GE(seen.size(), at_least);  // the walk has gone somewhere
}

TEST(CrbWalk, EveryStateOfFiveLocalitiesKeepsTheRules) {
  walk(false, 10000);
}
TEST(CrbWalk, EveryStateWithInterruptsKeepsTheRules) {
  walk(true, 10000);
}

TEST(CrbWalk, LongRandomSequencesKeepPagesAndRules) {
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 20; ++round) {
    Bench bench({.established = false, .interrupts = round % 2 == 1});
    for (int i = 0; i < 2000 && !::testing::Test::HasFailure(); ++i) {
      const uint64_t dice = random();
      switch (dice % 16) {
        case 0:
          bench.event(CommandFailed{});
          break;
        case 1:
          bench.event(Established{(dice >> 8 & 1) != 0});
          break;
        case 2:
          if ((dice >> 8) % 32 == 0) bench.event(Reset{false});
          break;
        case 3:
        case 4:
          bench.event(ResponseReady{static_cast<uint32_t>(dice >> 8) % 4096});
          break;
        default: {
          // Mostly one locality, small values and the registers that act.
          const uint32_t page = (dice >> 8) % 3 == 0 ? static_cast<uint32_t>(dice >> 16) % 5 : 0;
          const uint32_t offset = static_cast<uint32_t>(dice >> 24) % 0x90;
          const bool aligned = (dice >> 40) % 4 != 0;
          bench.write(page * kPageSize + (aligned ? offset & ~3u : offset),
                      aligned ? 4 : static_cast<uint8_t>((dice >> 44) % 8 + 1),
                      aligned ? uint64_t{1} << (dice >> 48) % 3 : random());
        }
      }
    }
  }
}

}  // namespace
}  // namespace vtpm::crb
