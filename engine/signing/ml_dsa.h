// SPDX-License-Identifier: Apache-2.0
// Signatures with ML-DSA and HashML-DSA keys (Part 1, 46.3). Such a key signs by its own scheme and
// by no other; `context` is that of FIPS 204, at most 255 octets. Internal to signing.
#pragma once

#include "engine/crypto/ml_dsa.h"
#include "engine/pipeline/context.h"

namespace vtpm::engine {

// A message that will be signed or verified.
crypto::MlDsaMessage begin_ml_dsa_message(const Object& key, ByteView context);

// What is signed for a digest: of a HashML-DSA key, one by its hash algorithm; of an ML-DSA key, mu
// itself, into which a context has gone already. TPM_RC_SCHEME: the key does not take mu.
// TPM_RC_SIZE: the digest's size. TPM_RC_VALUE: a context beside mu.
TpmResult<crypto::Digest> ml_dsa_digest(const Object& key, ByteView context, ByteView digest);

wire::Signature sign_ml_dsa(const Object& key, const crypto::Digest& mu, const Ports& ports);
// TPM_RC_SCHEME: not by the key's scheme. TPM_RC_SIGNATURE.
TpmResult<void> verify_ml_dsa(const Object& key, const wire::Signature& signature,
                              const crypto::Digest& mu);

}  // namespace vtpm::engine
