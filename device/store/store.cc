// SPDX-License-Identifier: Apache-2.0
#include "device/store/store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include <sys/stat.h>
#include <system_error>

#include "device/operator_error.h"

namespace vtpm::device {
namespace {

Files& system_files() {
  static Files files;
  return files;
}

// A directory that a power failure takes back would begin again with a fresh TPM.
void sync_parent(const std::string& path) {
  auto directory = std::filesystem::absolute(path).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  auto parent = directory.parent_path();
  FileDescriptor fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) ::fsync(fd.get());
}

FileDescriptor open_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0)
    sync_parent(path);
  else if (errno != EEXIST)
    throw OperatorError("cannot create state directory " + path + ": " + std::strerror(errno) +
                        "; create it or choose another --state-dir");
  int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == ENOTDIR)
    throw OperatorError(path + " is not a directory; choose another --state-dir");
  if (fd < 0)
    throw OperatorError("cannot open state directory " + path + ": " + std::strerror(errno) +
                        "; give this user permission or choose another --state-dir");
  return FileDescriptor(fd);
}

bool is_socket(int directory, const char* name) {
  struct stat status;
  return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(status.st_mode);
}

// The name of a file that is not the store's, or nothing. Sockets are nobody's data: the daemon's
// own are often put beside its state.
std::string foreign_file(int directory) {
  int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return {};
  std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(copy), ::closedir);
  if (!list) {
    ::close(copy);
    return {};
  }
  while (const dirent* entry = ::readdir(list.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != ".." && name != kLockName && name != kNewStateName &&
        name != "lost+found" && !is_socket(directory, entry->d_name))
      return name;
  }
  return {};
}

}  // namespace

Store::Store(const std::string& path) : Store(path, system_files(), Options()) {}

Store::Store(const std::string& path, Files& files, const Options& options)
    : files_(files),
      options_(options),
      path_(path),
      directory_(open_directory(path)),
      lock_(directory_.get(), path) {
  try {
    load();
    files_.remove(directory_.get(), kNewStateName);
    if (!fresh()) lock_.remember_tpm();
  } catch (const std::system_error& error) {
    throw OperatorError("cannot read " + path_ + "/" + kStateName + ": " + error.what() +
                        "; mend it or choose another --state-dir");
  }
}

void Store::load() {
  int fd = ::openat(directory_.get(), kStateName, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno != ENOENT) throw std::system_error(errno, std::generic_category(), "open");
  if (fd < 0) {
    if (lock_.has_tpm())
      throw OperatorError("the state file of the TPM in " + path_ +
                          " is missing; put it back, or empty the directory for a new TPM");
    auto foreign = foreign_file(directory_.get());
    if (!foreign.empty())
      throw OperatorError("state directory " + path_ + " holds something else (" + foreign +
                          ") and no TPM; choose an empty or new --state-dir");
    return;
  }
  FileDescriptor file(fd);
  auto refuse = [&](const std::string& reason) {
    throw OperatorError(path_ + "/" + kStateName + " " + reason +
                        "; restore it from a backup, or move the directory away for a new TPM");
  };
  auto content = read_whole(file.get(), kLogMaxFile);
  if (!content) refuse("is larger than any TPM's state");
  auto log = parse_log(content->view());
  if (!log) refuse(log.error().reason);
  dropped_size_ = log->torn_size;
  sequence_ = log->records.size();
  size_ = log->good_size;
  generation_ = log->generation;
  sections_ = std::move(log->sections);
  if (dropped_size_ > 0) files_.truncate(file.get(), size_);
  if (dropped_size_ > 0 || log->acknowledged < sequence_) {
    auto slot = encode_log_slot(sequence_);
    files_.write_at(file.get(), slot.offset, slot.bytes);
    files_.sync(file.get());
  }
  file_ = std::move(file);
}

void Store::append(const std::vector<Section>& changed) {
  if (changed.empty()) return;
  auto merged = sections_;
  merge_sections(merged, changed);
  size_t live = kLogRecordsStart + kLogRecordOverhead;
  for (const auto& section : merged) live += 12 + section.payload.size();
  try {
    if (fresh() || suspect_ || size_ > std::max(options_.compact_above, 4 * live))
      rewrite(merged);
    else
      append_record(changed);
  } catch (const std::system_error& error) {
    throw StoreError("cannot write to " + path_ + ": " + error.what());
  }
  sections_ = std::move(merged);
}

void Store::replace(const std::vector<Section>& all) {
  try {
    rewrite(all);
  } catch (const std::system_error& error) {
    throw StoreError("cannot write to " + path_ + ": " + error.what());
  }
  sections_ = all;
}

void Store::append_record(const std::vector<Section>& changed) {
  auto record = encode_log_record(sequence_ + 1, changed);
  if (record.size() > kLogMaxRecordBody) throw StoreError("the change is too large to be stored");
  try {
    files_.write_at(file_.get(), size_, record.view());
    files_.sync_data(file_.get());
    // Not synced: the next record's sync carries it, and until then the page cache outlives us.
    auto slot = encode_log_slot(sequence_ + 1);
    files_.write_at(file_.get(), slot.offset, slot.bytes);
  } catch (const std::system_error&) {
    undo_append();
    throw;
  }
  ++sequence_;
  size_ += record.size();
}

// After a failed sync nobody knows what is on the disk, so the file is given up for the next
// change; what was refused must not come back with a restart before it.
void Store::undo_append() {
  suspect_ = true;
  try {
    // The slot of the refused change is the one of the change before the last.
    auto slot = encode_log_slot(sequence_ - 1);
    files_.write_at(file_.get(), slot.offset, slot.bytes);
    files_.truncate(file_.get(), size_);
    files_.sync(file_.get());
  } catch (const std::system_error&) {
    // The disk refuses this too; the rewrite that must succeed first replaces the file.
  }
}

void Store::rewrite(const std::vector<Section>& all) {
  auto content = encode_log(generation_ + 1, all);
  if (content.size() > kLogMaxRecordBody) throw StoreError("the state is too large to be stored");
  FileDescriptor file;
  try {
    file = files_.create(directory_.get(), kNewStateName);
    files_.write_at(file.get(), 0, content.view());
    files_.sync(file.get());
  } catch (const std::system_error&) {
    discard_new_file();
    throw;
  }
  // Until the directory is synced, either file may be the one that a crash leaves.
  suspect_ = true;
  files_.rename(directory_.get(), kNewStateName, kStateName);
  file_ = std::move(file);
  ++generation_;
  sequence_ = 1;
  size_ = content.size();
  files_.sync(directory_.get());
  suspect_ = false;
  lock_.remember_tpm();
}

// Gives a full disk its space back.
void Store::discard_new_file() {
  try {
    files_.remove(directory_.get(), kNewStateName);
  } catch (const std::system_error&) {
    // The next rewrite empties it, the next start removes it.
  }
}

}  // namespace vtpm::device
