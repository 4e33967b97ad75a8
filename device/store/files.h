// SPDX-License-Identifier: Apache-2.0
// The few file operations of the store, behind an interface so that tests can make each one fail
// or crash in turn.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"
#include "device/file_descriptor.h"

namespace vtpm::device {

// All operations throw std::system_error. Paths are relative to a directory's descriptor.
class Files {
 public:
  virtual ~Files() = default;

  // An empty file for writing, readable by its owner only; one of that name is emptied.
  virtual FileDescriptor create(int directory, const char* name);
  virtual FileDescriptor open_for_update(int directory, const char* name);
  // Writes all bytes; a failure may leave some of them written.
  virtual void write_at(int fd, size_t offset, ByteView bytes);
  virtual void truncate(int fd, size_t size);
  virtual void sync_data(int fd);
  virtual void sync(int fd);
  virtual void rename(int directory, const char* from, const char* to);
  // Nothing happens when there is no such file.
  virtual void remove(int directory, const char* name);
};

// The whole content of an open file, at most `limit` bytes; nothing when it is larger. Throws
// std::system_error.
std::optional<Secret> read_whole(int fd, size_t limit);

}  // namespace vtpm::device
