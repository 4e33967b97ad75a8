// SPDX-License-Identifier: Apache-2.0
// The memory and the eventfds that a back-end shares with its front-end (docs/protocol.md, 3 and
// 4). Everything in here may be changed by the other side at any moment: each read is one copy.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/bytes.h"
#include "device/file_descriptor.h"
#include "protocol/vhost_user_tpm.h"

namespace vtpm::device::vhost_user {

// A descriptor on which one side sleeps and another wakes it.
class EventFd {
 public:
  // Throws std::system_error when the system has none left.
  EventFd();

  int get() const { return fd_.get(); }
  void signal() const;
  // Takes all signals. Does not block, whatever the other holder of the descriptor does to it.
  void clear() const;
  // Sleeps until it is signalled, and clears it.
  void wait() const;

 private:
  FileDescriptor fd_;
};

// One mapping of VUT_MEMORY_SIZE bytes of a sealed memfd, zero-filled but for the CPU words, with
// its eventfds.
class SharedMemory {
 public:
  // Throws std::system_error when the system refuses memory or descriptors.
  SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  // In the order in which GET_MEMORY hands them out; the last one only for an interface with
  // interrupts.
  std::array<int, VUT_MEMORY_FDS_MAX> descriptors() const;
  const EventFd& kick() const { return kick_; }
  const EventFd& call() const { return call_; }
  // Tells the front-end the level of the interrupt line.
  void set_interrupt(bool level) const;

  vut_control& control() const { return *at<vut_control>(VUT_CONTROL_OFFSET); }
  vut_entry& entry(uint64_t number) const {
    return at<vut_entry>(VUT_RING_OFFSET)[number % VUT_RING_ENTRIES];
  }

  // The 32-bit register word at a multiple of 4 in a locality's page.
  std::atomic_ref<uint32_t> word(unsigned locality, uint32_t offset) const {
    return std::atomic_ref<uint32_t>(*at<uint32_t>(locality * VUT_PAGE_SIZE + offset));
  }
  // A part of a locality's data buffer; the caller has checked the bounds.
  MutableByteView page_bytes(unsigned locality, uint32_t offset, size_t size) const {
    return bytes(locality * VUT_PAGE_SIZE + offset, size);
  }
  // Any part of it; the caller has checked the bounds.
  MutableByteView bytes(uint32_t offset, size_t size) const { return {base_ + offset, size}; }

 private:
  template <class T>
  T* at(size_t offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }

  FileDescriptor memory_;
  EventFd kick_;
  EventFd call_;
  EventFd interrupt_;
  uint8_t* base_ = nullptr;
};

// A word of the control page as an atomic.
template <class T>
std::atomic_ref<T> shared(T& word) {
  static_assert(std::atomic_ref<T>::is_always_lock_free);
  return std::atomic_ref<T>(word);
}

}  // namespace vtpm::device::vhost_user
