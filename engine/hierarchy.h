// SPDX-License-Identifier: Apache-2.0
// Seeds and proofs of the hierarchies (Part 1, clause 11).
#pragma once

#include "engine/ports.h"
#include "engine/state.h"

namespace vtpm::engine {

inline constexpr size_t kSeedSize = 64;
inline constexpr size_t kProofSize = kMaximumDigestSize;

SharedSecret random_secret(const Ports& ports, size_t size);

// The primary seed and the proof of owner, endorsement, platform or null.
const SharedSecret& primary_seed(const State& state, wire::Handle hierarchy);
const SharedSecret& proof(const State& state, wire::Handle hierarchy);

// Forgets all objects of a hierarchy, loaded and, where `persistent`, evicted ones.
void flush_hierarchy(State& state, wire::Handle hierarchy, bool persistent);

}  // namespace vtpm::engine
