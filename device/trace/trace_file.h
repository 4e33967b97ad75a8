// SPDX-License-Identifier: Apache-2.0
// The file that a trace goes to, packet after packet as they happen.
#pragma once

#include <mutex>
#include <string>

#include "device/file_descriptor.h"
#include "device/trace/pcapng.h"

namespace vtpm::device::trace {

// Safe from any thread.
class TraceFile {
 public:
  // Makes the file, readable by its owner only, or empties it. Throws OperatorError.
  explicit TraceFile(const std::string& path);

  // With the time of now. A file that cannot be written any more ends the trace, not the TPM; the
  // operator is told once.
  void note(std::variant<RegisterWrite, Message> content);

 private:
  bool write(ByteView bytes);

  std::string path_;
  FileDescriptor file_;
  std::mutex mutex_;
  PcapngWriter writer_;
  bool ended_ = false;
};

}  // namespace vtpm::device::trace
