// SPDX-License-Identifier: Apache-2.0
// Accesses that are not one aligned register: parts, several registers, the seam to the data
// buffer, the seam between pages, and outside.
#include "tests/crb/bench.h"

namespace vtpm::crb {
namespace {

using namespace vtpm::crb::testing;

TEST(CrbAccess, ReadsOfEverySizeAndAlignmentAgreeWithThePages) {
  Bench bench;
  bench.write32(3, kLocCtrl, 1);
  bench.write32(3, kCtrlReq, 1);
  bench.write32(3, kCtrlStart, 1);
  bench.write32(3, kCtrlCancel, 1);
  for (uint8_t n = 0; n < kLocalities; ++n)
    for (uint8_t size = 1; size <= 8; ++size)
      for (uint32_t offset = 0; offset + size <= kDataBuffer; ++offset)
        bench.read(n * kPageSize + offset, size);
}

TEST(CrbAccess, OneByteWritesActLikeTheirRegister) {
  Bench bench;
  EXPECT_WRITE(kLocCtrl, 1, 1);
  EXPECT_READ32(0, kLocSts, 1u);
  EXPECT_WRITE(kCtrlReq, 1, 1);
  EXPECT_READ32(0, kCtrlSts, 0u);
  EXPECT_WRITE(kCtrlStart, 1, 1, "Submit 0 128+3968");
  EXPECT_WRITE(kCtrlCancel, 1, 1, "Cancel");
  for (uint32_t byte = 1; byte < 4; ++byte) {  // reserved bits only
    EXPECT_WRITE(kCtrlCancel + byte, 1, 0xFF);
    EXPECT_WRITE(kCtrlStart + byte, 1, 0xFF);
    EXPECT_WRITE(kCtrlReq + byte, 1, 0xFF);
    EXPECT_WRITE(kLocCtrl + byte, 1, 0xFF);
  }
  EXPECT_READ32(0, kCtrlCancel, 1u);
}

TEST(CrbAccess, EightBytesAreTwoRegistersInOrder) {
  Bench bench;
  EXPECT_WRITE(kLocCtrl, 8, 0xFFFFFFFF00000001);
  EXPECT_READ32(0, kLocSts, 1u);
  EXPECT_WRITE(kCtrlCancel, 8, 0x0000000100000001, "Submit 0 128+3968");
  EXPECT_READ32(0, kCtrlCancel, 1u);  // before START: does not reach it
  EXPECT_EVENT(ResponseReady{10}, "Deliver 0 128+10");
  // One byte before CTRL_CANCEL: the parts are moved into their places.
  EXPECT_WRITE(kCtrlCancel - 1, 6, 0x0100000000FF, "Submit 0 128+3968");
  EXPECT_READ32(0, kCtrlCancel, 0u);
}

TEST(CrbAccess, ReadOnlyAndReservedWordsKeepTheirValues) {
  Bench bench;
  bench.write32(0, kLocCtrl, 1);
  const Regs before = bench.regs();
  for (uint32_t offset = 0; offset < kDataBuffer; offset += 4) {
    const Register* reg = kRegisters.find(offset);
    if (reg != nullptr && reg->kind != RegisterKind::ReadOnly) continue;
    const uint64_t value = bench.read(offset, 4);
    EXPECT_WRITE(offset, 4, 0xFFFFFFFF);
    EXPECT_WRITE(offset, 4, 0);
    EXPECT_EQ(bench.read(offset, 4), value);
  }
  EXPECT_EQ(bench.regs(), before);
}

TEST(CrbAccess, TheSeamToTheDataBuffer) {
  Bench bench;
  EXPECT_WRITE(0x7C, 8, 0x8877665544332211);  // nobody owns the buffer
  bench.write32(0, kLocCtrl, 1);
  EXPECT_WRITE(0x7C, 8, 0x8877665544332211, "Store 0 0x80+4=0x88776655");
  EXPECT_WRITE(0x7F, 2, 0x2211, "Store 0 0x80+1=0x22");
  EXPECT_WRITE(0xFFF, 1, 0x5A, "Store 0 0xfff+1=0x5a");
  EXPECT_WRITE(0x83, 8, ~uint64_t{0}, "Store 0 0x83+8=0xffffffffffffffff");
  bench.write32(0, kCtrlStart, 1);
  EXPECT_WRITE(0x80, 4, 1);  // the buffer is the TPM's while it executes

  const Reply reply = on(bench.regs(), Access::read(kRspAddress + 2, 8)).reply;
  EXPECT_EQ(reply.value, 0xFED4u);
  EXPECT_EQ(reply.buffer_bytes, 0);
  EXPECT_EQ(on(bench.regs(), Access::read(0x7E, 4)).reply.buffer_bytes, 0b1100);
  EXPECT_EQ(on(bench.regs(), Access::read(0x80, 8)).reply.buffer_bytes, 0xFF);
}

TEST(CrbAccess, TheSeamBetweenPages) {
  Bench bench;
  bench.write32(0, kLocCtrl, 1);
  EXPECT_WRITE(0xFFC, 8, 0xFFFFFFFF44332211, "Store 0 0xffc+4=0x44332211");
  const Reply reply = on(bench.regs(), Access::read(0xFFE, 4)).reply;
  EXPECT_EQ(reply.value, 0x830000u);  // LOC_STATE of locality 1
  EXPECT_EQ(reply.buffer_bytes, 0b0011);
}

TEST(CrbAccess, OutsideThePagesThereIsNothing) {
  Bench bench;
  bench.write32(4, kLocCtrl, 1);
  for (uint32_t address : {0x5000u, 0x5008u, 0x10000u, 0xFFFFFFF8u, 0xFFFFFFFFu}) {
    EXPECT_WRITE(address, 8, ~uint64_t{0});
    EXPECT_EQ(on(bench.regs(), Access::read(address, 4)).reply.value, 0xFFFFFFFFu);
  }
  EXPECT_WRITE(0x4FFE, 4, 0x44332211, "Store 4 0xffe+2=0x2211");
  const Reply reply = on(bench.regs(), Access::read(0x4FFE, 4)).reply;
  EXPECT_EQ(reply.value, 0xFFFF0000u);
  EXPECT_EQ(reply.buffer_bytes, 0b0011);
}

TEST(CrbAccess, ImpossibleSizesAreBounded) {
  Bench bench;
  EXPECT_WRITE(kLocCtrl, 0, 1);
  EXPECT_READ32(0, kLocSts, 0u);
  EXPECT_WRITE(kLocCtrl, 255, 1);
  EXPECT_READ32(0, kLocSts, 1u);
  EXPECT_EQ(on(bench.regs(), Access::read(kIntfId, 255)).reply.value, 0x00001014000A5B11u);
  EXPECT_EQ(on(bench.regs(), Access::read(kIntfId, 0)).reply.value, 0u);
}

// Every offset, size and a set of values, from each state: the rules hold.
TEST(CrbAccess, EveryOffsetAndSizeKeepsTheRules) {
  std::vector<Regs> states;
  for (bool interrupts : {false, true}) {
    Regs regs = power_on({.interrupts = interrupts});
    states.push_back(regs);
    for (const Access& access :
         {Access::write(0x4008, 4, 1), Access::write(0x4040, 4, 1), Access::write(0x4050, 4, ~0ull),
          Access::write(0x404C, 4, 1), Access::write(0x4040, 4, 2), Access::write(0x4028, 4, 0)}) {
      regs = on(regs, access).regs;
      states.push_back(regs);
    }
  }
  for (const Regs& regs : states)
    for (uint8_t size = 0; size <= 9; ++size)
      for (uint32_t base : {0x0000u, 0x4000u})
        for (uint32_t offset = 0; offset < 0x90; ++offset)
          for (uint64_t value : {uint64_t{0}, ~uint64_t{0}, uint64_t{0x0101010101010101},
                                 uint64_t{0x0000000100000001}, uint64_t{0x0202020202020202},
                                 uint64_t{0x0C0C0C0C0C0C0C0C}}) {
            const Access access = Access::write(base + offset, size, value);
            ASSERT_EQ(broken_step_rule(regs, on(regs, access), false, start_page_of(access)), "")
                << "offset " << access.address << " size " << int{size} << " value " << value;
          }
}

}  // namespace
}  // namespace vtpm::crb
