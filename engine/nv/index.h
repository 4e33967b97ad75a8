// SPDX-License-Identifier: Apache-2.0
// An NV index (Part 1, 34.2): what it is, its Name, and what its definition must obey.
#pragma once

#include <memory>

#include "engine/wire/nv_public.h"

namespace vtpm::engine {

// Immutable, so that states share it: a change makes another one.
struct NvIndex {
  wire::Handle handle = 0;
  wire::AlgId name_hash = wire::AlgId::Null;
  wire::NvExpandedAttributes attributes;  // the upper half is zero but for external indices
  wire::Digest auth_policy;
  uint16_t data_size = 0;
  wire::Auth auth;
  SharedSecret data;  // data_size octets once TPMA_NV_WRITTEN is SET, none before
  wire::Name name;    // follows from all but auth and data

  bool has(wire::NvBit bit) const { return attributes.has(bit); }
  wire::NvType type() const { return wire::nv_type(attributes); }
  bool is_pin() const { return type() == wire::NvType::PinFail || type() == wire::NvType::PinPass; }
  // Its values live in RAM and reach NV at a shutdown (Part 1, 34.2.4).
  bool is_hybrid() const { return has(wire::NvBit::Orderly); }
};
using NvIndexPtr = std::shared_ptr<const NvIndex>;

// An index that is to be defined, without a Name.
NvIndex index_of(const wire::NvPublic& pub);
NvIndex index_of(const wire::NvPublic2& pub);

wire::NvPublic legacy_public(const NvIndex& index);
wire::NvPublic2 public_area(const NvIndex& index);

// nameAlg || H_nameAlg(public area) (Part 1, clause 13).
wire::Name compute_name(const NvIndex& index);

// The rules of Part 3, 31.3.1 for an index that `authority`, owner or platform, defines. The codes
// name the handle and the parameters of TPM2_NV_DefineSpace.
TpmResult<void> check_definition(const NvIndex& index, wire::Handle authority);

// TPM_RC_SIZE: a type that fixes the size of its data has another one.
TpmResult<void> check_size(const NvIndex& index);

// The content of a counter, a bit field or a PIN index as a number; zero while it is not written.
uint64_t number(const NvIndex& index);
SharedSecret number_as_data(uint64_t value);
// The halves of a PIN index (Part 2, 13.3).
wire::NvPinCounter pin_counter(const NvIndex& index);

}  // namespace vtpm::engine
