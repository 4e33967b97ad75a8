// SPDX-License-Identifier: Apache-2.0
// All sequences of events, and long random ones.
#include <random>

#include "tests/machine/walk.h"
#include "tests/tis/bench.h"

namespace vtpm::tis {
namespace {

using namespace vtpm::tis::testing;

// The front-end's events, as they follow from the machine's own limits.
struct AtWriteLimit {
  uint32_t command_size;
};
struct AtReadLimit {};
struct Late {};  // both, of the generation before

struct Event {
  std::variant<Access, AtWriteLimit, AtReadLimit, Late, ResponseReady, CommandFailed, Reset> what;

  static Step step(const Regs& regs, const AtWriteLimit& event) {
    return tis::on(regs,
                   FifoWritten{regs.fifo.generation, regs.fifo.write_limit, event.command_size});
  }
  static Step step(const Regs& regs, const AtReadLimit&) {
    return tis::on(regs, FifoRead{regs.fifo.generation, regs.fifo.read_limit});
  }
  static Step step(const Regs& regs, const Late&) {
    const Fifo& fifo = regs.fifo;
    const Step written = tis::on(regs, FifoWritten{fifo.generation - 1, fifo.write_limit, 10});
    EXPECT_EQ(written.regs, regs);
    return tis::on(written.regs, FifoRead{fifo.generation - 1, fifo.read_limit});
  }
  template <class Other>
  static Step step(const Regs& regs, const Other& event) {
    return tis::on(regs, event);
  }

  Step on(const Regs& regs) const {
    return std::visit([&](const auto& event) { return step(regs, event); }, what);
  }
  std::string broken_rule(const Regs& regs, Step& step) const {
    std::string text = broken_step_rule(regs, step, is_answer(what) && outstanding(regs));
    if (std::holds_alternative<Late>(what) && !(step.regs == regs)) text = "a late event counts";
    step.regs.fifo.generation = 0;  // its number is of no account, and would go on for ever
    return text;
  }
};

// `interrupts` leaves out three localities, or the graph would be too large for a unit test.
std::vector<Event> alphabet(bool interrupts) {
  std::vector<Event> events;
  for (uint8_t n : interrupts ? localities({0, 4}) : localities({0, 1, 2, 3, 4})) {
    const uint32_t page = n * kPageSize;
    for (uint32_t value : {kRequestUse, kSeize, kBeenSeized, kActive, kActive | kRequestUse})
      events.push_back({Access::write(page + kAccess, 1, value)});
    for (uint32_t value : {kReady, kGo, kRetry, kCancel, kReady | kGo, kResetEstablishment})
      events.push_back({Access::write(page + kSts, 4, value)});
    if (interrupts) {
      for (uint32_t value : {0x80000081u, 0x00000081u})  // dataAvail and commandReady
        events.push_back({Access::write(page + kIntEnable, 4, value)});
      events.push_back({Access::write(page + kIntStatus, 4, 0x81)});
    }
  }
  for (uint32_t offset : {kHashStart, kDataFifo, kHashEnd})
    events.push_back({Access::write(0x4000 + offset, 4, 1)});
  for (uint32_t size : {0u, 12u, ~0u}) events.push_back({AtWriteLimit{size}});
  events.push_back({AtReadLimit{}});
  events.push_back({Late{}});
  events.push_back({ResponseReady{10}});
  events.push_back({CommandFailed{}});
  events.push_back({Reset{false}});
  return events;
}

struct Hash {
  size_t operator()(const Regs& r) const {
    size_t hash =
        hash_of(r.state, r.owner, r.requests, r.seized, r.expect, r.ready_awaited, r.draining,
                r.hashing, r.response_size, r.fifo.write_limit, r.fifo.read_limit);
    for (unsigned n = 0; n < kLocalities; ++n)
      hash = hash_of(hash, r.int_status[n], r.int_enable[n]);
    return hash;
  }
};

void walk(bool interrupts) {
  const auto let_go = [](uint32_t page) { return Access::write(page + kAccess, 1, kActive); };
  const auto rests = [&](const Regs& regs) { return comes_to_rest(regs, kHashEnd, let_go); };
  const size_t states =
      walk_all_states<Hash>(power_on({.interrupts = interrupts}), alphabet(interrupts), rests);
  EXPECT_GE(states, 10000u);  // the walk has gone somewhere
}

TEST(TisWalk, EveryStateOfFiveLocalitiesKeepsTheRules) {
  walk(false);
}
TEST(TisWalk, EveryStateWithInterruptsKeepsTheRules) {
  walk(true);
}

// A guest that mostly knows what it does, and does the rest at random.
void random_step(Bench& bench, std::mt19937_64& random) {
  const uint64_t dice = random();
  const auto locality = static_cast<uint8_t>((dice >> 8) % 4 == 0 ? (dice >> 16) % 5 : 0);
  switch (dice % 16) {
    case 0:
      bench.event(Established{(dice >> 8 & 1) != 0});
      break;
    case 1:
      if ((dice >> 8) % 32 == 0) bench.event(Reset{false});
      break;
    case 2:
      bench.event(CommandFailed{});
      break;
    case 3:
    case 4:
      bench.event(ResponseReady{static_cast<uint32_t>(dice >> 24) % 200});
      break;
    case 5:
    case 6:
    case 7:
      bench.put(locality, command_bytes(static_cast<uint32_t>(dice >> 24) % 32, (dice >> 32) % 40));
      break;
    case 8:
    case 9:
      for (uint64_t i = (dice >> 24) % 200; i > 0; --i) bench.get(locality);
      break;
    case 10:
    case 11:
      bench.write32(locality, kSts, 1u << (dice >> 24) % 32);
      break;
    case 12:
    case 13:
      bench.write32(locality, kAccess, 1u << (dice >> 24) % 8);
      break;
    case 14:
      bench.write32(locality, kIntEnable, static_cast<uint32_t>(dice >> 32) | 0x80000000);
      break;
    default:
      bench.write(locality * kPageSize + static_cast<uint32_t>(dice >> 24) % 0x34,
                  static_cast<uint8_t>((dice >> 44) % 8 + 1), random());
  }
}

TEST(TisWalk, LongRandomSequencesKeepPagesAndRules) {
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 10; ++round) {
    Bench bench({.established = false, .interrupts = round % 2 == 1, .line = 5});
    for (int i = 0; i < 2000 && !::testing::Test::HasFailure(); ++i) random_step(bench, random);
  }
}

}  // namespace
}  // namespace vtpm::tis
