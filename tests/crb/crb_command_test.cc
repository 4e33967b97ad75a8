// SPDX-License-Identifier: Apache-2.0
// The life of a command: idle, ready, execution, completion, and every way to leave them early.
#include "tests/crb/bench.h"

namespace vtpm::crb {
namespace {

using namespace vtpm::crb::testing;

constexpr uint32_t kReady = 1, kIdle = 2;

const std::string kSubmit0 = "Submit 0 128+3968";

// A bench whose locality 0 owns the interface, in the state asked for.
Bench bench_in(State state) {
  Bench bench;
  bench.write32(0, kLocCtrl, kRequest);
  if (state != State::Idle) bench.write32(0, kCtrlReq, kReady);
  if (state == State::Execution || state == State::Completion) bench.write32(0, kCtrlStart, 1);
  if (state == State::Completion) bench.event(ResponseReady{10});
  EXPECT_EQ(bench.regs().state, state);
  return bench;
}

TEST(CrbCommand, AsLinuxSendsOne) {
  Bench bench;
  EXPECT_WRITE32(0, kLocCtrl, kRequest);
  EXPECT_READ32(0, kLocState, 0x83u);
  EXPECT_WRITE32(0, kCtrlReq, kReady);
  EXPECT_READ32(0, kCtrlReq, 0u);
  EXPECT_READ32(0, kCtrlSts, 0u);
  EXPECT_WRITE32(0, kCtrlCancel, 0);
  EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);
  EXPECT_READ32(0, kCtrlStart, 1u);
  EXPECT_EVENT(ResponseReady{12}, "Deliver 0 128+12");
  EXPECT_READ32(0, kCtrlStart, 0u);
  EXPECT_READ32(0, kCtrlSts, 0u);
  EXPECT_WRITE32(0, kCtrlReq, kIdle);
  EXPECT_READ32(0, kCtrlReq, 0u);
  EXPECT_READ32(0, kCtrlSts, 2u);
  EXPECT_WRITE32(0, kLocCtrl, kRelinquish);
  EXPECT_READ32(0, kLocState, 0x81u);
}

TEST(CrbCommand, AsEdk2SendsOne) {
  Bench bench;
  EXPECT_WRITE32(0, kLocCtrl, kRequest);
  EXPECT_WRITE32(0, kCtrlReq, kReady);
  EXPECT_WRITE32(0, kCmdHighAddress, 0);
  EXPECT_WRITE32(0, kCmdLowAddress, 0xFED40080);
  EXPECT_WRITE32(0, kCmdSize, 3968);
  EXPECT_WRITE(kRspAddress, 8, 0xFED40080);
  EXPECT_WRITE32(0, kRspSize, 3968);
  EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);
  EXPECT_EVENT(ResponseReady{3968}, "Deliver 0 128+3968");
  EXPECT_WRITE32(0, kCtrlReq, kReady);  // idle bypass
  EXPECT_READ32(0, kCtrlSts, 0u);
}

TEST(CrbCommand, AsSeaBiosSendsSeveral) {
  Bench bench;
  for (int i = 0; i < 3; ++i) {  // the first without cmdReady
    EXPECT_WRITE(kLocCtrl, 1, kRequest);
    EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);
    EXPECT_READ32(0, kCtrlSts, 0u);
    EXPECT_EVENT(ResponseReady{10}, "Deliver 0 128+10");
    EXPECT_WRITE32(0, kCtrlReq, kReady);
    EXPECT_READ32(0, kCtrlReq, 0u);
  }
  EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);
  EXPECT_EVENT(ResponseReady{10}, "Deliver 0 128+10");
  EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);  // from Completion
}

TEST(CrbCommand, EachLocalityHasItsOwnBuffer) {
  for (uint8_t n = 0; n < kLocalities; ++n) {
    Bench bench;
    const std::string locality = std::to_string(n);
    EXPECT_WRITE32(n, kLocCtrl, kRequest);
    EXPECT_WRITE32(n, kCtrlReq, kReady);
    EXPECT_WRITE32(n, kCtrlStart, 1, "Submit " + locality + " 128+3968");
    EXPECT_EVENT(ResponseReady{100}, "Deliver " + locality + " 128+100");
  }
}

TEST(CrbCommand, CmdReadyAndGoIdleInEveryState) {
  for (State state : {State::Idle, State::Ready, State::Completion}) {
    Bench bench = bench_in(state);
    EXPECT_WRITE32(0, kCtrlReq, kReady);
    EXPECT_READ32(0, kCtrlReq, 0u);
    EXPECT_READ32(0, kCtrlSts, 0u);
    EXPECT_EQ(bench.regs().state, State::Ready);
  }
  for (State state : {State::Idle, State::Ready, State::Completion}) {
    Bench bench = bench_in(state);
    EXPECT_WRITE32(0, kCtrlReq, kIdle);
    EXPECT_READ32(0, kCtrlReq, 0u);
    EXPECT_READ32(0, kCtrlSts, 2u);
    EXPECT_EQ(bench.regs().state, State::Idle);
  }
}

TEST(CrbCommand, BothRequestsAtOnceAreNone) {
  for (State state : {State::Idle, State::Ready, State::Execution, State::Completion}) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    EXPECT_WRITE32(0, kCtrlReq, kReady | kIdle);
    EXPECT_WRITE32(0, kCtrlReq, 0);
    EXPECT_WRITE32(0, kCtrlReq, 0xFFFFFFFC);
    EXPECT_EQ(bench.regs(), before);
  }
}

TEST(CrbCommand, ARequestDuringExecutionWaitsForItsEnd) {
  for (uint32_t request : {kReady, kIdle}) {
    Bench bench = bench_in(State::Execution);
    EXPECT_WRITE32(0, kCtrlReq, request, "Cancel");
    EXPECT_READ32(0, kCtrlReq, request);
    EXPECT_READ32(0, kCtrlStart, 1u);
    EXPECT_WRITE32(0, kCtrlStart, 1);
    EXPECT_EVENT(ResponseReady{10});  // not delivered: the driver has given up on it
    EXPECT_READ32(0, kCtrlReq, 0u);
    EXPECT_READ32(0, kCtrlStart, 0u);
    EXPECT_READ32(0, kCtrlSts, request == kReady ? 0u : 2u);
  }
  Bench bench = bench_in(State::Execution);
  EXPECT_WRITE32(0, kCtrlReq, kIdle, "Cancel");
  EXPECT_WRITE32(0, kCtrlReq, kReady, "Cancel");  // the last one counts
  EXPECT_READ32(0, kCtrlReq, kReady);
  EXPECT_EVENT(ResponseReady{10});
  EXPECT_EQ(bench.regs().state, State::Ready);
}

TEST(CrbCommand, StartInEveryState) {
  for (State state : {State::Idle, State::Ready, State::Completion}) {
    Bench bench = bench_in(state);
    EXPECT_WRITE32(0, kCtrlStart, 0);
    EXPECT_WRITE32(0, kCtrlStart, 0xFFFFFFFE);
    EXPECT_READ32(0, kCtrlStart, 0u);
    EXPECT_WRITE32(0, kCtrlStart, 0xFFFFFFFF, kSubmit0);
    EXPECT_READ32(0, kCtrlStart, 1u);
  }
  Bench bench = bench_in(State::Execution);
  EXPECT_WRITE32(0, kCtrlStart, 1);
  EXPECT_WRITE32(0, kCtrlStart, 0);
  EXPECT_READ32(0, kCtrlStart, 1u);
  EXPECT_EVENT(ResponseReady{10}, "Deliver 0 128+10");
}

TEST(CrbCommand, StartWithoutALocalityIsCleared) {
  Bench bench;
  for (uint8_t n = 0; n < kLocalities; ++n) {
    EXPECT_WRITE32(n, kCtrlStart, 1);
    EXPECT_READ32(n, kCtrlStart, 0u);
    EXPECT_WRITE32(n, kCtrlReq, kReady);
    EXPECT_READ32(n, kCtrlSts, 2u);
  }
}

TEST(CrbCommand, CancelInEveryState) {
  for (State state : {State::Idle, State::Ready, State::Completion}) {
    Bench bench = bench_in(state);
    EXPECT_WRITE32(0, kCtrlCancel, 1);
    EXPECT_READ32(0, kCtrlCancel, 1u);
    EXPECT_EQ(bench.regs().state, state);
    EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);  // a cancel before a START does not reach it
    EXPECT_READ32(0, kCtrlCancel, 1u);
  }
  Bench bench = bench_in(State::Execution);
  EXPECT_WRITE32(0, kCtrlCancel, 0);
  EXPECT_WRITE32(0, kCtrlCancel, 0xFFFFFFFF, "Cancel");
  EXPECT_READ32(0, kCtrlCancel, 1u);
  EXPECT_READ32(0, kCtrlStart, 1u);
  EXPECT_EVENT(ResponseReady{10}, "Deliver 0 128+10");  // TPM_RC_CANCELED, or the command's own
  EXPECT_READ32(0, kCtrlStart, 0u);
  EXPECT_READ32(0, kCtrlCancel, 1u);
  EXPECT_WRITE32(0, kCtrlCancel, 0);
  EXPECT_READ32(0, kCtrlCancel, 0u);
}

TEST(CrbCommand, AFailureIsReportedUntilReset) {
  for (bool by_size : {false, true}) {
    Bench bench = bench_in(State::Execution);
    if (by_size)
      EXPECT_EVENT(ResponseReady{9});
    else
      EXPECT_EVENT(CommandFailed{});
    EXPECT_READ32(0, kCtrlStart, 0u);
    for (uint8_t n = 1; n < kLocalities; ++n) EXPECT_READ32(n, kCtrlSts, 3u);
    EXPECT_READ32(0, kCtrlSts, 1u);
    bench.write32(0, kCtrlReq, kReady);
    EXPECT_READ32(0, kCtrlSts, 1u);
    bench.write32(0, kCtrlStart, 1);
    EXPECT_EVENT(ResponseReady{10}, "Deliver 0 128+10");
    EXPECT_READ32(0, kCtrlSts, 1u);
    EXPECT_EVENT(Reset{false});
    for (uint8_t n = 0; n < kLocalities; ++n) EXPECT_READ32(n, kCtrlSts, 2u);
  }
}

TEST(CrbCommand, ResponsesThatCannotBeAreFailures) {
  for (uint32_t size : {0u, 9u, 3969u, 0x10000u + 100, 0xFFFFFFFFu}) {
    Bench bench = bench_in(State::Execution);
    EXPECT_EVENT(ResponseReady{size});
    EXPECT_READ32(0, kCtrlSts, 1u);
  }
}

TEST(CrbCommand, AnswersThatNobodyAwaitsAreIgnored) {
  for (State state : {State::Idle, State::Ready, State::Completion}) {
    Bench bench = bench_in(state);
    const Regs before = bench.regs();
    EXPECT_EVENT(ResponseReady{10});
    EXPECT_EVENT(CommandFailed{});
    EXPECT_EQ(bench.regs(), before);
  }
}

TEST(CrbCommand, LosingTheLocalityEndsEveryState) {
  for (State state : {State::Idle, State::Ready, State::Execution, State::Completion}) {
    for (bool seized : {false, true}) {
      Bench bench = bench_in(state);
      bench.write32(0, kCtrlCancel, state == State::Execution ? 0 : 1);
      const Asked expected = state == State::Execution ? Asked{"Cancel"} : Asked{};
      EXPECT_EQ(bench.write32(seized ? 2 : 0, kLocCtrl, seized ? kSeize : kRelinquish), expected);
      EXPECT_READ32(0, kCtrlStart, 0u);
      EXPECT_READ32(0, kCtrlSts, 2u);
      EXPECT_READ32(0, kCtrlCancel, 0u);
      bench.write32(2, kLocCtrl, kRequest);
      EXPECT_READ32(2, kCtrlSts, 2u);
      EXPECT_READ32(2, kCtrlCancel, 0u);
      EXPECT_READ32(2, kCtrlStart, 0u);
    }
  }
}

TEST(CrbCommand, TheNextOwnerIsReadyWhenTheLastCommandIsGone) {
  Bench bench = bench_in(State::Execution);
  EXPECT_WRITE32(2, kLocCtrl, kSeize, "Cancel");
  EXPECT_WRITE32(2, kCtrlStart, 1);  // cannot be taken yet
  EXPECT_READ32(2, kCtrlStart, 0u);
  EXPECT_WRITE32(2, kCtrlReq, kReady);
  EXPECT_READ32(2, kCtrlReq, kReady);
  EXPECT_READ32(2, kCtrlSts, 2u);
  EXPECT_WRITE32(2, kCtrlReq, kIdle);  // takes the request back
  EXPECT_READ32(2, kCtrlReq, 0u);
  EXPECT_WRITE32(2, kCtrlReq, kReady);
  EXPECT_EVENT(ResponseReady{500});  // locality 0's response reaches nobody
  EXPECT_READ32(2, kCtrlReq, 0u);
  EXPECT_READ32(2, kCtrlSts, 0u);
  EXPECT_WRITE32(2, kCtrlStart, 1, "Submit 2 128+3968");
  EXPECT_EVENT(ResponseReady{10}, "Deliver 2 128+10");
}

TEST(CrbCommand, TheLastCommandMayEndBeforeAnybodyAsks) {
  Bench bench = bench_in(State::Execution);
  EXPECT_WRITE32(0, kLocCtrl, kRelinquish, "Cancel");
  EXPECT_EVENT(ResponseReady{10});
  EXPECT_WRITE32(0, kLocCtrl, kRequest);
  EXPECT_WRITE32(0, kCtrlReq, kReady);
  EXPECT_READ32(0, kCtrlReq, 0u);
  EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);
}

TEST(CrbCommand, AResetAwaitsTheOldCommandAndDropsItsAnswer) {
  Bench bench = bench_in(State::Execution);
  EXPECT_EVENT(Reset{false}, "Cancel");
  EXPECT_READ32(0, kCtrlStart, 0u);
  EXPECT_WRITE32(0, kLocCtrl, kRequest);
  EXPECT_WRITE32(0, kCtrlReq, kReady);
  EXPECT_READ32(0, kCtrlReq, kReady);
  EXPECT_EVENT(CommandFailed{});
  EXPECT_READ32(0, kCtrlReq, 0u);
  EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);
}

TEST(CrbInterrupt, EachCauseRaisesTheLineUntilItIsCleared) {
  Bench bench({.interrupts = true});
  EXPECT_WRITE32(0, kLocCtrl, kRequest);
  EXPECT_READ32(0, kIntSts, 8u);
  EXPECT_WRITE32(0, kIntEnable, 0x8000000F, "Irq 1");
  EXPECT_READ32(3, kIntEnable, 0x8000000Fu);
  EXPECT_WRITE32(0, kIntSts, 0);
  EXPECT_WRITE32(0, kIntSts, 8, "Irq 0");
  EXPECT_WRITE32(0, kCtrlReq, kReady, "Irq 1");
  EXPECT_WRITE32(0, kIntSts, 0xFFFFFFFF, "Irq 0");
  EXPECT_WRITE32(0, kCtrlStart, 1, kSubmit0);
  EXPECT_EVENT(ResponseReady{10}, "Deliver 0 128+10", "Irq 1");
  EXPECT_READ32(0, kIntSts, 1u);
  EXPECT_WRITE32(0, kIntEnable, 0x0000000F, "Irq 0");
  EXPECT_WRITE(kIntEnable + 3, 1, 0x80, "Irq 1");  // one byte keeps the others
  EXPECT_READ32(0, kIntEnable, 0x8000000Fu);
  EXPECT_WRITE32(1, kIntSts, 1);  // not the owner
  EXPECT_EVENT(Established{true});
  EXPECT_EVENT(Established{false});
  EXPECT_READ32(0, kIntSts, 5u);
  EXPECT_EVENT(Reset{false}, "Irq 0");
}

TEST(CrbInterrupt, WithoutALineTheRegistersReadAsZero) {
  Bench bench = bench_in(State::Completion);
  EXPECT_WRITE32(0, kIntEnable, 0xFFFFFFFF);
  EXPECT_WRITE32(0, kIntSts, 0xFFFFFFFF);
  EXPECT_READ32(0, kIntEnable, 0u);
  EXPECT_READ32(0, kIntSts, 0u);
}

}  // namespace
}  // namespace vtpm::crb
