// SPDX-License-Identifier: Apache-2.0
// A trace (device/trace) for people to read.
#pragma once

#include <istream>
#include <ostream>

namespace vtpm::device {

enum class TraceEnd {
  Whole,
  CutShort,  // the last packet is not all there, or is none that vhost-user-tpm writes
  NoTrace,   // the file is none of vhost-user-tpm's
};

// A line for each register write and for each command with its response: time (UTC), locality, what
// it was, and how long it took.
TraceEnd print_trace(std::istream& in, std::ostream& out);

}  // namespace vtpm::device
