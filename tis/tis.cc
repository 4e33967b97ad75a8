// SPDX-License-Identifier: Apache-2.0
#include "tis/tis.h"

#include <algorithm>
#include <utility>

namespace vtpm::tis {
namespace {

// Where the command's header has told its size: after tag and size (Part 1, 18.2).
constexpr uint32_t kSizeKnown = 6;

// --- parts of a step ---

// Only an enabled cause is noted (as QEMU's tpm-tis has it), so that the line is high as long as
// INT_STATUS of some locality is not zero.
void raise(Step& step, uint8_t locality, BitField cause) {
  Regs& regs = step.regs;
  if (locality == kNoLocality) return;
  const uint32_t enable = regs.int_enable[locality];
  if (!interrupt::kGlobalEnable.get(enable) || !cause.get(enable)) return;
  regs.int_status[locality] |= static_cast<uint8_t>(cause.mask());
  step.changed.add(locality, Word::IntStatus);
}

bool irq_level(const Regs& regs) {
  for (unsigned i = 0; i < kLocalities; ++i)
    if (interrupt::kGlobalEnable.get(regs.int_enable[i]) &&
        (regs.int_enable[i] & regs.int_status[i]) != 0)
      return true;
  return false;
}

void follow_irq_line(Step& step, const Regs& before) {
  if (irq_level(before) != irq_level(step.regs)) step.effects.push(Irq{irq_level(step.regs)});
}

// The state of the owner, in which the front-end may move bytes up to these limits.
void enter(Step& step, State state, uint32_t write_limit, uint32_t read_limit) {
  Regs& regs = step.regs;
  regs.state = state;
  regs.expect = false;
  regs.response_size = read_limit;
  regs.ready_awaited = false;
  regs.fifo.write_limit = write_limit;
  regs.fifo.read_limit = read_limit;
  if (regs.owner != kNoLocality) step.changed.add(regs.owner, Word::Sts);
}

void enter_idle(Step& step) {
  ++step.regs.fifo.generation;
  enter(step, State::Idle, 0, 0);
}

// The limit of one byte is the first one that counts: with it Reception begins.
void enter_ready(Step& step) {
  ++step.regs.fifo.generation;
  enter(step, State::Ready, 1, 0);
  raise(step, step.regs.owner, interrupt::kCommandReady);
}

// Another locality, or none, becomes the owner, and begins idle; a command that runs is cancelled
// and its answer dropped.
void change_owner(Step& step, uint8_t next) {
  Regs& regs = step.regs;
  const uint8_t last = regs.owner;
  if (regs.state == State::Execution) {
    regs.draining = true;
    step.effects.push(Cancel{});
  }
  if (last != kNoLocality) step.changed.add(last, Word::Sts);
  regs.owner = next;
  if (next != kNoLocality) regs.requests &= static_cast<uint8_t>(~one_hot(next));
  enter_idle(step);
  step.changed.add_everywhere(Word::Access);
  if (next != last) raise(step, next, interrupt::kLocalityChange);
}

void release(Step& step) {
  change_owner(step, highest_locality(step.regs.requests));
}

void seize(Step& step, uint8_t locality) {
  if (step.regs.owner != kNoLocality) step.regs.seized |= one_hot(step.regs.owner);
  change_owner(step, locality);
}

// --- writes to each register ---

// The profile lets software set one bit at a time. Where several are set, as in QEMU's tpm-tis:
// Seize goes before requestUse and activeLocality, and an owner that lets go requests nothing.
void write_access(Step& step, uint8_t locality, const Written& written) {
  Regs& regs = step.regs;
  if (written.sets(access::kBeenSeized)) {
    regs.seized &= static_cast<uint8_t>(~one_hot(locality));
    step.changed.add(locality, Word::Access);
  }
  const bool owns = regs.owner == locality;
  if (regs.hashing && owns) return;
  if (written.sets(access::kSeize)) {
    if (regs.owner == kNoLocality || locality > regs.owner) seize(step, locality);
    return;
  }
  if (written.sets(access::kActiveLocality)) {
    if (owns) return release(step);
    regs.requests &= static_cast<uint8_t>(~one_hot(locality));
    step.changed.add_everywhere(Word::Access);
  }
  if (!written.sets(access::kRequestUse) || owns) return;
  if (regs.owner == kNoLocality) return change_owner(step, locality);
  regs.requests |= one_hot(locality);
  step.changed.add_everywhere(Word::Access);
}

// commandReady ends whatever there is. A command that runs ends first, so that the next one
// cannot meet its response.
void write_command_ready(Step& step) {
  Regs& regs = step.regs;
  if (!outstanding(regs)) return enter_ready(step);
  if (regs.state == State::Execution) step.effects.push(Cancel{});
  regs.ready_awaited = true;
}

void write_sts(Step& step, uint8_t locality, const Written& written) {
  Regs& regs = step.regs;
  if (written.sets(sts::kCommandCancel) && regs.state == State::Execution)
    step.effects.push(Cancel{});
  if (written.sets(sts::kResetEstablishment) && locality >= 3)
    step.effects.push(ResetEstablished{locality});
  // One of the three; a write that asks for several of them asks for nothing.
  const bool ready = written.sets(sts::kCommandReady);
  const bool go = written.sets(sts::kTpmGo);
  const bool retry = written.sets(sts::kResponseRetry);
  if (ready + go + retry != 1 || regs.hashing) return;
  if (ready) {
    write_command_ready(step);
  } else if (go && regs.state == State::Reception && !regs.expect) {
    const uint32_t size = regs.fifo.write_limit;
    enter(step, State::Execution, 0, 0);
    step.effects.push(Submit{locality, size});
  } else if (retry && regs.state == State::Completion) {
    ++regs.fifo.generation;
    enter(step, State::Completion, 0, regs.response_size);
  }
}

void write_int_enable(Step& step, uint8_t locality, const Written& written) {
  uint32_t& enable = step.regs.int_enable[locality];
  enable = written.merged_into(enable);
  step.changed.add(locality, Word::IntEnable);
}

void write_int_status(Step& step, uint8_t locality, const Written& written) {
  step.regs.int_status[locality] &= static_cast<uint8_t>(~written.value);
  step.changed.add(locality, Word::IntStatus);
}

void write_hash_start(Step& step) {
  if (step.regs.owner != kHardwareLocality)
    seize(step, kHardwareLocality);
  else
    change_owner(step, kHardwareLocality);  // to itself: whatever it was doing ends
  step.regs.hashing = true;
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

void write_register(Step& step, uint8_t locality, const Register& reg, const AccessPart& part,
                    uint64_t access_value) {
  const Written written(reg, part, access_value);
  if (written.covered == 0) return;
  const bool hardware = locality == kHardwareLocality;
  switch (reg.offset) {
    case kAccess:
      return write_access(step, locality, written);
    case kHashStart:
      return hardware ? write_hash_start(step) : void();
    case kHashEnd:
      return hardware ? write_hash_end(step) : void();
    case kInterfaceId:
      step.regs.selector_locked |= written.sets(interface_id::kIntfSelLock);
      return step.changed.add_everywhere(Word::InterfaceId);
    default:
      break;
  }
  if (step.regs.owner != locality) return;
  switch (reg.offset) {
    case kSts:
      return write_sts(step, locality, written);
    case kIntEnable:
      return step.regs.interrupts ? write_int_enable(step, locality, written) : void();
    case kIntStatus:
      return write_int_status(step, locality, written);
    default:
      return;
  }
}

// --- ends of a command ---

void answered(Step& step, bool usable, uint32_t size) {
  Regs& regs = step.regs;
  const bool abandoned = std::exchange(regs.draining, false);
  if (regs.ready_awaited) return enter_ready(step);
  if (abandoned) return;
  ++regs.fifo.generation;
  enter(step, State::Completion, 0, usable ? size : kFailureSize);
  if (usable)
    step.effects.push(Deliver{size});
  else
    step.effects.push(DeliverFailure{});
  raise(step, regs.owner, interrupt::kDataAvail);
  raise(step, regs.owner, interrupt::kStsValid);
}

}  // namespace

Regs power_on(const RegisterOptions& options) {
  Regs regs;
  regs.established = options.established;
  regs.interrupts = options.interrupts;
  regs.line = options.line;
  if (options.interrupts) regs.int_enable.fill(interrupt::kEnableReset);
  return regs;
}

Step on(const Regs& regs, const Access& access) {
  Step step(regs);
  if (access.op == Access::Op::Read) return step;
  split_pages(access, [&](uint8_t locality, uint32_t offset, unsigned size, unsigned shift) {
    kRegisters.split(offset, size, [&](const Register& reg, const AccessPart& part) {
      if (reg.kind != RegisterKind::Window)
        write_register(step, locality, reg, part, access.value >> shift);
      else if (locality == kHardwareLocality && reg.offset == kDataFifo)
        write_hash_data(step, part, access.value >> shift);
    });
  });
  follow_irq_line(step, regs);
  return step;
}

Step on(const Regs& regs, const FifoWritten& event) {
  Step step(regs);
  Fifo& fifo = step.regs.fifo;
  if (event.generation != fifo.generation || event.position != fifo.write_limit) return step;
  if (regs.state == State::Ready) {
    enter(step, State::Reception, kSizeKnown, 0);
    step.regs.expect = true;
  } else if (regs.expect && fifo.write_limit == kSizeKnown && event.command_size > kSizeKnown) {
    // What is longer than the buffer is as long as the buffer, and the engine says that it is not
    // whole.
    fifo.write_limit = std::min(event.command_size, kFifoSize);
  } else if (regs.expect) {
    step.regs.expect = false;
    step.changed.add(regs.owner, Word::Sts);
  }
  follow_irq_line(step, regs);
  return step;
}

Step on(const Regs& regs, const FifoRead& event) {
  Step step(regs);
  if (!data_available(regs) || event.generation != regs.fifo.generation ||
      event.position != regs.fifo.read_limit)
    return step;
  step.regs.fifo.read_limit = 0;
  step.changed.add(regs.owner, Word::Sts);
  raise(step, regs.owner, interrupt::kStsValid);
  follow_irq_line(step, regs);
  return step;
}

Step on(const Regs& regs, const ResponseReady& event) {
  Step step(regs);
  if (outstanding(regs))
    answered(step, event.size >= kFailureSize && event.size <= kFifoSize, event.size);
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
  step.changed.add_everywhere(Word::Access);
  return step;
}

Step on(const Regs& regs, const Reset& event) {
  Step step(power_on({event.established, regs.interrupts, regs.line}));
  step.changed = WordSet::all();
  step.regs.fifo.generation = regs.fifo.generation + 1;
  step.regs.draining = outstanding(regs);
  if (outstanding(regs)) step.effects.push(Cancel{});
  follow_irq_line(step, regs);
  return step;
}

}  // namespace vtpm::tis
