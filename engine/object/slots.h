// SPDX-License-Identifier: Apache-2.0
// The slots behind transient handles (Part 1, clause 13).
#pragma once

#include "engine/rc.h"
#include "engine/state.h"

namespace vtpm::engine {

// The handle of the slot at an index, and the reverse for a transient handle.
constexpr wire::Handle transient_handle(size_t index) {
  return wire::first_handle(wire::HandleType::Transient) | static_cast<wire::Handle>(index);
}
constexpr size_t transient_index(wire::Handle handle) {
  return handle & 0x00FFFFFF;
}

// Whether add_transient() would find a slot: asked before work that would be in vain.
bool has_free_slot(const State& state);

// Puts an object or a sequence into the first free slot and gives its handle.
// TPM_RC_OBJECT_MEMORY: all are taken.
TpmResult<wire::Handle> add_transient(State& state, TransientSlot slot);

// The same for a new sequence with this authValue.
TpmResult<wire::Handle> start_sequence(State& state, const wire::Auth& auth,
                                       decltype(Sequence::running) running);

// Changes, or frees, the slot of a handle that the pipeline has resolved.
void replace_transient(State& state, wire::Handle handle, TransientSlot slot);
void remove_transient(State& state, wire::Handle handle);

}  // namespace vtpm::engine
