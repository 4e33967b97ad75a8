// SPDX-License-Identifier: Apache-2.0
// The TPM's properties (Part 2, 6.13), each with where its value comes from.
#pragma once

#include <span>

#include "engine/state.h"
#include "engine/wire/capability.h"

namespace vtpm::engine {

struct Property {
  wire::PropertyTag tag;
  uint32_t (*value)(const State& state);
  bool in_failure_mode = false;  // answered there, too (Part 1, 9.4)
};

// TPM_PT_ALGORITHM_SET: the only set is that of all algorithms.
inline constexpr uint32_t kAlgorithmSet = 0;

// All of them in ascending order of their tags.
std::span<const Property> all_properties();

}  // namespace vtpm::engine
