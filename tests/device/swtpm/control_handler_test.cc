// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/control_handler.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/device/vhost_user/fake_tpm.h"

namespace vtpm::device::swtpm {
namespace {

using vhost_user::test::FakeTpm;
namespace fake = vhost_user::test;

class ControlHandlerTest : public testing::Test {
 protected:
  Bytes ask(ControlRequest request, bool has_data_fd = false) {
    return to_bytes(handler.handle(request, has_data_fd).view());
  }
  uint32_t code(ControlRequest request, bool has_data_fd = false) {
    return load_be<uint32_t>(ask(request, has_data_fd));
  }
  FakeTpm tpm;
  Gate gate{tpm};
  ControlHandler handler{gate};
};

constexpr uint32_t kBadParameter = 3, kBadOrdinal = 0x0a, kBadLocality = 0x3d;

TEST_F(ControlHandlerTest, TheCapabilitiesAreWhatIsImplemented) {
  auto bits = load_be<uint64_t>(ask({.code = ControlCode::GetCapability}));
  EXPECT_EQ(bits, 0xbcbfu);
  // What QEMU demands of a TPM 2.
  EXPECT_EQ(bits & 0x348f, 0x348fu);
  EXPECT_EQ(code({.code = ControlCode::StoreVolatile}), kBadOrdinal);
  EXPECT_EQ(code({.code = ControlCode::GetStateBlob}), kBadOrdinal);
  EXPECT_EQ(code({.code = ControlCode::SetStateBlob}), kBadOrdinal);
  EXPECT_EQ(code({.code = ControlCode::GetInfo}), kBadOrdinal);
  EXPECT_EQ(code({.code = ControlCode::LockStorage}), kBadOrdinal);
}

TEST_F(ControlHandlerTest, AStoppedTpmAnswersWithFailureUntilInit) {
  auto command = fake::message(0x8001, fake::kEcho, text_bytes("hi"));
  EXPECT_EQ(gate.execute({}, command).size(), 12u);
  EXPECT_EQ(code({.code = ControlCode::Stop}), 0u);
  EXPECT_EQ(load_be<uint32_t>(gate.execute({}, command).view().subspan(6)), 0x101u);
  EXPECT_EQ(tpm.executed, 1);
  EXPECT_EQ(code({.code = ControlCode::GetTpmEstablished}), kBadOrdinal);
  EXPECT_EQ(code({.code = ControlCode::CancelTpmCommand}), kBadOrdinal);
  EXPECT_EQ(code({.code = ControlCode::Init}), 0u);
  EXPECT_EQ(tpm.powered_on, 1);
  EXPECT_EQ(gate.execute({}, command).size(), 12u);
}

TEST_F(ControlHandlerTest, TheLocalitySetHoldsForBareCommands) {
  auto command = fake::message(0x8001, fake::kEcho, {});
  EXPECT_EQ(code({.code = ControlCode::SetLocality, .locality = 5}), kBadLocality);
  EXPECT_EQ(code({.code = ControlCode::SetLocality, .locality = 3}), 0u);
  gate.execute({}, command);
  EXPECT_EQ(tpm.last_locality, 3);
  gate.execute(1, command);
  EXPECT_EQ(tpm.last_locality, 1);
}

TEST_F(ControlHandlerTest, TheBufferSizeIsSetWhileStopped) {
  auto size = [&](uint32_t wanted) {
    auto reply = ask({.code = ControlCode::SetBufferSize, .buffer_size = wanted});
    if (reply.size() != 16) return 0u;
    EXPECT_EQ(load_be<uint32_t>(ByteView(reply).subspan(8)), 3968u);
    EXPECT_EQ(load_be<uint32_t>(ByteView(reply).subspan(12)), engine::kMaximumMessageSize);
    // The TPM is told, too.
    const bool ran = gate.running();
    if (!ran) gate.init();
    gate.execute({}, fake::message(0x8001, fake::kEcho, {}));
    if (!ran) gate.stop();
    uint32_t now = load_be<uint32_t>(ByteView(reply).subspan(4));
    EXPECT_EQ(tpm.last_maximum_size, now);
    return now;
  };
  EXPECT_EQ(size(0), engine::kMaximumMessageSize);
  EXPECT_EQ(code({.code = ControlCode::SetBufferSize, .buffer_size = 4000}), kBadOrdinal);
  gate.stop();
  EXPECT_EQ(size(3968), 3968u);
  EXPECT_EQ(size(0), 3968u);
  EXPECT_EQ(size(4096), 4096u);
  EXPECT_EQ(size(0), 4096u);
  EXPECT_EQ(size(1), kMinBufferSize);
  EXPECT_EQ(size(100000), kMaxBufferSize);
  EXPECT_EQ(size(3968), 3968u);
  gate.init();
  Bytes command(3969);
  EXPECT_EQ(load_be<uint32_t>(gate.execute({}, command).view().subspan(6)), 0x142u);
}

TEST_F(ControlHandlerTest, HashingAndTheEstablishedBit) {
  EXPECT_EQ(code({.code = ControlCode::HashStart}), 0u);
  EXPECT_EQ(code({.code = ControlCode::HashData, .data = text_bytes("abcd")}), 0u);
  EXPECT_EQ(ask({.code = ControlCode::GetTpmEstablished}), Bytes(8));
  EXPECT_EQ(code({.code = ControlCode::HashEnd}), 0u);
  EXPECT_EQ(tpm.hash_starts, 1);
  EXPECT_EQ(tpm.hashed, 4u);
  EXPECT_EQ(ask({.code = ControlCode::GetTpmEstablished}), (Bytes{0, 0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(code({.code = ControlCode::ResetTpmEstablished, .locality = 0}), kBadLocality);
  EXPECT_EQ(code({.code = ControlCode::ResetTpmEstablished, .locality = 3}), 0u);
  EXPECT_EQ(ask({.code = ControlCode::GetTpmEstablished}), Bytes(8));
}

TEST_F(ControlHandlerTest, ADataChannelNeedsADescriptor) {
  EXPECT_EQ(code({.code = ControlCode::SetDataFd}, false), kBadParameter);
  EXPECT_EQ(code({.code = ControlCode::SetDataFd}, true), 0u);
}

TEST_F(ControlHandlerTest, CancelReachesTheRunningCommandOnly) {
  EXPECT_EQ(code({.code = ControlCode::CancelTpmCommand}), 0u);
  Secret response;
  std::thread runs([&] { response = gate.execute({}, fake::message(0x8001, fake::kLong, {})); });
  tpm.wait_until_running();
  EXPECT_EQ(code({.code = ControlCode::CancelTpmCommand}), 0u);
  runs.join();
  EXPECT_EQ(load_be<uint32_t>(response.view().subspan(6)), fake::kCanceled);
  auto next = gate.execute({}, fake::message(0x8001, fake::kEcho, {}));
  EXPECT_EQ(load_be<uint32_t>(next.view().subspan(6)), 0u);
}

}  // namespace
}  // namespace vtpm::device::swtpm
