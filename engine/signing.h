// SPDX-License-Identifier: Apache-2.0
// Signatures with loaded keys: which scheme applies, making and checking (Part 3, clauses 18 and
// 20).
#pragma once

#include "engine/object/object.h"
#include "engine/ports.h"

namespace vtpm::engine {

// The scheme that a signing command uses: the key's own, or the caller's where the key has none
// (Part 3, 18.1). Without a key (TPM_RH_NULL) it is the caller's. TPM_RC_SCHEME: the two differ,
// or the scheme is not one for the key's type.
TpmResult<wire::SignatureScheme> select_scheme(const Object* key,
                                               const wire::SignatureScheme& requested);

// The hash algorithm of a scheme; TPM_ALG_NULL for the scheme TPM_ALG_NULL.
wire::AlgId scheme_hash(const wire::SignatureScheme& scheme);

// Signs a digest of the scheme's hash algorithm. TPM_RC_SIZE: the digest's size; TPM_RC_SCHEME: the
// key cannot sign with the scheme; TPM_RC_KEY_SIZE: its modulus is too short for it.
TpmResult<wire::Signature> sign(const Object& key, const wire::SignatureScheme& scheme,
                                ByteView digest, const Ports& ports);

// TPM_RC_SIGNATURE, TPM_RC_SCHEME (not one for the key), TPM_RC_HANDLE (an HMAC without the key's
// sensitive area).
TpmResult<void> verify(const Object& key, const wire::Signature& signature, ByteView digest);

}  // namespace vtpm::engine
