// SPDX-License-Identifier: Apache-2.0
// A front-end for tests, written from docs/protocol.md: it speaks the whole protocol, and can be
// told to break it.
#pragma once

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "device/file_descriptor.h"
#include "protocol/vhost_user_tpm.h"

namespace vtpm::device::vhost_user::test {

// Only so that a test that fails does not hang for ever.
inline constexpr int kPatienceSeconds = 60;

// What drivers write to LOC_CTRL and to CTRL_REQ first.
inline constexpr uint32_t kRequestAccess = 1, kCommandReady = 1;

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
  // With an interrupt line when there is one.
  void choose(uint32_t interface_id = VUT_INTERFACE_CRB, std::optional<uint32_t> line = {});
  void map();
  // All of section 2 of the document, with the first reset.
  void set_up(uint32_t interface_id = VUT_INTERFACE_CRB, std::optional<uint32_t> line = {});
  void reset();

  // --- the shared memory ---

  uint8_t* base() const { return base_; }
  vut_control& control() const;
  int memory_fd() const { return memory_.get(); }
  // 0 sleeps at once: everything goes over the eventfds.
  void set_spin(std::chrono::nanoseconds spin) { spin_ = spin; }

  // The word in the page.
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
  // The same in locality 0, which is requested first, up to START: not until its end.
  void begin(ByteView command);

  // --- TIS ---

  // A guest's read of the FIFO or of STS, of up to four bytes.
  uint32_t tis_read(unsigned locality, uint32_t offset, unsigned size);
  uint32_t sts(unsigned locality) { return tis_read(locality, VUT_TIS_STS, 4); }
  // As command(), through the FIFO: ready and the bytes of the command, tpmGo, the response.
  Bytes tis_command(unsigned locality, ByteView command);
  void tis_begin(unsigned locality, ByteView command);
  Bytes tis_response(unsigned locality);
  // Whether the line is to be high; clears the descriptor that tells of changes.
  bool interrupt_level();
  // Until that descriptor tells of one.
  void wait_for_interrupt();

 private:
  void write_part(unsigned locality, uint32_t offset, ByteView bytes);
  void write_crb(const vut_entry& entry);
  void write_tis(const vut_entry& entry);
  bool put(unsigned locality, uint8_t byte);
  uint8_t get(unsigned locality);
  void follow_generation();
  void limit_reached(unsigned locality, uint32_t which, uint32_t position);
  template <class Condition>
  void wait_until(Condition condition);

  FileDescriptor socket_, memory_, kick_, call_, interrupt_;
  uint32_t interface_ = VUT_INTERFACE_CRB;
  bool interrupts_ = false;
  uint8_t* base_ = nullptr;
  uint64_t posted_ = 0;
  uint32_t generation_ = 0, written_ = 0, read_ = 0;  // of the FIFO
  std::chrono::nanoseconds spin_{VUT_SPIN_MAX_NS};
};

}  // namespace vtpm::device::vhost_user::test
