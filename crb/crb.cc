// SPDX-License-Identifier: Apache-2.0
#include "crb/crb.h"

#include <algorithm>

namespace vtpm::crb {
namespace {

// A response shorter than its header is none (Part 1, 18.2).
constexpr uint32_t kHeaderSize = 10;
constexpr uint8_t kAcknowledged = 0;

// --- parts of a step ---

void raise(Step& step, BitField cause) {
  if (!step.regs.interrupts) return;
  step.regs.int_status |= static_cast<uint8_t>(cause.mask());
  step.changed.add_everywhere(Word::IntSts);
}

bool irq_level(const Regs& regs) {
  return interrupt::kGlobalEnable.get(regs.int_enable) != 0 &&
         (regs.int_enable & regs.int_status) != 0;
}

void follow_irq_line(Step& step, const Regs& before) {
  if (step.regs.interrupts && irq_level(before) != irq_level(step.regs))
    step.effects.push(Irq{irq_level(step.regs)});
}

// The state of the owner, as CTRL_REQ and CTRL_STS show it.
void enter(Step& step, State state) {
  if (step.regs.request != kAcknowledged) {
    step.regs.request = kAcknowledged;
    step.changed.add(step.regs.owner, Word::CtrlReq);
  }
  if ((step.regs.state == State::Idle) != (state == State::Idle))
    step.changed.add(step.regs.owner, Word::CtrlSts);
  step.regs.state = state;
}

void hold_request(Step& step, BitField request) {
  step.regs.request = static_cast<uint8_t>(request.mask());
  step.changed.add(step.regs.owner, Word::CtrlReq);
}

// Another locality, or none, becomes the owner. The control area starts idle; a command that runs
// is cancelled and its answer dropped.
void change_owner(Step& step, uint8_t next) {
  Regs& regs = step.regs;
  const uint8_t last = regs.owner;
  if (regs.state == State::Execution) {
    regs.draining = true;
    step.changed.add(last, Word::CtrlStart);
    step.effects.push(Cancel{});
  }
  regs.state = State::Idle;
  regs.request = kAcknowledged;
  regs.cancel = 0;
  regs.owner = next;
  for (uint8_t locality : {last, next}) {
    if (locality == kNoLocality) continue;
    for (Word word : {Word::LocSts, Word::CtrlReq, Word::CtrlSts, Word::CtrlCancel})
      step.changed.add(locality, word);
  }
  if (next != kNoLocality) {
    regs.requests &= static_cast<uint8_t>(~one_hot(next));
    regs.seized &= static_cast<uint8_t>(~one_hot(next));
  }
  step.changed.add_everywhere(Word::LocState);
  if (next != last) raise(step, interrupt::kLocChange);
}

// The owner lets go: the highest locality that waits is next (PTP, locality arbitration).
void release(Step& step) {
  change_owner(step, highest_locality(step.regs.requests));
}

void seize(Step& step, uint8_t locality) {
  if (step.regs.owner != kNoLocality) step.regs.seized |= one_hot(step.regs.owner);
  change_owner(step, locality);
}

// --- writes to each register ---

void write_loc_ctrl(Step& step, uint8_t locality, const Written& written) {
  Regs& regs = step.regs;
  if (written.sets(loc_ctrl::kResetEstablishment) && locality >= 3)
    step.effects.push(ResetEstablished{locality});
  // One of the three; a write that asks for several of them asks for nothing.
  const bool request = written.sets(loc_ctrl::kRequestAccess);
  const bool relinquish = written.sets(loc_ctrl::kRelinquish);
  const bool take = written.sets(loc_ctrl::kSeize);
  if (request + relinquish + take != 1 || (regs.hashing && regs.owner == locality)) return;
  if (relinquish) {
    if (regs.owner == locality)
      release(step);
    else
      regs.requests &= static_cast<uint8_t>(~one_hot(locality));
  } else if (regs.owner == kNoLocality) {
    change_owner(step, locality);
  } else if (regs.owner == locality) {
    return;
  } else if (request) {
    regs.requests |= one_hot(locality);
  } else if (locality > regs.owner) {
    seize(step, locality);
  }
}

void write_ctrl_req(Step& step, const Written& written) {
  Regs& regs = step.regs;
  const bool ready = written.sets(ctrl_req::kCmdReady);
  const bool idle = written.sets(ctrl_req::kGoIdle);
  if (ready == idle || regs.hashing) return;
  if (regs.state == State::Execution) {
    // The driver has given up on its command. The request is acknowledged when the command has
    // ended, so that the next one cannot meet the response of this one.
    hold_request(step, ready ? ctrl_req::kCmdReady : ctrl_req::kGoIdle);
    step.effects.push(Cancel{});
  } else if (ready && regs.draining) {
    hold_request(step, ctrl_req::kCmdReady);
  } else {
    enter(step, ready ? State::Ready : State::Idle);
    if (ready) raise(step, interrupt::kCmdReady);
  }
}

void write_cancel(Step& step, const Written& written) {
  Regs& regs = step.regs;
  regs.cancel = static_cast<uint8_t>(written.merged_into(regs.cancel));
  step.changed.add(regs.owner, Word::CtrlCancel);
  if (written.sets(kCancel) && regs.state == State::Execution) step.effects.push(Cancel{});
}

// START is taken in Idle too. The PTP wants cmdReady first, but SeaBIOS sends its first command
// without it and stock QEMU executes that.
void write_start(Step& step, uint8_t locality, const Written& written) {
  Regs& regs = step.regs;
  if (!written.sets(kStart)) return;
  const bool running = regs.owner == locality && regs.state == State::Execution;
  if (regs.owner != locality || running || regs.draining || regs.hashing) {
    step.changed.add(locality, Word::CtrlStart);
    return;
  }
  enter(step, State::Execution);
  step.effects.push(Submit{locality, kDataBuffer, kDataBufferSize});
}

void write_int_enable(Step& step, const Written& written) {
  step.regs.int_enable = written.merged_into(step.regs.int_enable);
  step.changed.add_everywhere(Word::IntEnable);
}

void write_int_sts(Step& step, const Written& written) {
  step.regs.int_status &= static_cast<uint8_t>(~written.value);
  step.changed.add_everywhere(Word::IntSts);
}

void write_hash_start(Step& step) {
  Regs& regs = step.regs;
  if (regs.owner != kHardwareLocality)
    seize(step, kHardwareLocality);
  else
    change_owner(step, kHardwareLocality);  // to itself: whatever it was doing ends
  regs.hashing = true;
  step.effects.push(HashStart{});
}

void write_hash_data(Step& step, const AccessPart& part, uint64_t access_value) {
  if (step.regs.hashing) step.effects.push(HashData(part, access_value));
}

void write_hash_end(Step& step) {
  if (!step.regs.hashing) return;
  step.regs.hashing = false;
  release(step);
  step.effects.push(HashEnd{});
}

void write_buffer(Step& step, uint8_t locality, const AccessPart& part, uint64_t access_value) {
  if (step.regs.owner != locality || step.regs.state == State::Execution) return;
  step.effects.push(StoreBuffer{locality, part.size, static_cast<uint16_t>(kDataBuffer + part.at),
                                access_value >> part.shift & part.mask()});
}

void write_part(Step& step, uint8_t locality, const Register& reg, const AccessPart& part,
                uint64_t access_value) {
  if (reg.kind == RegisterKind::Window) return write_buffer(step, locality, part, access_value);
  const Written written(reg, part, access_value);
  switch (reg.offset) {
    case kLocCtrl:
      return write_loc_ctrl(step, locality, written);
    case kCtrlStart:
      return write_start(step, locality, written);
    case kHashStart:
      return locality == kHardwareLocality ? write_hash_start(step) : void();
    case kHashData:
      return locality == kHardwareLocality ? write_hash_data(step, part, access_value) : void();
    case kHashEnd:
      return locality == kHardwareLocality ? write_hash_end(step) : void();
    default:
      break;
  }
  if (step.regs.owner != locality || written.covered == 0) return;
  switch (reg.offset) {
    case kCtrlReq:
      return write_ctrl_req(step, written);
    case kCtrlCancel:
      return write_cancel(step, written);
    case kIntEnable:
      return step.regs.interrupts ? write_int_enable(step, written) : void();
    case kIntSts:
      return step.regs.interrupts ? write_int_sts(step, written) : void();
    default:
      return;
  }
}

// --- reads ---

void read_part(Reply& reply, const Regs& regs, uint8_t locality, const Register& reg,
               const AccessPart& part) {
  if (reg.kind == RegisterKind::Window)
    reply.buffer_bytes |= static_cast<uint8_t>(((1u << part.size) - 1) << part.shift / 8);
  else
    reply.value |= part.from_register(register_value(regs, locality, reg));
}

uint64_t ones_outside(const Access& access) {
  uint64_t value = 0;
  for (unsigned i = 0; i < std::min<unsigned>(access.size, 8); ++i)
    if (uint64_t{access.address} + i >= uint64_t{kLocalities} * kPageSize)
      value |= uint64_t{0xFF} << 8 * i;
  return value;
}

// --- ends of a command ---

void answered(Step& step, bool usable, uint32_t size) {
  Regs& regs = step.regs;
  if (!usable) {
    regs.failed = true;
    step.changed.add_everywhere(Word::CtrlSts);
  }
  if (regs.draining) {
    regs.draining = false;
    if (regs.request == kAcknowledged) return;
    enter(step, State::Ready);
    raise(step, interrupt::kCmdReady);
    return;
  }
  step.changed.add(regs.owner, Word::CtrlStart);
  raise(step, interrupt::kStart);
  if (regs.request == kAcknowledged) {
    enter(step, State::Completion);
    if (usable) step.effects.push(Deliver{regs.owner, kDataBuffer, static_cast<uint16_t>(size)});
    return;
  }
  const bool ready = ctrl_req::kCmdReady.get(regs.request) != 0;
  enter(step, ready ? State::Ready : State::Idle);
  if (ready) raise(step, interrupt::kCmdReady);
}

}  // namespace

Regs power_on(const RegisterOptions& options) {
  Regs regs;
  regs.established = options.established;
  regs.interrupts = options.interrupts;
  return regs;
}

Step on(const Regs& regs, const Access& access) {
  Step step(regs);
  if (access.op == Access::Op::Read) {
    step.reply.value = ones_outside(access);
    split_pages(access, [&](uint8_t locality, uint32_t offset, unsigned size, unsigned shift) {
      kRegisters.split(offset, size, [&](const Register& reg, AccessPart part) {
        part.shift = static_cast<uint8_t>(part.shift + shift);
        read_part(step.reply, regs, locality, reg, part);
      });
    });
    return step;
  }
  split_pages(access, [&](uint8_t locality, uint32_t offset, unsigned size, unsigned shift) {
    kRegisters.split(offset, size, [&](const Register& reg, const AccessPart& part) {
      write_part(step, locality, reg, part, access.value >> shift);
    });
  });
  follow_irq_line(step, regs);
  return step;
}

Step on(const Regs& regs, const ResponseReady& event) {
  Step step(regs);
  if (outstanding(regs))
    answered(step, event.size >= kHeaderSize && event.size <= kDataBufferSize, event.size);
  follow_irq_line(step, regs);
  return step;
}

Step on(const Regs& regs, const CommandFailed&) {
  Step step(regs);
  if (outstanding(regs)) answered(step, false, 0);
  follow_irq_line(step, regs);
  return step;
}

Step on(const Regs& regs, const Established& event) {
  Step step(regs);
  if (event.established == regs.established) return step;
  step.regs.established = event.established;
  step.changed.add_everywhere(Word::LocState);
  if (!event.established) raise(step, interrupt::kEstablishmentClear);
  follow_irq_line(step, regs);
  return step;
}

Step on(const Regs& regs, const Reset& event) {
  Step step(power_on({event.established, regs.interrupts}));
  step.changed = WordSet::all();
  step.regs.draining = outstanding(regs);
  if (outstanding(regs)) step.effects.push(Cancel{});
  follow_irq_line(step, regs);
  return step;
}

}  // namespace vtpm::crb
