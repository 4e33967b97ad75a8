// SPDX-License-Identifier: Apache-2.0
#include "device/store/files.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

#include <sys/stat.h>
#include <system_error>

namespace vtpm::device {
namespace {

[[noreturn]] void fail(const char* operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

}  // namespace

FileDescriptor Files::create(int directory, const char* name) {
  int fd = ::openat(directory, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) fail("create");
  return FileDescriptor(fd);
}

FileDescriptor Files::open_for_update(int directory, const char* name) {
  int fd = ::openat(directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) fail("open");
  return FileDescriptor(fd);
}

void Files::write_at(int fd, size_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    auto written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail("write");
    }
    offset += static_cast<size_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void Files::truncate(int fd, size_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) fail("truncate");
}

void Files::sync_data(int fd) {
  if (::fdatasync(fd) != 0) fail("fdatasync");
}

void Files::sync(int fd) {
  if (::fsync(fd) != 0) fail("fsync");
}

void Files::rename(int directory, const char* from, const char* to) {
  if (::renameat(directory, from, directory, to) != 0) fail("rename");
}

void Files::remove(int directory, const char* name) {
  if (::unlinkat(directory, name, 0) != 0 && errno != ENOENT) fail("remove");
}

std::optional<Secret> read_whole(int fd, size_t limit) {
  struct stat status;
  if (::fstat(fd, &status) != 0) fail("stat");
  if (!S_ISREG(status.st_mode)) throw std::system_error(EINVAL, std::generic_category(), "read");
  if (static_cast<uint64_t>(status.st_size) > limit) return std::nullopt;
  Secret content(static_cast<size_t>(status.st_size));
  size_t have = 0;
  while (have < content.size()) {
    auto rest = content.bytes().subspan(have);
    auto got = ::pread(fd, rest.data(), rest.size(), static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read");
    if (got == 0) break;  // cut by a writer meanwhile
    have += static_cast<size_t>(got);
  }
  content.truncate(have);
  return content;
}

}  // namespace vtpm::device
