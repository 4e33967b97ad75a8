// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/control_connection.h"

#include <cerrno>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

namespace vtpm::device::swtpm {
namespace {

// One descriptor is what SET_DATAFD passes. The kernel drops what does not fit.
union Ancillary {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

FileDescriptor passed_descriptor(msghdr& message) {
  for (auto* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len < CMSG_LEN(sizeof(int)))
      continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return FileDescriptor(fd);
  }
  return {};
}

}  // namespace

ControlConnection::ControlConnection(boost::asio::io_context& context, FileDescriptor fd,
                                     const ControlHooks& hooks, std::shared_ptr<void> slot)
    : context_(context), socket_(context), hooks_(hooks), slot_(std::move(slot)) {
  socket_.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), fd.release());
}

void ControlConnection::wait() {
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error) self->receive();
                     });
}

void ControlConnection::receive() {
  auto space = reader_.space();
  iovec part = {space.data(), space.size()};
  Ancillary ancillary;
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = ancillary.bytes;
  message.msg_controllen = sizeof ancillary.bytes;
  auto count = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return wait();
  if (count <= 0) return;
  if (auto fd = passed_descriptor(message); fd.valid()) passed_ = std::move(fd);
  reader_.filled(static_cast<size_t>(count));
  serve();
}

void ControlConnection::serve() {
  auto request = reader_.next();
  if (!request) {
    if (reader_.lost()) return close_after(encode_result(ControlResult::BadOrdinal));
    return wait();
  }
  auto code = request->code;
  if (!ControlHandler::waits_for_tpm(code)) {
    bool has_data_fd =
        code == ControlCode::SetDataFd && passed_.valid() && hooks_.data_fd(std::move(passed_));
    return answer(code, hooks_.handler.handle(*request, has_data_fd));
  }
  // A power cycle does not wait for a command to end by itself.
  if (code == ControlCode::Init || code == ControlCode::Stop) hooks_.gate.cancel();
  // The request's bytes stay: nothing is read before it is answered.
  boost::asio::post(hooks_.tpm_thread, [self = shared_from_this(), request = *request] {
    auto reply =
        std::make_shared<Secret>(self->hooks_.handler.handle(request, /*has_data_fd=*/false));
    boost::asio::post(self->context_, [self, reply, code = request.code] {
      self->answer(code, std::move(*reply));
    });
  });
}

void ControlConnection::answer(ControlCode code, Secret reply) {
  reply_ = std::move(reply);
  auto bytes = reply_.view();
  boost::asio::async_write(
      socket_, boost::asio::buffer(bytes.data(), bytes.size()),
      [self = shared_from_this(), code](const boost::system::error_code& error, size_t) {
        if (code == ControlCode::Shutdown) return self->hooks_.shutdown();
        if (!error) self->serve();
      });
}

void ControlConnection::close_after(Secret reply) {
  reply_ = std::move(reply);
  auto bytes = reply_.view();
  boost::asio::async_write(socket_, boost::asio::buffer(bytes.data(), bytes.size()),
                           [self = shared_from_this()](const boost::system::error_code&, size_t) {
                             // The last reference: the connection closes.
                           });
}

}  // namespace vtpm::device::swtpm
