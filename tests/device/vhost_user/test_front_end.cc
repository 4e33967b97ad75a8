// SPDX-License-Identifier: Apache-2.0
#include "tests/device/vhost_user/test_front_end.h"

#include <cstring>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace vtpm::device::vhost_user::test {
namespace {

void be_patient(int socket) {
  timeval patience{kPatienceSeconds, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

template <class T>
ByteView view_of(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

}  // namespace

FrontEnd FrontEnd::connect(const std::string& path) {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect: " + std::string(std::strerror(errno)));
  return FrontEnd(std::move(socket));
}

FrontEnd::FrontEnd(FrontEnd&& other) noexcept
    : socket_(std::move(other.socket_)),
      memory_(std::move(other.memory_)),
      kick_(std::move(other.kick_)),
      call_(std::move(other.call_)),
      interrupt_(std::move(other.interrupt_)),
      interface_(other.interface_),
      interrupts_(other.interrupts_),
      base_(std::exchange(other.base_, nullptr)),
      posted_(other.posted_),
      generation_(other.generation_),
      written_(other.written_),
      read_(other.read_),
      spin_(other.spin_) {}

FrontEnd::~FrontEnd() {
  if (base_ != nullptr) munmap(base_, VUT_MEMORY_SIZE);
}

void FrontEnd::send_bytes(ByteView bytes, const std::vector<int>& descriptors) {
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  std::vector<uint8_t> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  }
  // A back-end that has hung up is noticed by whoever reads next.
  [[maybe_unused]] ssize_t sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
}

void FrontEnd::send(uint32_t request, ByteView payload, uint32_t flags) {
  const vut_header header{request, flags, static_cast<uint32_t>(payload.size())};
  Bytes bytes = to_bytes(view_of(header));
  append(bytes, payload);
  send_bytes(bytes);
}

FrontEnd::Message FrontEnd::receive() {
  be_patient(socket_.get());
  Message result;
  vut_header header{};
  iovec part{&header, sizeof header};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(8 * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = recvmsg(socket_.get(), &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
  if (count < 0 && errno == EAGAIN) throw std::runtime_error("no message from the back-end");
  if (count != sizeof header) return {};
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c))
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
      int fd;
      std::memcpy(&fd, reinterpret_cast<uint8_t*>(c) + at, sizeof fd);
      result.descriptors.emplace_back(fd);
    }
  result.request = header.request;
  result.flags = header.flags;
  result.payload.resize(header.size);
  if (recv(socket_.get(), result.payload.data(), header.size, MSG_WAITALL) !=
      static_cast<ssize_t>(header.size))
    return {};
  return result;
}

FrontEnd::Message FrontEnd::ask(uint32_t request, ByteView payload) {
  send(request, payload);
  return receive();
}

uint64_t FrontEnd::acknowledged(uint32_t request, ByteView payload) {
  send(request, payload, VUT_FLAG_VERSION | VUT_FLAG_NEED_REPLY);
  const Message reply = receive();
  if (reply.request != request || reply.flags != (VUT_FLAG_VERSION | VUT_FLAG_REPLY) ||
      reply.payload.size() != sizeof(uint64_t))
    return UINT64_MAX;
  return reply.as<uint64_t>();
}

uint32_t FrontEnd::goodbye() {
  uint32_t reason = 0;
  for (;;) {
    const Message message = receive();
    if (message.request == 0) return reason;
    if (message.request == VUT_GOODBYE) reason = message.as<vut_goodbye>().reason;
  }
}

void FrontEnd::negotiate() {
  const uint64_t features = ask(VUT_GET_FEATURES).as<uint64_t>();
  send(VUT_SET_FEATURES, view_of(features));
  const uint64_t protocol_features = ask(VUT_GET_PROTOCOL_FEATURES).as<uint64_t>();
  if (acknowledged(VUT_SET_PROTOCOL_FEATURES, view_of(protocol_features)) != 0)
    throw std::runtime_error("the negotiation was refused");
}

void FrontEnd::choose(uint32_t interface_id, std::optional<uint32_t> line) {
  interface_ = interface_id;
  interrupts_ = line.has_value();
  if (acknowledged(VUT_SET_INTERFACE, view_of(vut_interface{VUT_PROTOCOL_VERSION, interface_id,
                                                            line ? VUT_INTERFACE_INTERRUPTS : 0,
                                                            line.value_or(0)})) != 0)
    throw std::runtime_error("the interface was refused");
}

void FrontEnd::map() {
  Message reply = ask(VUT_GET_MEMORY);
  if (reply.request != VUT_GET_MEMORY ||
      reply.descriptors.size() != (interrupts_ ? VUT_MEMORY_FDS_MAX : VUT_MEMORY_FDS))
    throw std::runtime_error("no memory");
  memory_ = std::move(reply.descriptors[VUT_FD_MEMORY]);
  kick_ = std::move(reply.descriptors[VUT_FD_KICK]);
  call_ = std::move(reply.descriptors[VUT_FD_CALL]);
  if (interrupts_) interrupt_ = std::move(reply.descriptors[VUT_FD_INTERRUPT]);
  void* base = mmap(nullptr, VUT_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (base == MAP_FAILED) throw std::runtime_error("mmap");
  base_ = static_cast<uint8_t*>(base);
}

void FrontEnd::set_up(uint32_t interface_id, std::optional<uint32_t> line) {
  negotiate();
  send(VUT_SET_OWNER);
  choose(interface_id, line);
  map();
  reset();
}

void FrontEnd::reset() {
  if (acknowledged(VUT_RESET_DEVICE) != 0) throw std::runtime_error("the reset was refused");
}

}  // namespace vtpm::device::vhost_user::test
