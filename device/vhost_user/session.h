// SPDX-License-Identifier: Apache-2.0
// One front-end's connection: reads its messages, sends the answers, owns its ring thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <system_error>

#include "device/tpm_service.h"
#include "device/vhost_user/messages.h"
#include "device/vhost_user/ring_thread.h"

namespace vtpm::device::vhost_user {

using Socket = boost::asio::local::stream_protocol::socket;

// Sends GOODBYE on a socket that is about to be closed, without waiting.
void say_goodbye(Socket& socket, const Goodbye& goodbye);

class Session : public std::enable_shared_from_this<Session> {
 public:
  // Called once, in the io_context: why the connection ended, in the operator's words, and its ring
  // thread if it had one.
  using OnEnd = std::function<void(std::string why, std::unique_ptr<RingThread> ring)>;

  Session(boost::asio::io_context& io, Socket socket, TpmService& service,
          std::chrono::nanoseconds spin, OnEnd on_end);

  void start();
  // Ends the connection from this side.
  void close(const Goodbye& goodbye);

 private:
  // The message being received.
  struct Incoming {
    HeaderBytes header{};
    std::array<uint8_t, VUT_MAX_PAYLOAD> payload{};
    size_t received = 0;  // bytes of both
    size_t descriptors = 0;
    vut_header parsed{};  // once the header is complete
  };

  void wait_for_input();
  void on_input();
  // Takes what there is of the message. False: no more for now, the message is done, or so is the
  // connection.
  bool receive();
  MutableByteView missing_part();
  void on_message();
  void perform(const Answer& answer);
  bool send(const Answer& answer);
  void start_ring();
  // Ends it for want of descriptors or memory.
  void close_without_means(const std::system_error& error);
  void end(std::string why);

  boost::asio::io_context& io_;
  Socket socket_;
  TpmService& service_;
  std::chrono::nanoseconds spin_;
  OnEnd on_end_;
  Protocol protocol_;
  Incoming incoming_;
  std::unique_ptr<RingThread> ring_;
  bool resetting_ = false;
  bool ended_ = false;
};

}  // namespace vtpm::device::vhost_user
