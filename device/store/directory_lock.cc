// SPDX-License-Identifier: Apache-2.0
#include "device/store/directory_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "device/operator_error.h"

namespace vtpm::device {
namespace {

constexpr char kTpmMark[] = "tpm made\n";
constexpr size_t kMaxLockFile = 64;

std::string read_text(int fd) {
  char text[kMaxLockFile];
  auto got = ::pread(fd, text, sizeof text, 0);
  return got > 0 ? std::string(text, static_cast<size_t>(got)) : std::string();
}

// "pid 123\n" first; nothing of the file is trusted beyond its digits.
std::string holder_in(const std::string& text) {
  if (text.rfind("pid ", 0) != 0) return "another process";
  auto end = text.find_first_not_of("0123456789", 4);
  auto digits = text.substr(4, end == std::string::npos ? end : end - 4);
  return digits.empty() ? "another process" : "process " + digits;
}

struct flock whole_file() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

std::optional<std::string> DirectoryLock::holder(int directory) {
  FileDescriptor file(::openat(directory, kLockName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid()) return std::nullopt;
  auto lock = whole_file();
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return holder_in(read_text(file.get()));
}

DirectoryLock::DirectoryLock(int directory, const std::string& path)
    : file_(::openat(directory, kLockName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)),
      path_(path) {
  if (!file_.valid())
    throw OperatorError("cannot write to state directory " + path + ": " + std::strerror(errno) +
                        "; give this user write permission there or choose another --state-dir");
  auto lock = whole_file();
  if (::fcntl(file_.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES)
      throw OperatorError("state directory " + path + " is in use by " +
                          holder_in(read_text(file_.get())) +
                          "; stop it or choose another --state-dir");
    throw OperatorError("cannot lock state directory " + path + ": " + std::strerror(errno) +
                        "; choose a --state-dir on a file system with locks");
  }
  has_tpm_ = read_text(file_.get()).find(kTpmMark) != std::string::npos;
  write();
}

void DirectoryLock::remember_tpm() {
  if (has_tpm_) return;
  has_tpm_ = true;
  write();
  ::fsync(file_.get());
}

void DirectoryLock::write() {
  auto text = "pid " + std::to_string(::getpid()) + "\n" + (has_tpm_ ? kTpmMark : "");
  // Padded to a fixed size: written in one piece, with no moment in which the mark is absent.
  text.resize(kMaxLockFile, ' ');
  text.back() = '\n';
  if (::pwrite(file_.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw OperatorError("cannot write to state directory " + path_ + ": " + std::strerror(errno) +
                        "; free space there or choose another --state-dir");
}

}  // namespace vtpm::device
