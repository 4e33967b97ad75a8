// SPDX-License-Identifier: Apache-2.0
// pcapng, as far as a trace needs it: one section, two interfaces, packets with a comment. Commands
// and responses are payloads of TCP segments to and from port 2321, where Wireshark's TPM 2.0
// dissector looks for them; register accesses have an interface and a form of their own.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "device/register_watch.h"

namespace vtpm::device::trace {

// A command on its way to the TPM, or the response on its way back.
struct Message {
  enum class Direction : uint8_t { Command, Response };
  Direction direction = Direction::Command;
  uint8_t locality = 0;
  Bytes bytes;

  bool operator==(const Message&) const = default;
};
struct Packet {
  uint64_t time = 0;  // nanoseconds since 1970
  std::variant<RegisterWrite, Message> content;

  bool operator==(const Packet&) const = default;
};

// Encodes packet after packet; the numbers of TCP's octets need to know those before.
class PcapngWriter {
 public:
  // What the file begins with.
  static Bytes header();
  Bytes packet(const Packet& packet);

 private:
  static constexpr size_t kStreams = 256;  // one a locality
  uint32_t command_octets_[kStreams] = {}, response_octets_[kStreams] = {};
};

// The next packet; nothing at the end of the file, or at what the writer would not have written.
class PcapngReader {
 public:
  // Takes the header; false when the file is none of ours.
  static std::optional<PcapngReader> open(std::istream& in);
  std::optional<Packet> next();
  // Whether the file ended with a whole packet.
  bool complete() const { return complete_; }

 private:
  explicit PcapngReader(std::istream& in) : in_(&in) {}

  std::istream* in_;
  bool complete_ = true;
};

}  // namespace vtpm::device::trace
