// SPDX-License-Identifier: Apache-2.0
// The FIFO interface over a real socket, real shared memory and real threads.

#include <gtest/gtest.h>

#include "tests/device/vhost_user/back_end.h"

namespace vtpm::device::vhost_user::test {
namespace {

// ACCESS.
constexpr uint32_t kUse = 0x02, kTake = 0x08, kSeized = 0x10, kOwn = 0x20;
// STS.
constexpr uint32_t kStsReady = 0x40, kStsExpect = 0x08, kStsValid = 0x80;
constexpr uint32_t kIntOn = 0x80000000, kIntData = 0x01, kIntReady = 0x80;

FrontEnd tis_front_end(BackEnd& back_end, std::optional<uint32_t> line = {}) {
  return back_end.next_front_end(VUT_INTERFACE_TIS, line);
}

uint32_t code_of(const Bytes& response) {
  return response.size() < 10 ? UINT32_MAX : load_be<uint32_t>(ByteView(response).subspan(6));
}

// Starts this command in locality 0 and does not wait for anything.
void go(FrontEnd& front_end, BackEnd& back_end, uint32_t code) {
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  front_end.tis_begin(0, plain(code));
  front_end.post({VUT_ENTRY_WRITE, 0, 1, VUT_TIS_STS, VUT_TIS_STS_TPM_GO});
  back_end.tpm.wait_until_running();
}

void expect_fresh(FrontEnd& front_end, std::string_view text) {
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  EXPECT_EQ(front_end.tis_command(0, echo(text)), echoed(text));
}

TEST(TisSession, SetUpShowsTheRegisters) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  EXPECT_EQ(back_end.tpm.powered_on, 1);
  for (unsigned locality = 0; locality < VUT_LOCALITIES; ++locality) {
    EXPECT_EQ(front_end.read32(locality, VUT_TIS_ACCESS), 0x81u);
    EXPECT_EQ(front_end.sts(locality), 0xFFFFFFFFu);
    EXPECT_EQ(front_end.tis_read(locality, 0xF00, 4), 0x00011014u);
    EXPECT_EQ(front_end.tis_read(locality, 0xF02, 2), 0x0001u);
    EXPECT_EQ(front_end.tis_read(locality, VUT_TIS_DATA_FIFO, 4), 0xFFFFFFFFu);
    EXPECT_EQ(front_end.tis_read(locality, 0xFFC, 4), 0xFFFFFFFFu);
  }
}

TEST(TisSession, BothInterfacesAreOffered) {
  BackEnd back_end;
  const auto info = back_end.connect().ask(VUT_GET_INFO).as<vut_info>();
  EXPECT_EQ(info.interfaces, 1u << VUT_INTERFACE_CRB | 1u << VUT_INTERFACE_TIS);
}

class TisWaiting : public SpinOrSleep {};

TEST_P(TisWaiting, CommandsGoRoundInEveryLocality) {
  BackEnd back_end(GetParam().first);
  FrontEnd front_end = tis_front_end(back_end);
  front_end.set_spin(GetParam().second);
  for (int round = 0; round < 5; ++round)
    for (unsigned locality = 0; locality < VUT_LOCALITIES; ++locality) {
      front_end.write32(locality, VUT_TIS_ACCESS, kUse);
      ASSERT_EQ(front_end.read32(locality, VUT_TIS_ACCESS), 0x81 | kOwn);
      const std::string text = "round " + std::to_string(round);
      ASSERT_EQ(front_end.tis_command(locality, echo(text)), echoed(text));
      ASSERT_EQ(back_end.tpm.last_locality, locality);
      front_end.write32(locality, VUT_TIS_ACCESS, kOwn);
    }
}

TEST_P(TisWaiting, LongCommandsEndWhileTheFrontEndWaits) {
  BackEnd back_end(GetParam().first);
  FrontEnd front_end = tis_front_end(back_end);
  front_end.set_spin(GetParam().second);
  go(front_end, back_end, kLong);
  back_end.tpm.release();
  EXPECT_EQ(front_end.tis_response(0), message(0x8001, 0, {}));
}

INSTANTIATE_TEST_SUITE_P(SpinOrSleep, TisWaiting, spin_or_sleep());

// Five waits for a command, and one for its response, however long they are.
TEST(TisSession, ACommandCostsFiveEntriesAndItsResponseOne) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  for (size_t length : {0u, 100u, VUT_FIFO_SIZE - 10}) {
    const uint64_t before = std::atomic_ref(front_end.control().consumer).load();
    const std::string text(length, 'x');
    EXPECT_EQ(front_end.tis_command(0, echo(text)), echoed(text));
    EXPECT_EQ(std::atomic_ref(front_end.control().consumer).load() - before, 6u);
  }
}

TEST(TisSession, ASizeThatLiesIsTheTpmsAffair) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  for (uint32_t size : {0u, 1u, 5u, 6u, 9u, VUT_FIFO_SIZE + 1, 0x7fffffffu, 0xffffffffu}) {
    Bytes command = echo(std::string(VUT_FIFO_SIZE, 'x'));
    store_be<uint32_t>(MutableByteView(command).subspan(2), size);
    EXPECT_EQ(code_of(front_end.tis_command(0, command)), kCommandSize) << size;
  }
  EXPECT_EQ(front_end.tis_command(0, echo("good")), echoed("good"));
}

TEST(TisSession, TheFifoTakesAndGivesSeveralBytesAtOnce) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  front_end.write32(0, VUT_TIS_STS, kStsReady);
  const Bytes command = echo("123456");  // 16 bytes
  front_end.write(0, VUT_TIS_DATA_FIFO, ByteView(command).first(4));
  front_end.write(0, VUT_TIS_XDATA_FIFO, ByteView(command).subspan(4, 8));
  EXPECT_EQ(front_end.sts(0) & 0xFF, kStsValid | kStsExpect);
  front_end.write(0, VUT_TIS_XDATA_FIFO + 0x3C, ByteView(command).subspan(12));
  EXPECT_EQ(front_end.sts(0) & 0xFF, kStsValid);
  front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  EXPECT_EQ(front_end.sts(0) >> 8 & 0xFFFF, 16u);
  EXPECT_EQ(front_end.tis_read(0, VUT_TIS_DATA_FIFO, 2), 0x0180u);
  EXPECT_EQ(front_end.tis_read(0, VUT_TIS_XDATA_FIFO + 8, 4), 0x10000000u);
  EXPECT_EQ(front_end.sts(0) >> 8 & 0xFFFF, 10u);
  front_end.write32(0, VUT_TIS_STS, 0x02);  // responseRetry
  EXPECT_EQ(front_end.tis_response(0), echoed("123456"));
}

// What a front-end does with bytes that the guest has written while the back-end was late.
TEST(TisSession, ACommandMayBeThereBeforeItsLimitsAreTold) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  front_end.write32(0, VUT_TIS_STS, kStsReady);
  const Bytes command = echo("written at once");
  const Bytes more(100, 0xEE);
  std::ranges::copy(command, front_end.base() + VUT_COMMAND_OFFSET);
  std::ranges::copy(more, front_end.base() + VUT_COMMAND_OFFSET + command.size());
  const auto size = static_cast<uint32_t>(command.size());
  const uint64_t generation = front_end.control().fifo_generation;
  for (uint32_t limit : {1u, 6u, size}) {
    EXPECT_EQ(std::atomic_ref(front_end.control().fifo_write_limit).load(), limit);
    // The second one tells nothing new.
    for (int time = 0; time < 2; ++time)
      front_end.wait_for(
          front_end.post({VUT_ENTRY_FIFO, 0, 8, VUT_FIFO_COMMAND, generation << 32 | limit}));
    EXPECT_EQ(front_end.read32(0, VUT_TIS_STS) & 0xFF,
              limit < size ? kStsValid | kStsExpect : kStsValid);
  }
  front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  EXPECT_EQ(front_end.tis_response(0), echoed("written at once"));
}

TEST(TisSession, OtherLocalitiesHaveNoFifo) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(1, VUT_TIS_ACCESS, kUse);
  front_end.tis_begin(1, echo("mine"));
  front_end.write32(0, VUT_TIS_DATA_FIFO, 0xFFFFFFFF);
  front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  EXPECT_EQ(back_end.tpm.executed, 0);
  front_end.write32(1, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  EXPECT_EQ(front_end.tis_read(0, VUT_TIS_DATA_FIFO, 1), 0xFFu);
  EXPECT_EQ(front_end.tis_response(1), echoed("mine"));
}

TEST(TisSession, CommandCancelEndsALongCommand) {
  for (const uint32_t code : {kLong, kStubborn}) {
    BackEnd back_end;
    FrontEnd front_end = tis_front_end(back_end);
    go(front_end, back_end, code);
    front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_COMMAND_CANCEL);
    EXPECT_EQ(code_of(front_end.tis_response(0)), kCanceled);
    EXPECT_EQ(front_end.tis_command(0, echo("next")), echoed("next"));
  }
}

TEST(TisSession, CommandReadyEndsALongCommandAndDropsItsResponse) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  go(front_end, back_end, kLong);
  front_end.write32(2, VUT_TIS_ACCESS, kUse);  // registers answer while it runs
  EXPECT_EQ(front_end.read32(0, VUT_TIS_ACCESS), 0x85 | kOwn);
  EXPECT_EQ(front_end.tis_command(0, echo("next")), echoed("next"));
  EXPECT_EQ(back_end.tpm.cancelled, 1);
}

TEST(TisSession, SeizingCancelsAndTheResponseIsDropped) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  go(front_end, back_end, kLong);
  front_end.write32(3, VUT_TIS_ACCESS, kTake);
  EXPECT_EQ(front_end.read32(0, VUT_TIS_ACCESS), 0x81 | kSeized);
  EXPECT_EQ(front_end.sts(0), 0xFFFFFFFFu);
  EXPECT_EQ(front_end.tis_command(3, echo("mine")), echoed("mine"));
  EXPECT_EQ(back_end.tpm.cancelled, 1);
}

TEST(TisSession, ACommandWithoutAResponseHasTheResponseThatSaysSo) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  EXPECT_EQ(front_end.tis_command(0, plain(kSilent)), message(0x8001, 0x101, {}));
  EXPECT_EQ(front_end.tis_command(0, echo("again")), echoed("again"));
}

TEST(TisSession, TheDrtmSequenceReachesTheTpm) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(4, VUT_TIS_HASH_START, 0);
  front_end.write32(4, VUT_TIS_DATA_FIFO, 0x64636261);
  const uint8_t bytes[] = {'e', 'f'};
  front_end.write(4, VUT_TIS_DATA_FIFO, bytes);
  front_end.write(4, VUT_TIS_DATA_FIFO, ByteView(bytes).first(1));
  front_end.write32(3, VUT_TIS_DATA_FIFO, 0xFFFFFFFF);
  front_end.write32(4, VUT_TIS_HASH_END, 0);
  EXPECT_EQ(back_end.tpm.hash_starts, 1);
  EXPECT_EQ(back_end.tpm.hashed, 7u);
  EXPECT_EQ(front_end.read32(0, VUT_TIS_ACCESS), 0x80u);  // tpmEstablishment is low now
  front_end.write32(4, VUT_TIS_ACCESS, kUse);
  front_end.write32(4, VUT_TIS_STS, 0x02000000);  // resetEstablishment
  EXPECT_EQ(front_end.read32(0, VUT_TIS_ACCESS), 0x81u);
  EXPECT_EQ(front_end.tis_command(4, echo("after")), echoed("after"));
}

TEST(TisSession, ResetEndsARunningCommand) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  for (const uint32_t code : {kLong, kStubborn}) {
    go(front_end, back_end, code);
    front_end.reset();
    EXPECT_EQ(back_end.tpm.running, 0);
    EXPECT_EQ(front_end.read32(0, VUT_TIS_ACCESS), 0x81u);
    EXPECT_EQ(front_end.sts(0), 0xFFFFFFFFu);
  }
  EXPECT_EQ(back_end.tpm.powered_on, 3);
  expect_fresh(front_end, "fresh");
}

TEST(TisSession, ResetForgetsWhatTheFifoHeld) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  front_end.tis_command(0, echo("secret"));
  front_end.tis_begin(0, ByteView(echo("a command that is not whole")).first(20));
  front_end.reset();
  for (uint32_t offset : {VUT_COMMAND_OFFSET, VUT_RESPONSE_OFFSET})
    EXPECT_EQ(to_bytes({front_end.base() + offset, VUT_FIFO_SIZE}), Bytes(VUT_FIFO_SIZE, 0));
  front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  EXPECT_EQ(back_end.tpm.executed, 1);
  expect_fresh(front_end, "whole");
}

TEST(TisSession, AFrontEndThatVanishesCancelsItsCommand) {
  BackEnd back_end;
  for (const uint32_t code : {kLong, kStubborn}) {
    {
      FrontEnd front_end = tis_front_end(back_end);
      go(front_end, back_end, code);
    }
    back_end.tpm.wait_until_idle();
    FrontEnd front_end = tis_front_end(back_end);
    expect_fresh(front_end, "next");
  }
  EXPECT_EQ(back_end.tpm.cancelled, 2);
}

TEST(TisSession, TheInterfaceMayChangeWithTheFrontEnd) {
  BackEnd back_end;
  for (int i = 0; i < 3; ++i) {
    FrontEnd tis = tis_front_end(back_end);
    expect_fresh(tis, "fifo");
    tis.hang_up();
    FrontEnd crb = back_end.next_front_end();
    crb.write32(0, VUT_CRB_LOC_CTRL, 1);
    EXPECT_EQ(crb.command(0, echo("buffer")), echoed("buffer"));
  }
}

TEST(TisSession, TheBackEndSaysThatItEnds) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end);
  go(front_end, back_end, kLong);
  back_end.stop();
  EXPECT_EQ(front_end.goodbye(), VUT_REASON_SHUTDOWN);
  EXPECT_EQ(back_end.tpm.cancelled, 1);
}

TEST(TisInterrupts, TheLineFollowsTheCausesOfACommand) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end, 10);
  EXPECT_EQ(front_end.tis_read(0, 0x0C, 4), 10u);
  EXPECT_FALSE(front_end.interrupt_level());
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  front_end.write32(0, VUT_TIS_INT_ENABLE, kIntOn | kIntData | kIntReady);
  front_end.tis_begin(0, plain(kLong));
  EXPECT_TRUE(front_end.interrupt_level());
  front_end.write32(0, VUT_TIS_INT_STATUS, kIntReady);
  EXPECT_FALSE(front_end.interrupt_level());
  front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  back_end.tpm.wait_until_running();
  EXPECT_FALSE(front_end.interrupt_level());
  back_end.tpm.release();
  front_end.wait_for_interrupt();  // as a guest that sleeps
  EXPECT_TRUE(front_end.interrupt_level());
  EXPECT_EQ(front_end.tis_read(0, VUT_TIS_INT_STATUS, 1), kIntData);
  EXPECT_EQ(code_of(front_end.tis_response(0)), 0u);
  front_end.write32(0, VUT_TIS_INT_ENABLE, kIntData);
  EXPECT_FALSE(front_end.interrupt_level());
}

TEST(TisInterrupts, AResetLowersTheLine) {
  BackEnd back_end;
  FrontEnd front_end = tis_front_end(back_end, 0);
  front_end.write32(0, VUT_TIS_ACCESS, kUse);
  front_end.write32(0, VUT_TIS_INT_ENABLE, kIntOn | kIntReady);
  front_end.write32(0, VUT_TIS_STS, kStsReady);
  EXPECT_TRUE(front_end.interrupt_level());
  front_end.reset();
  EXPECT_FALSE(front_end.interrupt_level());
  EXPECT_EQ(front_end.read32(0, VUT_TIS_INT_STATUS), 0u);
}

TEST(TisInterrupts, TheCrbHasThemToo) {
  BackEnd back_end;
  FrontEnd front_end = back_end.next_front_end(VUT_INTERFACE_CRB, 5);
  front_end.write32(0, VUT_CRB_LOC_CTRL, 1);
  front_end.write32(0, VUT_CRB_INT_STS, 0xF);
  front_end.write32(0, VUT_CRB_INT_ENABLE, kIntOn | 1);
  EXPECT_FALSE(front_end.interrupt_level());
  EXPECT_EQ(front_end.command(0, echo("done")), echoed("done"));
  EXPECT_TRUE(front_end.interrupt_level());
  front_end.write32(0, VUT_CRB_INT_STS, 1);
  EXPECT_FALSE(front_end.interrupt_level());
}

}  // namespace
}  // namespace vtpm::device::vhost_user::test
