// SPDX-License-Identifier: Apache-2.0
// Secrets exchanged by means of a decryption key of a TPM, the Labeled KEM (Part 1, 43.10, 44.7
// and 47.4): session salts, credentials, duplication seeds.
#pragma once

#include <string_view>

#include "engine/object/object.h"
#include "engine/ports.h"

namespace vtpm::engine {

// Labels are given without the terminating zero octet.
inline constexpr std::string_view kSaltLabel = "SECRET";
inline constexpr std::string_view kCredentialLabel = "IDENTITY";
inline constexpr std::string_view kDuplicationLabel = "DUPLICATE";

// The secret in `encrypted`, at most as long as the digest of the key's nameAlg. The key is a
// decryption key with its private part. TPM_RC_VALUE: not a ciphertext for this key, or the scheme
// of the key is none that exchanges secrets. TPM_RC_ECC_POINT: a point that is not on its curve.
// TPM_RC_SIZE: not as long as a ciphertext of ML-KEM.
TpmResult<Secret> decrypt_secret(const Object& key, std::string_view label,
                                 const wire::EncryptedSecret& encrypted, const Ports& ports);

struct ExchangedSecret {
  Secret secret;  // as long as the digest of the key's nameAlg
  wire::EncryptedSecret encrypted;
};

// A new secret for the owner of an asymmetric decryption key, of which the public part is enough.
// TPM_RC_KEY: nothing can be encrypted to this key. TPM_RC_VALUE: its scheme, as above.
TpmResult<ExchangedSecret> exchange_secret(const Object& key, std::string_view label,
                                           const Ports& ports);

}  // namespace vtpm::engine
