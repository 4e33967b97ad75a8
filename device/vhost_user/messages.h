// SPDX-License-Identifier: Apache-2.0
// The messages of the protocol (docs/protocol.md, 1 and 2) without a socket: bytes in, decisions
// and bytes out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/vhost_user_tpm.h"

namespace vtpm::device::vhost_user {

// Why the back-end ends a connection: what GOODBYE says, and the log.
struct Goodbye {
  uint32_t reason;  // VUT_REASON_*
  std::string text;
};

using HeaderBytes = std::array<uint8_t, VUT_HEADER_SIZE>;

// A header whose framing is right: version 1, a request, a known code with its own payload size.
Result<vut_header, Goodbye> parse_header(const HeaderBytes& bytes);

// A whole message as it goes onto the socket.
Bytes encode_reply(uint32_t request, ByteView payload);
Bytes encode_goodbye(const Goodbye& goodbye);

// What is to happen after a message; in this order.
struct Answer {
  // Work that the connection does for the protocol. StartRing: make the shared memory, then call
  // memory_ready(). Reset: then call reset_done().
  enum class Task { None, StartRing, Reset };

  Bytes reply;             // to be sent; empty for none
  size_t descriptors = 0;  // with so many of those of the shared memory
  Bytes file;              // with a descriptor of a sealed file that holds this; empty for none
  Task task = Task::None;  // before anything more is read
  std::optional<Goodbye> goodbye;
};

// One connection's state. Every request goes through handle(), in order.
class Protocol {
 public:
  // `interfaces`: bit n set for each VUT_INTERFACE_* n that the back-end offers.
  explicit Protocol(uint32_t interfaces) : interfaces_(interfaces) {}

  // `header` comes from parse_header(), `payload` has its size; `descriptors` of the front-end came
  // along and have been closed.
  Answer handle(const vut_header& header, ByteView payload, size_t descriptors);
  // The task that handle() asked for is done.
  Answer memory_ready();
  Answer reset_done();

  // The interface chosen; its id is 0 before.
  const vut_interface& interface() const { return interface_; }

 private:
  Answer set_features(uint64_t bits);
  Answer set_protocol_features(uint64_t bits);
  Answer set_interface(const vut_interface& choice);
  Answer get_memory();
  Answer reset_device();
  Answer get_tables(const vut_tables_request& request);

  Answer reply(ByteView payload) const;
  Answer done() const;
  Answer refuse(std::string why) const;

  uint32_t interfaces_;
  vut_interface interface_{};
  uint64_t protocol_features_ = 0;
  bool running_ = false;  // the shared memory has been handed out
  vut_header request_{};  // being handled
};

}  // namespace vtpm::device::vhost_user
