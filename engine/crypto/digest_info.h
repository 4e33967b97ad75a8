// SPDX-License-Identifier: Apache-2.0
// How signature schemes name hash algorithms. Internal.
#pragma once

#include "base/bytes.h"
#include "engine/crypto/hash.h"

namespace vtpm::engine::crypto {

// The DER of a DigestInfo up to the digest itself (RFC 8017, 9.2), for SHA-3 and SM3 in the same
// form, with NULL parameters.
ByteView digest_info(HashAlg alg);
// The hash algorithm's object identifier in it, as DER.
ByteView object_identifier(HashAlg alg);

}  // namespace vtpm::engine::crypto
