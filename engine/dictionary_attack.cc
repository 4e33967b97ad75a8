// SPDX-License-Identifier: Apache-2.0
#include "engine/dictionary_attack.h"

#include <algorithm>

#include "engine/clock.h"

namespace vtpm::engine {
namespace {

constexpr uint64_t milliseconds(uint32_t seconds) {
  return uint64_t{seconds} * 1000;
}

}  // namespace

bool in_lockout(const State& state) {
  const DictionaryAttack& da = *state.dictionary_attack;
  // maxTries of zero: always in lockout; recoveryTime of zero: the protection is off (25.3).
  return da.recovery_time != 0 && da.failed_tries >= da.maximum_tries;
}

bool may_try(const State& state, GuardedValues used) {
  if (used.lockout_auth && !state.dictionary_attack->lockout_auth_enabled) return false;
  return !used.others || !in_lockout(state);
}

void record_failure(State& state, const Ports& ports, GuardedValues used) {
  DictionaryAttack& da = state.dictionary_attack.write();
  DictionaryAttackTimers& timers = state.dictionary_attack_timers.write();
  uint64_t now = tpm_time(state, ports);
  if (used.lockout_auth) {
    da.lockout_auth_enabled = false;
    timers.lockout_since = now;
  }
  if (used.others && da.recovery_time != 0) {
    // Healing needs recoveryTime without any failure (Part 1, 16.8.2).
    timers.healing_since = now;
    if (da.failed_tries < da.maximum_tries) ++da.failed_tries;
  }
}

void self_heal(State& state, const Ports& ports) {
  const DictionaryAttack& da = *state.dictionary_attack;
  const DictionaryAttackTimers& timers = *state.dictionary_attack_timers;
  if (da.failed_tries == 0 && da.lockout_auth_enabled) return;
  uint64_t now = tpm_time(state, ports);
  if (da.failed_tries > 0 && da.recovery_time != 0) {
    uint64_t step = milliseconds(da.recovery_time);
    uint64_t steps = (now - timers.healing_since) / step;
    if (steps > 0) {
      DictionaryAttack& healed = state.dictionary_attack.write();
      healed.failed_tries -= static_cast<uint32_t>(std::min<uint64_t>(steps, healed.failed_tries));
      state.dictionary_attack_timers.write().healing_since += steps * step;
    }
  }
  if (!da.lockout_auth_enabled && da.lockout_recovery != 0 &&
      now - timers.lockout_since >= milliseconds(da.lockout_recovery))
    state.dictionary_attack.write().lockout_auth_enabled = true;
}

void reset_failures(State& state, const Ports& ports) {
  DictionaryAttack& da = state.dictionary_attack.write();
  da.failed_tries = 0;
  da.lockout_auth_enabled = true;
  state.dictionary_attack_timers.write().healing_since = tpm_time(state, ports);
}

void start_dictionary_attack(State& state) {
  const DictionaryAttack& da = *state.dictionary_attack;
  if (!da.lockout_auth_enabled && da.lockout_recovery == 0)
    state.dictionary_attack.write().lockout_auth_enabled = true;
}

}  // namespace vtpm::engine
