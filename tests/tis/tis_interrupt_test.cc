// SPDX-License-Identifier: Apache-2.0
// INT_ENABLE, INT_STATUS and the line that follows them.
#include "tests/tis/bench.h"

namespace vtpm::tis {
namespace {

using namespace vtpm::tis::testing;

constexpr uint32_t kGlobal = 0x80000000, kOnData = 1, kOnValid = 2, kOnLocality = 4,
                   kOnReady = 0x80;
constexpr uint32_t kAll = kOnData | kOnValid | kOnLocality | kOnReady;

// Locality 0 owns the interface and has enabled these causes; nothing has happened yet.
Bench bench_with(uint32_t causes) {
  Bench bench({.interrupts = true, .line = 10});
  bench.write32(0, kAccess, kRequestUse);
  bench.write32(0, kIntEnable, kGlobal | causes);
  EXPECT_EQ(bench.read32(0, kIntStatus), 0u);
  return bench;
}

TEST(TisInterrupt, TheRegistersSayThatThereIsALine) {
  Bench bench({.interrupts = true, .line = 13});
  for (uint8_t n = 0; n < kLocalities; ++n) {
    EXPECT_READ32(n, kIntVector, 13u);
    EXPECT_READ32(n, kIntEnable, 0x08u);  // low level, nothing enabled
    EXPECT_READ32(n, kIntfCapability, 0x30000697u);
  }
}

TEST(TisInterrupt, ACommandRaisesEachCauseOnce) {
  Bench bench = bench_with(kAll);
  EXPECT_WRITE32(0, kSts, kReady, "Irq 1");
  EXPECT_READ32(0, kIntStatus, kOnReady);
  EXPECT_WRITE32(0, kIntStatus, kOnReady, "Irq 0");
  EXPECT_EQ(bench.put(0, command_bytes(12, 12)), 12u);
  EXPECT_TRUE(bench.told().empty());
  EXPECT_WRITE32(0, kSts, kGo, "Submit 0 12");
  EXPECT_EVENT(ResponseReady{10}, "Deliver 10", "Irq 1");
  EXPECT_READ32(0, kIntStatus, kOnData | kOnValid);
  EXPECT_WRITE32(0, kIntStatus, kOnData);  // the other one holds the line
  EXPECT_WRITE32(0, kIntStatus, kOnValid, "Irq 0");
  for (int i = 0; i < 10; ++i) bench.get(0);
  EXPECT_EQ(bench.told(), Asked{"Irq 1"});  // the last byte was read
  EXPECT_READ32(0, kIntStatus, kOnValid);
  EXPECT_WRITE32(0, kIntStatus, 0xFFFFFFFF, "Irq 0");
}

TEST(TisInterrupt, AFailureRaisesWhatAResponseDoes) {
  Bench bench = bench_with(kAll);
  bench.write32(0, kSts, kReady);
  bench.write32(0, kIntStatus, kOnReady);
  bench.put(0, command_bytes(10, 10));
  bench.write32(0, kSts, kGo);
  EXPECT_EVENT(CommandFailed{}, "DeliverFailure", "Irq 1");
  EXPECT_READ32(0, kIntStatus, kOnData | kOnValid);
}

TEST(TisInterrupt, OnlyAnEnabledCauseIsNoted) {
  for (uint32_t causes : {0u, kOnData, kOnValid, kOnReady}) {
    Bench bench = bench_with(causes);
    EXPECT_EQ(bench.write32(0, kSts, kReady), (causes & kOnReady) != 0 ? Asked{"Irq 1"} : Asked{});
    bench.write32(0, kIntStatus, kAll);
    bench.put(0, command_bytes(10, 10));
    bench.write32(0, kSts, kGo);
    bench.event(ResponseReady{10});
    EXPECT_READ32(0, kIntStatus, causes & (kOnData | kOnValid));
  }
}

TEST(TisInterrupt, WithoutTheGlobalEnableNothingIsNoted) {
  Bench bench({.interrupts = true});
  bench.write32(0, kAccess, kRequestUse);
  EXPECT_WRITE32(0, kIntEnable, kAll);
  EXPECT_WRITE32(0, kSts, kReady);
  EXPECT_READ32(0, kIntStatus, 0u);
  EXPECT_WRITE32(0, kIntEnable, kAll | kGlobal);  // and nothing comes late
}

TEST(TisInterrupt, DisablingLowersTheLineAndKeepsTheCause) {
  Bench bench = bench_with(kOnReady);
  EXPECT_WRITE32(0, kSts, kReady, "Irq 1");
  EXPECT_WRITE(kIntEnable + 3, 1, 0x00, "Irq 0");  // one byte keeps the others
  EXPECT_READ32(0, kIntEnable, kOnReady);
  EXPECT_WRITE(kIntEnable + 3, 1, 0x80, "Irq 1");
  EXPECT_WRITE32(0, kIntEnable, kGlobal | kOnData, "Irq 0");
  EXPECT_READ32(0, kIntStatus, kOnReady);
  EXPECT_WRITE32(0, kIntEnable, kGlobal | kOnReady, "Irq 1");
  EXPECT_WRITE32(0, kIntStatus, 0);
  EXPECT_WRITE32(0, kIntStatus, ~kOnReady);
  EXPECT_WRITE(kIntStatus + 1, 1, 0xFF);
  EXPECT_WRITE(kIntStatus, 1, kOnReady, "Irq 0");
}

TEST(TisInterrupt, TheNewOwnerHearsOfItsLocality) {
  for (bool seized : {false, true}) {
    Bench bench({.interrupts = true});
    bench.write32(2, kAccess, kRequestUse);
    EXPECT_WRITE32(2, kIntEnable, kGlobal | kOnLocality);
    bench.write32(2, kAccess, kActive);
    EXPECT_WRITE32(0, kAccess, kRequestUse);  // locality 0 has not enabled it
    if (seized) {
      EXPECT_WRITE32(2, kAccess, kSeize, "Irq 1");
    } else {
      EXPECT_WRITE32(2, kAccess, kRequestUse);
      EXPECT_WRITE32(0, kAccess, kActive, "Irq 1");
    }
    EXPECT_READ32(2, kIntStatus, kOnLocality);
    EXPECT_READ32(0, kIntStatus, 0u);
    EXPECT_WRITE32(2, kIntStatus, kOnLocality, "Irq 0");
  }
}

TEST(TisInterrupt, AnOwnerThatStaysHearsNothing) {
  Bench bench = bench_in(State::Ready, 4, {.interrupts = true});
  EXPECT_WRITE32(4, kIntEnable, kGlobal | kOnLocality);
  EXPECT_WRITE32(4, kAccess, kRequestUse);
  EXPECT_WRITE32(4, kHashStart, 0, "HashStart");
  EXPECT_READ32(4, kIntStatus, 0u);
}

TEST(TisInterrupt, SeveralLocalitiesShareTheLine) {
  Bench bench = bench_with(kOnReady);
  EXPECT_WRITE32(0, kSts, kReady, "Irq 1");
  bench.write32(1, kAccess, kSeize);
  EXPECT_WRITE32(1, kIntEnable, kGlobal | kOnReady);
  EXPECT_WRITE32(1, kSts, kReady);
  EXPECT_READ32(1, kIntStatus, kOnReady);
  EXPECT_WRITE32(1, kIntStatus, kOnReady);  // locality 0 holds the line
  EXPECT_WRITE32(0, kIntStatus, kOnReady);  // and has to be the owner to let it go
  EXPECT_READ32(0, kIntStatus, kOnReady);
  EXPECT_WRITE32(0, kIntEnable, 0);
  EXPECT_WRITE32(1, kAccess, kActive);
  EXPECT_WRITE32(0, kAccess, kRequestUse);
  EXPECT_WRITE32(0, kIntStatus, kOnReady, "Irq 0");
}

TEST(TisInterrupt, AnAbandonedCommandRaisesNothing) {
  Bench bench = bench_with(kOnData | kOnValid);
  bench.write32(0, kSts, kReady);
  bench.put(0, command_bytes(10, 10));
  bench.write32(0, kSts, kGo);
  EXPECT_WRITE32(3, kAccess, kSeize, "Cancel");
  EXPECT_EVENT(ResponseReady{10});
}

TEST(TisInterrupt, CommandReadyIsRaisedWhenTheOldCommandHasEnded) {
  Bench bench = bench_with(kOnReady);
  bench.write32(0, kSts, kReady);
  bench.write32(0, kIntStatus, kOnReady);
  bench.put(0, command_bytes(10, 10));
  bench.write32(0, kSts, kGo);
  EXPECT_WRITE32(0, kSts, kReady, "Cancel");
  EXPECT_EVENT(ResponseReady{10}, "Irq 1");
  EXPECT_READ32(0, kIntStatus, kOnReady);
}

TEST(TisInterrupt, AResetLowersTheLine) {
  Bench bench = bench_with(kOnReady);
  EXPECT_WRITE32(0, kSts, kReady, "Irq 1");
  EXPECT_EVENT(Reset{false}, "Irq 0");
  EXPECT_READ32(0, kIntStatus, 0u);
  EXPECT_READ32(0, kIntEnable, 0x08u);
  EXPECT_READ32(0, kIntVector, 10u);  // the line is the machine's, whatever the TPM does
  EXPECT_READ32(0, kIntfCapability, 0x30000697u);
}

TEST(TisInterrupt, WithoutALineThereAreNone) {
  Bench bench;
  EXPECT_READ32(0, kIntfCapability, 0x30000600u);
  bench.write32(0, kAccess, kRequestUse);
  EXPECT_WRITE32(0, kIntEnable, 0xFFFFFFFF);
  EXPECT_WRITE32(0, kIntStatus, 0xFFFFFFFF);
  EXPECT_WRITE32(0, kSts, kReady);
  for (uint16_t offset : {kIntEnable, kIntVector, kIntStatus}) EXPECT_READ32(0, offset, 0u);
}

}  // namespace
}  // namespace vtpm::tis
