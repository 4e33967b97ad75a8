// SPDX-License-Identifier: Apache-2.0
// Where NV indices live: defining and deleting, the copies in RAM and in NV of those that have both
// (Part 1, 34.2.4), and what a start of the TPM does to them.
#pragma once

#include <vector>

#include "engine/state.h"

namespace vtpm::engine {

// TPM_PT_ORDERLY_COUNT: a hybrid counter reaches NV when it rolls over to a multiple of this and
// one.
inline constexpr uint64_t kMaximumOrderlyCount = 255;

// The index as it is at present; null when none is defined.
NvIndexPtr find_index(const State& state, wire::Handle handle);
// The same of a handle that the pipeline has resolved.
const NvIndex& index_at(const State& state, wire::Handle handle);

// Whether shEnable, or phEnableNV for an index of the platform, lets it be used.
bool index_enabled(const State& state, const NvIndex& index);

// TPM_RC_NV_DEFINED, or TPM_RC_NV_SPACE when the slots or the octets do not suffice.
TpmResult<void> define_index(State& state, NvIndex index);
void undefine_index(State& state, wire::Handle handle);
// TPM2_Clear.
void undefine_owner_indices(State& state);

enum class NvReach : uint8_t {
  Ram,     // what a loss of power takes
  ByType,  // of a hybrid index only what Part 1, 34.2.6 wants in NV at once
  Nv,
};
void replace_index(State& state, NvIndex updated, NvReach reach = NvReach::ByType);

// SETs TPMA_NV_WRITELOCKED; an index that has TPMA_NV_WRITEDEFINE and has been written stays so.
void lock_writes(State& state, wire::Handle handle);
void lock_writes_globally(State& state);
void lock_reads(State& state, wire::Handle handle);
NvSlotSet read_locked_indices(const State& state);

// TPM2_Shutdown: what hybrid indices hold goes to NV, of counters only or, with TPM_SU_STATE, of
// all.
void save_hybrid_indices(State& state, bool all);
// TPM2_Startup with a TPM Reset or Restart (Part 3, 9.3.1). `orderly`: TPM2_Shutdown came before.
void restart_indices(State& state, bool reset, bool orderly);
// TPM2_Startup with a TPM Resume.
void resume_indices(State& state, const NvSlotSet& read_locked);

// In ascending order.
std::vector<wire::Handle> defined_handles(const State& state);
// For TPM_PT_HR_NV_INDEX and its kin.
uint32_t defined_indices(const State& state);
uint32_t defined_counters(const State& state);
uint32_t available_counters(const State& state);

}  // namespace vtpm::engine
