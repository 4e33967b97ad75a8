// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace vtpm::device::swtpm {

// The buffer of the TPM as SET_BUFFERSIZE negotiates it: commands above it are refused. The
// smallest, the window of QEMU's CRB device, still holds every response of this TPM.
inline constexpr uint32_t kMinBufferSize = 3968;
inline constexpr uint32_t kMaxBufferSize = 4096;

inline constexpr uint8_t kMaxLocality = 4;

// Bounds of the variable parts of control requests.
inline constexpr size_t kMaxHashData = size_t{1} << 20;
inline constexpr size_t kMaxStateBlob = size_t{16} << 20;

}  // namespace vtpm::device::swtpm
