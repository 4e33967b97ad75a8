// SPDX-License-Identifier: Apache-2.0
// The vhost-user front door: one front-end at a time, any number one after the other.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "device/listener.h"
#include "device/tpm_service.h"
#include "device/vhost_user/session.h"

namespace vtpm::device::vhost_user {

struct Options {
  // Exactly one of the two. The socket at `socket_path` is made, and removed at the end; a stale
  // one is replaced.
  std::optional<std::string> socket_path;
  // An inherited Unix stream socket: one that listens, or one connected to its only front-end.
  std::optional<int> fd;
  // How long an idle ring thread spins before it sleeps; VUT_SPIN_MAX_NS at most.
  std::chrono::nanoseconds spin{VUT_SPIN_MAX_NS};
  std::function<void(const std::string&)> log = [](const std::string&) {};
  // Called when the only front-end that there can be (a connected `fd`) is gone.
  std::function<void()> on_last_front_end_gone = [] {};
};

// Serves while the io_context runs, on one thread. What the service throws while it serves the ring
// comes out of io_context::run(). `service` and `io` must outlive the server.
class Server {
 public:
  // Throws OperatorError when the socket cannot be used.
  Server(boost::asio::io_context& io, TpmService& service, Options options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Says goodbye to the front-end and waits for its threads: as long as a running command takes to
  // notice a cancel.
  ~Server();

 private:
  void take_over(int fd);
  void listen(ListeningSocket socket);
  void on_connection(FileDescriptor connection);
  void on_end(const std::string& why, std::unique_ptr<RingThread> ring);

  boost::asio::io_context& io_;
  TpmService& service_;
  Options options_;
  std::optional<Listener> listener_;
  std::shared_ptr<Session> session_;
  // Ring threads of former front-ends that still end.
  std::list<std::future<void>> retired_;
};

}  // namespace vtpm::device::vhost_user
