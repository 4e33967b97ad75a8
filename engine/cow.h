// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace vtpm::engine {

// A part of the TPM's state that copies of the state share until one of them writes to it. Whether
// a part changed is a comparison of pointers: nobody keeps dirty flags. Owned by one thread at a
// time.
template <class T>
class Cow {
 public:
  Cow() : shared_(std::make_shared<T>()) {}

  const T& operator*() const { return *shared_; }
  const T* operator->() const { return shared_.get(); }

  // For writing: unshares the part first.
  T& write() {
    if (shared_.use_count() != 1) shared_ = std::make_shared<T>(*shared_);
    return *shared_;
  }

  bool same_as(const Cow& other) const { return shared_ == other.shared_; }

 private:
  std::shared_ptr<T> shared_;
};

}  // namespace vtpm::engine
