// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/data_connection.h"

#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

namespace vtpm::device::swtpm {
namespace {

// Behind a framed response: the simulator's acknowledgement.
constexpr std::array<uint8_t, 4> kAcknowledgement{};

}  // namespace

DataConnection::DataConnection(boost::asio::io_context& context, FileDescriptor fd, Gate& gate,
                               std::shared_ptr<void> slot)
    : socket_(context), gate_(gate), slot_(std::move(slot)) {
  // The family matters to nothing that is done with the socket.
  socket_.assign(boost::asio::generic::stream_protocol(AF_UNIX, 0), fd.release());
}

void DataConnection::read() {
  auto space = reader_.space();
  socket_.async_read_some(
      boost::asio::buffer(space.data(), space.size()),
      [self = shared_from_this()](const boost::system::error_code& error, size_t count) {
        if (error) return;
        self->reader_.filled(count);
        self->serve();
      });
}

void DataConnection::serve() {
  auto request = reader_.next();
  if (!request) return read();
  switch (request->kind) {
    case DataRequest::Kind::Command:
      response_ = gate_.execute(request->framed ? std::optional(request->locality) : std::nullopt,
                                request->command);
      reader_.done();
      return answer(request->framed, false);
    case DataRequest::Kind::Oversize:
      response_ = error_response(kRcCommandSize);
      return answer(request->framed, true);
    case DataRequest::Kind::EndOfSession:
    case DataRequest::Kind::Unknown:
      return;
  }
}

void DataConnection::answer(bool framed, bool last) {
  store_be<uint32_t>(length_, static_cast<uint32_t>(response_.size()));
  std::array<boost::asio::const_buffer, 3> parts;
  auto response = response_.view();
  parts[1] = boost::asio::buffer(response.data(), response.size());
  if (framed) {
    parts[0] = boost::asio::buffer(length_);
    parts[2] = boost::asio::buffer(kAcknowledgement);
  }
  boost::asio::async_write(
      socket_, parts,
      [self = shared_from_this(), last](const boost::system::error_code& error, size_t) {
        if (!error && !last) self->serve();
      });
}

}  // namespace vtpm::device::swtpm
