// SPDX-License-Identifier: Apache-2.0
#include "device/log.h"

#include <unistd.h>

namespace vtpm::device {

void log_line(const std::string& text) {
  auto line = "vhost-user-tpm: " + text + "\n";
  // Nobody is left to tell when this fails.
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace vtpm::device
