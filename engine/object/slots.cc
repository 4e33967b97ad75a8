// SPDX-License-Identifier: Apache-2.0
#include "engine/object/slots.h"

#include <algorithm>

#include "engine/fault.h"
#include "engine/pipeline/entity.h"

namespace vtpm::engine {
namespace {

TransientSlot& slot_of(State& state, wire::Handle handle) {
  if (wire::handle_type(handle) != wire::HandleType::Transient ||
      transient_index(handle) >= TransientObjects::kSlots)
    throw Fault("a transient handle without a slot");
  return state.transient.write().slots[transient_index(handle)];
}

}  // namespace

bool has_free_slot(const State& state) {
  return !std::ranges::all_of(state.transient->slots, &TransientSlot::occupied);
}

TpmResult<wire::Handle> add_transient(State& state, TransientSlot slot) {
  for (size_t i = 0; i < TransientObjects::kSlots; ++i) {
    if (state.transient->slots[i].occupied()) continue;
    state.transient.write().slots[i] = std::move(slot);
    return transient_handle(i);
  }
  return rc::ObjectMemory;
}

TpmResult<wire::Handle> start_sequence(State& state, const wire::Auth& auth,
                                       decltype(Sequence::running) running) {
  auto sequence = std::make_shared<Sequence>(
      Sequence{.auth = without_trailing_zeros(auth), .running = std::move(running)});
  return add_transient(state, {.sequence = std::move(sequence)});
}

void replace_transient(State& state, wire::Handle handle, TransientSlot slot) {
  slot_of(state, handle) = std::move(slot);
}

void remove_transient(State& state, wire::Handle handle) {
  slot_of(state, handle) = {};
}

}  // namespace vtpm::engine
