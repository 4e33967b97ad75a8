// SPDX-License-Identifier: Apache-2.0
// Private keys that are used once: made by the first command of a split operation, found again by
// the second from the counter that the caller brings back (Part 1, 44.2; Part 3, clause 19).
#pragma once

#include "engine/object/object.h"
#include "engine/ports.h"
#include "engine/rc.h"
#include "engine/state.h"

namespace vtpm::engine {

// TPM_PT_SPLIT_MAX: so many at a time. The window of Part 1, 44.2.5 is one narrower than the array.
inline constexpr uint32_t kMaximumCommitments = CommitState::kSlots - 1;

struct Commitment {
  Secret r;  // as many octets as a scalar of the curve, not yet reduced modulo its order
  uint16_t counter = 0;
};

// A new number for a key (TPM2_Commit), or for a curve alone (TPM2_EC_Ephemeral). It never fails: a
// number that nobody came back for is forgotten when its place is needed.
Commitment new_commitment(State& state, const Object& key);
Commitment new_commitment(State& state, CurveId curve);

// The number that a counter stands for, which may not be taken again. Another key or curve than the
// one that it was made for gives an unrelated number. Bare codes:
// TPM_RC_RANGE: the counter is older than what is kept, or was not given out yet.
// TPM_RC_VALUE: it was taken before.
TpmResult<Secret> take_commitment(State& state, const Object& key, uint16_t counter);
TpmResult<Secret> take_commitment(State& state, CurveId curve, uint16_t counter);

// Begins anew, as every TPM Reset does.
void reset_commitments(State& state, const Ports& ports);

}  // namespace vtpm::engine
