// SPDX-License-Identifier: Apache-2.0
// The command table: one row a command, in ascending order of their codes.
#pragma once

#include <span>

#include "engine/pipeline/command.h"

namespace vtpm::engine {

// The row of an implemented command, or null.
const CommandRow* find_command(wire::CommandCode code);

// All rows.
std::span<const CommandRow* const> all_commands();

}  // namespace vtpm::engine
