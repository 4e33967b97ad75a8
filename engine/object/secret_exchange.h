// SPDX-License-Identifier: Apache-2.0
// Secrets that a caller encrypts to a key of the TPM (Part 1, 43.10 and 44.6): session salts,
// credentials, duplication seeds.
#pragma once

#include <string_view>

#include "engine/object/object.h"
#include "engine/ports.h"

namespace vtpm::engine {

// The secret in `encrypted`, at most as long as the digest of the key's nameAlg. `label` is given
// without its terminating zero octet. The key is a decryption key with its private part.
// TPM_RC_VALUE: not a ciphertext of this key.
TpmResult<Secret> decrypt_secret(const Object& key, std::string_view label,
                                 const wire::EncryptedSecret& encrypted, const Ports& ports);

}  // namespace vtpm::engine
