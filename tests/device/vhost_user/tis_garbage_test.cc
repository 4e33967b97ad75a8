// SPDX-License-Identifier: Apache-2.0
// Whatever a front-end of the FIFO interface posts or writes into the shared memory.

#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/device/vhost_user/back_end.h"

namespace vtpm::device::vhost_user::test {
namespace {

constexpr uint32_t kRequestUse = 0x02, kReady = 0x40;

FrontEnd next_tis(BackEnd& back_end) {
  return back_end.next_front_end(VUT_INTERFACE_TIS);
}

void expect_served(BackEnd& back_end) {
  FrontEnd front_end = next_tis(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kRequestUse);
  EXPECT_EQ(front_end.tis_command(0, echo("alive")), echoed("alive"));
}

vut_entry fifo_entry(uint32_t which, uint32_t generation, uint32_t position) {
  return {VUT_ENTRY_FIFO, 0, 8, which, uint64_t{generation} << 32 | position};
}

uint32_t generation_of(const FrontEnd& front_end) {
  return std::atomic_ref(front_end.control().fifo_generation).load();
}

TEST(TisGarbage, EntriesThatCannotBe) {
  BackEnd back_end;
  const vut_entry wrong[] = {
      {3, 0, 8, VUT_FIFO_COMMAND, 1},
      {VUT_ENTRY_FIFO, 0, 0, VUT_FIFO_COMMAND, 1},
      {VUT_ENTRY_FIFO, 0, 4, VUT_FIFO_COMMAND, 1},
      {VUT_ENTRY_FIFO, 0, 0xff, VUT_FIFO_COMMAND, 1},
      {VUT_ENTRY_FIFO, 0, 8, VUT_FIFO_RESPONSE + 1, 1},
      {VUT_ENTRY_FIFO, 0, 8, 0xffffffff, 1},
      {VUT_ENTRY_FIFO, VUT_LOCALITIES, 8, VUT_FIFO_COMMAND, 1},
      {VUT_ENTRY_WRITE, 0, 8, VUT_TIS_STS, 1},
      {VUT_ENTRY_WRITE, 0, 4, VUT_TIS_STS + 2, 1},
      {VUT_ENTRY_WRITE, 0, 4, VUT_PAGE_SIZE, 1},
      {VUT_ENTRY_WRITE, 0, 1, VUT_TIS_STS, 0x100},
  };
  for (const vut_entry& entry : wrong) {
    FrontEnd front_end = next_tis(back_end);
    front_end.post(entry);
    EXPECT_EQ(front_end.goodbye(), VUT_REASON_PROTOCOL);
  }
  expect_served(back_end);
}

TEST(TisGarbage, PositionsOfAnotherGenerationOrLimitAreIgnored) {
  BackEnd back_end;
  FrontEnd front_end = next_tis(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kRequestUse);
  const auto lie = [&] {
    const uint32_t generation = generation_of(front_end);
    for (uint32_t which : {VUT_FIFO_COMMAND, VUT_FIFO_RESPONSE}) {
      for (uint32_t position : {0u, 1u, 6u, 12u, 14u})
        for (uint32_t other : {generation - 1, generation + 1, 0xffffffffu})
          front_end.wait_for(front_end.post(fifo_entry(which, other, position)));
      for (uint32_t position : {0u, 2u, 7u, 13u, VUT_FIFO_SIZE, 0xffffffffu})
        front_end.wait_for(front_end.post(fifo_entry(which, generation, position)));
    }
  };
  for (int round = 0; round < 3; ++round) {
    const Bytes command = echo("true");
    lie();
    front_end.tis_begin(0, ByteView(command).first(8));
    lie();
    front_end.write(0, VUT_TIS_XDATA_FIFO, ByteView(command).subspan(8));
    lie();
    front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
    lie();
    EXPECT_EQ(front_end.tis_response(0), echoed("true"));
  }
}

// The same entries twice: the second time they are of no account.
TEST(TisGarbage, APositionCountsOnce) {
  BackEnd back_end;
  FrontEnd front_end = next_tis(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kRequestUse);
  front_end.tis_begin(0, echo("once"));
  for (uint32_t position : {1u, 6u, 14u})
    front_end.wait_for(
        front_end.post(fifo_entry(VUT_FIFO_COMMAND, generation_of(front_end), position)));
  front_end.write32(0, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  EXPECT_EQ(front_end.tis_response(0), echoed("once"));
  front_end.wait_for(front_end.post(fifo_entry(VUT_FIFO_RESPONSE, generation_of(front_end), 14)));
  EXPECT_EQ(back_end.tpm.executed, 1);
}

TEST(TisGarbage, RandomEntriesAreHarmless) {
  BackEnd back_end;
  std::mt19937 random(5);
  FrontEnd front_end = next_tis(back_end);
  for (int i = 0; i < 3000; ++i) {
    const auto locality = static_cast<uint8_t>(random() % 3 == 0 ? random() % 5 : 0);
    if (random() % 4 == 0) {
      vut_entry entry = fifo_entry(random() % 2, generation_of(front_end), random() % 16);
      entry.locality = locality;
      front_end.wait_for(front_end.post(entry));
      continue;
    }
    const uint8_t size = static_cast<uint8_t>(1 << random() % 3);
    const auto offset = static_cast<uint32_t>(random() % 0x30 * 4 + random() % 4) & ~(size - 1u);
    const uint64_t value = random() & ((uint64_t{1} << 8 * size) - 1);
    front_end.wait_for(front_end.post({VUT_ENTRY_WRITE, locality, size, offset, value}));
  }
  front_end.reset();
  front_end.write32(0, VUT_TIS_ACCESS, kRequestUse);
  EXPECT_EQ(front_end.tis_command(0, echo("")), echoed(""));
}

TEST(TisGarbage, RandomBytesInAllTheMemory) {
  BackEnd back_end;
  std::mt19937 random(6);
  for (int round = 0; round < 10; ++round) {
    FrontEnd front_end = next_tis(back_end);
    for (uint32_t i = 0; i < VUT_MEMORY_SIZE; ++i)
      front_end.base()[i] = static_cast<uint8_t>(random());
    front_end.kick();
    EXPECT_EQ(front_end.goodbye(), VUT_REASON_PROTOCOL);
  }
  expect_served(back_end);
}

// The back-end looks at its own registers and limits, whatever the memory says: a command whose
// entries are posted by hand runs all the same.
TEST(TisGarbage, TheBackEndDoesNotReadBackWhatItPublished) {
  BackEnd back_end;
  std::mt19937 random(7);
  FrontEnd front_end = next_tis(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kRequestUse);
  const Bytes command = echo("by hand"), expected = echoed("by hand");
  for (int round = 0; round < 50; ++round) {
    front_end.write32(0, VUT_TIS_STS, kReady);
    const uint32_t generation = generation_of(front_end);
    vut_control& control = front_end.control();
    for (uint32_t* word :
         {&control.backend_cpu, &control.frontend_cpu, &control.fifo_read_limit,
          &control.fifo_write_limit, &control.fifo_generation, &control.interrupt_level})
      std::atomic_ref(*word).store(static_cast<uint32_t>(random()));
    for (uint32_t offset = 0; offset < VUT_LOCALITIES * VUT_PAGE_SIZE; offset += 4)
      std::atomic_ref(*reinterpret_cast<uint32_t*>(front_end.base() + offset))
          .store(static_cast<uint32_t>(random()));
    std::ranges::copy(command, front_end.base() + VUT_COMMAND_OFFSET);
    for (uint32_t position : {1u, 6u, static_cast<uint32_t>(command.size())})
      front_end.post(fifo_entry(VUT_FIFO_COMMAND, generation, position));
    front_end.wait_for(front_end.post({VUT_ENTRY_WRITE, 0, 4, VUT_TIS_STS, VUT_TIS_STS_TPM_GO}));
    EXPECT_EQ(to_bytes({front_end.base() + VUT_RESPONSE_OFFSET, expected.size()}), expected);
  }
}

// A guest cannot reach the two buffers of the FIFO, but a front-end may change them at any moment:
// the size in the header too, while it is looked at.
TEST(TisGarbage, TheBuffersMayChangeWhileCommandsRun) {
  BackEnd back_end;
  FrontEnd front_end = next_tis(back_end);
  front_end.write32(0, VUT_TIS_ACCESS, kRequestUse);
  std::atomic<bool> stop = false;
  std::thread scribbler([&, base = front_end.base()] {
    std::mt19937 random(8);
    while (!stop) {
      // Often the size, which decides most.
      const uint32_t at = random() % 2 == 0 ? 2 + random() % 4 : random() % (2 * VUT_FIFO_SIZE);
      std::atomic_ref(base[VUT_COMMAND_OFFSET + at])
          .store(static_cast<uint8_t>(random() % 8 == 0 ? random() : 0), std::memory_order_relaxed);
      std::this_thread::yield();
    }
  });
  const auto post_and_wait = [&](const vut_entry& entry) {
    front_end.wait_for(front_end.post(entry));
  };
  for (int round = 0; round < 500; ++round) {
    post_and_wait({VUT_ENTRY_WRITE, 0, 4, VUT_TIS_STS, kReady});
    const uint32_t generation = generation_of(front_end);
    post_and_wait(fifo_entry(VUT_FIFO_COMMAND, generation, 1));
    post_and_wait(fifo_entry(VUT_FIFO_COMMAND, generation, 6));
    post_and_wait(fifo_entry(VUT_FIFO_COMMAND, generation,
                             std::atomic_ref(front_end.control().fifo_write_limit).load()));
    post_and_wait({VUT_ENTRY_WRITE, 0, 4, VUT_TIS_STS, VUT_TIS_STS_TPM_GO});
    EXPECT_NE(front_end.read32(0, VUT_TIS_STS) & VUT_TIS_STS_DATA_AVAIL, 0u);
  }
  stop = true;
  scribbler.join();
  EXPECT_EQ(back_end.tpm.executed, 500);
  EXPECT_EQ(front_end.tis_command(0, echo("calm")), echoed("calm"));
}

}  // namespace
}  // namespace vtpm::device::vhost_user::test
