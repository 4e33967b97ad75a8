// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/gate.h"

#include <algorithm>

#include "device/swtpm/data_codec.h"

namespace vtpm::device::swtpm {
namespace {

constexpr uint32_t kRcFailure = 0x101;

}  // namespace

// Makes the command cancellable for as long as it runs, however it ends.
struct Gate::Running {
  explicit Running(Gate& owner) : gate(owner) {
    std::lock_guard lock(gate.mutex_);
    gate.current_ = &flag;
    if (gate.closed_) flag.set();
  }
  ~Running() {
    std::lock_guard lock(gate.mutex_);
    gate.current_ = nullptr;
  }

  Gate& gate;
  Flag flag;
};

Secret Gate::execute(std::optional<uint8_t> locality, ByteView command) {
  if (!running_) return error_response(kRcFailure);
  Running running(*this);
  return tpm_.execute(locality.value_or(locality_), command, buffer_size_, running.flag);
}

void Gate::cancel() {
  std::lock_guard lock(mutex_);
  if (current_) current_->set();
}

void Gate::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  if (current_) current_->set();
}

void Gate::init() {
  tpm_.power_on();
  running_ = true;
}

void Gate::set_buffer_size(uint32_t size) {
  buffer_size_ = std::clamp(size, kMinBufferSize, kMaxBufferSize);
}

}  // namespace vtpm::device::swtpm
