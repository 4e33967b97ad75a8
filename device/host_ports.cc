// SPDX-License-Identifier: Apache-2.0
#include "device/host_ports.h"

#include <cerrno>
#include <cstring>
#include <ctime>

#include <sys/random.h>

#include "device/operator_error.h"

namespace vtpm::device {

uint64_t HostClock::now() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000 +
         static_cast<uint64_t>(time.tv_nsec) / 1'000'000;
}

void HostEntropy::fill(MutableByteView out) {
  while (!out.empty()) {
    auto got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw OperatorError(std::string("cannot get random numbers from the kernel: ") +
                          std::strerror(errno) + "; allow the getrandom system call");
    out = out.subspan(static_cast<size_t>(got));
  }
}

}  // namespace vtpm::device
