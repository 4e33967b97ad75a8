// SPDX-License-Identifier: Apache-2.0
// Dictionary attack protection (Part 1, 17.8): the counting; which entities it protects is said by
// authorization_rules().
#pragma once

#include "engine/ports.h"
#include "engine/state.h"

namespace vtpm::engine {

// failedTries has reached maxTries, for entities other than lockout.
bool in_lockout(const State& state);
// Whether an authorization of `handle` with its authValue may be tried at all.
bool may_try(const State& state, wire::Handle handle);
// A failed try. For lockout it disables lockoutAuth until lockoutRecovery has passed.
void record_failure(State& state, const Ports& ports, wire::Handle handle);
// Before each command: failedTries decreases by one each recoveryTime; lockoutAuth recovers.
void self_heal(State& state, const Ports& ports);
// TPM2_DictionaryAttackLockReset, TPM2_Clear. With lockoutPolicy it enables lockoutAuth again
// (Part 1, 16.8.5).
void reset_failures(State& state, const Ports& ports);
// At Startup: lockoutAuth with a lockoutRecovery of zero is enabled again (Part 3, 25.3.1).
void start_dictionary_attack(State& state);

}  // namespace vtpm::engine
