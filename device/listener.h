// SPDX-License-Identifier: Apache-2.0
// A listening socket of either kind.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "device/endpoint.h"
#include "device/file_descriptor.h"

namespace vtpm::device {

// A bound, listening, non-blocking socket. A Unix socket's file goes with it.
class ListeningSocket {
 public:
  // A socket file that nobody listens on any more is replaced. `option` names the command line
  // option in messages. Throws OperatorError.
  ListeningSocket(const Endpoint& endpoint, const std::string& option);
  // One that listens already, inherited from the parent process: non-blocking, and its file, if it
  // has one, is the parent's.
  explicit ListeningSocket(FileDescriptor listening) : fd_(std::move(listening)) {}
  ListeningSocket(ListeningSocket&& other) noexcept = default;
  ~ListeningSocket();

  int fd() const { return fd_.get(); }
  // With the port that the system chose.
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  void bind_tcp(const std::string& option);
  void bind_unix(const std::string& option);

  FileDescriptor fd_;
  Endpoint endpoint_;
  uint64_t device_ = 0, inode_ = 0;  // of the socket file, so that only our own is removed
};

// Accepts connections for ever and hands their descriptors on: non-blocking, close-on-exec, and
// without Nagle's delay. Everything happens on the context's thread.
class Listener {
 public:
  using Accepted = std::function<void(FileDescriptor)>;

  Listener(boost::asio::io_context& context, ListeningSocket socket, Accepted accepted);
  ~Listener();

 private:
  void wait();
  void accept();

  ListeningSocket socket_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer pause_;
  Accepted accepted_;
};

}  // namespace vtpm::device
