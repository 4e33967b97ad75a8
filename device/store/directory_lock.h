// SPDX-License-Identifier: Apache-2.0
// One process a state directory: a lock that the kernel drops with the process that holds it.
#pragma once

#include <optional>
#include <string>

#include "device/file_descriptor.h"

namespace vtpm::device {

inline constexpr char kLockName[] = "lock";

// Holds the lock of a state directory. Its file stays behind: removing it would let two processes
// lock two files of one name. It also remembers that a TPM has been made here, so that a state file
// which disappears is missed.
class DirectoryLock {
 public:
  // `path` is for messages. Throws OperatorError when another process holds the lock, naming it.
  DirectoryLock(int directory, const std::string& path);

  // Who holds the lock of a directory, "process 123" as far as known; nothing when nobody does or
  // the directory has none. Takes no lock.
  static std::optional<std::string> holder(int directory);

  // A TPM was made in this directory once.
  bool has_tpm() const { return has_tpm_; }
  void remember_tpm();

 private:
  void write();

  FileDescriptor file_;
  std::string path_;
  bool has_tpm_ = false;
};

}  // namespace vtpm::device
