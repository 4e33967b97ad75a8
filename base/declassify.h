// SPDX-License-Identifier: Apache-2.0
// The points at which something that was worked out from a secret stops being one.
#pragma once

#include <cstdint>

namespace vtpm {

// Returns `value`, which the program may act on from here: branch, index, answer. Everything before
// takes the same time for every secret; tests/constant_time puts a function of its own in the place
// of this one and finds whatever acts earlier.
uint32_t declassified(uint32_t value);

}  // namespace vtpm
