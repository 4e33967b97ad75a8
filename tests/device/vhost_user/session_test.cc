// SPDX-License-Identifier: Apache-2.0
// A front-end over a real socket, real shared memory and real threads, with a fake TPM behind.
#include <mutex>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/device/vhost_user/back_end.h"

namespace vtpm::device::vhost_user::test {
namespace {

constexpr uint32_t kRelinquish = 2, kSeize = 4;  // LOC_CTRL
constexpr uint32_t kGoIdle = 2;                  // CTRL_REQ
constexpr uint32_t kGranted = 1, kBeenSeized = 2;

uint32_t response_code(const FrontEnd& front_end) {
  return load_be<uint32_t>(ByteView(front_end.read_buffer(0, 10)).subspan(6));
}

TEST(Session, SetUpResetsTheTpmOnce) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  EXPECT_EQ(back_end.tpm.powered_on, 1);
  EXPECT_NE(front_end.read32(0, VUT_CRB_INTF_ID), 0u);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_CTRL_START), 0u);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_CMD_SIZE), VUT_CRB_BUFFER_SIZE);
}

TEST(Session, ConnectingDoesNotResetTheTpm) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.negotiate();
  front_end.choose();
  front_end.map();
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  EXPECT_EQ(front_end.command(0, echo("hello")), echoed("hello"));
  EXPECT_EQ(back_end.tpm.powered_on, 0);
}

TEST(Session, TheMemoryCannotBeResized) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  EXPECT_EQ(ftruncate(front_end.memory_fd(), 0), -1);
  EXPECT_EQ(ftruncate(front_end.memory_fd(), 2 * VUT_MEMORY_SIZE), -1);
}

class Notes final : public RegisterWatch {
 public:
  void written(const RegisterWrite& write) override {
    std::lock_guard lock(mutex_);
    writes_.push_back(write);
  }
  std::vector<RegisterWrite> writes() {
    std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  std::mutex mutex_;
  std::vector<RegisterWrite> writes_;
};

TEST(Session, AWatchHearsOfEveryRegisterThatIsWritten) {
  Notes notes;
  BackEnd back_end;
  back_end.tpm.watch = &notes;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.write32(2, VUT_CRB_LOC_CTRL, kRequestAccess);
  front_end.wait_for(front_end.post({VUT_ENTRY_WRITE, 2, 4, VUT_CRB_BUFFER, 0x12345678}));
  EXPECT_EQ(front_end.command(2, echo("watched")), echoed("watched"));
  std::vector<RegisterWrite> expected = {
      {.locality = 2, .offset = VUT_CRB_LOC_CTRL, .size = 4, .value = kRequestAccess},
      {.locality = 2, .offset = VUT_CRB_BUFFER, .size = 4, .value = 0x12345678, .data = true}};
  auto found = notes.writes();
  ASSERT_GE(found.size(), 3u);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), found.begin()));
  EXPECT_EQ(found.back().offset, VUT_CRB_CTRL_START);
}

class Waiting : public SpinOrSleep {};

TEST_P(Waiting, CommandsGoRoundInEveryLocality) {
  BackEnd back_end(GetParam().first);
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.set_spin(GetParam().second);
  for (int round = 0; round < 30; ++round)
    for (unsigned locality = 0; locality < VUT_LOCALITIES; ++locality) {
      front_end.write32(locality, VUT_CRB_LOC_CTRL, kRequestAccess);
      ASSERT_EQ(front_end.read32(locality, VUT_CRB_LOC_STS), kGranted);
      const std::string text = "round " + std::to_string(round);
      ASSERT_EQ(front_end.command(locality, echo(text)), echoed(text));
      ASSERT_EQ(back_end.tpm.last_locality, locality);
      front_end.write32(locality, VUT_CRB_CTRL_REQ, kGoIdle);
      front_end.write32(locality, VUT_CRB_LOC_CTRL, kRelinquish);
    }
}

TEST_P(Waiting, LongCommandsEndWhileTheFrontEndWaits) {
  BackEnd back_end(GetParam().first);
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.set_spin(GetParam().second);
  front_end.begin(plain(kLong));
  back_end.tpm.wait_until_running();
  back_end.tpm.release();
  front_end.wait_for_end(0);
  EXPECT_EQ(response_code(front_end), 0u);
}

INSTANTIATE_TEST_SUITE_P(SpinOrSleep, Waiting, spin_or_sleep());

TEST(Session, SeveralCommandsMayFollowOneCommandReady) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  front_end.write32(0, VUT_CRB_CTRL_REQ, kCommandReady);
  for (const char* text : {"one", "two", "three"}) {
    front_end.write(0, VUT_CRB_BUFFER, echo(text));
    front_end.write32(0, VUT_CRB_CTRL_START, 1);
    const Bytes expected = echoed(text);
    EXPECT_EQ(front_end.read_buffer(0, expected.size()), expected);
  }
}

TEST(Session, TheLargestCommandFits) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  const std::string text(VUT_CRB_BUFFER_SIZE - 10, 'x');
  EXPECT_EQ(front_end.command(0, echo(text)), echoed(text));
}

TEST(Session, ASizeThatLiesIsTheTpmsAffair) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  for (uint32_t size : {0u, 9u, VUT_CRB_BUFFER_SIZE + 1, 0x7fffffffu, 0xffffffffu}) {
    Bytes command = echo("body");
    store_be<uint32_t>(MutableByteView(command).subspan(2), size);
    front_end.command(0, command);
    EXPECT_EQ(response_code(front_end), kCommandSize) << size;
  }
  EXPECT_EQ(front_end.command(0, echo("good")), echoed("good"));
}

TEST(Session, ByteWisePostsReachTheirRegister) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  const uint8_t one[] = {1};
  front_end.write(0, VUT_CRB_LOC_CTRL, one);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_LOC_STS), kGranted);
  front_end.write(0, VUT_CRB_CTRL_REQ, one);
  // One access over CTRL_REQ's tail, CTRL_STS, CANCEL and START would be legal; so is this one,
  // across the border of the control area and the data buffer.
  Bytes across(4 + 14, 0);
  std::ranges::copy(echo("edge"), across.begin() + 4);
  front_end.write(0, VUT_CRB_BUFFER - 4, across);
  front_end.write(0, VUT_CRB_CTRL_START, one);
  EXPECT_EQ(front_end.read_buffer(0, 14), echoed("edge"));
}

TEST(Session, StartInAnotherLocalityIsClearedAndIgnored) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.write32(1, VUT_CRB_LOC_CTRL, kRequestAccess);
  front_end.write(0, VUT_CRB_BUFFER, echo("nobody hears this"));
  front_end.write32(0, VUT_CRB_CTRL_START, 1);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_CTRL_START), 0u);
  EXPECT_EQ(back_end.tpm.executed, 0);
  EXPECT_EQ(front_end.command(1, echo("yes")), echoed("yes"));
}

TEST(Session, RegistersAnswerWhileALongCommandRuns) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.begin(plain(kLong));
  back_end.tpm.wait_until_running();
  front_end.write32(2, VUT_CRB_LOC_CTRL, kRequestAccess);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_CTRL_START), 1u);
  front_end.write32(0, VUT_CRB_CTRL_CANCEL, 1);
  front_end.wait_for_end(0);
  EXPECT_EQ(response_code(front_end), kCanceled);
  EXPECT_EQ(front_end.command(0, echo("next")), echoed("next"));
}

TEST(Session, CancelReachesACommandOnTheRingThread) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.begin(plain(kStubborn));
  back_end.tpm.wait_until_running();
  front_end.write32(0, VUT_CRB_CTRL_CANCEL, 1);
  front_end.wait_for_end(0);
  EXPECT_EQ(response_code(front_end), kCanceled);
  // It does not stay: the next one runs, without any register being cleared.
  front_end.write(0, VUT_CRB_BUFFER, echo("next"));
  front_end.write32(0, VUT_CRB_CTRL_START, 1);
  EXPECT_EQ(front_end.read_buffer(0, 14), echoed("next"));
}

TEST(Session, SeizingCancelsAndTheResponseIsDropped) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.begin(plain(kLong));
  back_end.tpm.wait_until_running();
  front_end.write32(3, VUT_CRB_LOC_CTRL, kSeize);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_LOC_STS) & kBeenSeized, kBeenSeized);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_CTRL_START), 0u);
  back_end.tpm.wait_until_idle();
  EXPECT_EQ(front_end.command(3, echo("mine")), echoed("mine"));
}

TEST(Session, ACommandWithoutAResponseFailsTheInterfaceUntilReset) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.begin(plain(kSilent));
  front_end.wait_for_end(0);
  EXPECT_EQ(front_end.read32(0, VUT_CRB_CTRL_STS) & VUT_CRB_CTRL_STS_ERROR, 1u);
  front_end.reset();
  EXPECT_EQ(front_end.read32(0, VUT_CRB_CTRL_STS) & VUT_CRB_CTRL_STS_ERROR, 0u);
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  EXPECT_EQ(front_end.command(0, echo("again")), echoed("again"));
}

TEST(Session, TheDrtmSequenceReachesTheTpm) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.write32(4, VUT_CRB_HASH_START, 0);
  front_end.write32(4, VUT_CRB_HASH_DATA, 0x64636261);
  const uint8_t byte[] = {'e'};
  front_end.write(4, VUT_CRB_HASH_DATA, byte);
  front_end.write32(4, VUT_CRB_HASH_END, 0);
  EXPECT_EQ(back_end.tpm.hash_starts, 1);
  EXPECT_EQ(back_end.tpm.hashed, 5u);
  // LOC_STATE.tpmEstablished is low once it has run.
  EXPECT_EQ(front_end.read32(0, VUT_CRB_LOC_STATE) & 1, 0u);
}

TEST(Session, TheDrtmSequenceWaitsForTheEndOfACommand) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.begin(plain(kLong));
  back_end.tpm.wait_until_running();
  front_end.write32(4, VUT_CRB_HASH_START, 0);
  front_end.write32(4, VUT_CRB_HASH_END, 0);
  EXPECT_EQ(back_end.tpm.hash_starts, 1);
  EXPECT_EQ(back_end.tpm.cancelled, 1);
  EXPECT_EQ(back_end.tpm.disturbed_sequences, 0);
}

TEST(Session, ResetEndsARunningCommand) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  for (const uint32_t code : {kLong, kStubborn}) {
    front_end.begin(plain(code));
    back_end.tpm.wait_until_running();
    front_end.reset();
    EXPECT_EQ(back_end.tpm.running, 0);
    EXPECT_EQ(front_end.read32(0, VUT_CRB_CTRL_START), 0u);
    EXPECT_EQ(front_end.read32(0, VUT_CRB_LOC_STS), 0u);
    EXPECT_EQ(front_end.read_buffer(0, 16), Bytes(16, 0));
  }
  EXPECT_EQ(back_end.tpm.powered_on, 3);
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  EXPECT_EQ(front_end.command(0, echo("fresh")), echoed("fresh"));
}

}  // namespace
}  // namespace vtpm::device::vhost_user::test
