// SPDX-License-Identifier: Apache-2.0
// What swtpm's data and control channels share about the one TPM behind them: whether it is
// stopped, the locality and buffer size set over the control channel, and the running command.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"
#include "device/swtpm/limits.h"
#include "device/tpm_service.h"

namespace vtpm::device::swtpm {

// execute(), init() and stop() run on one thread, the TPM's; the rest is for any thread.
class Gate {
 public:
  explicit Gate(TpmService& tpm) : tpm_(tpm) {}

  TpmService& tpm() { return tpm_; }

  // Runs a command in the locality given with it or else in the one set; a stopped TPM answers
  // with TPM_RC_FAILURE.
  Secret execute(std::optional<uint8_t> locality, ByteView command);
  // Makes the command that runs now, if one does, end with TPM_RC_CANCELED as soon as it can.
  void cancel();
  // The process ends: cancels this command and every later one.
  void close();

  // Power on or reset; the TPM runs from the start.
  void init();
  // Until init(), no command reaches the TPM through these channels.
  void stop() { running_ = false; }
  bool running() const { return running_; }

  void set_locality(uint8_t locality) { locality_ = locality; }
  uint32_t buffer_size() const { return buffer_size_; }
  // The nearest size that is possible is taken.
  void set_buffer_size(uint32_t size);

 private:
  class Flag final : public engine::Cancellation {
   public:
    bool requested() const override { return set_.load(std::memory_order_relaxed); }
    void set() { set_.store(true, std::memory_order_relaxed); }

   private:
    std::atomic<bool> set_{false};
  };

  struct Running;

  TpmService& tpm_;
  std::atomic<bool> running_{true};
  std::atomic<uint8_t> locality_{0};
  std::atomic<uint32_t> buffer_size_{kMaxBufferSize};
  std::mutex mutex_;
  // Guarded by mutex_.
  Flag* current_ = nullptr;  // of the command that runs
  bool closed_ = false;
};

}  // namespace vtpm::device::swtpm
