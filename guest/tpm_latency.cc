// SPDX-License-Identifier: Apache-2.0
// Runs inside the guest: how long commands take through the kernel's TPM device, one write() and
// one read() each.
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "guest/latency.h"

namespace {

using vtpm::latency::NamedCommand;

[[noreturn]] void fail(const char* what, const char* name) {
  std::fprintf(stderr, "tpm_latency: %s: %s: %s\n", name, what, std::strerror(errno));
  std::exit(1);
}

void run(int device, const NamedCommand& command) {
  std::array<uint8_t, 4096> response;
  if (write(device, command.bytes.data(), command.bytes.size()) < 0) fail("write", command.name);
  const ssize_t got = read(device, response.data(), response.size());
  if (got < 0) fail("read", command.name);
  const auto code =
      vtpm::latency::response_code(vtpm::ByteView(response).first(static_cast<size_t>(got)));
  if (code == 0) return;
  std::fprintf(stderr, "tpm_latency: %s: response code 0x%x\n", command.name, code);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "/dev/tpm0";
  const long samples = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 1000;
  if (argc > 3 || samples < 1 || samples > 1'000'000) {
    std::fprintf(stderr, "usage: tpm_latency [DEVICE [SAMPLES]]\n");
    return 2;
  }
  const int device = open(path, O_RDWR | O_CLOEXEC);
  if (device < 0) fail("open", path);
  vtpm::latency::measure(static_cast<size_t>(samples),
                         [&](const NamedCommand& command) { run(device, command); });
  close(device);
  return 0;
}
