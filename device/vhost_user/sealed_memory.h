// SPDX-License-Identifier: Apache-2.0
// Files in memory that neither side of a connection can pull away from under the other.
#pragma once

#include "base/bytes.h"
#include "device/file_descriptor.h"

namespace vtpm::device::vhost_user {

// The result of a system call; throws std::system_error with `what` where that is negative.
int checked(int result, const char* what);

// That many zero bytes, for both sides to write to; the size is sealed. Throws std::system_error.
FileDescriptor sealed_memory(size_t size);
// These bytes, sealed against every change. Throws std::system_error.
FileDescriptor sealed_file(ByteView content);

}  // namespace vtpm::device::vhost_user
