// SPDX-License-Identifier: Apache-2.0
#include "device/tpm.h"

#include <algorithm>
#include <optional>
#include <set>

#include "device/log.h"
#include "device/operator_error.h"

namespace vtpm::device {
namespace {

constexpr uint16_t kNoSessions = 0x8001;      // TPM_ST_NO_SESSIONS
constexpr uint32_t kRcNvUnavailable = 0x923;  // TPM_RC_NV_UNAVAILABLE (Part 2, 6.6.3)

// The codes of commands that generate keys or test all algorithms (Part 2, 6.5.2).
const std::set<uint32_t> kLongCommands = {
    0x124,  // ChangeEPS
    0x125,  // ChangePPS
    0x131,  // CreatePrimary
    0x142,  // IncrementalSelfTest
    0x143,  // SelfTest
    0x153,  // Create
    0x191,  // CreateLoaded
};

Secret nv_unavailable() {
  Secret response(10);
  store_be<uint16_t>(response.bytes(), kNoSessions);
  store_be<uint32_t>(response.bytes().subspan(2), 10);
  store_be<uint32_t>(response.bytes().subspan(6), kRcNvUnavailable);
  return response;
}

}  // namespace

Tpm::Tpm(std::unique_ptr<Store> store, engine::Entropy& entropy, engine::Clock& clock)
    : store_(std::move(store)), clock_(clock), random_(entropy) {
  if (store_ && !store_->fresh()) {
    auto state = engine::load(store_->sections(), clock_);
    if (!state)
      throw OperatorError("the TPM in state directory " + store_->path() +
                          " cannot be loaded: " + state.error().reason);
    stored_ = state_ = *std::move(state);
    return;
  }
  NeverCancelled never;
  state_ = engine::manufacture(ports(never));
  if (!store_) return;
  try {
    store_->replace(engine::save(state_, nullptr));
    stored_ = state_;
  } catch (const StoreError& error) {
    throw OperatorError(std::string(error.what()) + "; mend it or choose another --state-dir");
  }
}

bool Tpm::make_durable(const engine::State& next) {
  if (!store_) return true;
  auto changed = engine::save(next, &stored_);
  try {
    store_->append(changed);
  } catch (const StoreError& error) {
    // Once: a guest that keeps trying must not fill the operator's log.
    if (!store_failing_)
      log_line(std::string(error.what()) +
               "; the guest's changes are refused until this is mended");
    store_failing_ = true;
    return false;
  }
  if (store_failing_) log_line("the state can be written again");
  store_failing_ = false;
  stored_ = next;
  return true;
}

Secret Tpm::execute(uint8_t locality, ByteView command, const engine::Cancellation& cancellation) {
  std::lock_guard lock(mutex_);
  auto outcome =
      engine::execute(state_, {.locality = locality, .command = command}, ports(cancellation));
  if (outcome.durable && !make_durable(outcome.state)) return nv_unavailable();
  state_ = std::move(outcome.state);
  return std::move(outcome.response);
}

bool Tpm::may_take_long(ByteView command) const {
  return command.size() >= 10 && kLongCommands.contains(load_be<uint32_t>(command.subspan(6)));
}

void Tpm::power_on() {
  std::lock_guard lock(mutex_);
  NeverCancelled never;
  auto next = engine::power_on(state_, ports(never));
  // A reset cannot be refused. What it leaves to be stored is stored with the next change.
  make_durable(next);
  state_ = std::move(next);
}

void Tpm::hash_start() {
  std::lock_guard lock(mutex_);
  NeverCancelled never;
  state_ = engine::hash_start(state_, ports(never));
}

void Tpm::hash_data(ByteView data) {
  std::lock_guard lock(mutex_);
  state_ = engine::hash_data(state_, data);
}

void Tpm::hash_end() {
  std::lock_guard lock(mutex_);
  // Before TPM2_Startup it was the H-CRTM's sequence, which establishes nothing.
  if (state_.lifecycle->mode == engine::Mode::Started) established_ = true;
  state_ = engine::hash_end(state_);
}

bool Tpm::established() {
  std::lock_guard lock(mutex_);
  return established_;
}

bool Tpm::reset_established(uint8_t locality) {
  if (locality != 3 && locality != 4) return false;
  std::lock_guard lock(mutex_);
  established_ = false;
  return true;
}

}  // namespace vtpm::device
