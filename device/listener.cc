// SPDX-License-Identifier: Apache-2.0
#include "device/listener.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "device/operator_error.h"

namespace vtpm::device {
namespace {

constexpr int kBacklog = 16;

[[noreturn]] void refuse(const std::string& option, const Endpoint& endpoint,
                         const std::string& reason) {
  throw OperatorError(option + ": cannot listen on " + to_string(endpoint) + ": " + reason);
}

[[noreturn]] void refuse_errno(const std::string& option, const Endpoint& endpoint, int error) {
  if (error == EADDRINUSE)
    refuse(option, endpoint, "it is in use by another process; stop it or choose another");
  refuse(option, endpoint, std::string(std::strerror(error)) + "; choose another");
}

FileDescriptor stream_socket(int family) {
  return FileDescriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Somebody accepts connections behind this socket file.
bool has_listener(const sockaddr_un& address) {
  auto probe = stream_socket(AF_UNIX);
  if (!probe.valid()) return true;
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return true;
  return errno != ECONNREFUSED;
}

uint16_t bound_port(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

ListeningSocket::ListeningSocket(const Endpoint& endpoint, const std::string& option)
    : endpoint_(endpoint) {
  if (endpoint_.kind == Endpoint::Kind::Tcp)
    bind_tcp(option);
  else
    bind_unix(option);
  if (::listen(fd_.get(), kBacklog) != 0) refuse_errno(option, endpoint_, errno);
}

ListeningSocket::~ListeningSocket() {
  if (!fd_.valid() || endpoint_.kind != Endpoint::Kind::Unix) return;
  struct stat status;
  if (::lstat(endpoint_.path.c_str(), &status) == 0 && status.st_dev == device_ &&
      status.st_ino == inode_)
    ::unlink(endpoint_.path.c_str());
}

void ListeningSocket::bind_tcp(const std::string& option) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  auto port = std::to_string(endpoint_.port);
  int failure = ::getaddrinfo(endpoint_.host.c_str(), port.c_str(), &hints, &found);
  if (failure != 0)
    refuse(option, endpoint_, std::string(::gai_strerror(failure)) + "; choose another host");
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each; each = each->ai_next) {
    fd_ = stream_socket(each->ai_family);
    if (!fd_.valid()) {
      error = errno;
      continue;
    }
    int on = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd_.get(), each->ai_addr, each->ai_addrlen) == 0) {
      endpoint_.port = bound_port(fd_.get());
      return;
    }
    error = errno;
  }
  refuse_errno(option, endpoint_, error);
}

void ListeningSocket::bind_unix(const std::string& option) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const auto& path = endpoint_.path;
  // To the kernel it would mean a random abstract name.
  if (path.empty()) refuse(option, endpoint_, "the path is empty; give one");
  if (path.size() >= sizeof address.sun_path)
    refuse(option, endpoint_,
           "the path is longer than " + std::to_string(sizeof address.sun_path - 1) +
               " characters; choose a shorter one");
  std::memcpy(address.sun_path, path.data(), path.size());
  fd_ = stream_socket(AF_UNIX);
  if (!fd_.valid()) refuse_errno(option, endpoint_, errno);
  struct stat status;
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode))
      refuse(option, endpoint_, "a file that is not a socket is there; choose another path");
    if (has_listener(address)) refuse_errno(option, endpoint_, EADDRINUSE);
    ::unlink(path.c_str());
  }
  // The socket gives away the TPM: whatever the user's umask, nothing for others.
  auto mask = ::umask(0077);
  ::umask(mask | 0007);
  bool bound = ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  int error = errno;
  ::umask(mask);
  if (!bound) {
    fd_.reset();
    refuse_errno(option, endpoint_, error);
  }
  if (::lstat(path.c_str(), &status) == 0) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
}

Listener::Listener(boost::asio::io_context& context, ListeningSocket socket, Accepted accepted)
    : socket_(std::move(socket)),
      descriptor_(context, socket_.fd()),
      pause_(context),
      accepted_(std::move(accepted)) {
  wait();
}

Listener::~Listener() {
  descriptor_.release();  // the ListeningSocket closes it
}

void Listener::wait() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this](const boost::system::error_code& error) {
                           if (!error) accept();
                         });
}

void Listener::accept() {
  FileDescriptor connection(
      ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (connection.valid()) {
    int on = 1;
    if (socket_.endpoint().kind == Endpoint::Kind::Tcp)
      ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    accepted_(std::move(connection));
  } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    // The waiting client keeps the socket readable: without a pause this would spin.
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](const boost::system::error_code& error) {
      if (!error) wait();
    });
    return;
  }
  wait();
}

}  // namespace vtpm::device
