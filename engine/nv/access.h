// SPDX-License-Identifier: Apache-2.0
// Who may read and write an NV index (Part 3, 5.6 and 31.1), and PIN indices (Part 1, 34.2.6.6).
#pragma once

#include "engine/nv/storage.h"
#include "engine/wire/command_code.h"

namespace vtpm::engine {

// USER role given by the index itself to a command, by its policy or else its authValue (Part 3,
// 5.6, 7): TPM_RC_AUTH_UNAVAILABLE.
TpmResult<void> check_index_role(const NvIndex& index, wire::CommandCode code, bool policy);
// Before any authValue is looked at, so that no failure is counted of an authorization that could
// not succeed (31.1): TPM_RC_NV_UNINITIALIZED.
TpmResult<void> check_written_before_read(const NvIndex& index, wire::CommandCode code);

// Whether the handle that authorized the command may read or write the index:
// TPM_RC_NV_AUTHORIZATION.
TpmResult<void> check_read_authority(const NvIndex& index, wire::Handle authority);
TpmResult<void> check_write_authority(const NvIndex& index, wire::Handle authority);
// And whether its data can be read or written now: TPM_RC_NV_UNINITIALIZED, TPM_RC_NV_LOCKED.
TpmResult<void> check_read(const NvIndex& index, wire::Handle authority);
TpmResult<void> check_write(const NvIndex& index, wire::Handle authority);

// Part of the data, of an index that has been written: TPM_RC_NV_RANGE.
TpmResult<ByteView> part_of(const NvIndex& index, size_t offset, size_t size);

// Whether the authValue of an index may be used: that of a PIN index until pinCount has reached
// pinLimit.
bool auth_value_available(const NvIndex& index);
// Notes in a PIN index that its authValue was given, rightly or not. Counts even when the command
// goes on to fail, and voids a TPM2_Shutdown.
void count_pin(State& state, wire::Handle handle, bool success);

}  // namespace vtpm::engine
