// SPDX-License-Identifier: Apache-2.0
// What travels on swtpm's data channel: bare TPM commands and responses, or the same in the framing
// of the Microsoft simulator, told apart by their first bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace vtpm::device::swtpm {

struct DataRequest {
  enum class Kind : uint8_t {
    Command,
    Oversize,      // a size that no command can have: what follows cannot be found any more
    EndOfSession,  // the simulator's TPM_SESSION_END
    Unknown,       // the simulator's framing with another request than sending a command
  };
  Kind kind = Kind::Command;
  bool framed = false;   // the answer goes in the simulator's framing
  uint8_t locality = 0;  // only meaningful when framed
  ByteView command;      // valid until done()
};

// Cuts the byte stream of one connection into requests.
class DataReader {
 public:
  DataReader();

  // Where the next bytes go; never empty after next() returned nothing.
  MutableByteView space();
  void filled(size_t count);
  // The next whole request, or nothing when more bytes are needed. Nothing follows Oversize,
  // EndOfSession and Unknown.
  std::optional<DataRequest> next();
  // The last request has been served: its bytes, which may hold authorization values, are wiped.
  void done();

 private:
  ByteView unread() const { return ByteView(buffer_.view()).subspan(begin_, end_ - begin_); }
  std::optional<DataRequest> bare(ByteView bytes);
  std::optional<DataRequest> framed(ByteView bytes);

  // One buffer a connection.
  Secret buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool finished_ = false;
};

inline constexpr uint32_t kRcCommandSize = 0x142;  // TPM_RC_COMMAND_SIZE (Part 2, 6.6.3)

// A response of ten bytes that carries only a code (Part 1, 16.5.1; Part 2, 6.6).
Secret error_response(uint32_t response_code);

}  // namespace vtpm::device::swtpm
