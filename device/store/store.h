// SPDX-License-Identifier: Apache-2.0
// The durable home of one TPM: a locked directory with an append-only state file.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/section.h"
#include "device/store/directory_lock.h"
#include "device/store/files.h"
#include "device/store/log_format.h"

namespace vtpm::device {

inline constexpr char kStateName[] = "state";
inline constexpr char kNewStateName[] = "state.new";

// A change could not be made durable, and the one before it still stands. The operator's clause:
// what failed and why.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Not safe for use by several threads at once.
class Store {
 public:
  struct Options {
    // The file is rewritten with the newest sections only once it is larger than this and than
    // four times what a rewrite would leave.
    size_t compact_above = size_t{1} << 20;
  };

  // Locks `path`, made when it does not exist, and reads the state in it. Throws OperatorError: one
  // line for everything that is wrong, never a silent start from nothing.
  Store(const std::string& path, Files& files, const Options& options);
  explicit Store(const std::string& path);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Nothing is stored yet: the directory awaits replace() with a new TPM's sections.
  bool fresh() const { return !file_.valid(); }
  // The newest section of each tag.
  const std::vector<Section>& sections() const { return sections_; }
  const std::string& path() const { return path_; }
  // Bytes of an unacknowledged change that a crash had cut short and that were dropped.
  size_t dropped_size() const { return dropped_size_; }

  // Makes the change durable before it returns. Throws StoreError, and then none of it is stored.
  void append(const std::vector<Section>& changed);
  // The same for a whole TPM, in place of all that was stored.
  void replace(const std::vector<Section>& all);

 private:
  void load();
  void append_record(const std::vector<Section>& changed);
  void rewrite(const std::vector<Section>& all);
  void undo_append();
  void discard_new_file();

  Files& files_;
  Options options_;
  std::string path_;
  FileDescriptor directory_;
  DirectoryLock lock_;
  FileDescriptor file_;
  std::vector<Section> sections_;
  uint64_t generation_ = 0;
  uint64_t sequence_ = 0;
  size_t size_ = 0;
  size_t dropped_size_ = 0;
  // A failed append may have left anything behind the last record: write a new file next.
  bool suspect_ = false;
};

}  // namespace vtpm::device
