// SPDX-License-Identifier: Apache-2.0
#include "engine/saved_nv.h"

#include <algorithm>
#include <set>

namespace vtpm::engine {
namespace {

using wire::NvBit;
using wire::NvType;

constexpr uint16_t kVersion = 1;
constexpr uint32_t kDirectoryTag = section_tag("NVIX");
constexpr uint32_t kFirstSlotTag = section_tag("NV00");
static_assert(NvIndices::kMaximum <= 0x100);

// NV00, NV01, ... NV7F.
constexpr uint32_t slot_tag(size_t slot) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return (kFirstSlotTag & 0xFFFF0000) | static_cast<uint32_t>(kDigits[slot / 16]) << 8 |
         static_cast<uint32_t>(kDigits[slot % 16]);
}

SavedNvIndex to_saved(const NvIndex& index) {
  return {.handle = index.handle,
          .name_hash = index.name_hash,
          .attributes = index.attributes.raw,
          .auth_policy = index.auth_policy,
          .data_size = index.data_size,
          .auth = index.auth,
          .data = wire::MaxNvBuffer(index.data)};
}

// Null when no index can be so.
NvIndexPtr from_saved(const SavedNvIndex& saved) {
  NvIndex index{.handle = saved.handle,
                .name_hash = saved.name_hash,
                .attributes = wire::NvExpandedAttributes(saved.attributes),
                .auth_policy = saved.auth_policy,
                .data_size = saved.data_size,
                .auth = saved.auth,
                .data = saved.data.secret()};
  // The rules of the wire for all that is public.
  auto pub = wire::from_wire<wire::NvPublic2>(wire::to_wire(public_area(index)));
  if (!pub || index_of(*pub).attributes != index.attributes) return nullptr;
  if (!check_size(index)) return nullptr;
  if (index.data.size() != (index.has(NvBit::Written) ? index.data_size : 0)) return nullptr;
  index.name = compute_name(index);
  return std::make_shared<const NvIndex>(std::move(index));
}

SavedNvDirectory directory(const NvIndices& indices) {
  SavedNvDirectory saved{.highest_deleted_count = indices.highest_deleted_count};
  for (size_t slot = 0; slot < NvIndices::kMaximum; ++slot)
    if (indices.slots[slot]) saved.slots.items.push_back(static_cast<uint16_t>(slot));
  return saved;
}

bool same_directory(const NvIndices& a, const NvIndices& b) {
  auto same = [](const NvIndexPtr& x, const NvIndexPtr& y) { return !x == !y; };
  return a.highest_deleted_count == b.highest_deleted_count &&
         std::ranges::equal(a.slots, b.slots, same);
}

Section section(uint32_t tag, Secret payload) {
  return {.tag = tag, .version = kVersion, .minimum_version = 1, .payload = std::move(payload)};
}

// Within what TPM2_NV_DefineSpace allows, and no handle twice.
bool consistent(const NvIndices& indices) {
  std::set<wire::Handle> handles;
  size_t octets = 0, count = 0;
  for (const NvIndexPtr& index : indices.slots) {
    if (!index) continue;
    ++count;
    octets += index->data_size;
    handles.insert(index->handle);
  }
  return handles.size() == count && octets <= NvIndices::kTotalSize;
}

std::string load_slot(const std::vector<Section>& sections, size_t slot, NvIndexPtr& index) {
  SavedNvIndex saved;
  std::string problem = read_section(sections, slot_tag(slot), kVersion, saved);
  if (!problem.empty()) return problem;
  index = from_saved(saved);
  return index ? "" : "has an index that cannot be";
}

}  // namespace

SavedNvMemory to_saved(const NvMemory& part) {
  SavedNvMemory saved;
  for (size_t slot = 0; slot < part.slots.size(); ++slot)
    if (part.slots[slot])
      saved.slots.items.push_back(
          {.slot = static_cast<uint16_t>(slot), .index = to_saved(*part.slots[slot])});
  return saved;
}

Problem from_saved(const SavedNvMemory& saved, NvMemory& part) {
  part = {};
  for (const SavedNvMemorySlot& item : saved.slots.items) {
    NvIndexPtr index = from_saved(item.index);
    if (item.slot >= NvIndices::kMaximum || !index) return "has an index that cannot be";
    part.slots[item.slot] = std::move(index);
  }
  return {};
}

bool fits(const NvMemory& memory, const NvIndices& indices) {
  return std::ranges::equal(
      memory.slots, indices.slots, [](const NvIndexPtr& ahead, const NvIndexPtr& stored) {
        return !ahead || (stored && ahead->handle == stored->handle &&
                          ahead->name_hash == stored->name_hash &&
                          ahead->data_size == stored->data_size && ahead->type() == stored->type());
      });
}

bool is_nv_section(uint32_t tag) {
  if (tag == kDirectoryTag) return true;
  for (size_t slot = 0; slot < NvIndices::kMaximum; ++slot)
    if (tag == slot_tag(slot)) return true;
  return false;
}

bool nv_changed(const State& before, const State& after) {
  return !after.nv.same_as(before.nv) &&
         (after.nv->slots != before.nv->slots || !same_directory(*before.nv, *after.nv));
}

void save_nv(const NvIndices& indices, const NvIndices* before, std::vector<Section>& sections) {
  if (!before || !same_directory(indices, *before))
    sections.push_back(section(kDirectoryTag, marshal_secret(directory(indices))));
  for (size_t slot = 0; slot < NvIndices::kMaximum; ++slot) {
    const NvIndexPtr& index = indices.slots[slot];
    if (before ? index == before->slots[slot] : !index) continue;
    sections.push_back(
        section(slot_tag(slot), index ? marshal_secret(to_saved(*index)) : Secret()));
  }
}

std::string load_nv(const std::vector<Section>& sections, NvIndices& indices) {
  // The first version had no NV.
  bool any = std::ranges::any_of(sections, [](const Section& s) { return is_nv_section(s.tag); });
  if (!any) return {};
  SavedNvDirectory saved;
  std::string problem = read_section(sections, kDirectoryTag, kVersion, saved);
  if (!problem.empty()) return "section NVIX " + problem;
  indices.highest_deleted_count = saved.highest_deleted_count;
  for (uint16_t slot : saved.slots.items) {
    if (slot >= NvIndices::kMaximum) return "section NVIX has a slot that cannot be";
    problem = load_slot(sections, slot, indices.slots[slot]);
    if (!problem.empty()) return "section " + section_name(slot_tag(slot)) + " " + problem;
  }
  for (size_t slot = 0; slot < NvIndices::kMaximum; ++slot) {
    const Section* found = find_section(sections, slot_tag(slot));
    if (!indices.slots[slot] && found && !found->payload.empty())
      return "section " + section_name(slot_tag(slot)) +
             " has an index that section NVIX does not list";
  }
  if (!consistent(indices)) return "section NVIX has indices that cannot be together";
  return {};
}

}  // namespace vtpm::engine
