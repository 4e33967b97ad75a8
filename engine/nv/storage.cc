// SPDX-License-Identifier: Apache-2.0
#include "engine/nv/storage.h"

#include <algorithm>

#include "engine/fault.h"

namespace vtpm::engine {
namespace {

using wire::NvBit;
using wire::NvType;

const NvIndexPtr& present(const State& state, size_t slot) {
  const NvIndexPtr& ahead = state.nv_memory->slots[slot];
  return ahead ? ahead : state.nv->slots[slot];
}

// NvIndices::kMaximum when there is none.
size_t slot_of(const State& state, wire::Handle handle) {
  auto found = std::ranges::find_if(
      state.nv->slots, [&](const NvIndexPtr& index) { return index && index->handle == handle; });
  return static_cast<size_t>(found - state.nv->slots.begin());
}

// Of an index that is there.
size_t slot_at(const State& state, wire::Handle handle) {
  size_t slot = slot_of(state, handle);
  if (slot == NvIndices::kMaximum) throw Fault("an NV index that was resolved is not there");
  return slot;
}

size_t defined_octets(const State& state) {
  size_t octets = 0;
  for (const NvIndexPtr& index : state.nv->slots)
    if (index) octets += index->data_size;
  return octets;
}

bool same_values(const NvIndex& a, const NvIndex& b) {
  return a.attributes == b.attributes && a.auth == b.auth &&
         constant_time_equal(a.data.view(), b.data.view());
}

// TPMA_NV_READLOCKED never reaches NV.
NvIndexPtr without_read_lock(const NvIndexPtr& index) {
  if (!index->has(NvBit::ReadLocked)) return index;
  NvIndex unlocked = *index;
  unlocked.attributes.set(NvBit::ReadLocked, false);
  unlocked.name = compute_name(unlocked);
  return std::make_shared<const NvIndex>(std::move(unlocked));
}

// Part 1, 34.2.6: of the hybrid indices only counters write NV before a shutdown: for the first
// count, at a roll-over, and when a lock that shall hold for ever must not end with the power.
bool must_reach_nv(const NvIndex& stored, const NvIndex& updated) {
  if (!updated.is_hybrid()) return true;
  if (updated.type() != NvType::Counter) return false;
  bool counted = number(updated) != number(stored);
  return !stored.has(NvBit::Written) ||
         (counted && (number(updated) & kMaximumOrderlyCount) == 0) ||
         updated.has(NvBit::WriteLocked) != stored.has(NvBit::WriteLocked);
}

void put_in_memory(State& state, size_t slot, const NvIndexPtr& index) {
  if (state.nv_memory->slots[slot] != index) state.nv_memory.write().slots[slot] = index;
}

void put_in_nv(State& state, size_t slot, const NvIndexPtr& index) {
  NvIndexPtr stored = without_read_lock(index);
  state.nv.write().slots[slot] = stored;
  put_in_memory(state, slot, stored == index ? nullptr : index);
}

void replace(State& state, size_t slot, NvIndex updated, NvReach reach) {
  if (same_values(*present(state, slot), updated)) return;
  updated.name = compute_name(updated);
  auto index = std::make_shared<const NvIndex>(std::move(updated));
  bool to_nv = reach == NvReach::Nv ||
               (reach == NvReach::ByType && must_reach_nv(*state.nv->slots[slot], *index));
  if (to_nv)
    put_in_nv(state, slot, index);
  else
    put_in_memory(state, slot, index);
}

void undefine(State& state, size_t slot) {
  NvIndexPtr index = present(state, slot);
  NvIndices& indices = state.nv.write();
  if (index->type() == NvType::Counter)
    indices.highest_deleted_count = std::max(indices.highest_deleted_count, number(*index));
  indices.slots[slot] = nullptr;
  put_in_memory(state, slot, nullptr);
}

void set_attribute(State& state, size_t slot, NvBit bit, NvReach reach) {
  NvIndex updated = *present(state, slot);
  updated.attributes.set(bit);
  replace(state, slot, std::move(updated), reach);
}

template <class Visit>
void for_each_slot(const State& state, Visit&& visit) {
  for (size_t slot = 0; slot < NvIndices::kMaximum; ++slot)
    if (state.nv->slots[slot]) visit(slot);
}

// Part 3, 9.3.1, "On TPM Reset" and "On TPM Restart".
void restart(NvIndex& index, bool reset, bool orderly) {
  bool counter = index.type() == NvType::Counter;
  if (!counter && (index.has(NvBit::ClearStClear) || (reset && index.is_hybrid()))) {
    index.attributes.set(NvBit::Written, false);
    index.data = {};
  }
  if (!index.has(NvBit::WriteDefine) || !index.has(NvBit::Written))
    index.attributes.set(NvBit::WriteLocked, false);
  // The largest count that it can have shown before power failed (Part 1, 34.2.4.3).
  if (counter && index.is_hybrid() && index.has(NvBit::Written) && !orderly)
    index.data = number_as_data(number(index) | kMaximumOrderlyCount);
}

}  // namespace

NvIndexPtr find_index(const State& state, wire::Handle handle) {
  size_t slot = slot_of(state, handle);
  return slot == NvIndices::kMaximum ? nullptr : present(state, slot);
}

const NvIndex& index_at(const State& state, wire::Handle handle) {
  return *present(state, slot_at(state, handle));
}

bool index_enabled(const State& state, const NvIndex& index) {
  return index.has(NvBit::PlatformCreate) ? state.platform->platform_nv_enabled
                                          : state.platform->storage_enabled;
}

TpmResult<void> define_index(State& state, NvIndex index) {
  REQUIRE(slot_of(state, index.handle) == NvIndices::kMaximum, rc::NvDefined);
  auto free = std::ranges::find(state.nv->slots, nullptr);
  REQUIRE(free != state.nv->slots.end() &&
              defined_octets(state) + index.data_size <= NvIndices::kTotalSize,
          rc::NvSpace);
  auto slot = static_cast<size_t>(free - state.nv->slots.begin());
  index.name = compute_name(index);
  state.nv.write().slots[slot] = std::make_shared<const NvIndex>(std::move(index));
  return ok;
}

void undefine_index(State& state, wire::Handle handle) {
  undefine(state, slot_at(state, handle));
}

void undefine_owner_indices(State& state) {
  for_each_slot(state, [&](size_t slot) {
    if (!state.nv->slots[slot]->has(NvBit::PlatformCreate)) undefine(state, slot);
  });
}

void replace_index(State& state, NvIndex updated, NvReach reach) {
  size_t slot = slot_at(state, updated.handle);
  replace(state, slot, std::move(updated), reach);
}

void lock_writes(State& state, wire::Handle handle) {
  set_attribute(state, slot_at(state, handle), NvBit::WriteLocked, NvReach::ByType);
}

void lock_writes_globally(State& state) {
  for_each_slot(state, [&](size_t slot) {
    if (state.nv->slots[slot]->has(NvBit::GlobalLock))
      set_attribute(state, slot, NvBit::WriteLocked, NvReach::ByType);
  });
}

void lock_reads(State& state, wire::Handle handle) {
  set_attribute(state, slot_at(state, handle), NvBit::ReadLocked, NvReach::Ram);
}

NvSlotSet read_locked_indices(const State& state) {
  NvSlotSet locked;
  for_each_slot(state,
                [&](size_t slot) { locked[slot] = present(state, slot)->has(NvBit::ReadLocked); });
  return locked;
}

void save_hybrid_indices(State& state, bool all) {
  for_each_slot(state, [&](size_t slot) {
    NvIndexPtr index = state.nv_memory->slots[slot];
    if (!index || !index->is_hybrid() || !(all || index->type() == NvType::Counter)) return;
    if (!same_values(*state.nv->slots[slot], *without_read_lock(index)))
      put_in_nv(state, slot, index);
  });
}

void restart_indices(State& state, bool reset, bool orderly) {
  for_each_slot(state, [&](size_t slot) {
    NvIndex index = *state.nv->slots[slot];
    restart(index, reset, orderly);
    // NV keeps of a hybrid index what the next start can work out again.
    replace(state, slot, std::move(index), index.is_hybrid() ? NvReach::Ram : NvReach::Nv);
  });
}

void resume_indices(State& state, const NvSlotSet& read_locked) {
  for_each_slot(state, [&](size_t slot) {
    if (read_locked[slot]) set_attribute(state, slot, NvBit::ReadLocked, NvReach::Ram);
  });
}

std::vector<wire::Handle> defined_handles(const State& state) {
  std::vector<wire::Handle> handles;
  for_each_slot(state, [&](size_t slot) { handles.push_back(state.nv->slots[slot]->handle); });
  std::ranges::sort(handles);
  return handles;
}

uint32_t defined_indices(const State& state) {
  return static_cast<uint32_t>(
      std::ranges::count_if(state.nv->slots, [](const auto& index) { return index != nullptr; }));
}

uint32_t defined_counters(const State& state) {
  return static_cast<uint32_t>(std::ranges::count_if(state.nv->slots, [](const auto& index) {
    return index && index->type() == NvType::Counter;
  }));
}

uint32_t available_counters(const State& state) {
  size_t slots = NvIndices::kMaximum - defined_indices(state);
  size_t octets = NvIndices::kTotalSize - defined_octets(state);
  return static_cast<uint32_t>(std::min(slots, octets / sizeof(uint64_t)));
}

}  // namespace vtpm::engine
