// SPDX-License-Identifier: Apache-2.0
// Primes for RSA keys, found in a stream of bytes. Internal; docs/key-derivation.md specifies the
// result. Changing it changes every primary key.
#pragma once

#include "engine/crypto/byte_source.h"
#include "engine/crypto/openssl.h"
#include "engine/ports.h"

namespace vtpm::engine::crypto {

// The next prime p of the stream with exactly `bits` bits (a multiple of 64, at least 512), the top
// two set, and gcd(e, p - 1) = 1. Nothing when cancelled.
Bn find_prime(size_t bits, uint32_t exponent, ByteSource& source, const Cancellation& cancellation,
              BN_CTX* context);

}  // namespace vtpm::engine::crypto
