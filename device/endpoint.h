// SPDX-License-Identifier: Apache-2.0
// Where a front door listens, as options name it: "tcp:HOST:PORT" or "unix:PATH".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace vtpm::device {

struct Endpoint {
  enum class Kind : uint8_t { Tcp, Unix };
  Kind kind = Kind::Unix;
  std::string host;   // Tcp: a name or an address, without the brackets of IPv6
  uint16_t port = 0;  // Tcp: 0 lets the system choose
  std::string path;   // Unix

  bool operator==(const Endpoint&) const = default;
};

// Nothing when the text is of neither form. An IPv6 address stands in brackets.
std::optional<Endpoint> parse_endpoint(const std::string& text);
std::string to_string(const Endpoint& endpoint);

}  // namespace vtpm::device
