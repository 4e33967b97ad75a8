// SPDX-License-Identifier: Apache-2.0
// ML-KEM and ML-DSA keys as structures carry them. The private part of either is a seed.
#pragma once

#include "engine/wire/structures.h"

namespace vtpm::engine {

inline crypto::MlKemSet ml_kem_set_of(const wire::Public& pub) {
  return *pub.parameters.get<wire::MlKemParameters>()->parameter_set;
}

// Of a key of TPM_ALG_MLDSA or TPM_ALG_HASH_MLDSA.
inline crypto::MlDsaSet ml_dsa_set_of(const wire::Public& pub) {
  if (const auto* pure = pub.parameters.get<wire::MlDsaParameters>()) return *pure->parameter_set;
  return *pub.parameters.get<wire::HashMlDsaParameters>()->parameter_set;
}

// The public key, of either algorithm.
inline ByteView lattice_key_of(const wire::Public& pub) {
  if (const auto* kem = pub.unique.get<wire::MlKemPublicKey>()) return kem->view();
  return pub.unique.get<wire::MlDsaPublicKey>()->view();
}

}  // namespace vtpm::engine
