// SPDX-License-Identifier: Apache-2.0
// The front-end's half of the shared memory: accesses to the registers, the ring, the FIFO.
#include <atomic>
#include <cstring>
#include <poll.h>
#include <sched.h>
#include <stdexcept>
#include <unistd.h>

#include "tests/device/vhost_user/test_front_end.h"

namespace vtpm::device::vhost_user::test {
namespace {

template <class T>
std::atomic_ref<T> shared(T& word) {
  return std::atomic_ref<T>(word);
}

}  // namespace

vut_control& FrontEnd::control() const {
  return *reinterpret_cast<vut_control*>(base_ + VUT_CONTROL_OFFSET);
}

uint32_t FrontEnd::read32(unsigned locality, uint32_t offset) const {
  return shared(*reinterpret_cast<uint32_t*>(base_ + locality * VUT_PAGE_SIZE + offset))
      .load(std::memory_order_acquire);
}

Bytes FrontEnd::read_buffer(unsigned locality, size_t size) const {
  return to_bytes({base_ + locality * VUT_PAGE_SIZE + VUT_CRB_BUFFER, size});
}

template <class Condition>
void FrontEnd::wait_until(Condition condition) {
  const auto begin = std::chrono::steady_clock::now();
  if (shared(control().backend_cpu).load() != static_cast<uint32_t>(sched_getcpu()))
    while (!condition() && std::chrono::steady_clock::now() - begin < spin_) {
    }
  while (!condition()) {
    auto sleeping = shared(control().frontend_sleeping);
    sleeping.fetch_add(1);
    pollfd waits[] = {{call_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}};
    const int ready = condition() ? 1 : poll(waits, 2, kPatienceSeconds * 1000);
    sleeping.fetch_sub(1);
    if (ready == 0) throw std::runtime_error("the back-end does not react");
    uint64_t count;
    [[maybe_unused]] ssize_t cleared = ::read(call_.get(), &count, sizeof count);
    if (waits[1].revents != 0 && !condition()) throw std::runtime_error("the back-end is gone");
  }
}

uint64_t FrontEnd::post(const vut_entry& entry) {
  const auto cpu = static_cast<uint32_t>(sched_getcpu());
  auto frontend_cpu = shared(control().frontend_cpu);
  if (frontend_cpu.load() != cpu) frontend_cpu.store(cpu);
  const uint64_t number = posted_++;
  std::memcpy(base_ + VUT_RING_OFFSET + number % VUT_RING_ENTRIES * sizeof entry, &entry,
              sizeof entry);
  shared(control().producer).store(posted_);
  if (shared(control().backend_sleeping).load() != 0) kick();
  return number;
}

void FrontEnd::kick() {
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(kick_.get(), &one, sizeof one);
}

void FrontEnd::wait_for(uint64_t number) {
  wait_until([&] { return shared(control().consumer).load() > number; });
}

void FrontEnd::wait_for_end(unsigned locality) {
  wait_until(
      [&] { return (read32(locality, VUT_CRB_CTRL_START) & VUT_CRB_CTRL_START_REQUEST) == 0; });
}

void FrontEnd::start(unsigned locality) {
  auto word =
      shared(*reinterpret_cast<uint32_t*>(base_ + locality * VUT_PAGE_SIZE + VUT_CRB_CTRL_START));
  if ((word.fetch_or(VUT_CRB_CTRL_START_REQUEST) & VUT_CRB_CTRL_START_REQUEST) != 0) return;
  post({VUT_ENTRY_WRITE, static_cast<uint8_t>(locality), 4, VUT_CRB_CTRL_START,
        VUT_CRB_CTRL_START_REQUEST});
}

void FrontEnd::write(unsigned locality, uint32_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const size_t in_word = std::min<size_t>(4 - offset % 4, bytes.size());
    // Three bytes of one word go as two and one, or one and two.
    const size_t size = in_word == 3 ? (offset % 2 == 0 ? 2 : 1) : in_word;
    write_part(locality, offset, bytes.first(size));
    offset += static_cast<uint32_t>(size);
    bytes = bytes.subspan(size);
  }
}

void FrontEnd::write32(unsigned locality, uint32_t offset, uint32_t value) {
  write(locality, offset, {reinterpret_cast<const uint8_t*>(&value), sizeof value});
}

void FrontEnd::write_part(unsigned locality, uint32_t offset, ByteView bytes) {
  vut_entry entry{VUT_ENTRY_WRITE, static_cast<uint8_t>(locality),
                  static_cast<uint8_t>(bytes.size()), offset, 0};
  std::memcpy(&entry.value, bytes.data(), bytes.size());
  if (interface_ == VUT_INTERFACE_TIS)
    write_tis(entry);
  else
    write_crb(entry);
}

void FrontEnd::write_crb(const vut_entry& entry) {
  const bool requests = entry.offset % 4 == 0 && (entry.value & 1) != 0;
  switch (vut_crb_write_rule(entry.offset)) {
    case VUT_WRITE_LOCAL:
      std::memcpy(base_ + entry.locality * VUT_PAGE_SIZE + entry.offset, &entry.value, entry.size);
      return;
    case VUT_WRITE_CANCEL:
      if (requests) shared(control().cancel[entry.locality]).store(posted_ + 1);
      return wait_for(post(entry));
    case VUT_WRITE_POST:
      return wait_for(post(entry));
    case VUT_WRITE_START:
      if (!requests) return;
      start(entry.locality);
      return wait_for_end(entry.locality);
    default:
      return;
  }
}

void FrontEnd::write_tis(const vut_entry& entry) {
  switch (vut_tis_write_rule(entry.offset)) {
    case VUT_WRITE_POST:
      return wait_for(post(entry));
    case VUT_WRITE_STS:
      if ((entry.value << 8 * (entry.offset - VUT_TIS_STS) & VUT_TIS_STS_COMMAND_CANCEL) != 0)
        shared(control().cancel[entry.locality]).store(posted_ + 1);
      return wait_for(post(entry));
    case VUT_WRITE_FIFO: {
      unsigned taken = 0;
      while (taken < entry.size &&
             put(entry.locality, static_cast<uint8_t>(entry.value >> 8 * taken)))
        ++taken;
      if (taken == 0 && entry.locality == VUT_LOCALITIES - 1) wait_for(post(entry));
      return;
    }
    default:
      return;
  }
}

void FrontEnd::follow_generation() {
  const uint32_t generation = shared(control().fifo_generation).load();
  if (generation == generation_) return;
  generation_ = generation;
  written_ = read_ = 0;
}

void FrontEnd::limit_reached(unsigned locality, uint32_t which, uint32_t position) {
  wait_for(post({VUT_ENTRY_FIFO, static_cast<uint8_t>(locality), 8, which,
                 uint64_t{generation_} << 32 | position}));
}

bool FrontEnd::put(unsigned locality, uint8_t byte) {
  if ((read32(locality, VUT_TIS_ACCESS) & VUT_TIS_ACCESS_ACTIVE_LOCALITY) == 0) return false;
  const uint32_t limit = shared(control().fifo_write_limit).load();
  follow_generation();
  if (written_ >= limit) return false;
  base_[VUT_COMMAND_OFFSET + written_++] = byte;
  if (written_ == limit) limit_reached(locality, VUT_FIFO_COMMAND, limit);
  return true;
}

uint8_t FrontEnd::get(unsigned locality) {
  if ((read32(locality, VUT_TIS_ACCESS) & VUT_TIS_ACCESS_ACTIVE_LOCALITY) == 0)
    return VUT_TIS_NO_BYTE;
  const uint32_t limit = shared(control().fifo_read_limit).load();
  follow_generation();
  if (read_ >= limit) return VUT_TIS_NO_BYTE;
  const uint8_t byte = base_[VUT_RESPONSE_OFFSET + read_++];
  if (read_ == limit) limit_reached(locality, VUT_FIFO_RESPONSE, limit);
  return byte;
}

uint32_t FrontEnd::tis_read(unsigned locality, uint32_t offset, unsigned size) {
  uint32_t value = 0;
  if (vut_tis_is_fifo(offset)) {
    for (unsigned i = 0; i < size; ++i) value |= uint32_t{get(locality)} << 8 * i;
    return value;
  }
  value = read32(locality, offset & ~3u);
  if ((offset & ~3u) == VUT_TIS_STS) {
    follow_generation();
    value = vut_tis_sts(value, written_, read_, size);
  }
  value >>= 8 * (offset % 4);
  return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

Bytes FrontEnd::tis_command(unsigned locality, ByteView command) {
  tis_begin(locality, command);
  write32(locality, VUT_TIS_STS, VUT_TIS_STS_TPM_GO);
  return tis_response(locality);
}

void FrontEnd::tis_begin(unsigned locality, ByteView command) {
  write32(locality, VUT_TIS_STS, 0x40);
  wait_until([&] { return (read32(locality, VUT_TIS_STS) & 0x40) != 0; });
  for (uint8_t byte : command) write(locality, VUT_TIS_DATA_FIFO, ByteView(&byte, 1));
}

Bytes FrontEnd::tis_response(unsigned locality) {
  wait_until([&] { return (read32(locality, VUT_TIS_STS) & VUT_TIS_STS_DATA_AVAIL) != 0; });
  Bytes response;
  while ((sts(locality) & VUT_TIS_STS_DATA_AVAIL) != 0)
    response.push_back(static_cast<uint8_t>(tis_read(locality, VUT_TIS_DATA_FIFO, 1)));
  return response;
}

bool FrontEnd::interrupt_level() {
  uint64_t count;
  [[maybe_unused]] ssize_t cleared = ::read(interrupt_.get(), &count, sizeof count);
  return shared(control().interrupt_level).load() != 0;
}

void FrontEnd::wait_for_interrupt() {
  pollfd wait{interrupt_.get(), POLLIN, 0};
  if (poll(&wait, 1, kPatienceSeconds * 1000) != 1)
    throw std::runtime_error("the interrupt line does not change");
}

Bytes FrontEnd::command(unsigned locality, ByteView command) {
  write32(locality, VUT_CRB_CTRL_REQ, kCommandReady);
  // Not acknowledged while a command of the locality before is still ending.
  wait_until([&] { return read32(locality, VUT_CRB_CTRL_REQ) == 0; });
  write32(locality, VUT_CRB_CTRL_CANCEL, 0);
  write(locality, VUT_CRB_BUFFER, command);
  write32(locality, VUT_CRB_CTRL_START, 1);
  const uint32_t size = load_be<uint32_t>(ByteView(read_buffer(locality, 6)).subspan(2));
  return read_buffer(locality, std::min<uint32_t>(size, VUT_CRB_BUFFER_SIZE));
}

void FrontEnd::begin(ByteView command) {
  write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  write32(0, VUT_CRB_CTRL_REQ, kCommandReady);
  write(0, VUT_CRB_BUFFER, command);
  start(0);
}

}  // namespace vtpm::device::vhost_user::test
