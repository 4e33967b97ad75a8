// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/sealed_memory.h"

#include <cerrno>
#include <fcntl.h>

#include <sys/mman.h>
#include <system_error>

namespace vtpm::device::vhost_user {
namespace {

FileDescriptor memory_file(size_t size) {
  FileDescriptor memory(
      checked(memfd_create("vhost-user-tpm", MFD_CLOEXEC | MFD_ALLOW_SEALING), "memfd_create"));
  checked(ftruncate(memory.get(), static_cast<off_t>(size)), "ftruncate of the shared memory");
  return memory;
}

void seal(const FileDescriptor& memory, int seals) {
  checked(fcntl(memory.get(), F_ADD_SEALS, seals | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
          "sealing the shared memory");
}

}  // namespace

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

FileDescriptor sealed_memory(size_t size) {
  FileDescriptor memory = memory_file(size);
  seal(memory, 0);
  return memory;
}

FileDescriptor sealed_file(ByteView content) {
  FileDescriptor file = memory_file(content.size());
  const ssize_t written = pwrite(file.get(), content.data(), content.size(), 0);
  if (written != static_cast<ssize_t>(content.size()))
    throw std::system_error(written < 0 ? errno : ENOSPC, std::generic_category(),
                            "writing to memory");
  seal(file, F_SEAL_WRITE);
  return file;
}

}  // namespace vtpm::device::vhost_user
