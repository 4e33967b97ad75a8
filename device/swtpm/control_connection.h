// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "base/secret.h"
#include "device/file_descriptor.h"
#include "device/swtpm/control_codec.h"
#include "device/swtpm/control_handler.h"

namespace vtpm::device::swtpm {

// What a control connection needs of the server behind it.
struct ControlHooks {
  boost::asio::io_context& tpm_thread;
  Gate& gate;
  ControlHandler& handler;
  // Takes over a data channel that a client passed; false when it is no stream socket.
  std::function<bool(FileDescriptor)> data_fd;
  std::function<void()> shutdown;
};

// One client of the control channel, one request after the other. What waits for the TPM is done
// on its thread, so that other connections can cancel a command meanwhile.
class ControlConnection : public std::enable_shared_from_this<ControlConnection> {
 public:
  ControlConnection(boost::asio::io_context& context, FileDescriptor fd, const ControlHooks& hooks,
                    std::shared_ptr<void> slot);
  void start() { wait(); }

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;

  void wait();
  void receive();
  void serve();
  void answer(ControlCode code, Secret reply);
  void close_after(Secret reply);

  boost::asio::io_context& context_;
  Socket socket_;
  const ControlHooks& hooks_;
  std::shared_ptr<void> slot_;
  ControlReader reader_;
  FileDescriptor passed_;  // the last descriptor that came with a message
  Secret reply_;
};

}  // namespace vtpm::device::swtpm
