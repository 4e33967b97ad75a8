// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace vtpm::engine::crypto {

// Why an operation refused its input. These are the input's fault and expected; what is our own or
// OpenSSL's fault is the exception engine::Fault instead.
enum class CryptoError : uint8_t {
  Unsupported,       // no such algorithm, key size, curve or public exponent
  InvalidKey,        // the parts of a key do not belong together, or are out of range
  InvalidSize,       // a digest, message, block or IV of a length that does not fit the operation
  InvalidValue,      // a number outside its range (an RSA input not below the modulus)
  InvalidPoint,      // not a point of the curve, or not in the fixed-size form
  PointAtInfinity,   // the result is the point that has no coordinates
  DecryptionFailed,  // the padding is wrong; deliberately says no more
  Cancelled,         // the caller's Cancellation asked for it
};

}  // namespace vtpm::engine::crypto
