// SPDX-License-Identifier: Apache-2.0
// Signatures with loaded keys: which scheme applies, making and checking (Part 3, clauses 18 and
// 20).
#pragma once

#include "engine/pipeline/context.h"

namespace vtpm::engine {

// The scheme of a signing key's public area; TPM_ALG_NULL where it has none, or one that does not
// sign.
wire::SignatureScheme own_scheme(const Object& key);

// The scheme that a signing command uses: the key's own, or the caller's where the key has none
// (Part 3, 18.1). Without a key (TPM_RH_NULL) it is the caller's. TPM_RC_SCHEME: the two differ,
// or the scheme is not one for the key's type.
TpmResult<wire::SignatureScheme> select_scheme(const Object* key,
                                               const wire::SignatureScheme& requested);

// The hash algorithm of a scheme; TPM_ALG_NULL for the schemes TPM_ALG_NULL and TPM_ALG_MLDSA.
wire::AlgId scheme_hash(const wire::SignatureScheme& scheme);

// Signs a digest of the scheme's hash algorithm. TPM_RC_SIZE: the digest's size; TPM_RC_SCHEME: the
// key cannot sign with the scheme, or signs by ML-DSA (signing/ml_dsa.h); TPM_RC_KEY_SIZE: its
// modulus is too short for it. TPM_RC_RANGE, TPM_RC_VALUE: the counter of an anonymous scheme,
// whose commitment is used up. TPM_RC_NO_RESULT: the private key is one that the scheme has no
// signature for.
TpmResult<wire::Signature> sign(Context& context, const Object& key,
                                const wire::SignatureScheme& scheme, ByteView digest);
// An HMAC as a signature.
wire::Signature hmac_signature(wire::AlgId hash, const crypto::Digest& hmac);

// TPM_RC_SIGNATURE, TPM_RC_SCHEME (not one for the key), TPM_RC_HANDLE (an HMAC without the key's
// sensitive area).
TpmResult<void> verify(const Object& key, const wire::Signature& signature, ByteView digest);

// The hash algorithm that a signature names; TPM_ALG_NULL for TPM_ALG_NULL and TPM_ALG_MLDSA.
wire::AlgId signature_hash(const wire::Signature& signature);
// Whether a signature is of exactly this scheme, its hash algorithm included.
bool is_of_scheme(const wire::Signature& signature, const wire::SignatureScheme& scheme);

// Gives a scheme what TPM2B_SIGNATURE_CTX says for it where a digest is signed (Part 2, Table
// 220). TPM_RC_SIZE: not what the scheme takes.
TpmResult<void> take_context(wire::SignatureScheme& scheme,
                             const wire::SignatureContext& parameter);

}  // namespace vtpm::engine
