// SPDX-License-Identifier: Apache-2.0
// The saved form of NV indices. Each has a section of its own, NV00 to NV7F by its slot, so that
// writing a small index appends a small section and not all of the NV; NVIX lists the slots in use,
// so that a section that got lost is missed. What a deleted index leaves is an empty section.
#pragma once

#include "engine/saved_section.h"

namespace vtpm::engine {

struct SavedNvIndex {
  wire::Handle handle = 0;
  AlgId name_hash = AlgId::Null;
  uint64_t attributes = 0;  // TPMA_NV_EXP; of other indices TPMA_NV
  wire::Digest auth_policy;
  uint16_t data_size = 0;
  wire::Auth auth;
  wire::MaxNvBuffer data;  // nothing while TPMA_NV_WRITTEN is CLEAR
};

struct SavedNvDirectory {
  wire::List<uint16_t, NvIndices::kMaximum> slots;
  uint64_t highest_deleted_count = 0;
};

struct SavedNvMemorySlot {
  uint16_t slot = 0;
  SavedNvIndex index;
};
struct SavedNvMemory {
  wire::List<SavedNvMemorySlot, NvIndices::kMaximum> slots;
};

SavedNvMemory to_saved(const NvMemory& part);
Problem from_saved(const SavedNvMemory& saved, NvMemory& part);
// Whether what is in RAM are versions of the indices in NV.
bool fits(const NvMemory& memory, const NvIndices& indices);

bool is_nv_section(uint32_t tag);
bool nv_changed(const State& before, const State& after);
// Appends the sections that differ from those of `before`, or all.
void save_nv(const NvIndices& indices, const NvIndices* before, std::vector<Section>& sections);
// Nothing, or which section is bad, and how.
std::string load_nv(const std::vector<Section>& sections, NvIndices& indices);

}  // namespace vtpm::engine
