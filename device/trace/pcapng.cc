// SPDX-License-Identifier: Apache-2.0
#include "device/trace/pcapng.h"

#include <algorithm>
#include <string_view>

namespace vtpm::device::trace {
namespace {

// draft-ietf-opsawg-pcapng: blocks, and the options that are used here.
constexpr uint32_t kSectionHeader = 0x0A0D0D0A, kInterfaceDescription = 1, kEnhancedPacket = 6;
constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr uint16_t kLinkTypeRawIp = 101, kLinkTypeUser0 = 147;
constexpr uint16_t kOptionEnd = 0, kOptionName = 2, kOptionResolution = 9;
constexpr uint8_t kNanoseconds = 9;
constexpr uint32_t kMessages = 0, kRegisters = 1;  // the interfaces, in their order

constexpr size_t kLargestBlock = 64 * 1024;
constexpr size_t kBlockFrame = 12;    // type, and the length before and behind the body
constexpr size_t kPacketPrefix = 20;  // interface, time, captured and original length

// Of the made-up TCP over IPv4 (RFC 791, RFC 9293), without options.
constexpr size_t kIpHeader = 20, kTcpHeader = 20, kHeaders = kIpHeader + kTcpHeader;
constexpr uint16_t kTpmPort = 2321, kFirstClientPort = 50000;  // plus the locality
constexpr uint8_t kLoopback[] = {127, 0, 0, 1};
constexpr uint8_t kPushAck = 0x18;

// A record of a register write: locality, size with these flags, offset, value.
constexpr uint8_t kData = 0x80, kFifo = 0x40;
constexpr size_t kRegisterSize = 12;

void put_padded(Writer& out, ByteView bytes) {
  out.put(bytes);
  static constexpr uint8_t kZeros[3] = {};
  out.put(ByteView(kZeros).first((4 - bytes.size() % 4) % 4));
}

Bytes block(uint32_t type, ByteView body) {
  Bytes bytes;
  Writer out(bytes);
  auto length = static_cast<uint32_t>(body.size() + kBlockFrame);
  out.put_be(type);
  out.put_be(length);
  out.put(body);
  out.put_be(length);
  return bytes;
}

Bytes interface_description(uint16_t link_type, std::string_view name) {
  Bytes body;
  Writer out(body);
  out.put_be(link_type);
  out.put_be(uint16_t{0});
  out.put_be(uint32_t{0});  // packets are whole
  out.put_be(kOptionName);
  out.put_be(static_cast<uint16_t>(name.size()));
  put_padded(out, text_bytes(name));
  out.put_be(kOptionResolution);
  out.put_be(uint16_t{1});
  put_padded(out, ByteView(&kNanoseconds, 1));
  out.put_be(kOptionEnd);
  out.put_be(uint16_t{0});
  return block(kInterfaceDescription, body);
}

uint16_t ip_checksum(ByteView header) {
  uint32_t sum = 0;
  for (size_t i = 0; i < header.size(); i += 2) sum += load_be<uint16_t>(header.subspan(i));
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

Bytes segment(const Message& message, uint32_t sequence, uint32_t acknowledged) {
  const bool command = message.direction == Message::Direction::Command;
  auto client = static_cast<uint16_t>(kFirstClientPort + message.locality);
  Bytes bytes;
  Writer out(bytes);
  out.put_be(uint16_t{0x4500});
  out.put_be(static_cast<uint16_t>(kHeaders + message.bytes.size()));
  out.put_be(uint32_t{0x4000});  // do not fragment
  out.put_be(uint16_t{0x4006});  // time to live, TCP
  out.put_be(uint16_t{0});
  out.put(kLoopback);
  out.put(kLoopback);
  out.patch_be(10, ip_checksum(bytes));
  out.put_be(command ? client : kTpmPort);
  out.put_be(command ? kTpmPort : client);
  out.put_be(sequence);
  out.put_be(acknowledged);
  out.put_be(static_cast<uint16_t>(0x5000 | kPushAck));
  out.put_be(uint16_t{0xFFFF});
  out.put_be(uint32_t{0});  // no checksum, nothing urgent
  out.put(message.bytes);
  return bytes;
}

Bytes record(const RegisterWrite& write) {
  Bytes bytes;
  Writer out(bytes);
  out.put_be(write.locality);
  out.put_be(
      static_cast<uint8_t>(write.size | (write.data ? kData : 0) | (write.fifo ? kFifo : 0)));
  out.put_be(write.offset);
  out.put_be(write.value);
  return bytes;
}

std::optional<Message> parse_segment(ByteView bytes) {
  if (bytes.size() < kHeaders) return std::nullopt;
  auto source = load_be<uint16_t>(bytes.subspan(kIpHeader));
  auto destination = load_be<uint16_t>(bytes.subspan(kIpHeader + 2));
  const bool command = destination == kTpmPort;
  if (!command && source != kTpmPort) return std::nullopt;
  return Message{
      .direction = command ? Message::Direction::Command : Message::Direction::Response,
      .locality = static_cast<uint8_t>((command ? source : destination) - kFirstClientPort),
      .bytes = to_bytes(bytes.subspan(kHeaders))};
}

std::optional<RegisterWrite> parse_record(ByteView bytes) {
  if (bytes.size() != kRegisterSize) return std::nullopt;
  return RegisterWrite{.locality = bytes[0],
                       .offset = load_be<uint16_t>(bytes.subspan(2)),
                       .size = static_cast<uint8_t>(bytes[1] & ~(kData | kFifo)),
                       .value = load_be<uint64_t>(bytes.subspan(4)),
                       .data = (bytes[1] & kData) != 0,
                       .fifo = (bytes[1] & kFifo) != 0};
}

std::optional<Packet> parse_packet(ByteView body) {
  if (body.size() < kPacketPrefix) return std::nullopt;
  Packet packet{.time = load_be<uint64_t>(body.subspan(4)), .content = {}};
  auto captured = load_be<uint32_t>(body.subspan(12));
  if (captured > body.size() - kPacketPrefix) return std::nullopt;
  ByteView data = body.subspan(kPacketPrefix, captured);
  switch (load_be<uint32_t>(body)) {
    case kMessages:
      if (auto message = parse_segment(data)) {
        packet.content = std::move(*message);
        return packet;
      }
      return std::nullopt;
    case kRegisters:
      if (auto write = parse_record(data)) {
        packet.content = *write;
        return packet;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

Bytes PcapngWriter::header() {
  Bytes body;
  Writer out(body);
  out.put_be(kByteOrderMagic);
  out.put_be(uint32_t{0x00010000});  // version 1.0
  out.put_be(~uint64_t{0});          // of unknown length
  Bytes bytes = block(kSectionHeader, body);
  append(bytes, interface_description(kLinkTypeRawIp, "commands"));
  append(bytes, interface_description(kLinkTypeUser0, "registers"));
  return bytes;
}

Bytes PcapngWriter::packet(const Packet& packet) {
  Bytes data;
  const auto* message = std::get_if<Message>(&packet.content);
  if (message) {
    const bool command = message->direction == Message::Direction::Command;
    uint32_t& sent = command_octets_[message->locality];
    uint32_t& answered = response_octets_[message->locality];
    uint32_t& own = command ? sent : answered;
    data = segment(*message, own + 1, (command ? answered : sent) + 1);
    own += static_cast<uint32_t>(message->bytes.size());
  } else {
    data = record(std::get<RegisterWrite>(packet.content));
  }
  Bytes body;
  Writer out(body);
  out.put_be(message ? kMessages : kRegisters);
  out.put_be(packet.time);
  out.put_be(static_cast<uint32_t>(data.size()));
  out.put_be(static_cast<uint32_t>(data.size()));
  put_padded(out, data);
  return block(kEnhancedPacket, body);
}

std::optional<PcapngReader> PcapngReader::open(std::istream& in) {
  const Bytes expected = PcapngWriter::header();
  std::string found(expected.size(), '\0');
  in.read(found.data(), static_cast<std::streamsize>(found.size()));
  if (!in || !std::ranges::equal(text_bytes(found), expected)) return std::nullopt;
  return PcapngReader(in);
}

std::optional<Packet> PcapngReader::next() {
  char frame[8];
  in_->read(frame, sizeof frame);
  if (in_->gcount() == 0) return std::nullopt;
  complete_ = false;
  ByteView start = text_bytes(std::string_view(frame, sizeof frame));
  const uint32_t length = *in_ ? load_be<uint32_t>(start.subspan(4)) : 0;
  if (!*in_ || load_be<uint32_t>(start) != kEnhancedPacket || length < kBlockFrame ||
      length > kLargestBlock)
    return std::nullopt;
  std::string rest(length - sizeof frame, '\0');
  in_->read(rest.data(), static_cast<std::streamsize>(rest.size()));
  if (!*in_) return std::nullopt;
  auto packet = parse_packet(text_bytes(rest).first(rest.size() - sizeof length));
  complete_ = packet.has_value();
  return packet;
}

}  // namespace vtpm::device::trace
