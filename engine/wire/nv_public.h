// SPDX-License-Identifier: Apache-2.0
// The public areas of NV Indices (Part 2, clause 13).
#pragma once

#include "engine/wire/structures.h"

namespace vtpm::engine::wire {

constexpr bool is_legacy_index(Handle handle) {
  return handle_type(handle) == HandleType::NvIndex;
}
constexpr bool is_expanded_index(Handle handle) {
  return handle_type(handle) == HandleType::ExternalNv;
}
inline constexpr uint16_t kMaximumNvIndex = 2048;
constexpr bool is_nv_data_size(uint16_t size) {
  return size <= kMaximumNvIndex;
}
using NvDataSize = Checked<uint16_t, is_nv_data_size, rc::Size.value()>;

struct NvPublic {  // TPMS_NV_PUBLIC
  Checked<Handle, is_legacy_index, rc::Value.value()> index{first_handle(HandleType::NvIndex)};
  HashAlgorithm name_hash;
  NvAttributes attributes;
  Digest auth_policy;
  NvDataSize data_size;
};
struct NvExpandedPublic {  // TPMS_NV_PUBLIC_EXP_ATTR
  Checked<Handle, is_expanded_index, rc::Value.value()> index{first_handle(HandleType::ExternalNv)};
  HashAlgorithm name_hash;
  NvExpandedAttributes attributes;
  Digest auth_policy;
  NvDataSize data_size;
};
// TPMT_NV_PUBLIC_2. This TPM has no permanent indices.
struct NvPublic2 {
  Selector<HandleType> handle_type{HandleType::NvIndex};
  Union<Case<NvPublic, HandleType::NvIndex>, Case<NvExpandedPublic, HandleType::ExternalNv>> area;
};
struct NvPinCounter {  // TPMS_NV_PIN_COUNTER_PARAMETERS
  uint32_t count = 0;
  uint32_t limit = 0;
};

}  // namespace vtpm::engine::wire
