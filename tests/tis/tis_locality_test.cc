// SPDX-License-Identifier: Apache-2.0
// ACCESS: who owns the interface and who waits for it, and the D-RTM sequence of locality 4.
#include "tests/tis/bench.h"

namespace vtpm::tis {
namespace {

using namespace vtpm::tis::testing;

constexpr uint32_t kFree = 0x81;     // valid, not established
constexpr uint32_t kPending = 0x04;  // another one waits

TEST(TisLocality, EachIsGrantedAndLetsGo) {
  Bench bench;
  for (uint8_t n = 0; n < kLocalities; ++n) {
    EXPECT_WRITE32(n, kAccess, kRequestUse);
    for (uint8_t page = 0; page < kLocalities; ++page) {
      EXPECT_READ32(page, kAccess, page == n ? kFree | kActive : kFree);
      EXPECT_EQ(bench.sts(page) == kNoRegister, page != n);
    }
    EXPECT_WRITE32(n, kAccess, kActive);
    EXPECT_READ32(n, kAccess, kFree);
  }
}

TEST(TisLocality, ARequestWaitsAndIsSeenByTheOthers) {
  for (uint8_t owner = 0; owner < kLocalities; ++owner) {
    for (uint8_t other = 0; other < kLocalities; ++other) {
      if (other == owner) continue;
      Bench bench;
      bench.write32(owner, kAccess, kRequestUse);
      EXPECT_WRITE32(other, kAccess, kRequestUse);
      for (uint8_t n = 0; n < kLocalities; ++n)
        EXPECT_READ32(n, kAccess,
                      n == owner   ? kFree | kActive | kPending
                      : n == other ? kFree | kRequestUse
                                   : kFree | kPending);
      EXPECT_WRITE32(other, kAccess, kRequestUse);  // again
      EXPECT_WRITE32(owner, kAccess, kActive);
      for (uint8_t n = 0; n < kLocalities; ++n)
        EXPECT_READ32(n, kAccess, n == other ? kFree | kActive : kFree);
    }
  }
}

TEST(TisLocality, AWaitingOneMayTakeItsRequestBack) {
  Bench bench = bench_in(State::Idle, 2);
  bench.write32(4, kAccess, kRequestUse);
  EXPECT_WRITE32(4, kAccess, kActive);
  EXPECT_READ32(4, kAccess, kFree);
  EXPECT_READ32(2, kAccess, kFree | kActive);
  EXPECT_WRITE32(2, kAccess, kActive);
  EXPECT_READ32(4, kAccess, kFree);
}

TEST(TisLocality, TheHighestThatWaitsIsNext) {
  Bench bench = bench_in(State::Idle, 2);
  for (uint8_t waits : localities({0, 3, 1})) EXPECT_WRITE32(waits, kAccess, kRequestUse);
  EXPECT_READ32(3, kAccess, kFree | kRequestUse | kPending);
  for (uint8_t next : localities({3, 1, 0})) {
    EXPECT_WRITE32(bench.regs().owner, kAccess, kActive);
    EXPECT_EQ(bench.regs().owner, next);
  }
  EXPECT_READ32(0, kAccess, kFree | kActive);
}

TEST(TisLocality, ARequestOfTheOwnerChangesNothing) {
  for (State state : kStates) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    for (uint32_t again : {kRequestUse, kSeize, kSeize | kRequestUse, kSeize | kActive})
      EXPECT_WRITE32(0, kAccess, again);
    EXPECT_EQ(bench.regs(), before);
  }
}

TEST(TisLocality, OnlyAHigherOneSeizes) {
  for (uint8_t owner = 0; owner < kLocalities; ++owner) {
    for (uint8_t other = 0; other < kLocalities; ++other) {
      Bench bench = bench_in(State::Idle, owner);
      EXPECT_WRITE32(other, kAccess, kSeize);
      const uint8_t now = std::max(owner, other);
      for (uint8_t n = 0; n < kLocalities; ++n)
        EXPECT_READ32(n, kAccess,
                      n == now                      ? kFree | kActive
                      : n == owner && other > owner ? kFree | kBeenSeized
                                                    : kFree);
    }
  }
}

TEST(TisLocality, SeizingAFreeInterfaceIsARequest) {
  Bench bench;
  EXPECT_WRITE32(1, kAccess, kSeize);
  for (uint8_t n = 0; n < kLocalities; ++n)
    EXPECT_READ32(n, kAccess, n == 1 ? kFree | kActive : kFree);
}

TEST(TisLocality, ASeizureIsNoRequestOfTheSeized) {
  Bench bench = bench_in(State::Idle, 0);
  bench.write32(1, kAccess, kRequestUse);
  EXPECT_WRITE32(3, kAccess, kSeize);
  EXPECT_READ32(0, kAccess, kFree | kBeenSeized | kPending);
  EXPECT_WRITE32(3, kAccess, kActive);
  EXPECT_READ32(1, kAccess, kFree | kActive);  // locality 0 has to ask again
}

TEST(TisLocality, AWaitingOneMaySeize) {
  Bench bench = bench_in(State::Idle, 0);
  bench.write32(2, kAccess, kRequestUse);
  EXPECT_WRITE32(2, kAccess, kSeize);
  EXPECT_READ32(2, kAccess, kFree | kActive);
  EXPECT_READ32(0, kAccess, kFree | kBeenSeized);
}

TEST(TisLocality, BeenSeizedLastsUntilItIsCleared) {
  Bench bench = bench_in(State::Idle, 0);
  bench.write32(1, kAccess, kSeize);
  bench.write32(3, kAccess, kSeize);
  EXPECT_READ32(0, kAccess, kFree | kBeenSeized);
  EXPECT_READ32(1, kAccess, kFree | kBeenSeized);
  EXPECT_WRITE32(0, kAccess, 0);
  EXPECT_WRITE32(0, kAccess, kRequestUse);
  EXPECT_WRITE32(3, kAccess, kActive);
  EXPECT_READ32(0, kAccess, kFree | kActive | kBeenSeized);  // a grant does not clear it
  EXPECT_WRITE32(0, kAccess, kBeenSeized);
  EXPECT_READ32(0, kAccess, kFree | kActive);
  EXPECT_READ32(1, kAccess, kFree | kBeenSeized);  // each its own
  EXPECT_WRITE32(1, kAccess, kBeenSeized | kRequestUse);
  EXPECT_READ32(1, kAccess, kFree | kRequestUse);
}

// The profile lets software set one bit at a time; what several do is QEMU's.
TEST(TisLocality, SeveralBitsAtOnce) {
  Bench bench = bench_in(State::Idle, 1);
  EXPECT_WRITE32(0, kAccess, kActive | kRequestUse);  // takes back, and asks again
  EXPECT_READ32(0, kAccess, kFree | kRequestUse);
  EXPECT_WRITE32(2, kAccess, kSeize | kActive | kRequestUse);
  EXPECT_READ32(2, kAccess, kFree | kActive | kPending);
  EXPECT_WRITE32(1, kAccess, kSeize | kRequestUse);  // a seizure that fails requests nothing
  EXPECT_READ32(1, kAccess, kFree | kBeenSeized | kPending);
  EXPECT_WRITE32(2, kAccess, kActive | kRequestUse);  // lets go, and requests nothing
  EXPECT_READ32(2, kAccess, kFree);
  EXPECT_READ32(0, kAccess, kFree | kActive);
  EXPECT_WRITE32(0, kAccess, 0xFFFFFF00 | 0xC5);  // bits that cannot be written
  EXPECT_READ32(0, kAccess, kFree | kActive);
}

TEST(TisLocality, EstablishedIsShownInNegativeLogic) {
  Bench bench({.established = true});
  EXPECT_READ32(0, kAccess, 0x80u);
  EXPECT_EVENT(Established{false});
  for (uint8_t n = 0; n < kLocalities; ++n) EXPECT_READ32(n, kAccess, 0x81u);
  EXPECT_EVENT(Established{true});
  for (uint8_t n = 0; n < kLocalities; ++n) EXPECT_READ32(n, kAccess, 0x80u);
}

TEST(TisLocality, OnlyThreeAndFourResetTheEstablishment) {
  for (uint8_t n = 0; n < kLocalities; ++n) {
    Bench bench({.established = true});
    EXPECT_WRITE32(n, kSts, kResetEstablishment);  // not the owner
    bench.write32(n, kAccess, kRequestUse);
    EXPECT_EQ(bench.write32(n, kSts, kResetEstablishment),
              n < 3 ? Asked{} : Asked{"ResetEstablished " + std::to_string(n)});
    EXPECT_READ32(0, kAccess, n == 0 ? 0xA0u : 0x80u);  // until the engine has agreed
  }
  Bench bench = bench_in(State::Execution, 3);
  EXPECT_WRITE32(3, kSts, kResetEstablishment | kCancel | kReady, "Cancel", "ResetEstablished 3",
                 "Cancel");
}

TEST(TisLocality, AResetForgetsTheOwnerAndWhoeverWaits) {
  Bench bench = bench_in(State::Idle, 1);
  bench.write32(2, kAccess, kSeize);
  bench.write32(0, kAccess, kRequestUse);
  bench.write32(0, kInterfaceId, 0x80000);
  EXPECT_EVENT(Reset{true});
  for (uint8_t n = 0; n < kLocalities; ++n) {
    EXPECT_READ32(n, kAccess, 0x80u);
    EXPECT_EQ(bench.sts(n), kNoRegister);
    EXPECT_READ32(n, kInterfaceId, 0x2100u);
  }
}

TEST(TisHash, LocalityFourTakesTheInterfaceForTheSequence) {
  Bench bench = bench_in(State::Reception, 1);
  EXPECT_WRITE32(4, kHashStart, 0, "HashStart");
  EXPECT_READ32(4, kAccess, kFree | kActive);
  EXPECT_READ32(1, kAccess, kFree | kBeenSeized);
  EXPECT_STS(4, burst(4096));
  EXPECT_WRITE32(4, kDataFifo, 0x04030201, "HashData 1 2 3 4");
  EXPECT_WRITE(0x4024, 1, 0x05, "HashData 5");
  EXPECT_WRITE(0x4025, 2, 0x0706, "HashData 6 7");
  EXPECT_WRITE(0x4027, 1, 0x08, "HashData 8");
  EXPECT_WRITE(0x4080, 4, 0x0A0A0A0A);  // XDATA_FIFO has no HASH_DATA
  EXPECT_FALSE(bench.put(4, uint8_t{1}));
  EXPECT_WRITE32(1, kAccess, kRequestUse);
  EXPECT_WRITE32(4, kHashEnd, 0, "HashEnd");
  EXPECT_EVENT(Established{true});
  EXPECT_READ32(1, kAccess, 0x80u | kActive | kBeenSeized);
}

TEST(TisHash, NothingElseIsDoneInASequence) {
  Bench bench;
  EXPECT_WRITE32(4, kHashStart, 0xFFFFFFFF, "HashStart");
  const Regs before = bench.regs();
  for (uint32_t value : {kReady, kGo, kRetry, kCancel}) EXPECT_WRITE32(4, kSts, value);
  for (uint32_t value : {kActive, kRequestUse, kSeize}) EXPECT_WRITE32(4, kAccess, value);
  for (uint8_t n = 0; n < 4; ++n) EXPECT_WRITE32(n, kAccess, kSeize);
  EXPECT_EQ(bench.regs(), before);
}

TEST(TisHash, TheSequenceIsLocalityFoursAlone) {
  for (uint8_t n = 0; n < 4; ++n) {
    Bench bench = bench_in(State::Idle, n);
    const Regs before = bench.regs();
    for (uint16_t offset : {kHashStart, kDataFifo, kHashEnd}) {
      EXPECT_WRITE32(n, offset, 1);
      EXPECT_READ32(n, offset, kNoRegister);
    }
    EXPECT_WRITE32(4, kDataFifo, 1);  // not started
    EXPECT_WRITE32(4, kHashEnd, 1);
    EXPECT_EQ(bench.regs(), before);
  }
}

TEST(TisHash, AStartCancelsWhatRunsAndRestartsWhatWasBegun) {
  Bench bench = bench_in(State::Execution, 4);
  EXPECT_WRITE32(4, kSts, kReady, "Cancel");
  EXPECT_WRITE32(4, kHashStart, 0, "Cancel", "HashStart");
  EXPECT_EVENT(ResponseReady{10});
  EXPECT_STS(4, burst(4096));  // commandReady was the guest's before
  EXPECT_WRITE32(4, kHashStart, 0, "HashStart");
  EXPECT_WRITE32(4, kHashEnd, 0, "HashEnd");
  EXPECT_READ32(4, kAccess, kFree);
}

TEST(TisHash, AResetEndsTheSequence) {
  Bench bench;
  bench.write32(4, kHashStart, 0);
  EXPECT_EVENT(Reset{false});
  EXPECT_READ32(4, kAccess, kFree);
  EXPECT_WRITE32(4, kDataFifo, 1);
  EXPECT_WRITE32(4, kHashEnd, 1);
}

}  // namespace
}  // namespace vtpm::tis
