// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/shared_memory.h"

#include <bit>
#include <cerrno>
#include <poll.h>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <system_error>

#include "device/vhost_user/sealed_memory.h"

namespace vtpm::device::vhost_user {

static_assert(std::endian::native == std::endian::little, "the shared memory is little-endian");

EventFd::EventFd() : fd_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

void EventFd::signal() const {
  const uint64_t one = 1;
  // Full means signalled already; nothing else can fail here.
  [[maybe_unused]] ssize_t written = ::write(fd_.get(), &one, sizeof one);
}

void EventFd::clear() const {
  uint64_t count = 0;
  iovec part{&count, sizeof count};
  // RWF_NOWAIT because the peer shares the file description and could make it blocking.
  [[maybe_unused]] ssize_t taken = preadv2(fd_.get(), &part, 1, -1, RWF_NOWAIT);
}

void EventFd::wait() const {
  pollfd waits{fd_.get(), POLLIN, 0};
  poll(&waits, 1, -1);
  clear();
}

SharedMemory::SharedMemory() : memory_(sealed_memory(VUT_MEMORY_SIZE)) {
  void* base = mmap(nullptr, VUT_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (base == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mmap of the shared memory");
  base_ = static_cast<uint8_t*>(base);
  control().backend_cpu = VUT_CPU_UNKNOWN;
  control().frontend_cpu = VUT_CPU_UNKNOWN;
}

SharedMemory::~SharedMemory() {
  munmap(base_, VUT_MEMORY_SIZE);
}

void SharedMemory::set_interrupt(bool level) const {
  shared(control().interrupt_level).store(level, std::memory_order_seq_cst);
  interrupt_.signal();
}

std::array<int, VUT_MEMORY_FDS_MAX> SharedMemory::descriptors() const {
  std::array<int, VUT_MEMORY_FDS_MAX> fds{};
  fds[VUT_FD_MEMORY] = memory_.get();
  fds[VUT_FD_KICK] = kick_.get();
  fds[VUT_FD_CALL] = call_.get();
  fds[VUT_FD_INTERRUPT] = interrupt_.get();
  return fds;
}

}  // namespace vtpm::device::vhost_user
