// SPDX-License-Identifier: Apache-2.0
#include "device/endpoint.h"

#include <charconv>

namespace vtpm::device {

std::optional<Endpoint> parse_endpoint(const std::string& text) {
  if (text.rfind("unix:", 0) == 0) {
    auto path = text.substr(5);
    if (path.empty() || path.find('\0') != std::string::npos) return std::nullopt;
    return Endpoint{.kind = Endpoint::Kind::Unix, .path = path};
  }
  if (text.rfind("tcp:", 0) != 0) return std::nullopt;
  auto colon = text.rfind(':');
  if (colon < 4) return std::nullopt;
  Endpoint endpoint{.kind = Endpoint::Kind::Tcp, .host = text.substr(4, colon - 4)};
  auto& host = endpoint.host;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.empty() || host.find_first_of(":[]") != std::string::npos)
    return std::nullopt;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + colon + 1, end, endpoint.port);
  if (error != std::errc() || stop != end) return std::nullopt;
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::Unix) return "unix:" + endpoint.path;
  bool ipv6 = endpoint.host.find(':') != std::string::npos;
  return "tcp:" + (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
         std::to_string(endpoint.port);
}

}  // namespace vtpm::device
