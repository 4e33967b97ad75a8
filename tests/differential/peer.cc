// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/peer.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>

extern char** environ;

namespace vtpm::differential {
namespace {

constexpr size_t kMaximumResponse = 65536;

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

Swtpm::Swtpm() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail(errno, "socketpair");
  socket_ = ends[0];
  std::string directory = "dir=" + state_.path(), descriptor = std::to_string(ends[1]);
  const char* const arguments[] = {"swtpm",
                                   "socket",
                                   "--tpm2",
                                   "--fd",
                                   descriptor.c_str(),
                                   "--tpmstate",
                                   directory.c_str(),
                                   "--flags",
                                   "not-need-init,startup-clear",
                                   "--log",
                                   "file=-",  // none: it says when the connection ends
                                   nullptr};
  fcntl(ends[1], F_SETFD, 0);
  int error = posix_spawnp(&process_, "swtpm", nullptr, nullptr,
                           const_cast<char* const*>(arguments), environ);
  close(ends[1]);
  if (error != 0) {
    close(socket_);
    fail(error, "cannot start swtpm");
  }
}

// swtpm ends when its connection does.
Swtpm::~Swtpm() {
  close(socket_);
  waitpid(process_, nullptr, 0);
}

Bytes Swtpm::transact(ByteView command) {
  for (size_t sent = 0; sent < command.size();) {
    ssize_t count = send(socket_, command.data() + sent, command.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) fail(errno, "send to swtpm");
    sent += static_cast<size_t>(count);
  }
  Bytes response(kHeaderSize);
  read(response);
  size_t size = load_be<uint32_t>(ByteView(response).subspan(2));
  if (size < kHeaderSize || size > kMaximumResponse)
    throw std::runtime_error("swtpm's response has an impossible size");
  response.resize(size);
  read(MutableByteView(response).subspan(kHeaderSize));
  return response;
}

void Swtpm::read(MutableByteView out) {
  while (!out.empty()) {
    ssize_t count = recv(socket_, out.data(), out.size(), 0);
    if (count <= 0) throw std::runtime_error("swtpm has closed its connection");
    out = out.subspan(static_cast<size_t>(count));
  }
}

}  // namespace vtpm::differential
