// SPDX-License-Identifier: Apache-2.0
#include "device/trace/trace_file.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <system_error>

#include "device/log.h"
#include "device/operator_error.h"

namespace vtpm::device::trace {
namespace {

std::string reason() {
  return std::generic_category().message(errno);
}

uint64_t now() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(since).count());
}

}  // namespace

TraceFile::TraceFile(const std::string& path)
    : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
  if (!file_.valid())
    throw OperatorError("--trace=" + path + ": " + reason() + "; give a file that can be written");
  if (!write(PcapngWriter::header()))
    throw OperatorError("--trace=" + path + ": " + reason() + "; give it room, or another place");
}

void TraceFile::note(std::variant<RegisterWrite, Message> content) {
  std::lock_guard lock(mutex_);
  if (ended_ || write(writer_.packet({.time = now(), .content = std::move(content)}))) return;
  ended_ = true;
  log_line("trace " + path_ + ": " + reason() + "; the trace ends here");
}

bool TraceFile::write(ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace vtpm::device::trace
