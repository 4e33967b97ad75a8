// SPDX-License-Identifier: Apache-2.0
// ML-KEM and ML-DSA keys for tests. None is under dictionary attack protection.
#pragma once

#include "tests/engine/objects.h"

namespace vtpm::engine::testing {

using crypto::MlDsaSet;
using crypto::MlKemSet;

inline wire::ObjectAttributes without(wire::ObjectAttributes attributes, ObjectBit bit) {
  attributes.set(bit, false);
  return attributes;
}

// A storage key, or a key for anybody's secrets.
inline wire::Public ml_kem_storage(MlKemSet set = MlKemSet::Kem768) {
  return unguarded({.type = wire::PublicType{AlgId::MlKem},
                    .name_hash = AlgId::Sha256,
                    .attributes = templates::kStorageKey,
                    .parameters = wire::MlKemParameters{templates::aes(128), set},
                    .unique = wire::MlKemPublicKey()});
}
inline wire::Public ml_kem_key(MlKemSet set = MlKemSet::Kem768) {
  wire::Public pub = ml_kem_storage(set);
  pub.attributes = without(pub.attributes, ObjectBit::Restricted);
  pub.parameters = wire::MlKemParameters{.parameter_set = set};
  return pub;
}

inline wire::Public ml_dsa_key(MlDsaSet set = MlDsaSet::Dsa65, bool external_mu = false) {
  return unguarded({.type = wire::PublicType{AlgId::MlDsa},
                    .name_hash = AlgId::Sha256,
                    .attributes = templates::kSigningKey,
                    .parameters = wire::MlDsaParameters{set, static_cast<uint8_t>(external_mu)},
                    .unique = wire::MlDsaPublicKey()});
}
inline wire::Public hash_ml_dsa_key(AlgId hash = AlgId::Sha512, MlDsaSet set = MlDsaSet::Dsa65) {
  wire::Public pub = ml_dsa_key(set);
  pub.type = wire::PublicType{AlgId::HashMlDsa};
  pub.parameters = wire::HashMlDsaParameters{set, hash};
  return pub;
}

// The public key of either.
inline Bytes public_key_of(const wire::Public& pub) {
  if (const auto* kem = pub.unique.get<wire::MlKemPublicKey>()) return to_bytes(*kem);
  return to_bytes(*pub.unique.get<wire::MlDsaPublicKey>());
}

}  // namespace vtpm::engine::testing
