// SPDX-License-Identifier: Apache-2.0
// Physical presence (Part 1, 16.3): what the platform asserts beyond its authorization.
#pragma once

#include "engine/pipeline/command.h"

namespace vtpm::engine {

// Whether the command must be confirmed by physical presence when TPM_RH_PLATFORM authorizes it.
inline bool needs_physical_presence(const State& state, const CommandRow& row) {
  return row.needs_presence ||
         (row.presence_possible && state.physical_presence->commands.contains(row.code));
}

}  // namespace vtpm::engine
