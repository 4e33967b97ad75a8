// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace vtpm::device {

// One line for the operator on standard error, in one write. Safe from any thread.
void log_line(const std::string& text);

}  // namespace vtpm::device
