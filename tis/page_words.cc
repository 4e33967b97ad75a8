// SPDX-License-Identifier: Apache-2.0
// What the pages show: every word is a function of the registers.
#include "tis/tis.h"

namespace vtpm::tis {
namespace {

uint32_t access_value(const Regs& regs, uint8_t locality) {
  const unsigned others = regs.requests & ~unsigned{one_hot(locality)};
  return static_cast<uint32_t>(access::kTpmRegValidSts.place(1) |
                               access::kTpmEstablishment.place(regs.established ? 0 : 1) |
                               access::kRequestUse.place(regs.requests >> locality & 1) |
                               access::kPendingRequest.place(others != 0) |
                               access::kBeenSeized.place(regs.seized >> locality & 1) |
                               access::kActiveLocality.place(regs.owner == locality));
}

// stsValid covers Expect and dataAvail, which mean nothing before a command has begun.
uint32_t sts_value(const Regs& regs, uint8_t locality) {
  if (regs.owner != locality) return kNoRegister;
  const bool valid = regs.state != State::Idle && regs.state != State::Ready;
  const uint32_t burst = data_available(regs) ? regs.response_size : kFifoSize;
  return static_cast<uint32_t>(
      sts::kTpmFamily.place(1) | sts::kBurstCount.place(burst) | sts::kStsValid.place(valid) |
      sts::kCommandReady.place(regs.state == State::Ready) | sts::kExpect.place(regs.expect) |
      sts::kDataAvail.place(data_available(regs)));
}

}  // namespace

uint32_t word_value(const Regs& regs, uint8_t locality, Word word) {
  switch (word) {
    case Word::Access:
      return access_value(regs, locality);
    case Word::IntEnable:
      return regs.int_enable[locality];
    case Word::IntStatus:
      return regs.int_status[locality];
    case Word::InterfaceId:
      return static_cast<uint32_t>(
          interface_id::kIntfSelLock.set(interface_id::kValue, regs.selector_locked));
    case Word::Sts:
      return sts_value(regs, locality);
  }
  return kNoRegister;
}

uint32_t page_word(const Regs& regs, uint8_t locality, uint16_t offset) {
  for (unsigned i = 0; i < kWords; ++i)
    if (const Word word = static_cast<Word>(i); word_offset(word) == offset)
      return word_value(regs, locality, word);
  if (offset == kIntVector) return regs.line;
  const Register* reg = kRegisters.find(offset);
  if (reg == nullptr || reg->kind == RegisterKind::Window) return kNoRegister;
  uint32_t value = static_cast<uint32_t>(reg->reset);
  if (offset == kIntfCapability && regs.interrupts) value |= intf_capability::kWithInterrupts;
  return value;
}

}  // namespace vtpm::tis
