// SPDX-License-Identifier: Apache-2.0
// A front-end for tests, written from docs/protocol.md: it speaks the whole protocol, and can be
// told to break it.
#pragma once

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "device/file_descriptor.h"
#include "protocol/vhost_user_tpm.h"

namespace vtpm::device::vhost_user::test {

class FrontEnd {
 public:
  struct Message {
    uint32_t request = 0;
    uint32_t flags = 0;
    Bytes payload;
    std::vector<FileDescriptor> descriptors;

    template <class T>
    T as() const {
      T value{};
      if (payload.size() == sizeof value) std::memcpy(&value, payload.data(), sizeof value);
      return value;
    }
  };

  // A connected socket.
  explicit FrontEnd(FileDescriptor socket) : socket_(std::move(socket)) {}
  static FrontEnd connect(const std::string& path);
  FrontEnd(FrontEnd&& other) noexcept;
  FrontEnd& operator=(FrontEnd&&) = delete;
  ~FrontEnd();

  // --- the socket ---

  void send_bytes(ByteView bytes, const std::vector<int>& descriptors = {});
  void send(uint32_t request, ByteView payload = {}, uint32_t flags = VUT_FLAG_VERSION);
  // The next message; an empty one (request 0) after a hang-up.
  Message receive();
  Message ask(uint32_t request, ByteView payload = {});
  // Sends with need_reply; the acknowledgement, or UINT64_MAX for anything else.
  uint64_t acknowledged(uint32_t request, ByteView payload = {});
  // The reason that the back-end gives before it hangs up; 0 when it gives none.
  uint32_t goodbye();
  void hang_up() { socket_.reset(); }

  void negotiate();
  void choose(uint32_t interface_id = VUT_INTERFACE_CRB);
  void map();
  // All of section 2 of the document, with the first reset.
  void set_up();
  void reset();

  // --- the shared memory ---

  uint8_t* base() const { return base_; }
  vut_control& control() const;
  int memory_fd() const { return memory_.get(); }
  // 0 sleeps at once: everything goes over the eventfds.
  void set_spin(std::chrono::nanoseconds spin) { spin_ = spin; }

  uint32_t read32(unsigned locality, uint32_t offset) const;
  Bytes read_buffer(unsigned locality, size_t size) const;
  // A guest's write: split, then each part by its rule; waits as the document says.
  void write(unsigned locality, uint32_t offset, ByteView bytes);
  void write32(unsigned locality, uint32_t offset, uint32_t value);
  // START without waiting for its end.
  void start(unsigned locality);
  void wait_for_end(unsigned locality);

  // Posts this very entry; its number.
  uint64_t post(const vut_entry& entry);
  void wait_for(uint64_t number);
  // Wakes the back-end although nothing was posted.
  void kick();

  // What a driver does: ready, buffer, START, response. The locality must be granted.
  Bytes command(unsigned locality, ByteView command);

 private:
  void write_part(unsigned locality, uint32_t offset, ByteView bytes);
  template <class Condition>
  void wait_until(Condition condition);

  FileDescriptor socket_, memory_, kick_, call_;
  uint8_t* base_ = nullptr;
  uint64_t posted_ = 0;
  std::chrono::nanoseconds spin_{VUT_SPIN_MAX_NS};
};

}  // namespace vtpm::device::vhost_user::test
