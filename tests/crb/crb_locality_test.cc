// SPDX-License-Identifier: Apache-2.0
// Locality arbitration, and what each page shows.
#include "tests/crb/bench.h"

namespace vtpm::crb {
namespace {

using namespace vtpm::crb::testing;

constexpr uint32_t kFree = 0x81;  // LOC_STATE: valid, not established, nobody assigned
constexpr uint32_t assigned(uint32_t locality) {
  return 0x83 | locality << 2;
}

TEST(CrbReset, EveryPageShowsTheResetValues) {
  Bench bench;
  for (uint8_t n = 0; n < kLocalities; ++n) {
    const uint32_t buffer = 0xFED40080 + n * 0x1000;
    EXPECT_READ32(n, 0x00, kFree);
    EXPECT_READ32(n, 0x08, 0u);
    EXPECT_READ32(n, 0x0C, 0u);
    EXPECT_READ32(n, 0x30, 0x000A5B11u);
    EXPECT_READ32(n, 0x34, 0x00001014u);
    EXPECT_READ32(n, 0x38, 0u);
    EXPECT_READ32(n, 0x3C, 0u);
    EXPECT_READ32(n, 0x40, 0u);
    EXPECT_READ32(n, 0x44, 2u);  // idle
    EXPECT_READ32(n, 0x48, 0u);
    EXPECT_READ32(n, 0x4C, 0u);
    EXPECT_READ32(n, 0x50, 0u);
    EXPECT_READ32(n, 0x54, 0u);
    EXPECT_READ32(n, 0x58, 3968u);
    EXPECT_READ32(n, 0x5C, buffer);
    EXPECT_READ32(n, 0x60, 0u);
    EXPECT_READ32(n, 0x64, 3968u);
    EXPECT_READ32(n, 0x68, buffer);
    EXPECT_READ32(n, 0x6C, 0u);
    for (uint32_t reserved : {0x04u, 0x10u, 0x2Cu, 0x70u, 0x7Cu})
      EXPECT_EQ(bench.read(n * kPageSize + reserved, 4), 0u);
  }
}

TEST(CrbReset, EstablishedIsShownInNegativeLogic) {
  Bench bench({.established = true});
  EXPECT_READ32(0, kLocState, 0x80u);
  EXPECT_EVENT(Established{false});
  for (uint8_t n = 0; n < kLocalities; ++n) EXPECT_READ32(n, kLocState, 0x81u);
  EXPECT_EVENT(Established{true});
  for (uint8_t n = 0; n < kLocalities; ++n) EXPECT_READ32(n, kLocState, 0x80u);
}

TEST(CrbReset, ForgetsTheOwnerAndWhoeverWaits) {
  Bench bench;
  EXPECT_WRITE32(1, kLocCtrl, kRequest);
  EXPECT_WRITE32(2, kLocCtrl, kSeize);
  EXPECT_WRITE32(0, kLocCtrl, kRequest);
  EXPECT_EVENT(Reset{true});
  EXPECT_EQ(bench.regs(), power_on({.established = true}));
  EXPECT_WRITE32(0, kLocCtrl, kRelinquish);
  EXPECT_READ32(0, kLocState, 0x80u);
}

TEST(CrbLocality, EachIsGrantedAndLetsGo) {
  Bench bench;
  for (uint8_t n = 0; n < kLocalities; ++n) {
    EXPECT_WRITE32(n, kLocCtrl, kRequest);
    for (uint8_t page = 0; page < kLocalities; ++page) {
      EXPECT_READ32(page, kLocState, assigned(n));
      EXPECT_READ32(page, kLocSts, page == n ? 1u : 0u);
    }
    EXPECT_WRITE32(n, kLocCtrl, kRelinquish);
    EXPECT_READ32(n, kLocState, kFree);
    EXPECT_READ32(n, kLocSts, 0u);
  }
}

TEST(CrbLocality, ARequestOfTheOwnerChangesNothing) {
  Bench bench;
  bench.write32(0, kLocCtrl, kRequest);
  bench.write32(0, kCtrlReq, 1);
  for (uint32_t again : {kRequest, kSeize}) {
    EXPECT_WRITE32(0, kLocCtrl, again);
    EXPECT_READ32(0, kLocState, assigned(0));
    EXPECT_READ32(0, kCtrlSts, 0u);  // still ready: SeaBIOS requests before each command
  }
}

TEST(CrbLocality, TheHighestThatWaitsIsNext) {
  Bench bench;
  bench.write32(2, kLocCtrl, kRequest);
  for (uint8_t waits : localities({0, 3, 1})) {
    EXPECT_WRITE32(waits, kLocCtrl, kRequest);
    EXPECT_READ32(waits, kLocState, assigned(2));
    EXPECT_READ32(waits, kLocSts, 0u);
  }
  EXPECT_WRITE32(1, kLocCtrl, kRelinquish);  // no longer waits
  EXPECT_WRITE32(2, kLocCtrl, kRelinquish);
  EXPECT_READ32(2, kLocState, assigned(3));
  EXPECT_READ32(3, kLocSts, 1u);
  EXPECT_WRITE32(3, kLocCtrl, kRelinquish);
  EXPECT_READ32(3, kLocState, assigned(0));
  EXPECT_WRITE32(0, kLocCtrl, kRelinquish);
  EXPECT_READ32(0, kLocState, kFree);
}

TEST(CrbLocality, OnlyAHigherOneSeizes) {
  for (uint8_t owner = 0; owner < kLocalities; ++owner) {
    for (uint8_t other = 0; other < kLocalities; ++other) {
      Bench bench;
      bench.write32(owner, kLocCtrl, kRequest);
      EXPECT_WRITE32(other, kLocCtrl, kSeize);
      const uint8_t now = other > owner ? other : owner;
      EXPECT_READ32(0, kLocState, assigned(now));
      for (uint8_t n = 0; n < kLocalities; ++n)
        EXPECT_READ32(n, kLocSts, n == now ? 1u : n == owner ? 2u : 0u);
    }
  }
}

TEST(CrbLocality, SeizingAFreeInterfaceIsARequest) {
  Bench bench;
  EXPECT_WRITE32(1, kLocCtrl, kSeize);
  EXPECT_READ32(1, kLocState, assigned(1));
  for (uint8_t n = 0; n < kLocalities; ++n) EXPECT_READ32(n, kLocSts, n == 1 ? 1u : 0u);
}

TEST(CrbLocality, BeenSeizedLastsUntilTheNextGrant) {
  Bench bench;
  bench.write32(0, kLocCtrl, kRequest);
  bench.write32(3, kLocCtrl, kSeize);
  EXPECT_WRITE32(0, kLocCtrl, kRequest);
  EXPECT_READ32(0, kLocSts, 2u);
  EXPECT_WRITE32(3, kLocCtrl, kRelinquish);
  EXPECT_READ32(0, kLocSts, 1u);
}

TEST(CrbLocality, SeveralWishesAtOnceAreNone) {
  Bench bench;
  bench.write32(0, kLocCtrl, kRequest);
  for (uint32_t wishes : {3u, 5u, 6u, 7u}) {
    EXPECT_WRITE32(0, kLocCtrl, wishes);
    EXPECT_WRITE32(1, kLocCtrl, wishes);
    EXPECT_READ32(0, kLocState, assigned(0));
    EXPECT_READ32(0, kLocSts, 1u);
  }
  EXPECT_WRITE32(0, kLocCtrl, 0);
  EXPECT_WRITE32(0, kLocCtrl, 0xFFFFFFF0);
  EXPECT_READ32(0, kLocState, assigned(0));
}

TEST(CrbLocality, OnlyThreeAndFourResetTheEstablishment) {
  Bench bench({.established = true});
  for (uint8_t n : localities({0, 1, 2})) EXPECT_WRITE32(n, kLocCtrl, kResetEstablishment);
  EXPECT_WRITE32(3, kLocCtrl, kResetEstablishment, "ResetEstablished 3");
  EXPECT_WRITE32(4, kLocCtrl, kResetEstablishment, "ResetEstablished 4");
  EXPECT_READ32(0, kLocState, 0x80u);  // until the engine has agreed
  EXPECT_WRITE32(4, kLocCtrl, kResetEstablishment | kRequest, "ResetEstablished 4");
  EXPECT_READ32(0, kLocState, 0x80u | 2 | 4 << 2);
}

TEST(CrbLocality, OthersCannotUseTheControlArea) {
  Bench bench;
  bench.write32(2, kLocCtrl, kRequest);
  const Regs before = bench.regs();
  for (uint8_t n : localities({0, 1, 3, 4})) {
    for (uint16_t offset = kIntfId; offset < kDataBuffer; offset += 4)
      EXPECT_WRITE32(n, offset, 0xFFFFFFFF);
    EXPECT_WRITE32(n, kCtrlReq, 1);
    EXPECT_WRITE32(n, kCtrlStart, 1);
    EXPECT_WRITE32(n, 0x80, 1);
    EXPECT_READ32(n, kCtrlStart, 0u);
    EXPECT_READ32(n, kCtrlSts, 2u);
  }
  EXPECT_EQ(bench.regs(), before);
}

TEST(CrbHash, LocalityFourTakesTheInterfaceForTheSequence) {
  Bench bench;
  bench.write32(1, kLocCtrl, kRequest);
  EXPECT_WRITE32(4, kHashStart, 0, "HashStart");
  EXPECT_READ32(0, kLocState, assigned(4));
  EXPECT_READ32(1, kLocSts, 2u);
  EXPECT_WRITE32(4, kHashData, 0x04030201, "HashData 1 2 3 4");
  EXPECT_WRITE(0x4024, 1, 0x05, "HashData 5");
  EXPECT_WRITE(0x4026, 2, 0x0706, "HashData 6 7");
  EXPECT_WRITE32(4, kCtrlReq, 1);
  EXPECT_WRITE32(4, kCtrlStart, 1);
  EXPECT_WRITE32(4, kLocCtrl, kRelinquish);
  EXPECT_WRITE32(1, kLocCtrl, kRequest);
  EXPECT_READ32(0, kLocState, assigned(4));
  EXPECT_WRITE32(4, kHashEnd, 0, "HashEnd");
  EXPECT_EVENT(Established{true});
  EXPECT_READ32(0, kLocState, 0x82u | 1 << 2);
  EXPECT_READ32(1, kLocSts, 1u);
}

TEST(CrbHash, TheSequenceIsLocalityFoursAlone) {
  Bench bench;
  const Regs before = bench.regs();
  for (uint8_t n = 0; n < 4; ++n)
    for (uint16_t offset : {kHashStart, kHashData, kHashEnd}) EXPECT_WRITE32(n, offset, 1);
  EXPECT_WRITE32(4, kHashData, 1);  // not started
  EXPECT_WRITE32(4, kHashEnd, 1);
  EXPECT_EQ(bench.regs(), before);
}

TEST(CrbHash, AStartCancelsWhatRunsAndRestartsWhatWasBegun) {
  Bench bench;
  bench.write32(4, kLocCtrl, kRequest);
  bench.write32(4, kCtrlStart, 1);
  EXPECT_WRITE32(4, kHashStart, 0, "Cancel", "HashStart");
  EXPECT_READ32(4, kCtrlStart, 0u);
  EXPECT_EVENT(ResponseReady{10});
  EXPECT_WRITE32(4, kHashStart, 0, "HashStart");
  EXPECT_WRITE32(4, kHashEnd, 0, "HashEnd");
  EXPECT_READ32(0, kLocState, kFree);
}

TEST(CrbHash, AStartDropsAPendingRequest) {
  Bench bench;
  bench.write32(0, kLocCtrl, kRequest);
  bench.write32(0, kCtrlStart, 1);
  EXPECT_WRITE32(4, kLocCtrl, kSeize, "Cancel");
  EXPECT_WRITE32(4, kCtrlReq, 1);
  EXPECT_READ32(4, kCtrlReq, 1u);
  EXPECT_WRITE32(4, kHashStart, 0, "HashStart");
  EXPECT_READ32(4, kCtrlReq, 0u);
  EXPECT_EVENT(ResponseReady{10});
  EXPECT_READ32(4, kCtrlSts, 2u);
}

}  // namespace
}  // namespace vtpm::crb
