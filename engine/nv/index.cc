// SPDX-License-Identifier: Apache-2.0
#include "engine/nv/index.h"

#include "engine/crypto/hash.h"
#include "engine/object/attributes.h"

namespace vtpm::engine {
namespace {

using wire::NvBit;
using wire::NvType;

constexpr size_t kNumberSize = sizeof(uint64_t);

template <class Public>
NvIndex index_of_area(const Public& pub) {
  return {.handle = pub.index,
          .name_hash = pub.name_hash,
          .attributes = wire::NvExpandedAttributes(pub.attributes.raw),
          .auth_policy = pub.auth_policy,
          .data_size = pub.data_size};
}

bool has_any(const NvIndex& index, std::initializer_list<NvBit> bits) {
  return (index.attributes.raw & wire::NvExpandedAttributes(bits).raw) != 0;
}

TpmResult<void> check_type(const NvIndex& index) {
  switch (index.type()) {
    case NvType::Ordinary:
    case NvType::Bits:
    case NvType::Extend:
      return ok;
    case NvType::Counter:
      REQUIRE(!index.has(NvBit::ClearStClear), rc::Attributes);
      return ok;
    case NvType::PinFail:
      REQUIRE(index.has(NvBit::NoDa), rc::Attributes);
      [[fallthrough]];
    case NvType::PinPass:
      REQUIRE(!index.has(NvBit::AuthWrite), rc::Attributes);
      return ok;
  }
  return rc::Attributes;
}

TpmResult<void> check_attributes(const NvIndex& index, wire::Handle authority) {
  TRY(check_type(index));
  REQUIRE(!has_any(index, {NvBit::Written, NvBit::ReadLocked, NvBit::WriteLocked}), rc::Attributes);
  REQUIRE(has_any(index, {NvBit::PpRead, NvBit::OwnerRead, NvBit::AuthRead, NvBit::PolicyRead}),
          rc::Attributes);
  REQUIRE(has_any(index, {NvBit::PpWrite, NvBit::OwnerWrite, NvBit::AuthWrite, NvBit::PolicyWrite}),
          rc::Attributes);
  // What lies in the TPM's NV like any other index must not claim what protects it outside.
  REQUIRE(!has_any(index, {NvBit::ExternalEncryption, NvBit::ExternalIntegrity,
                           NvBit::ExternalAntiRollback}),
          rc::Attributes);
  bool by_platform = authority == wire::rh::Platform;
  REQUIRE(index.has(NvBit::PlatformCreate) == by_platform, rc::Attributes.handle(1));
  REQUIRE(by_platform || !index.has(NvBit::PolicyDelete), rc::Attributes);
  return ok;
}

}  // namespace

NvIndex index_of(const wire::NvPublic& pub) {
  return index_of_area(pub);
}

NvIndex index_of(const wire::NvPublic2& pub) {
  if (const auto* expanded = pub.area.get<wire::NvExpandedPublic>())
    return index_of_area(*expanded);
  return index_of_area(*pub.area.get<wire::NvPublic>());
}

wire::NvPublic legacy_public(const NvIndex& index) {
  return {.index = index.handle,
          .name_hash = index.name_hash,
          .attributes = wire::NvAttributes(static_cast<uint32_t>(index.attributes.raw)),
          .auth_policy = index.auth_policy,
          .data_size = index.data_size};
}

wire::NvPublic2 public_area(const NvIndex& index) {
  wire::NvPublic2 pub{.handle_type = wire::handle_type(index.handle)};
  if (wire::is_legacy_index(index.handle))
    pub.area = legacy_public(index);
  else
    pub.area = wire::NvExpandedPublic{.index = index.handle,
                                      .name_hash = index.name_hash,
                                      .attributes = index.attributes,
                                      .auth_policy = index.auth_policy,
                                      .data_size = index.data_size};
  return pub;
}

wire::Name compute_name(const NvIndex& index) {
  Bytes name = wire::to_wire(index.name_hash);
  // Without the tag in front of the union: the Name is the same for both forms of the public area.
  Bytes area = wire::to_wire(public_area(index).area);
  append(name, crypto::hash(to_crypto(index.name_hash), area).view());
  return wire::Name(name);
}

TpmResult<void> check_size(const NvIndex& index) {
  switch (index.type()) {
    case NvType::Ordinary:
      return ok;
    case NvType::Extend:
      REQUIRE(index.data_size == digest_size(index.name_hash), rc::Size);
      return ok;
    default:
      REQUIRE(index.data_size == kNumberSize, rc::Size);
      return ok;
  }
}

TpmResult<void> check_definition(const NvIndex& index, wire::Handle authority) {
  size_t policy_size = index.auth_policy.size();
  REQUIRE(policy_size == 0 || policy_size == digest_size(index.name_hash),
          rc::Size.parameter(kPublicParameter));
  // Before the size, which means something only with a type that exists.
  TRY(at_parameter(kPublicParameter, check_attributes(index, authority)));
  return at_parameter(kPublicParameter, check_size(index));
}

uint64_t number(const NvIndex& index) {
  return index.data.size() == kNumberSize ? load_be<uint64_t>(index.data.view()) : 0;
}

SharedSecret number_as_data(uint64_t value) {
  Secret data(kNumberSize);
  store_be(data.bytes(), value);
  return SharedSecret(std::move(data));
}

wire::NvPinCounter pin_counter(const NvIndex& index) {
  uint64_t both = number(index);
  return {.count = static_cast<uint32_t>(both >> 32), .limit = static_cast<uint32_t>(both)};
}

}  // namespace vtpm::engine
