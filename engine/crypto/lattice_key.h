// SPDX-License-Identifier: Apache-2.0
// Keys of ML-KEM and ML-DSA as OpenSSL has them. Not for inclusion from outside this folder.
#pragma once

#include "engine/crypto/openssl.h"

namespace vtpm::engine::crypto {

// `name` is OpenSSL's for algorithm and parameter set. A Fault when there is no such algorithm.
Owned<EVP_PKEY> lattice_key_from_seed(const char* name, ByteView seed);
// Null when the bytes are not a public key.
Owned<EVP_PKEY> lattice_key_from_public(const char* name, ByteView public_key);

Bytes lattice_public_key(const EVP_PKEY* key, size_t size);

}  // namespace vtpm::engine::crypto
