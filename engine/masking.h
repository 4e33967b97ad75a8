// SPDX-License-Identifier: Apache-2.0
// What others may see of commands and responses: the fields that the schemas call secret
// (authValues, sensitive areas, clear text) and passwords read as zeros, and keep their sizes.
#pragma once

#include "base/bytes.h"

namespace vtpm::engine {

// Bytes behind what cannot be read are masked, too. Parameters that a session encrypts hide
// themselves, and are masked where the plain ones would be.
void mask_command(MutableByteView command);
// `command` is what the response answers.
void mask_response(ByteView command, MutableByteView response);

}  // namespace vtpm::engine
