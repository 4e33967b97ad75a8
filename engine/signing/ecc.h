// SPDX-License-Identifier: Apache-2.0
// Signatures with elliptic curves (Part 1, 44.3; SM2: 45.2). Internal to signing.
#pragma once

#include "engine/crypto/hash.h"
#include "engine/pipeline/context.h"

namespace vtpm::engine {

// Of a digest that has the size of the hash algorithm, by a scheme for ECC keys. Codes as for
// sign().
TpmResult<wire::Signature> sign_ecc(Context& context, const Object& key,
                                    const wire::SignatureScheme& scheme, ByteView digest);
// By a scheme that is not anonymous.
bool verify_ecc(const Object& key, wire::AlgId scheme, const wire::EccSignature& signature,
                ByteView digest);

// Z_A of SM2, which is hashed before the message (Part 1, equation 64).
crypto::Digest sm2_identity(const Object& key, crypto::HashAlg hash, ByteView id);

}  // namespace vtpm::engine
