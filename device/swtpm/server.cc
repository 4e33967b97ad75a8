// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/server.h"

#include <exception>
#include <fcntl.h>
#include <pthread.h>

#include <boost/asio/post.hpp>
#include <sys/socket.h>

#include "device/swtpm/data_connection.h"

namespace vtpm::device::swtpm {

Server::Server(boost::asio::io_context& context, TpmService& tpm, std::function<void()> shutdown)
    : context_(context),
      gate_(tpm),
      handler_(gate_),
      hooks_{.tpm_thread = tpm_context_,
             .gate = gate_,
             .handler = handler_,
             .data_fd = [this](FileDescriptor fd) { return take_data_fd(std::move(fd)); },
             .shutdown = std::move(shutdown)},
      connections_(std::make_shared<int>()),
      tpm_context_(1),
      work_(boost::asio::make_work_guard(tpm_context_)),
      thread_([this] {
        ::pthread_setname_np(::pthread_self(), "swtpm");
        run_tpm_thread();
      }) {}

Server::~Server() {
  tpm_context_.stop();
  gate_.close();
  thread_.join();
}

void Server::run_tpm_thread() {
  try {
    tpm_context_.run();
  } catch (...) {
    // Not for this thread to handle: it comes out of the other context's run().
    boost::asio::post(context_,
                      [error = std::current_exception()] { std::rethrow_exception(error); });
  }
}

void Server::serve_data(ListeningSocket socket) {
  data_listeners_.push_back(std::make_unique<Listener>(
      tpm_context_, std::move(socket), [this](FileDescriptor fd) { open_data(std::move(fd)); }));
}

void Server::serve_control(ListeningSocket socket) {
  control_listeners_.push_back(
      std::make_unique<Listener>(context_, std::move(socket), [this](FileDescriptor fd) {
        if (auto slot = take_slot())
          std::make_shared<ControlConnection>(context_, std::move(fd), hooks_, slot)->start();
      }));
}

std::shared_ptr<void> Server::take_slot() {
  // The count is in the shared pointer itself, which is safe across the two threads.
  if (connections_.use_count() > kMaxConnections) return nullptr;
  return connections_;
}

void Server::open_data(FileDescriptor fd) {
  if (auto slot = take_slot())
    std::make_shared<DataConnection>(tpm_context_, std::move(fd), gate_, slot)->start();
}

bool Server::take_data_fd(FileDescriptor fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
    return false;
  int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) return false;
  auto shared = std::make_shared<FileDescriptor>(std::move(fd));
  boost::asio::post(tpm_context_, [this, shared] { open_data(std::move(*shared)); });
  return true;
}

}  // namespace vtpm::device::swtpm
