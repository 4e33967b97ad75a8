// SPDX-License-Identifier: Apache-2.0
// What the pages show: every word is a function of the registers.
#include "crb/crb.h"

namespace vtpm::crb {

uint32_t word_value(const Regs& regs, uint8_t locality, Word word) {
  const bool owns = regs.owner == locality;
  uint64_t value = 0;
  switch (word) {
    case Word::LocState:
      value = loc_state::kTpmRegValidSts.place(1) |
              loc_state::kTpmEstablished.place(regs.established ? 0 : 1);
      if (regs.owner != kNoLocality)
        value |= loc_state::kLocAssigned.place(1) | loc_state::kActiveLocality.place(regs.owner);
      break;
    case Word::LocSts:
      value =
          loc_sts::kGranted.place(owns) | loc_sts::kBeenSeized.place(regs.seized >> locality & 1);
      break;
    case Word::CtrlReq:
      value = owns ? regs.request : 0;
      break;
    case Word::CtrlSts:
      value = ctrl_sts::kTpmSts.place(regs.failed) |
              ctrl_sts::kTpmIdle.place(!owns || regs.state == State::Idle);
      break;
    case Word::CtrlCancel:
      value = owns ? regs.cancel : 0;
      break;
    case Word::IntEnable:
      value = regs.int_enable;
      break;
    case Word::IntSts:
      value = regs.int_status;
      break;
    case Word::CtrlStart:
      value = kStart.place(owns && regs.state == State::Execution);
      break;
  }
  return static_cast<uint32_t>(value);
}

uint64_t register_value(const Regs& regs, uint8_t locality, const Register& reg) {
  for (unsigned i = 0; i < kWords; ++i) {
    const Word word = static_cast<Word>(i);
    if (word_offset(word) == reg.offset) return word_value(regs, locality, word);
  }
  const bool address = reg.offset == kCmdLowAddress || reg.offset == kRspAddress;
  return address ? reg.reset + locality * kPageSize : reg.reset;
}

PageImage page_image(const Regs& regs, uint8_t locality) {
  PageImage image{};
  for (const Register& reg : kRegisters) {
    if (reg.kind == RegisterKind::Window) continue;
    const uint64_t value = register_value(regs, locality, reg);
    image[reg.offset / 4] = static_cast<uint32_t>(value);
    if (reg.size == 8) image[reg.offset / 4 + 1] = static_cast<uint32_t>(value >> 32);
  }
  return image;
}

}  // namespace vtpm::crb
