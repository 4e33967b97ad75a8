// SPDX-License-Identifier: Apache-2.0
// DHKEM (RFC 9180, 4.1; Part 1, 44.4): key encapsulation by ECDH and HKDF.
#pragma once

#include "engine/crypto/ecc.h"
#include "engine/crypto/encapsulated.h"

namespace vtpm::engine::crypto {

// Whether the curve with HKDF of this hash algorithm is a KEM. The identifier of the KEM goes into
// every secret, so that nothing can be computed for a pair that RFC 9180 gives none (7.1).
bool is_dhkem(Curve curve, HashAlg alg);

// Below, a curve that is_dhkem() knows; `q` is the public key that the secret is for. A ciphertext
// is the point of an ephemeral key, serialized as SEC 1 says, without compression.

// The ephemeral key is generate_ecc_key()'s. InvalidPoint: q.
Result<Encapsulated, CryptoError> dhkem_encapsulate(Curve curve, const EccPoint& q,
                                                    ByteSource& source);

// InvalidPoint: the ciphertext is no such point; InvalidKey: d.
Result<Secret, CryptoError> dhkem_decapsulate(Curve curve, ByteView d, const EccPoint& q,
                                              ByteView ciphertext);

}  // namespace vtpm::engine::crypto
