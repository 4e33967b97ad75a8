// SPDX-License-Identifier: Apache-2.0
// Which known-answer tests cover which algorithm, and the running of those that are due (Part 3,
// clause 10).
#pragma once

#include "engine/algorithms.h"
#include "engine/crypto/self_test.h"
#include "engine/rc.h"
#include "engine/state.h"

namespace vtpm::engine {

// Bit n is crypto::SelfTest n, as in Lifecycle::tests_passed.
using SelfTests = uint32_t;

// The tests that an algorithm rests on; none for one that is not implemented.
SelfTests tests_of(AlgId algorithm);
// Those of all algorithms, and of the generators that have no identifier.
SelfTests all_tests();

// Which of `tests` have not passed since _TPM_Init.
inline SelfTests untested(const State& state, SelfTests tests) {
  return tests & ~state.lifecycle->tests_passed;
}

// Runs those of `tests` that have not passed yet. TPM_RC_CANCELED between two of them; throws a
// Fault with the name of one that fails.
TpmResult<void> run_self_tests(State& state, const Ports& ports, SelfTests tests);

}  // namespace vtpm::engine
