// SPDX-License-Identifier: Apache-2.0
// Templates of the objects that tests create: those of the EK Credential Profile, the storage root
// keys that go with them, and what tpm2-tools asks for by default.
#pragma once

#include <string_view>

#include "engine/commands/object.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing::templates {

using wire::ObjectBit;
using wire::Public;

inline const wire::ObjectAttributes kStorageKey = {
    ObjectBit::FixedTpm,     ObjectBit::FixedParent, ObjectBit::SensitiveDataOrigin,
    ObjectBit::UserWithAuth, ObjectBit::Restricted,  ObjectBit::Decrypt};
inline const wire::ObjectAttributes kSigningKey = {ObjectBit::FixedTpm, ObjectBit::FixedParent,
                                                   ObjectBit::SensitiveDataOrigin,
                                                   ObjectBit::UserWithAuth, ObjectBit::Sign};
inline const wire::ObjectAttributes kSealedData = {ObjectBit::FixedTpm, ObjectBit::FixedParent,
                                                   ObjectBit::UserWithAuth};

inline Public with(Public pub, ObjectBit bit, bool on = true) {
  pub.attributes.set(bit, on);
  return pub;
}

inline wire::SymmetricObjectDefinition aes(uint16_t bits, AlgId mode = AlgId::Cfb) {
  return {.algorithm = wire::SymmetricObjectOrNull{AlgId::Aes},
          .details = wire::AesDefinition{.key_bits = bits, .mode = mode}};
}

inline Public rsa(wire::ObjectAttributes attributes, uint16_t bits = 2048) {
  wire::RsaParameters parameters{.key_bits = bits};
  if (attributes.has(ObjectBit::Restricted)) parameters.symmetric = aes(bits == 2048 ? 128 : 256);
  return {.type = wire::PublicType{AlgId::Rsa},
          .name_hash = bits == 2048 ? AlgId::Sha256 : AlgId::Sha384,
          .attributes = attributes,
          .parameters = parameters,
          .unique = wire::RsaBytes()};
}

inline Public ecc(wire::ObjectAttributes attributes, CurveId curve = CurveId::NistP256) {
  wire::EccParameters parameters{.curve = curve};
  if (attributes.has(ObjectBit::Restricted))
    parameters.symmetric = aes(curve == CurveId::NistP256 ? 128 : 256);
  return {.type = wire::PublicType{AlgId::Ecc},
          .name_hash = curve == CurveId::NistP256 ? AlgId::Sha256 : AlgId::Sha384,
          .attributes = attributes,
          .parameters = parameters,
          .unique = wire::EccPoint()};
}

inline Public cipher(wire::ObjectAttributes attributes, uint16_t bits = 128,
                     AlgId mode = AlgId::Cfb) {
  return {.type = wire::PublicType{AlgId::SymCipher},
          .name_hash = AlgId::Sha256,
          .attributes = attributes,
          .parameters = wire::SymmetricCipherParameters{aes(bits, mode)},
          .unique = wire::Digest()};
}

inline Public keyed_hash(wire::ObjectAttributes attributes) {
  wire::KeyedHashScheme scheme;
  if (attributes.has(ObjectBit::Sign))
    scheme = {.scheme = wire::KeyedHashSchemeOrNull{AlgId::Hmac},
              .details = wire::HashScheme{AlgId::Sha256}};
  return {.type = wire::PublicType{AlgId::KeyedHash},
          .name_hash = AlgId::Sha256,
          .attributes = attributes,
          .parameters = wire::KeyedHashParameters{scheme},
          .unique = wire::Digest()};
}

inline Public storage_rsa() {
  return rsa(kStorageKey);
}
inline Public storage_ecc() {
  return ecc(kStorageKey);
}
inline Public sealed() {
  return keyed_hash(kSealedData);
}
inline Public mac_key() {
  return keyed_hash(kSigningKey);
}

// TCG EK Credential Profile, templates L-1 and L-2: PolicySecret(TPM_RH_ENDORSEMENT).
inline Public ek(Public pub) {
  static constexpr uint8_t kPolicyA[] = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
                                         0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
                                         0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
                                         0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};
  pub.attributes.set(ObjectBit::UserWithAuth, false);
  pub.attributes.set(ObjectBit::AdminWithPolicy);
  pub.auth_policy = wire::Digest(ByteView(kPolicyA));
  return pub;
}
inline Public ek_rsa() {
  Public pub = ek(storage_rsa());
  pub.unique = wire::RsaBytes(Bytes(256));
  return pub;
}
inline Public ek_ecc() {
  Public pub = ek(storage_ecc());
  pub.unique = wire::EccPoint{wire::EccParameter(Bytes(32)), wire::EccParameter(Bytes(32))};
  return pub;
}

inline wire::SensitiveCreate sensitive(std::string_view auth = {}, std::string_view data = {}) {
  return {.user_auth = wire::Auth(text_bytes(auth)), .data = wire::SensitiveData(text_bytes(data))};
}

inline Bytes password(std::string_view text) {
  return to_bytes(text_bytes(text));
}

// A primary object in the owner's hierarchy; the TPM must make it (EXPECT).
inline Answer<CreatePrimary> make_primary(TestTpm& tpm, const Public& pub,
                                          wire::Handle hierarchy = wire::rh::Owner,
                                          const wire::SensitiveCreate& values = {}) {
  auto answer = tpm.run<CreatePrimary>({hierarchy}, {.in_sensitive = values, .in_public = pub});
  EXPECT_EQ(answer.code, rc::Success);
  return answer;
}
inline wire::Handle primary(TestTpm& tpm, const Public& pub,
                            wire::Handle hierarchy = wire::rh::Owner) {
  return make_primary(tpm, pub, hierarchy).reply.object_handle.value;
}

}  // namespace vtpm::engine::testing::templates
