// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/server.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <utility>

#include <sys/socket.h>

#include "device/operator_error.h"

namespace vtpm::device::vhost_user {
namespace {

int socket_option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0)
    throw OperatorError("--fd=" + std::to_string(fd) + " is not a socket: " + std::strerror(errno));
  return value;
}

}  // namespace

Server::Server(boost::asio::io_context& io, TpmService& service, Options options)
    : io_(io), service_(service), options_(std::move(options)) {
  if (options_.fd.has_value() == options_.socket_path.has_value())
    throw OperatorError("give one of --socket-path and --fd");
  if (options_.fd)
    take_over(*options_.fd);
  else
    listen(ListeningSocket({.kind = Endpoint::Kind::Unix, .path = *options_.socket_path},
                           "--socket-path"));
}

Server::~Server() {
  if (const auto session = session_) session->close({VUT_REASON_SHUTDOWN, "the back-end ends"});
}

void Server::listen(ListeningSocket socket) {
  listener_.emplace(io_, std::move(socket),
                    [this](FileDescriptor connection) { on_connection(std::move(connection)); });
}

void Server::take_over(int fd) {
  if (socket_option(fd, SO_DOMAIN) != AF_UNIX || socket_option(fd, SO_TYPE) != SOCK_STREAM)
    throw OperatorError("--fd=" + std::to_string(fd) + " is not a Unix stream socket");
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    throw OperatorError("cannot set up --fd=" + std::to_string(fd) + ": " + std::strerror(errno));
  if (socket_option(fd, SO_ACCEPTCONN) != 0)
    listen(ListeningSocket(FileDescriptor(fd)));
  else
    on_connection(FileDescriptor(fd));
}

void Server::on_connection(FileDescriptor connection) {
  Socket socket(io_, boost::asio::local::stream_protocol(), connection.release());
  if (session_) {
    say_goodbye(socket, {VUT_REASON_BUSY, "another front-end is connected to this TPM"});
    options_.log("a second front-end was refused: one is connected already");
    return;
  }
  options_.log("a front-end has connected");
  session_ =
      std::make_shared<Session>(io_, std::move(socket), service_, options_.spin,
                                [this](const std::string& why, std::unique_ptr<RingThread> ring) {
                                  on_end(why, std::move(ring));
                                });
  session_->start();
}

void Server::on_end(const std::string& why, std::unique_ptr<RingThread> ring) {
  options_.log("the front-end is disconnected: " + why);
  session_.reset();
  using namespace std::chrono_literals;
  std::erase_if(retired_,
                [](auto& ending) { return ending.wait_for(0s) == std::future_status::ready; });
  // A running command ends soon, but this thread has others to serve meanwhile.
  if (ring)
    retired_.push_back(
        std::async(std::launch::async, [ring = std::move(ring)]() mutable { ring.reset(); }));
  if (!listener_) options_.on_last_front_end_gone();
}

}  // namespace vtpm::device::vhost_user
