// SPDX-License-Identifier: Apache-2.0
// All sequences of events, and long random ones.
#include <random>

#include "tests/crb/bench.h"
#include "tests/machine/walk.h"

namespace vtpm::crb {
namespace {

using namespace vtpm::crb::testing;

struct Event {
  std::variant<Access, ResponseReady, CommandFailed, Established, Reset> what;

  Step on(const Regs& regs) const {
    return std::visit([&](const auto& event) { return crb::on(regs, event); }, what);
  }
  std::string broken_rule(const Regs& regs, const Step& step) const {
    const auto* access = std::get_if<Access>(&what);
    return broken_step_rule(regs, step, is_answer(what) && outstanding(regs),
                            access == nullptr ? kNoLocality : start_page_of(*access));
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
    return hash_of(r.state, r.owner, r.requests, r.seized, r.established, r.failed, r.draining,
                   r.hashing, r.request, r.cancel, r.int_status, r.int_enable);
  }
};

void walk(bool interrupts) {
  const auto let_go = [](uint32_t page) { return Access::write(page + kLocCtrl, 4, kRelinquish); };
  const auto rests = [&](const Regs& regs) { return comes_to_rest(regs, kHashEnd, let_go); };
  const size_t states =
      walk_all_states<Hash>(power_on({.interrupts = interrupts}), alphabet(interrupts), rests);
  EXPECT_GE(states, 10000u);  // the walk has gone somewhere
}

TEST(CrbWalk, EveryStateOfFiveLocalitiesKeepsTheRules) {
  walk(false);
}
TEST(CrbWalk, EveryStateWithInterruptsKeepsTheRules) {
  walk(true);
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
