// SPDX-License-Identifier: Apache-2.0
// File operations that fail, crash or lose power on schedule.
#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <string>

#include <sys/stat.h>
#include <system_error>

#include "device/store/files.h"
#include "tests/device/store/store_testing.h"

namespace vtpm::device {

// The process died here: not an error that the store could handle.
struct Crash {};

// Lets `budget` operations pass. The next one crashes, or fails for as long as `failures` says.
class ScriptedFiles : public Files {
 public:
  enum class Then { Crash, Fail };

  void schedule(int budget, Then then, int failures = 1) {
    budget_ = budget;
    then_ = then;
    failures_ = failures;
  }
  bool reached() const { return budget_ < 0; }

  FileDescriptor create(int directory, const char* name) override {
    step();
    return Files::create(directory, name);
  }
  void write_at(int fd, size_t offset, ByteView bytes) override {
    if (budget_ == 0) Files::write_at(fd, offset, bytes.first(bytes.size() / 2));
    step();
    Files::write_at(fd, offset, bytes);
  }
  void truncate(int fd, size_t size) override {
    step();
    Files::truncate(fd, size);
  }
  // Reads see what was written, synced or not: the tests need no real, slow sync.
  void sync_data(int) override { step(); }
  void sync(int) override { step(); }
  void rename(int directory, const char* from, const char* to) override {
    step();
    Files::rename(directory, from, to);
  }
  void remove(int directory, const char* name) override {
    step();
    Files::remove(directory, name);
  }

 private:
  void step() {
    if (budget_-- > 0) return;
    if (then_ == Then::Crash) throw Crash();
    if (failures_-- > 0) throw std::system_error(ENOSPC, std::generic_category(), "write");
  }

  int budget_ = 1 << 30;
  Then then_ = Then::Crash;
  int failures_ = 0;
};

// Remembers what has been synced, so that a power failure can be shown afterwards: of everything
// else, any part may or may not have reached the disk.
class PowerFiles : public ScriptedFiles {
 public:
  explicit PowerFiles(std::string path) : path_(std::move(path)) {}

  void sync_data(int fd) override {
    ScriptedFiles::sync_data(fd);
    remember(fd);
  }
  void sync(int fd) override {
    ScriptedFiles::sync(fd);
    remember(fd);
  }

  // The disk's possible contents after power was lost now, as files in `out`.
  void fail_power(const std::string& out, std::mt19937& random) {
    const auto now = names();
    for (const char* name : {"state", "state.new"}) {
      const bool new_entry = random() % 2;
      const auto& entries = new_entry ? now : synced_names_;
      auto entry = entries.find(name);
      if (entry == entries.end()) continue;
      auto content = contents_.find(entry->second);
      const Bytes synced = content == contents_.end() ? Bytes() : content->second;
      // An inode that a rename has replaced is only known as it was synced.
      Bytes current = synced;
      for (const auto& [other, inode] : now)
        if (inode == entry->second) current = read_file(path_ + "/" + other);
      write_file(out + "/" + name, mix(synced, current, random));
    }
  }

 private:
  static constexpr size_t kSector = 512;

  static Bytes mix(const Bytes& synced, const Bytes& current, std::mt19937& random) {
    size_t size = random() % 2 ? synced.size() : current.size();
    if (random() % 3 == 0 && current.size() > synced.size())
      size = synced.size() + random() % (current.size() - synced.size());
    Bytes mixed(size);
    for (size_t at = 0; at < size; at += kSector) {
      const Bytes& from = random() % 2 ? current : synced;
      for (size_t i = at; i < std::min(at + kSector, size) && i < from.size(); ++i)
        mixed[i] = from[i];
    }
    return mixed;
  }

  std::map<std::string, ino_t> names() const {
    std::map<std::string, ino_t> found;
    for (const char* name : {"state", "state.new"}) {
      struct stat status;
      if (::stat((path_ + "/" + name).c_str(), &status) == 0) found[name] = status.st_ino;
    }
    return found;
  }

  void remember(int fd) {
    struct stat status;
    if (::fstat(fd, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
      synced_names_ = names();
      return;
    }
    auto content = read_whole(fd, kMaxFile);
    if (content) contents_[status.st_ino] = to_bytes(content->view());
  }

  static constexpr size_t kMaxFile = size_t{64} << 20;
  std::string path_;
  std::map<std::string, ino_t> synced_names_;
  std::map<ino_t, Bytes> contents_;
};

}  // namespace vtpm::device
