// SPDX-License-Identifier: Apache-2.0
// What every page shows, and accesses that are not one aligned register: parts, several registers,
// the seams to the FIFO and between pages, and outside.
#include "tests/tis/bench.h"

namespace vtpm::tis {
namespace {

using namespace vtpm::tis::testing;

TEST(TisReset, EveryPageShowsTheResetValues) {
  Bench bench;
  for (uint8_t n = 0; n < kLocalities; ++n) {
    EXPECT_READ32(n, 0x00, 0x81u);
    EXPECT_READ32(n, 0x08, 0u);
    EXPECT_READ32(n, 0x0C, 0u);
    EXPECT_READ32(n, 0x10, 0u);
    EXPECT_READ32(n, 0x14, 0x30000600u);
    EXPECT_READ32(n, 0x18, kNoRegister);
    EXPECT_READ32(n, 0x30, 0x2100u);
    EXPECT_READ32(n, 0xF00, 0x00011014u);
    EXPECT_READ32(n, 0xF04, 1u);
  }
}

TEST(TisReset, ReservedWordsReadAsOnes) {
  const Regs regs = power_on({.interrupts = true});
  for (uint8_t n = 0; n < kLocalities; ++n) {
    unsigned defined = 0;
    for (uint16_t offset = 0; offset < kPageSize; offset = static_cast<uint16_t>(offset + 4)) {
      const Register* reg = kRegisters.find(offset);
      const bool readable =
          reg != nullptr && reg->kind != RegisterKind::Window && reg->reset != kNoRegister;
      defined += readable;
      EXPECT_EQ(page_word(regs, n, offset) == kNoRegister, !readable) << offset;
    }
    EXPECT_EQ(defined, 8u);
  }
}

// The front-end posts what the machine acts on, and nothing else.
TEST(TisAccess, TheFrontEndPostsWhatCanBeWritten) {
  for (uint32_t offset = 0; offset < kPageSize; ++offset) {
    const Register* reg = kRegisters.find(offset);
    const bool window = reg != nullptr && reg->kind == RegisterKind::Window;
    const bool writable = reg != nullptr && reg->writable != 0;
    const vut_write_rule rule = vut_tis_write_rule(offset);
    EXPECT_EQ(rule == VUT_WRITE_FIFO, window) << offset;
    EXPECT_EQ(rule == VUT_WRITE_POST || rule == VUT_WRITE_STS, writable) << offset;
  }
}

TEST(TisAccess, ReadOnlyAndReservedWordsKeepTheirValues) {
  Bench bench = bench_in(State::Ready);
  const Regs before = bench.regs();
  for (uint16_t offset = 0; offset < kPageSize; offset = static_cast<uint16_t>(offset + 4)) {
    const Register* reg = kRegisters.find(offset);
    if (reg != nullptr && reg->writable != 0) continue;
    EXPECT_WRITE(offset, 4, 0xFFFFFFFF);
    EXPECT_WRITE(offset, 4, 0);
  }
  EXPECT_EQ(bench.regs(), before);
}

TEST(TisAccess, ReadsCauseNothing) {
  const Regs regs = bench_in(State::Completion).regs();
  for (uint32_t address = 0; address < 0x100; ++address) {
    const Step step = on(regs, Access::read(address, 4));
    EXPECT_EQ(step.regs, regs);
    EXPECT_TRUE(step.effects.empty());
    EXPECT_TRUE(step.changed.empty());
  }
}

TEST(TisAccess, InterfaceIdLocksForAllUntilReset) {
  for (uint8_t n = 0; n < kLocalities; ++n) {
    Bench bench;
    EXPECT_WRITE32(n, kInterfaceId, 0xFFF7FFFF);  // every other bit, the selector too
    EXPECT_READ32(n, kInterfaceId, 0x2100u);
    EXPECT_WRITE32(n, kInterfaceId, 0x00080000);
    EXPECT_WRITE32(0, kInterfaceId, 0);
    for (uint8_t page = 0; page < kLocalities; ++page)
      EXPECT_READ32(page, kInterfaceId, 0x00082100u);
    EXPECT_EVENT(Reset{false});
    EXPECT_READ32(n, kInterfaceId, 0x2100u);
  }
}

TEST(TisAccess, OneByteWritesActLikeTheirRegister) {
  Bench bench({.interrupts = true});
  EXPECT_WRITE(kAccess, 1, kRequestUse);
  EXPECT_READ32(0, kAccess, 0xA1u);
  EXPECT_WRITE(kIntEnable, 1, 0x81);
  EXPECT_WRITE(kIntEnable + 3, 1, 0x80);
  EXPECT_READ32(0, kIntEnable, 0x80000081u);
  EXPECT_WRITE(kSts, 1, kReady, "Irq 1");
  bench.put(0, command_bytes(10, 10));
  EXPECT_WRITE(kSts, 1, kGo, "Submit 0 10");
  EXPECT_WRITE(kSts + 3, 1, 0x01, "Cancel");
  for (uint32_t byte = 1; byte < 4; ++byte) {  // reserved bits only
    EXPECT_WRITE(kAccess + byte, 1, 0xFF);
    EXPECT_WRITE(kIntStatus + byte, 1, 0xFF);
  }
  EXPECT_WRITE(kSts + 1, 2, 0xFFFF);
  EXPECT_WRITE(kInterfaceId + 2, 1, 0x08);
  EXPECT_READ32(0, kInterfaceId, 0x00082100u);
  EXPECT_EQ(bench.regs().state, State::Execution);
}

TEST(TisAccess, TwoByteWritesActLikeTheirRegister) {
  Bench bench = bench_in(State::Reception);
  EXPECT_WRITE(kSts + 2, 2, 0x0100);
  EXPECT_WRITE(kSts, 2, kGo, "Submit 0 12");
  EXPECT_WRITE(kSts + 2, 2, 0x0100, "Cancel");
  EXPECT_WRITE(kSts - 1, 2, kReady << 8, "Cancel");  // INTF_CAPABILITY and the byte of STS
}

TEST(TisAccess, EightBytesAreTwoRegistersInOrder) {
  Bench bench({.interrupts = true});
  EXPECT_WRITE(kAccess, 8, 0xFFFFFFFF00000000 | kRequestUse);
  EXPECT_READ32(0, kAccess, 0xA1u);
  EXPECT_WRITE(kIntEnable, 8, 0xFFFFFFFF80000080);
  EXPECT_WRITE(kIntfCapability, 8, uint64_t{kReady} << 32, "Irq 1");
  EXPECT_WRITE(kIntStatus, 8, 0xFFFFFFFF00000080, "Irq 0");
  EXPECT_WRITE(kSts - 1, 3, uint64_t{kReady} << 8, "Irq 1");  // a part moved into its place
  EXPECT_WRITE(0x4028, 8, 0, "HashStart");
  // HASH_END, HASH_DATA that is none any more, and HASH_START, in their order.
  EXPECT_WRITE(0x4021, 8, ~uint64_t{0}, "HashEnd", "HashStart");
  // HASH_DATA and HASH_START.
  EXPECT_WRITE(0x4024, 8, 0x04030201, "HashData 1 2 3 4", "HashStart");
  EXPECT_WRITE(0x4026, 2, 0x0605, "HashData 5 6");
}

TEST(TisAccess, BytesOfTheFifoDoNotTravelThisWay) {
  Bench bench = bench_in(State::Ready);
  const Regs before = bench.regs();
  for (uint32_t offset : {uint32_t{kDataFifo}, uint32_t{kXDataFifo}, uint32_t{kXDataFifo} + 0x3C})
    for (uint8_t size : {uint8_t{1}, uint8_t{2}, uint8_t{4}, uint8_t{8}})
      EXPECT_WRITE(offset, size, ~uint64_t{0});
  EXPECT_EQ(bench.regs(), before);
}

TEST(TisAccess, TheSeamBetweenPages) {
  Bench bench;
  EXPECT_WRITE(0x1FFC, 8, uint64_t{kRequestUse} << 32);
  EXPECT_READ32(2, kAccess, 0xA1u);
  EXPECT_WRITE(0x2FFF, 2, kSeize << 8);
  EXPECT_READ32(3, kAccess, 0xA1u);
}

TEST(TisAccess, OutsideThePagesThereIsNothing) {
  Bench bench = bench_in(State::Execution, 4);
  const Regs before = bench.regs();
  for (uint32_t address : {0x4FFCu, 0x5000u, 0x5018u, 0x10000u, 0xFFFFFFF8u, 0xFFFFFFFFu})
    EXPECT_WRITE(address, 8, ~uint64_t{0});
  EXPECT_EQ(bench.regs(), before);
}

TEST(TisAccess, ImpossibleSizesAreBounded) {
  Bench bench;
  EXPECT_WRITE(kAccess, 0, kRequestUse);
  EXPECT_READ32(0, kAccess, 0x81u);
  EXPECT_WRITE(kAccess, 255, kRequestUse);
  EXPECT_READ32(0, kAccess, 0xA1u);
}

// Every offset, size and a set of values, from each state: the rules hold.
TEST(TisAccess, EveryOffsetAndSizeKeepsTheRules) {
  std::vector<Regs> states;
  for (bool interrupts : {false, true}) {
    for (uint8_t owner : localities({0, 4}))
      for (State state : kStates)
        states.push_back(bench_in(state, owner, {.interrupts = interrupts}).regs());
    Regs enabled = on(states.back(), Access::write(0x4000 + kIntEnable, 4, ~0ull)).regs;
    states.push_back(on(enabled, Access::write(0x4000 + kSts, 4, kReady)).regs);
    states.push_back(on(enabled, Access::write(0x4000 + kHashStart, 4, 0)).regs);
  }
  const uint64_t values[] = {0,
                             ~uint64_t{0},
                             0x0202020202020202,
                             0x0808080808080808,
                             0x4040404040404040,
                             0x0300002003000020};
  for (const Regs& regs : states)
    for (uint8_t size = 0; size <= 9; ++size)
      for (uint32_t base : {0x0000u, 0x4000u, 0x0FE0u})
        for (uint32_t offset = 0; offset < 0x34; ++offset)
          for (uint64_t value : values) {
            const Access access = Access::write(base + offset, size, value);
            ASSERT_EQ(broken_step_rule(regs, on(regs, access), false), "")
                << "offset " << access.address << " size " << int{size} << " value " << value;
          }
}

}  // namespace
}  // namespace vtpm::tis
