// SPDX-License-Identifier: Apache-2.0
#include "device/host_ports.h"

#include <cerrno>
#include <cstring>

#include <sys/random.h>

#include "device/operator_error.h"

namespace vtpm::device {

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
