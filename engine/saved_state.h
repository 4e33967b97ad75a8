// SPDX-License-Identifier: Apache-2.0
// Which parts of the state are saved, and as what (docs/state-format.md). Saved structures are
// apart from those that the engine runs on: fields are only ever appended to them.
#pragma once

#include "engine/state.h"

namespace vtpm::engine {

// True when some part that survives a loss of power differs.
bool durable_change(const State& before, const State& after);

}  // namespace vtpm::engine
