// SPDX-License-Identifier: Apache-2.0
// Commands and response codes by the names of the specification, for people to read.
#pragma once

#include <string>

#include "engine/rc.h"
#include "engine/wire/command_code.h"

namespace vtpm::engine::wire {

// "TPM2_NV_Read"; of a code that no command has, "TPM_CC 0x20000001".
std::string command_name(CommandCode code);

// "TPM_RC_VALUE, parameter 2"; of a code that is none, "TPM_RC 0x1f".
std::string response_code_name(Rc code);

}  // namespace vtpm::engine::wire
