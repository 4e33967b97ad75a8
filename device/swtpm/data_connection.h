// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "base/secret.h"
#include "device/file_descriptor.h"
#include "device/swtpm/data_codec.h"
#include "device/swtpm/gate.h"

namespace vtpm::device::swtpm {

// One client of the data channel, on the TPM's thread: reads a command, executes it, answers in
// one write. Keeps itself alive until the client goes or the context ends.
class DataConnection : public std::enable_shared_from_this<DataConnection> {
 public:
  // `slot` is held for the connection's life: a counter of connections.
  DataConnection(boost::asio::io_context& context, FileDescriptor fd, Gate& gate,
                 std::shared_ptr<void> slot);
  void start() { read(); }

 private:
  using Socket = boost::asio::generic::stream_protocol::socket;

  void read();
  // Serves the next whole request in the buffer, or reads on.
  void serve();
  void answer(bool framed, bool last);

  Socket socket_;
  Gate& gate_;
  std::shared_ptr<void> slot_;
  DataReader reader_;
  Secret response_;
  std::array<uint8_t, 4> length_{};
};

}  // namespace vtpm::device::swtpm
