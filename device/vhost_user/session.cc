// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/session.h"

#include <cerrno>
#include <cstring>
#include <span>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <system_error>

#include "device/vhost_user/sealed_memory.h"

namespace vtpm::device::vhost_user {
namespace {

// Room for the descriptors of one message; a front-end has none to send.
constexpr size_t kMaxDescriptors = 16;

size_t close_descriptors(msghdr& message) {
  size_t count = (message.msg_flags & MSG_CTRUNC) != 0 ? 1 : 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len; at += sizeof(int)) {
      int fd;
      std::memcpy(&fd, reinterpret_cast<uint8_t*>(part) + at, sizeof fd);
      ::close(fd);
      ++count;
    }
  }
  return count;
}

// Whole or not at all: a front-end that lets its replies pile up has lost them.
bool send_message(int socket, const Bytes& bytes, std::span<const int> descriptors = {}) {
  iovec part{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(VUT_MEMORY_FDS_MAX * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(bytes.size());
}

}  // namespace

void say_goodbye(Socket& socket, const Goodbye& goodbye) {
  send_message(socket.native_handle(), encode_goodbye(goodbye));
}

Session::Session(boost::asio::io_context& io, Socket socket, TpmService& service,
                 std::chrono::nanoseconds spin, OnEnd on_end)
    : io_(io),
      socket_(std::move(socket)),
      service_(service),
      spin_(spin),
      on_end_(std::move(on_end)),
      protocol_(offered_interfaces()) {}

void Session::start() {
  wait_for_input();
}

void Session::close(const Goodbye& goodbye) {
  if (ended_) return;
  say_goodbye(socket_, goodbye);
  end(goodbye.text);
}

void Session::close_without_means(const std::system_error& error) {
  close({VUT_REASON_INTERNAL, std::string("the back-end cannot serve it: ") + error.what()});
}

void Session::end(std::string why) {
  if (std::exchange(ended_, true)) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (ring_) ring_->request_stop();
  std::exchange(on_end_, nullptr)(std::move(why), std::move(ring_));
}

void Session::wait_for_input() {
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (self->ended_) return;
                       if (error)
                         self->end("its socket failed: " + error.message());
                       else
                         self->on_input();
                     });
}

void Session::on_input() {
  while (receive()) {
  }
  if (!ended_ && !resetting_) wait_for_input();
}

MutableByteView Session::missing_part() {
  if (incoming_.received < VUT_HEADER_SIZE)
    return MutableByteView(incoming_.header).subspan(incoming_.received);
  return MutableByteView(incoming_.payload)
      .first(incoming_.parsed.size)
      .subspan(incoming_.received - VUT_HEADER_SIZE);
}

bool Session::receive() {
  const MutableByteView room = missing_part();
  iovec part{room.data(), room.size()};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0) {
    if (errno == EINTR) return true;
    if (errno != EAGAIN) end(std::string("its socket failed: ") + std::strerror(errno));
    return false;
  }
  incoming_.descriptors += close_descriptors(message);
  if (count == 0) {
    end(incoming_.received == 0 ? "it hung up" : "it hung up in the middle of a message");
    return false;
  }
  incoming_.received += static_cast<size_t>(count);
  if (incoming_.received == VUT_HEADER_SIZE) {
    auto header = parse_header(incoming_.header);
    if (!header) {
      close(header.error());
      return false;
    }
    incoming_.parsed = *header;
  }
  if (incoming_.received < VUT_HEADER_SIZE || !missing_part().empty()) return true;
  on_message();
  // Others in the io_context have their turn before the next message.
  return false;
}

void Session::on_message() {
  const Incoming message = std::exchange(incoming_, Incoming{});
  perform(protocol_.handle(message.parsed, ByteView(message.payload).first(message.parsed.size),
                           message.descriptors));
}

void Session::perform(const Answer& answer) {
  if (!answer.reply.empty() && !send(answer)) return;
  if (answer.goodbye) return close(*answer.goodbye);
  switch (answer.task) {
    case Answer::Task::None:
      break;
    case Answer::Task::StartRing:
      start_ring();
      break;
    case Answer::Task::Reset:
      resetting_ = true;
      ring_->request_reset();
      break;
  }
}

bool Session::send(const Answer& answer) {
  std::vector<int> descriptors;
  FileDescriptor file;
  try {
    if (!answer.file.empty()) {
      file = sealed_file(answer.file);
      descriptors.push_back(file.get());
    }
  } catch (const std::system_error& error) {
    close_without_means(error);
    return false;
  }
  if (answer.descriptors != 0) {
    const auto fds = ring_->memory().descriptors();
    descriptors.assign(fds.begin(), fds.begin() + static_cast<ptrdiff_t>(answer.descriptors));
  }
  if (send_message(socket_.native_handle(), answer.reply, descriptors)) return true;
  end("it does not take its replies");
  return false;
}

void Session::start_ring() {
  // The ring thread outlives neither the server nor its io_context; a session may be gone before.
  const auto in_session = [&io = io_, self = weak_from_this()](auto what) {
    boost::asio::post(io, [self, what = std::move(what)] {
      if (const auto session = self.lock(); session && !session->ended_) what(*session);
    });
  };
  RingThread::Events events;
  events.reset_done = [in_session] {
    in_session([](Session& session) {
      session.resetting_ = false;
      session.perform(session.protocol_.reset_done());
      if (!session.ended_) session.wait_for_input();
    });
  };
  events.broken = [in_session](std::string why) {
    in_session([why](Session& session) { session.close({VUT_REASON_PROTOCOL, why}); });
  };
  events.failed = [&io = io_](std::exception_ptr failure) {
    boost::asio::post(io, [failure = std::move(failure)] { std::rethrow_exception(failure); });
  };
  try {
    ring_ = std::make_unique<RingThread>(service_, protocol_.interface(), spin_, events);
  } catch (const std::system_error& error) {
    return close_without_means(error);
  }
  perform(protocol_.memory_ready());
}

}  // namespace vtpm::device::vhost_user
