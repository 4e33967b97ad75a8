// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace vtpm::device {

// A file with this process's id, removed at the end. Throws OperatorError when it cannot be
// written.
class PidFile {
 public:
  explicit PidFile(std::optional<std::string> path);
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile();

 private:
  std::optional<std::string> path_;
};

}  // namespace vtpm::device
