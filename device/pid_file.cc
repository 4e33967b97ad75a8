// SPDX-License-Identifier: Apache-2.0
#include "device/pid_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "device/file_descriptor.h"
#include "device/operator_error.h"

namespace vtpm::device {

PidFile::PidFile(std::optional<std::string> path) : path_(std::move(path)) {
  if (!path_) return;
  auto text = std::to_string(::getpid()) + "\n";
  FileDescriptor file(::open(path_->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid() ||
      ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw OperatorError("--pid-file: cannot write " + *path_ + ": " + std::strerror(errno) +
                        "; choose another path");
}

PidFile::~PidFile() {
  if (path_) ::unlink(path_->c_str());
}

}  // namespace vtpm::device
