// SPDX-License-Identifier: Apache-2.0
// The life of a command: idle, ready, reception, execution, completion, and every way to leave them
// early.
#include "tests/tis/bench.h"

namespace vtpm::tis {
namespace {

using namespace vtpm::tis::testing;

// What a guest sees between two bytes.
TEST(TisCommand, ByteByByte) {
  Bench bench;
  EXPECT_EQ(bench.sts(0), kNoRegister);
  EXPECT_WRITE32(0, kAccess, kRequestUse);
  EXPECT_STS(0, burst(4096));
  EXPECT_WRITE32(0, kSts, kReady);
  EXPECT_STS(0, kReady | burst(4096));
  const Bytes command = command_bytes(20, 20);
  for (uint32_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(bench.put(0, command[i]));
    EXPECT_STS(0, kValid | (i < 19 ? kExpect : 0) | burst(4096 - (i + 1)));
  }
  EXPECT_FALSE(bench.put(0, uint8_t{1}));
  EXPECT_STS(0, kValid | burst(4096 - 20));
  EXPECT_WRITE32(0, kSts, kGo, "Submit 0 20");
  EXPECT_STS(0, kValid | burst(4096 - 20));
  EXPECT_EQ(bench.get(0), 0xFF);
  EXPECT_EVENT(ResponseReady{14}, "Deliver 14");
  for (uint32_t i = 0; i < 14; ++i) {
    EXPECT_STS(0, kValid | kDataAvail | burst(14 - i));
    EXPECT_EQ(bench.get(0), response_byte(14, i));
  }
  EXPECT_STS(0, kValid | burst(4096));
  EXPECT_EQ(bench.get(0), 0xFF);
  EXPECT_WRITE32(0, kSts, kReady);
  EXPECT_STS(0, kReady | burst(4096));
  EXPECT_WRITE32(0, kAccess, kActive);
  EXPECT_READ32(0, kAccess, 0x81u);
  EXPECT_EQ(bench.sts(0), kNoRegister);
}

// A read of one byte of STS at a time must not find a burstCount of 0 where there are 4096 bytes.
TEST(TisCommand, BurstCountFitsTheAccess) {
  Bench bench = bench_in(State::Ready);
  EXPECT_EQ(bench.read32(0, kSts, 1), kFamily | kReady | burst(255));
  EXPECT_EQ(bench.read32(0, kSts, 2), kFamily | kReady | burst(4096));
}

TEST(TisCommand, EachLocalityHasItsCommand) {
  for (uint8_t n = 0; n < kLocalities; ++n) {
    Bench bench = bench_in(State::Reception, n);
    for (uint8_t other = 0; other < kLocalities; ++other) {
      if (other == n) continue;
      EXPECT_EQ(bench.sts(other), kNoRegister);
      EXPECT_FALSE(bench.put(other, uint8_t{1}));
      EXPECT_WRITE32(other, kSts, kGo);
      EXPECT_WRITE32(other, kSts, kReady);
      EXPECT_WRITE32(other, kSts, kCancel);
    }
    EXPECT_WRITE32(n, kSts, kGo, "Submit " + std::to_string(n) + " 12");
    EXPECT_EVENT(ResponseReady{10}, "Deliver 10");
    EXPECT_EQ(bench.get(n == 0 ? 1 : 0), 0xFF);
    EXPECT_EQ(bench.get(n), response_byte(10, 0));
  }
}

TEST(TisCommand, TheLimitsAreOneSixAndTheSize) {
  Bench bench = bench_in(State::Ready);
  EXPECT_EQ(bench.regs().fifo.write_limit, 1u);
  const Bytes command = command_bytes(100, 100);
  bench.put(0, ByteView(command).first(1));
  EXPECT_EQ(bench.regs().fifo.write_limit, 6u);
  bench.put(0, ByteView(command).subspan(1, 5));
  EXPECT_EQ(bench.regs().fifo.write_limit, 100u);
  EXPECT_EQ(bench.put(0, ByteView(command).subspan(6)), 94u);
  EXPECT_TRUE(std::ranges::equal(bench.command().first(100), command));
}

// A size that cannot be is the engine's to refuse; the interface takes what can be taken.
TEST(TisCommand, AnySizeThatAHeaderMayClaim) {
  const std::pair<uint32_t, uint32_t> sizes[] = {
      {0, 6},      {1, 6},       {5, 6},       {6, 6},       {7, 7},          {9, 9},
      {10, 10},    {4095, 4095}, {4096, 4096}, {4097, 4096}, {0x10000, 4096}, {0x80000000, 4096},
      {~0u, 4096},
  };
  for (const auto& [claimed, taken] : sizes) {
    Bench bench = bench_in(State::Ready);
    EXPECT_EQ(bench.put(0, command_bytes(claimed, 5000)), taken);
    EXPECT_STS(0, kValid | burst(4096 - taken));
    EXPECT_WRITE32(0, kSts, kGo, "Submit 0 " + std::to_string(taken));
  }
}

TEST(TisCommand, GoIsTooEarlyBeforeTheLastByte) {
  for (size_t length : {0u, 1u, 5u, 6u, 11u}) {
    Bench bench = bench_in(State::Ready);
    bench.put(0, command_bytes(12, length));
    const Regs before = bench.regs();
    EXPECT_WRITE32(0, kSts, kGo);
    EXPECT_EQ(bench.regs(), before);
    const Bytes whole = command_bytes(12, 12);
    bench.put(0, ByteView(whole).subspan(length));
    EXPECT_WRITE32(0, kSts, kGo, "Submit 0 12");
  }
}

TEST(TisCommand, GoInEveryState) {
  for (State state : kStates) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    if (state == State::Reception) {
      EXPECT_WRITE32(0, kSts, kGo, "Submit 0 12");
      EXPECT_WRITE32(0, kSts, kGo);  // once
    } else {
      EXPECT_WRITE32(0, kSts, kGo);
      EXPECT_EQ(bench.regs(), before);
    }
  }
}

TEST(TisCommand, CommandReadyInEveryState) {
  for (State state : kStates) {
    Bench bench = bench_in(state);
    if (state == State::Execution) {
      EXPECT_WRITE32(0, kSts, kReady, "Cancel");
      EXPECT_STS(0, kValid | burst(4096 - 12));  // not before the command has ended
      EXPECT_WRITE32(0, kSts, kReady, "Cancel");
      EXPECT_EVENT(ResponseReady{10});
    } else {
      EXPECT_WRITE32(0, kSts, kReady);
    }
    EXPECT_EQ(bench.regs().state, State::Ready);
    EXPECT_STS(0, kReady | burst(4096));
    EXPECT_EQ(bench.get(0), 0xFF);
    EXPECT_EQ(bench.put(0, command_bytes(10, 11)), 10u);
    EXPECT_WRITE32(0, kSts, kGo, "Submit 0 10");
  }
}

TEST(TisCommand, SeveralWishesAtOnceAreNone) {
  for (State state : kStates) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    for (uint32_t wishes : {kReady | kGo, kReady | kRetry, kGo | kRetry, kReady | kGo | kRetry, 0u,
                            ~(kReady | kGo | kRetry | kCancel)})
      EXPECT_WRITE32(0, kSts, wishes);
    EXPECT_EQ(bench.regs(), before);
  }
}

TEST(TisCommand, ResponseRetryBeginsAnew) {
  for (uint32_t taken : {0u, 1u, 5u, 9u, 10u}) {
    Bench bench = bench_in(State::Completion);
    for (uint32_t i = 0; i < taken; ++i) bench.get(0);
    EXPECT_WRITE32(0, kSts, kRetry);
    for (uint32_t i = 0; i < 10; ++i) {
      EXPECT_STS(0, kValid | kDataAvail | burst(10 - i));
      EXPECT_EQ(bench.get(0), response_byte(10, i));
    }
    EXPECT_STS(0, kValid | burst(4096));
  }
  for (State state : {State::Idle, State::Ready, State::Reception, State::Execution}) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    EXPECT_WRITE32(0, kSts, kRetry);
    EXPECT_EQ(bench.regs(), before);
  }
}

TEST(TisCommand, CommandCancelReachesWhatRuns) {
  for (State state : kStates) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    if (state == State::Execution)
      EXPECT_WRITE32(0, kSts, kCancel, "Cancel");
    else
      EXPECT_WRITE32(0, kSts, kCancel);
    EXPECT_EQ(bench.regs(), before);
  }
  Bench bench = bench_in(State::Execution);
  EXPECT_WRITE(kSts + 3, 1, 0x01, "Cancel");
  EXPECT_EVENT(ResponseReady{10}, "Deliver 10");  // TPM_RC_CANCELED, or the command's own
  EXPECT_STS(0, kValid | kDataAvail | burst(10));
}

TEST(TisCommand, TheLargestResponse) {
  Bench bench = bench_in(State::Execution);
  EXPECT_EVENT(ResponseReady{4096}, "Deliver 4096");
  for (uint32_t i = 0; i < 4096; ++i) ASSERT_EQ(bench.get(0), response_byte(4096, i));
  EXPECT_STS(0, kValid | burst(4096));
}

// The interface has no register for a failure: the guest reads a response that says so.
TEST(TisCommand, WithoutAResponseThereIsOneThatSaysSo) {
  for (uint32_t size : {0u, 1u, 9u, 4097u, 0x10000u + 100, ~0u}) {
    Bench bench = bench_in(State::Execution);
    EXPECT_EVENT(ResponseReady{size}, "DeliverFailure");
    EXPECT_STS(0, kValid | kDataAvail | burst(10));
  }
  Bench bench = bench_in(State::Execution);
  EXPECT_EVENT(CommandFailed{}, "DeliverFailure");
  EXPECT_STS(0, kValid | kDataAvail | burst(10));
  EXPECT_WRITE32(0, kSts, kReady);
  bench.put(0, command_bytes(10, 10));
  EXPECT_WRITE32(0, kSts, kGo, "Submit 0 10");
}

TEST(TisCommand, AnswersThatNobodyAwaitsAreIgnored) {
  for (State state : kStates) {
    if (state == State::Execution) continue;
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    EXPECT_EVENT(ResponseReady{10});
    EXPECT_EVENT(CommandFailed{});
    EXPECT_EQ(bench.regs(), before);
  }
}

// A front-end that is late, or lies.
TEST(TisCommand, PositionsOfAnotherGenerationOrLimitAreIgnored) {
  for (State state : kStates) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    const Fifo& fifo = before.fifo;
    for (uint32_t generation : {fifo.generation - 1, fifo.generation + 1, 0u})
      for (uint32_t position : {0u, fifo.write_limit, fifo.read_limit}) {
        EXPECT_EVENT((FifoWritten{generation, position, 10}));
        EXPECT_EVENT((FifoRead{generation, position}));
      }
    for (uint32_t position : {fifo.write_limit - 1, fifo.write_limit + 1, ~0u})
      EXPECT_EVENT((FifoWritten{fifo.generation, position, 10}));
    for (uint32_t position : {fifo.read_limit - 1, fifo.read_limit + 1, ~0u})
      EXPECT_EVENT((FifoRead{fifo.generation, position}));
    EXPECT_EQ(bench.regs(), before);
  }
}

TEST(TisCommand, LosingTheLocalityEndsEveryState) {
  for (State state : kStates) {
    for (bool seized : {false, true}) {
      Bench bench = bench_in(state);
      const Asked expected = state == State::Execution ? Asked{"Cancel"} : Asked{};
      EXPECT_EQ(bench.write32(seized ? 2 : 0, kAccess, seized ? kSeize : kActive), expected);
      bench.write32(2, kAccess, kRequestUse);
      EXPECT_STS(2, burst(4096));
      EXPECT_EQ(bench.sts(0), kNoRegister);
      EXPECT_EQ(bench.get(2), 0xFF);
      EXPECT_FALSE(bench.put(2, uint8_t{1}));
    }
  }
}

TEST(TisCommand, TheNextOwnerIsReadyWhenTheLastCommandIsGone) {
  Bench bench = bench_in(State::Execution);
  EXPECT_WRITE32(2, kAccess, kSeize, "Cancel");
  EXPECT_WRITE32(2, kSts, kReady);
  EXPECT_STS(2, burst(4096));
  EXPECT_FALSE(bench.put(2, uint8_t{1}));
  EXPECT_WRITE32(2, kSts, kGo);
  EXPECT_WRITE32(2, kSts, kReady);
  EXPECT_EVENT(ResponseReady{500});  // locality 0's response reaches nobody
  EXPECT_STS(2, kReady | burst(4096));
  EXPECT_EQ(bench.put(2, command_bytes(10, 10)), 10u);
  EXPECT_WRITE32(2, kSts, kGo, "Submit 2 10");
  EXPECT_EVENT(ResponseReady{10}, "Deliver 10");
}

TEST(TisCommand, TheLastCommandMayEndBeforeAnybodyAsks) {
  for (bool fails : {false, true}) {
    Bench bench = bench_in(State::Execution);
    EXPECT_WRITE32(0, kAccess, kActive, "Cancel");
    if (fails)
      EXPECT_EVENT(CommandFailed{});
    else
      EXPECT_EVENT(ResponseReady{10});
    EXPECT_WRITE32(0, kAccess, kRequestUse);
    EXPECT_WRITE32(0, kSts, kReady);
    EXPECT_STS(0, kReady | burst(4096));
  }
}

TEST(TisCommand, AResetAwaitsTheOldCommandAndDropsItsAnswer) {
  for (bool asked : {false, true}) {
    Bench bench = bench_in(State::Execution);
    if (asked) bench.write32(0, kSts, kReady);
    EXPECT_EVENT(Reset{false}, "Cancel");
    EXPECT_EQ(bench.sts(0), kNoRegister);
    EXPECT_WRITE32(0, kAccess, kRequestUse);
    EXPECT_WRITE32(0, kSts, kReady);
    EXPECT_STS(0, burst(4096));
    EXPECT_EVENT(CommandFailed{});
    EXPECT_STS(0, kReady | burst(4096));
  }
}

TEST(TisCommand, AResetInTheMidstOfACommandBeginsThePositionsAnew) {
  for (State state : kStates) {
    Bench bench = bench_in(state);
    const uint32_t generation = bench.regs().fifo.generation;
    bench.event(Reset{false});
    EXPECT_EQ(bench.regs().fifo.generation, generation + 1);
    EXPECT_EQ(bench.regs().fifo.write_limit, 0u);
    EXPECT_EQ(bench.regs().fifo.read_limit, 0u);
  }
}

}  // namespace
}  // namespace vtpm::tis
