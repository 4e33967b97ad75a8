// SPDX-License-Identifier: Apache-2.0
// The front door that speaks swtpm's protocol: stock QEMU's tpm-emulator, libvirt, tpm2-tss and
// swtpm_ioctl connect here.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "device/listener.h"
#include "device/swtpm/control_connection.h"
#include "device/swtpm/control_handler.h"
#include "device/swtpm/gate.h"
#include "device/tpm_service.h"

namespace vtpm::device::swtpm {

// Data channels and commands live on a thread of their own, so that the control channel answers,
// and a cancel arrives, while a command runs; and a command costs no hand-off between threads.
class Server {
 public:
  // `context` runs the control channel. `shutdown` is called there when a client asks the process
  // to end.
  Server(boost::asio::io_context& context, TpmService& tpm, std::function<void()> shutdown);
  // Ends a running command early, closes everything. The context must have stopped. What the TPM's
  // service throws comes out of the context's run().
  ~Server();

  void serve_data(ListeningSocket socket);
  void serve_control(ListeningSocket socket);

 private:
  // More clients at once than anybody has; further ones are turned away.
  static constexpr long kMaxConnections = 64;

  void run_tpm_thread();
  // A share of one count a connection, or nothing when there are too many.
  std::shared_ptr<void> take_slot();
  void open_data(FileDescriptor fd);
  bool take_data_fd(FileDescriptor fd);

  boost::asio::io_context& context_;
  Gate gate_;
  ControlHandler handler_;
  ControlHooks hooks_;
  std::shared_ptr<int> connections_;
  std::vector<std::unique_ptr<Listener>> control_listeners_;
  // Last members, so that the thread and what it owns end first.
  boost::asio::io_context tpm_context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::unique_ptr<Listener>> data_listeners_;
  std::thread thread_;
};

}  // namespace vtpm::device::swtpm
