// SPDX-License-Identifier: Apache-2.0
// Profiles as operators write and read them.
#pragma once

#include <string>

#include "engine/profile.h"

namespace vtpm::device {

// From "usual", or from what is unlike it, separated by commas. Throws OperatorError.
engine::Profile parse_profile(const std::string& text);
// The reverse.
std::string to_text(const engine::Profile& profile);
// All that may be written there, separated by commas.
std::string profile_words();

}  // namespace vtpm::device
