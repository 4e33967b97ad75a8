// SPDX-License-Identifier: Apache-2.0
// Dictionary attack protection (Part 1, 17.8): the counting; which entities it protects is said by
// authorization_rules().
#pragma once

#include "engine/ports.h"
#include "engine/state.h"

namespace vtpm::engine {

// Which protected authValues an authorization uses: each of the two protections locks, and counts,
// on its own (Part 1, 16.8.3 and 16.8.5).
struct GuardedValues {
  bool lockout_auth = false;
  bool others = false;

  bool any() const { return lockout_auth || others; }
};

// failedTries has reached maxTries, for entities other than lockout.
bool in_lockout(const State& state);
// Whether an authorization with these may be tried at all.
bool may_try(const State& state, GuardedValues used);
// A failed try: it disables lockoutAuth until lockoutRecovery has passed, or counts.
void record_failure(State& state, const Ports& ports, GuardedValues used);
// Before each command: failedTries decreases by one each recoveryTime; lockoutAuth recovers.
void self_heal(State& state, const Ports& ports);
// TPM2_DictionaryAttackLockReset, TPM2_Clear. With lockoutPolicy it enables lockoutAuth again
// (Part 1, 16.8.5).
void reset_failures(State& state, const Ports& ports);
// At Startup: lockoutAuth with a lockoutRecovery of zero is enabled again (Part 3, 25.3.1).
void start_dictionary_attack(State& state);

}  // namespace vtpm::engine
