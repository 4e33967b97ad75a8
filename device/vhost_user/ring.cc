// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/ring.h"

#include <algorithm>
#include <cstring>
#include <poll.h>
#include <sched.h>

namespace vtpm::device::vhost_user {
namespace {

// About a microsecond: often enough to look at the clock, seldom enough to be free.
constexpr int kPausesPerCheck = 32;

void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

uint32_t current_cpu() {
  const int cpu = sched_getcpu();
  return cpu < 0 ? VUT_CPU_UNKNOWN : static_cast<uint32_t>(cpu);
}

bool well_formed(const vut_entry& entry) {
  if (entry.locality >= VUT_LOCALITIES) return false;
  if (entry.kind == VUT_ENTRY_FIFO) return entry.size == 8 && entry.offset <= VUT_FIFO_RESPONSE;
  const bool size = entry.size == 1 || entry.size == 2 || entry.size == 4;
  return entry.kind == VUT_ENTRY_WRITE && size && entry.offset < VUT_PAGE_SIZE &&
         entry.offset % 4 + entry.size <= 4 && entry.value >> 8 * entry.size == 0;
}

}  // namespace

Ring::Ring(SharedMemory& memory, std::chrono::nanoseconds spin)
    : memory_(memory), spin_(std::min(spin, std::chrono::nanoseconds(VUT_SPIN_MAX_NS))) {}

bool Ring::posted() const {
  return shared(memory_.control().producer).load(std::memory_order_seq_cst) != consumed_;
}

Ring::Next Ring::take(vut_entry& entry) {
  const uint64_t ahead =
      shared(memory_.control().producer).load(std::memory_order_acquire) - consumed_;
  if (ahead == 0) return Next::Nothing;
  if (ahead > VUT_RING_ENTRIES) return Next::Insane;
  spinning_ = false;
  // One copy, by volatile loads: the checks and the use must see the same bytes.
  const volatile vut_entry& slot = memory_.entry(consumed_);
  entry.kind = slot.kind;
  entry.locality = slot.locality;
  entry.size = slot.size;
  entry.offset = slot.offset;
  entry.value = slot.value;
  return well_formed(entry) ? Next::Entry : Next::Insane;
}

void Ring::complete() {
  shared(memory_.control().consumer).store(++consumed_, std::memory_order_seq_cst);
  wake_front_end();
}

void Ring::wake_front_end() const {
  if (shared(memory_.control().frontend_sleeping).load(std::memory_order_seq_cst) != 0)
    memory_.call().signal();
}

void Ring::drop_posted() {
  consumed_ = shared(memory_.control().producer).load(std::memory_order_acquire);
  shared(memory_.control().consumer).store(consumed_, std::memory_order_seq_cst);
  wake_front_end();
}

bool Ring::shares_cpu_with_front_end() const {
  return shared(memory_.control().frontend_cpu).load(std::memory_order_relaxed) == cpu_ &&
         cpu_ != VUT_CPU_UNKNOWN;
}

void Ring::publish_cpu() {
  const uint32_t cpu = current_cpu();
  if (cpu == cpu_) return;
  cpu_ = cpu;
  shared(memory_.control().backend_cpu).store(cpu, std::memory_order_relaxed);
}

bool Ring::keep_spinning() {
  const auto now = std::chrono::steady_clock::now();
  if (!spinning_) {
    spinning_ = true;
    spin_until_ = now + spin_;
  }
  publish_cpu();
  if (now >= spin_until_ || shares_cpu_with_front_end()) {
    spinning_ = false;
    return false;
  }
  for (int i = 0; i < kPausesPerCheck && !posted(); ++i) pause_cpu();
  return true;
}

void Ring::sleep(const EventFd& wake) {
  auto sleeping = shared(memory_.control().backend_sleeping);
  sleeping.store(1, std::memory_order_seq_cst);
  if (!posted()) {
    pollfd waits[] = {{memory_.kick().get(), POLLIN, 0}, {wake.get(), POLLIN, 0}};
    poll(waits, 2, -1);
    if (waits[0].revents != 0) memory_.kick().clear();
    if (waits[1].revents != 0) wake.clear();
  }
  sleeping.store(0, std::memory_order_seq_cst);
  publish_cpu();
}

}  // namespace vtpm::device::vhost_user
