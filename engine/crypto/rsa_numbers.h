// SPDX-License-Identifier: Apache-2.0
// The arithmetic that making and loading an RSA key share. Internal.
#pragma once

#include "engine/crypto/openssl.h"

namespace vtpm::engine::crypto {

// e^-1 mod (p - 1)(q - 1); nothing when there is none. The exponent is odd and at least 3.
Bn private_exponent(const BIGNUM* p, const BIGNUM* q, uint32_t exponent, BN_CTX* context);

}  // namespace vtpm::engine::crypto
