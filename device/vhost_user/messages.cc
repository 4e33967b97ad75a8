// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/messages.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "device/vhost_user/announcement.h"

namespace vtpm::device::vhost_user {
namespace {

constexpr uint64_t kFeatures = uint64_t{1} << VUT_F_PROTOCOL_FEATURES;
constexpr uint64_t kReplyAck = uint64_t{1} << VUT_PROTOCOL_F_REPLY_ACK;
constexpr uint64_t kResetDevice = uint64_t{1} << VUT_PROTOCOL_F_RESET_DEVICE;
constexpr uint64_t kProtocolFeatures = kReplyAck | kResetDevice;

constexpr uint32_t kInterruptLines = 16;

struct RequestRow {
  uint32_t code;
  uint32_t payload;  // bytes
  const char* name;
};

constexpr RequestRow kRequests[] = {
    {VUT_GET_FEATURES, 0, "GET_FEATURES"},
    {VUT_SET_FEATURES, sizeof(uint64_t), "SET_FEATURES"},
    {VUT_SET_OWNER, 0, "SET_OWNER"},
    {VUT_GET_PROTOCOL_FEATURES, 0, "GET_PROTOCOL_FEATURES"},
    {VUT_SET_PROTOCOL_FEATURES, sizeof(uint64_t), "SET_PROTOCOL_FEATURES"},
    {VUT_RESET_DEVICE, 0, "RESET_DEVICE"},
    {VUT_GET_INFO, 0, "GET_INFO"},
    {VUT_SET_INTERFACE, sizeof(vut_interface), "SET_INTERFACE"},
    {VUT_GET_MEMORY, 0, "GET_MEMORY"},
    {VUT_GET_TABLES, sizeof(vut_tables_request), "GET_TABLES"},
};

const RequestRow* row_of(uint32_t code) {
  const auto* row = std::ranges::find(kRequests, code, &RequestRow::code);
  return row == std::end(kRequests) ? nullptr : row;
}

template <class T>
ByteView bytes_of(const T& value) {
  static_assert(std::has_unique_object_representations_v<T>);
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

template <class T>
T load(ByteView payload) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, payload.data(), sizeof value);
  return value;
}

Goodbye broken(std::string text) {
  return {VUT_REASON_PROTOCOL, std::move(text)};
}

Bytes encode(uint32_t request, uint32_t flags, ByteView payload) {
  const vut_header header{request, flags, static_cast<uint32_t>(payload.size())};
  Bytes message(sizeof header + payload.size());
  std::memcpy(message.data(), &header, sizeof header);
  std::ranges::copy(payload, message.begin() + sizeof header);
  return message;
}

}  // namespace

Result<vut_header, Goodbye> parse_header(const HeaderBytes& bytes) {
  const vut_header header = load<vut_header>(bytes);
  const std::string what = "request " + std::to_string(header.request);
  if ((header.flags & VUT_FLAG_VERSION_MASK) != VUT_FLAG_VERSION)
    return broken(what + " is not of framing version 1: is this a vhost-user-tpm front-end?");
  if ((header.flags & ~(VUT_FLAG_VERSION_MASK | VUT_FLAG_NEED_REPLY)) != 0)
    return broken(what + " has flags that a request cannot have");
  const RequestRow* row = row_of(header.request);
  if (row == nullptr) return broken(what + " is none of a vhost-user-tpm front-end");
  if (header.size != row->payload)
    return broken(std::string(row->name) + " has " + std::to_string(header.size) +
                  " bytes of payload instead of " + std::to_string(row->payload));
  return header;
}

Bytes encode_reply(uint32_t request, ByteView payload) {
  return encode(request, VUT_FLAG_VERSION | VUT_FLAG_REPLY, payload);
}

Bytes encode_goodbye(const Goodbye& goodbye) {
  vut_goodbye payload{};
  payload.reason = goodbye.reason;
  const size_t length = std::min<size_t>(goodbye.text.size(), VUT_GOODBYE_TEXT - 1);
  std::memcpy(payload.text, goodbye.text.data(), length);
  return encode(VUT_GOODBYE, VUT_FLAG_VERSION, bytes_of(payload));
}

Answer Protocol::handle(const vut_header& header, ByteView payload, size_t descriptors) {
  request_ = header;
  if (descriptors != 0)
    return {.goodbye = broken(std::string(row_of(header.request)->name) +
                              " came with descriptors, which it cannot have")};
  switch (header.request) {
    case VUT_GET_FEATURES:
      return reply(bytes_of(kFeatures));
    case VUT_SET_FEATURES:
      return set_features(load<uint64_t>(payload));
    case VUT_GET_PROTOCOL_FEATURES:
      return reply(bytes_of(kProtocolFeatures));
    case VUT_SET_PROTOCOL_FEATURES:
      return set_protocol_features(load<uint64_t>(payload));
    case VUT_RESET_DEVICE:
      return reset_device();
    case VUT_GET_INFO:
      return reply(bytes_of(vut_info{VUT_PROTOCOL_VERSION, VUT_PROTOCOL_VERSION, interfaces_,
                                     VUT_LOCALITIES, VUT_INFO_INTERRUPTS | VUT_INFO_TABLES}));
    case VUT_SET_INTERFACE:
      return set_interface(load<vut_interface>(payload));
    case VUT_GET_MEMORY:
      return get_memory();
    case VUT_GET_TABLES:
      return get_tables(load<vut_tables_request>(payload));
    default:  // SET_OWNER has no effect
      return done();
  }
}

Answer Protocol::set_features(uint64_t bits) {
  if ((bits & ~kFeatures) != 0) return refuse("features that were not offered");
  return done();
}

Answer Protocol::set_protocol_features(uint64_t bits) {
  if ((bits & ~kProtocolFeatures) != 0) return refuse("protocol features that were not offered");
  protocol_features_ = bits;
  return done();
}

Answer Protocol::set_interface(const vut_interface& choice) {
  if (interface_.id != 0) return refuse("the interface was chosen before");
  if (choice.version != VUT_PROTOCOL_VERSION)
    return refuse("protocol version " + std::to_string(choice.version) + "; this back-end speaks " +
                  std::to_string(VUT_PROTOCOL_VERSION));
  if (choice.id == 0 || choice.id >= 32 || (interfaces_ >> choice.id & 1) == 0)
    return refuse("interface " + std::to_string(choice.id) + " is not offered");
  if ((choice.flags & ~VUT_INTERFACE_INTERRUPTS) != 0) return refuse("flags that are not defined");
  if (choice.line >= (choice.flags != 0 ? kInterruptLines : 1))
    return refuse("interrupt line " + std::to_string(choice.line));
  interface_ = choice;
  return done();
}

Answer Protocol::get_memory() {
  if (interface_.id == 0) return refuse("no interface was chosen yet");
  if (running_) return refuse("the memory was handed out before");
  return {.task = Answer::Task::StartRing};
}

Answer Protocol::memory_ready() {
  running_ = true;
  Answer answer = reply(bytes_of(vut_memory{VUT_MEMORY_SIZE, VUT_RING_ENTRIES, 0}));
  answer.descriptors =
      (interface_.flags & VUT_INTERFACE_INTERRUPTS) != 0 ? VUT_MEMORY_FDS_MAX : VUT_MEMORY_FDS;
  return answer;
}

Answer Protocol::reset_device() {
  if ((protocol_features_ & kResetDevice) == 0) return refuse("RESET_DEVICE was not negotiated");
  if (!running_) return refuse("the memory has not been handed out yet");
  return {.task = Answer::Task::Reset};
}

Answer Protocol::reset_done() {
  return done();
}

Answer Protocol::get_tables(const vut_tables_request& request) {
  if (interface_.id == 0) return refuse("no interface was chosen yet");
  auto tables = announce(interface_.id, request);
  if (!tables) return refuse(tables.error());
  Answer answer = reply(bytes_of(vut_tables{static_cast<uint32_t>(tables->tpm2.size()),
                                            static_cast<uint32_t>(tables->ssdt.size())}));
  answer.file = std::move(tables->tpm2);
  append(answer.file, tables->ssdt);
  return answer;
}

Answer Protocol::reply(ByteView payload) const {
  return {.reply = encode_reply(request_.request, payload)};
}

Answer Protocol::done() const {
  if ((request_.flags & VUT_FLAG_NEED_REPLY) == 0 || (protocol_features_ & kReplyAck) == 0)
    return {};
  return reply(bytes_of(uint64_t{0}));
}

// Only a request without a reply of its own can carry its refusal in an acknowledgement.
Answer Protocol::refuse(std::string why) const {
  const bool own_reply = request_.request == VUT_GET_MEMORY || request_.request == VUT_GET_TABLES;
  if (!own_reply && (request_.flags & VUT_FLAG_NEED_REPLY) != 0 &&
      (protocol_features_ & kReplyAck) != 0)
    return reply(bytes_of(uint64_t{1}));
  return {.goodbye = Goodbye{VUT_REASON_REFUSED,
                             std::string(row_of(request_.request)->name) + " refused: " + why}};
}

}  // namespace vtpm::device::vhost_user
