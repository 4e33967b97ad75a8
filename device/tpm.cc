// SPDX-License-Identifier: Apache-2.0
#include "device/tpm.h"

#include "device/log.h"
#include "device/operator_error.h"
#include "device/profile_text.h"

namespace vtpm::device {
namespace {

constexpr uint16_t kNoSessions = 0x8001;      // TPM_ST_NO_SESSIONS
constexpr uint32_t kRcNvUnavailable = 0x923;  // TPM_RC_NV_UNAVAILABLE (Part 2, 6.6.3)

// Marks that a command runs.
class Running {
 public:
  explicit Running(std::atomic<bool>& flag) : flag_(flag) { flag_ = true; }
  ~Running() { flag_ = false; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  std::atomic<bool>& flag_;
};

Secret nv_unavailable() {
  Secret response(10);
  store_be<uint16_t>(response.bytes(), kNoSessions);
  store_be<uint32_t>(response.bytes().subspan(2), 10);
  store_be<uint32_t>(response.bytes().subspan(6), kRcNvUnavailable);
  return response;
}

}  // namespace

Tpm::Tpm(std::unique_ptr<Store> store, engine::Entropy& entropy, engine::Clock& clock,
         const std::optional<engine::Profile>& profile)
    : store_(std::move(store)), clock_(clock), random_(entropy) {
  if (store_ && !store_->fresh()) {
    auto state = engine::load(store_->sections(), clock_);
    if (!state)
      throw OperatorError("the TPM in state directory " + store_->path() +
                          " cannot be loaded: " + state.error().reason);
    if (profile && *profile != *state->profile)
      throw OperatorError("--profile=" + to_text(*profile) + ": the TPM in state directory " +
                          store_->path() + " was made with " + to_text(*state->profile) +
                          " and stays so; leave --profile out, or give a new directory");
    stored_ = state_ = *std::move(state);
    return;
  }
  NeverCancelled never;
  state_ = engine::manufacture(ports(never), profile.value_or(engine::Profile()));
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
  note_stored(next);
  return true;
}

bool Tpm::can_store() {
  if (!store_failing_) return true;
  try {
    store_->replace(engine::save(state_, nullptr));
  } catch (const StoreError&) {
    return false;
  }
  note_stored(state_);
  return true;
}

void Tpm::note_stored(const engine::State& state) {
  if (store_failing_) log_line("the state can be written again");
  store_failing_ = false;
  stored_ = state;
}

Secret Tpm::execute(uint8_t locality, ByteView command, size_t maximum_size,
                    const engine::Cancellation& cancellation) {
  std::lock_guard lock(mutex_);
  Running running(running_);
  auto available = ports(cancellation);
  available.nv_available = can_store();
  auto outcome = engine::execute(
      state_, {.locality = locality, .command = command, .maximum_size = maximum_size}, available);
  bool stored = !outcome.durable || (available.nv_available && make_durable(outcome.state));
  if (!stored) return nv_unavailable();
  state_ = std::move(outcome.state);
  return std::move(outcome.response);
}

bool Tpm::may_take_long(ByteView command) const {
  return running_.load(std::memory_order_relaxed) || engine::may_take_long(command);
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
  auto next = engine::hash_end(state_);
  // Like a reset, it cannot be refused.
  make_durable(next);
  state_ = std::move(next);
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
