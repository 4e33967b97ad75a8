// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/engine.h"

namespace vtpm::device::swtpm {

// What a command and a response have at most, as SET_BUFFERSIZE negotiates it. Nobody asks for less
// than the window of QEMU's CRB device; whoever does not ask has all that the TPM can use.
inline constexpr uint32_t kMinBufferSize = 3968;
inline constexpr uint32_t kMaxBufferSize = engine::kMaximumMessageSize;

inline constexpr uint8_t kMaxLocality = 4;

// Bounds of the variable parts of control requests.
inline constexpr size_t kMaxHashData = size_t{1} << 20;
inline constexpr size_t kMaxStateBlob = size_t{16} << 20;

}  // namespace vtpm::device::swtpm
