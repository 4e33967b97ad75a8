// SPDX-License-Identifier: Apache-2.0
// The TPM of this process: the engine's state, its ports and its store, behind one lock.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "device/host_ports.h"
#include "device/store/store.h"
#include "device/tpm_service.h"
#include "engine/crypto/random.h"
#include "engine/engine.h"

namespace vtpm::device {

class Tpm final : public TpmService {
 public:
  // The TPM in `store`, or a new one, which the store then holds; without a store a new TPM that
  // is gone with the process. It has no power yet. `profile` is that of a new TPM, the usual one
  // unless given; a TPM that is there must have it. Throws OperatorError.
  Tpm(std::unique_ptr<Store> store, engine::Entropy& entropy, engine::Clock& clock,
      const std::optional<engine::Profile>& profile = {});

  Secret execute(uint8_t locality, ByteView command, size_t maximum_size,
                 const engine::Cancellation& cancellation) override;
  bool may_take_long(ByteView command) const override;
  void power_on() override;
  void hash_start() override;
  void hash_data(ByteView data) override;
  void hash_end() override;
  bool established() override;
  bool reset_established(uint8_t locality) override;

 private:
  engine::Ports ports(const engine::Cancellation& cancellation) {
    return {.clock = clock_, .random = random_, .cancellation = cancellation};
  }
  // Stores what `next` changes; false, and one line to the operator, when that fails.
  bool make_durable(const engine::State& next);
  // Whether changes can be stored; tries the disk again after a failure.
  bool can_store();
  void note_stored(const engine::State& state);

  std::mutex mutex_;
  std::unique_ptr<Store> store_;
  engine::Clock& clock_;
  engine::crypto::Random random_;
  engine::State state_;
  engine::State stored_;  // what the store holds; shares its parts with state_
  std::atomic<bool> running_ = false;
  bool established_ = false;
  bool store_failing_ = false;
};

}  // namespace vtpm::device
