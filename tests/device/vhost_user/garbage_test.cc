// SPDX-License-Identifier: Apache-2.0
// Whatever a front-end sends or writes: the back-end says what is wrong, and serves the next one.

#include <fcntl.h>
#include <random>

#include <gtest/gtest.h>

#include "tests/device/vhost_user/back_end.h"

namespace vtpm::device::vhost_user::test {
namespace {

Bytes header(uint32_t request, uint32_t flags, uint32_t size) {
  const vut_header fields{request, flags, size};
  return to_bytes({reinterpret_cast<const uint8_t*>(&fields), sizeof fields});
}

void expect_alive(BackEnd& back_end) {
  FrontEnd front_end = back_end.next_front_end();
  front_end.write32(0, VUT_CRB_LOC_CTRL, 1);
  const Bytes response = front_end.command(0, message(0x8001, kEcho, text_bytes("alive")));
  EXPECT_EQ(response, message(0x8001, 0, text_bytes("alive")));
}

// Waits until the last connection has been noticed to be gone.
FrontEnd next_connection(BackEnd& back_end) {
  for (;;) {
    FrontEnd candidate = back_end.connect();
    if (candidate.ask(VUT_GET_FEATURES).request == VUT_GET_FEATURES) return candidate;
  }
}

TEST(Garbage, FramingThatIsWrongEndsTheConnection) {
  BackEnd back_end;
  const Bytes wrong[] = {
      header(VUT_GET_INFO, 0, 0),
      header(VUT_GET_INFO, 2, 0),
      header(VUT_GET_INFO, VUT_FLAG_VERSION | VUT_FLAG_REPLY, 0),
      header(VUT_GET_INFO, VUT_FLAG_VERSION | 0x10, 0),
      header(VUT_GET_INFO, VUT_FLAG_VERSION | 0x80000000, 0),
      header(VUT_GET_INFO, VUT_FLAG_VERSION, 1),
      header(VUT_GET_INFO, VUT_FLAG_VERSION, 0xffffffff),
      header(VUT_SET_FEATURES, VUT_FLAG_VERSION, 0),
      header(VUT_SET_FEATURES, VUT_FLAG_VERSION, 7),
      header(VUT_SET_FEATURES, VUT_FLAG_VERSION, 9),
      header(VUT_SET_INTERFACE, VUT_FLAG_VERSION, VUT_MAX_PAYLOAD + 1),
      header(VUT_GET_TABLES, VUT_FLAG_VERSION, 0),
      header(VUT_GET_TABLES, VUT_FLAG_VERSION, sizeof(vut_tables_request) + 1),
      header(0, VUT_FLAG_VERSION, 0),
      header(VUT_SET_DEVICE_STATE_FD, VUT_FLAG_VERSION, 8),
      header(VUT_GOODBYE, VUT_FLAG_VERSION, 0),
      header(0xffffffff, 0xffffffff, 0xffffffff),
  };
  for (const Bytes& bytes : wrong) {
    FrontEnd front_end = next_connection(back_end);
    front_end.send_bytes(bytes);
    EXPECT_EQ(front_end.goodbye(), VUT_REASON_PROTOCOL);
  }
  expect_alive(back_end);
}

TEST(Garbage, MessagesCutOffAnywhereAreForgotten) {
  BackEnd back_end;
  Bytes whole = header(VUT_SET_INTERFACE, VUT_FLAG_VERSION, sizeof(vut_interface));
  whole.resize(whole.size() + sizeof(vut_interface), 1);
  for (size_t length = 1; length < whole.size(); ++length) {
    FrontEnd front_end = next_connection(back_end);
    front_end.send_bytes(ByteView(whole).first(length));
  }
  expect_alive(back_end);
}

TEST(Garbage, MessagesMayArriveByteByByte) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  for (uint8_t byte : header(VUT_GET_INFO, VUT_FLAG_VERSION, 0))
    front_end.send_bytes(ByteView(&byte, 1));
  EXPECT_EQ(front_end.receive().as<vut_info>().version_max, VUT_PROTOCOL_VERSION);
}

TEST(Garbage, DescriptorsAreClosedAndRefused) {
  BackEnd back_end;
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (size_t count : {size_t{1}, size_t{16}, size_t{100}}) {
    FrontEnd front_end = next_connection(back_end);
    front_end.send_bytes(header(VUT_GET_INFO, VUT_FLAG_VERSION, 0), std::vector<int>(count, null));
    EXPECT_EQ(front_end.goodbye(), VUT_REASON_PROTOCOL);
  }
  close(null);
  expect_alive(back_end);
}

TEST(Garbage, RandomBytesOnTheSocket) {
  BackEnd back_end;
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    FrontEnd front_end = next_connection(back_end);
    Bytes bytes(1 + random() % 100);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    front_end.send_bytes(bytes);
  }
  expect_alive(back_end);
}

TEST(Garbage, AFrontEndThatNeverReadsIsDropped) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  // More replies than any socket buffer holds; sending fails once the back-end has hung up.
  Bytes many;
  for (int i = 0; i < 1000; ++i) append(many, header(VUT_GET_INFO, VUT_FLAG_VERSION, 0));
  for (int i = 0; i < 200; ++i) front_end.send_bytes(many);
  expect_alive(back_end);
}

TEST(Garbage, RequestsOutOfOrderAreRefused) {
  BackEnd back_end;
  FrontEnd early = next_connection(back_end);
  early.send(VUT_GET_MEMORY);
  EXPECT_EQ(early.goodbye(), VUT_REASON_REFUSED);
  FrontEnd front_end = next_connection(back_end);
  front_end.negotiate();
  EXPECT_EQ(front_end.acknowledged(VUT_RESET_DEVICE), 1u);
  front_end.choose();
  front_end.map();
  EXPECT_EQ(front_end.acknowledged(VUT_RESET_DEVICE), 0u);
  front_end.send(VUT_GET_MEMORY);
  EXPECT_EQ(front_end.goodbye(), VUT_REASON_REFUSED);
  expect_alive(back_end);
}

TEST(Garbage, RingIndicesThatCannotBe) {
  BackEnd back_end;
  for (uint64_t producer : {uint64_t{VUT_RING_ENTRIES + 1}, UINT64_MAX, uint64_t{1} << 63}) {
    FrontEnd front_end = back_end.next_front_end();
    std::atomic_ref(front_end.control().producer).store(producer);
    // Wakes the back-end, which may sleep; it is not an entry.
    front_end.kick();
    EXPECT_EQ(front_end.goodbye(), VUT_REASON_PROTOCOL);
  }
  expect_alive(back_end);
}

TEST(Garbage, EntriesThatCannotBe) {
  BackEnd back_end;
  const vut_entry wrong[] = {
      {0, 0, 4, VUT_CRB_LOC_CTRL, 1},
      {VUT_ENTRY_FIFO, 0, 4, 0, 1},
      {VUT_ENTRY_FIFO, 0, 8, VUT_FIFO_COMMAND, 1},  // the CRB has no FIFO
      {VUT_ENTRY_FIFO, 0, 8, VUT_FIFO_RESPONSE, 1},
      {0xffff, 0, 4, VUT_CRB_LOC_CTRL, 1},
      {VUT_ENTRY_WRITE, VUT_LOCALITIES, 4, VUT_CRB_LOC_CTRL, 1},
      {VUT_ENTRY_WRITE, 0xff, 4, VUT_CRB_LOC_CTRL, 1},
      {VUT_ENTRY_WRITE, 0, 0, VUT_CRB_LOC_CTRL, 0},
      {VUT_ENTRY_WRITE, 0, 3, VUT_CRB_LOC_CTRL, 1},
      {VUT_ENTRY_WRITE, 0, 8, VUT_CRB_LOC_CTRL, 1},
      {VUT_ENTRY_WRITE, 0, 4, VUT_CRB_LOC_CTRL + 1, 1},
      {VUT_ENTRY_WRITE, 0, 4, VUT_PAGE_SIZE, 1},
      {VUT_ENTRY_WRITE, 0, 1, 0xffffffff, 1},
      {VUT_ENTRY_WRITE, 0, 1, VUT_CRB_LOC_CTRL, 0x100},
  };
  for (const vut_entry& entry : wrong) {
    FrontEnd front_end = back_end.next_front_end();
    front_end.post(entry);
    EXPECT_EQ(front_end.goodbye(), VUT_REASON_PROTOCOL);
  }
  expect_alive(back_end);
}

TEST(Garbage, RandomAccessesAreHarmless) {
  BackEnd back_end;
  std::mt19937 random(2);
  FrontEnd front_end = back_end.next_front_end();
  for (int i = 0; i < 3000; ++i) {
    const uint8_t size = static_cast<uint8_t>(1 << random() % 3);
    const auto offset = static_cast<uint32_t>(random() % 0x30 * 4 + random() % 4) & ~(size - 1u);
    const uint64_t value = random() & ((uint64_t{1} << 8 * size) - 1);
    front_end.wait_for(
        front_end.post({VUT_ENTRY_WRITE, static_cast<uint8_t>(random() % 5), size, offset, value}));
  }
  front_end.reset();
  front_end.write32(0, VUT_CRB_LOC_CTRL, 1);
  EXPECT_EQ(front_end.command(0, message(0x8001, kEcho, {})), message(0x8001, 0, {}));
}

TEST(Garbage, RandomBytesInAllTheMemory) {
  BackEnd back_end;
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    FrontEnd front_end = back_end.next_front_end();
    for (uint32_t i = 0; i < VUT_MEMORY_SIZE; ++i)
      front_end.base()[i] = static_cast<uint8_t>(random());
    front_end.kick();
    EXPECT_EQ(front_end.goodbye(), VUT_REASON_PROTOCOL);
  }
  expect_alive(back_end);
}

// Everything but the producer may be scribbled over and the back-end, which looks at its own
// copies, goes on.
TEST(Garbage, TheBackEndDoesNotReadBackWhatItPublished) {
  BackEnd back_end;
  std::mt19937 random(4);
  FrontEnd front_end = back_end.next_front_end();
  front_end.write32(0, VUT_CRB_LOC_CTRL, 1);
  for (int round = 0; round < 100; ++round) {
    vut_control& control = front_end.control();
    for (uint32_t* word : {&control.backend_cpu, &control.frontend_cpu, &control.fifo_read_limit,
                           &control.fifo_write_limit})
      std::atomic_ref(*word).store(static_cast<uint32_t>(random()));
    for (uint32_t offset = 0; offset < VUT_CRB_CTRL_REQ; offset += 4)
      std::atomic_ref(*reinterpret_cast<uint32_t*>(front_end.base() + offset))
          .store(static_cast<uint32_t>(random()));
    EXPECT_EQ(front_end.command(0, message(0x8001, kEcho, {})), message(0x8001, 0, {}));
  }
}

}  // namespace
}  // namespace vtpm::device::vhost_user::test
