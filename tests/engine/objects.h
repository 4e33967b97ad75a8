// SPDX-License-Identifier: Apache-2.0
// Keys and data that tests work with.
#pragma once

#include "engine/commands/object.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {

using wire::ObjectBit;

// A key that the TPM makes, whose authValue and policy both authorize its use.
inline wire::ObjectAttributes key_attributes(std::initializer_list<ObjectBit> more) {
  wire::ObjectAttributes attributes{ObjectBit::FixedTpm, ObjectBit::FixedParent,
                                    ObjectBit::SensitiveDataOrigin, ObjectBit::UserWithAuth,
                                    ObjectBit::NoDa};
  attributes.raw |= wire::ObjectAttributes(more).raw;
  return attributes;
}

inline wire::SymmetricObjectDefinition aes128() {
  return {.algorithm = {AlgId::Aes},
          .details = wire::AesDefinition{.key_bits = uint16_t{128}, .mode = AlgId::Cfb}};
}

inline wire::Public ecc_key(wire::ObjectAttributes attributes, wire::EccScheme scheme = {}) {
  bool storage = attributes.has(ObjectBit::Restricted) && attributes.has(ObjectBit::Decrypt);
  return {
      .type = {AlgId::Ecc},
      .name_hash = AlgId::Sha256,
      .attributes = attributes,
      .parameters =
          wire::EccParameters{.symmetric = storage ? aes128() : wire::SymmetricObjectDefinition(),
                              .scheme = scheme,
                              .curve = CurveId::NistP256},
      .unique = wire::EccPoint{}};
}

inline wire::Public rsa_key(wire::ObjectAttributes attributes, wire::RsaScheme scheme = {}) {
  bool storage = attributes.has(ObjectBit::Restricted) && attributes.has(ObjectBit::Decrypt);
  return {
      .type = {AlgId::Rsa},
      .name_hash = AlgId::Sha256,
      .attributes = attributes,
      .parameters =
          wire::RsaParameters{.symmetric = storage ? aes128() : wire::SymmetricObjectDefinition(),
                              .scheme = scheme,
                              .key_bits = uint16_t{2048}},
      .unique = wire::RsaBytes{}};
}

inline wire::Public ecc_storage() {
  return ecc_key(key_attributes({ObjectBit::Restricted, ObjectBit::Decrypt}));
}
inline wire::Public rsa_storage() {
  return rsa_key(key_attributes({ObjectBit::Restricted, ObjectBit::Decrypt}));
}
inline wire::EccScheme ecdsa(AlgId hash) {
  return {.scheme = {AlgId::EcDsa}, .details = wire::HashScheme{.hash = hash}};
}
inline wire::Public ecdsa_key() {
  return ecc_key(key_attributes({ObjectBit::Sign}));
}
inline wire::Public attestation_key() {
  return ecc_key(key_attributes({ObjectBit::Sign, ObjectBit::Restricted}), ecdsa(AlgId::Sha256));
}
inline wire::Public hmac_key() {
  return {.type = {AlgId::KeyedHash},
          .name_hash = AlgId::Sha256,
          .attributes = key_attributes({ObjectBit::Sign}),
          .parameters = wire::KeyedHashParameters{},
          .unique = wire::Digest{}};
}
// Data of the caller; `attributes` beyond what every sealed object has.
inline wire::Public sealed_data(std::initializer_list<ObjectBit> attributes = {
                                    ObjectBit::UserWithAuth, ObjectBit::NoDa}) {
  wire::ObjectAttributes bits{ObjectBit::FixedTpm, ObjectBit::FixedParent};
  bits.raw |= wire::ObjectAttributes(attributes).raw;
  return {.type = {AlgId::KeyedHash},
          .name_hash = AlgId::Sha256,
          .attributes = bits,
          .parameters = wire::KeyedHashParameters{},
          .unique = wire::Digest{}};
}

inline wire::SignatureScheme signature_scheme(AlgId scheme, AlgId hash) {
  return {.scheme = {scheme}, .details = wire::HashScheme{.hash = hash}};
}

struct Made {
  wire::Handle handle = 0;
  wire::Public pub;
  Bytes name;
};

// A primary object; the hierarchy's authValue is empty unless given.
inline Made create_primary(TestTpm& tpm, wire::Handle hierarchy, const wire::Public& key,
                           const Bytes& auth = {}, const Bytes& data = {},
                           const Bytes& hierarchy_auth = {}) {
  wire::SensitiveCreate sensitive{.user_auth = wire::Auth(ByteView(auth)),
                                  .data = wire::SensitiveData(ByteView(data))};
  auto answer = tpm.run<CreatePrimary>({hierarchy}, {.in_sensitive = sensitive, .in_public = key},
                                       {hierarchy_auth});
  EXPECT_EQ(answer.code, rc::Success);
  return {.handle = answer.reply.object_handle.value,
          .pub = *answer.reply.out_public,
          .name = to_bytes(answer.reply.name)};
}

}  // namespace vtpm::engine::testing
