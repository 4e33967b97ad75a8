// SPDX-License-Identifier: Apache-2.0
// The encodings of RFC 8017 that stand between a message and the RSA primitives. Internal. `size`
// is the number of bytes in the modulus, whose top bit is set.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "engine/crypto/crypto_error.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"

namespace vtpm::engine::crypto {

using Padded = Result<Secret, CryptoError>;

Padded pkcs1_signature_block(size_t size, HashAlg alg, ByteView digest);

// Of a modulus that has room for the digest and two bytes more.
size_t pss_salt_size(size_t size, HashAlg alg);
Padded pss_encode(size_t size, HashAlg alg, ByteView digest, Random& random);
bool pss_verify(HashAlg alg, ByteView digest, ByteView block);

Padded oaep_encode(size_t size, HashAlg alg, ByteView label, ByteView message, Random& random);
Padded oaep_decode(HashAlg alg, ByteView label, Secret block);

Padded pkcs1_encryption_block(size_t size, ByteView message, Random& random);
Padded pkcs1_decryption_message(ByteView block);

}  // namespace vtpm::engine::crypto
