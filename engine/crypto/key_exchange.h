// SPDX-License-Identifier: Apache-2.0
// Key exchanges with two keys of each party (Part 1, 44.8.4 and 45.2.3), and encryption to a point
// of a curve (45.2.4).
#pragma once

#include "engine/crypto/ecc.h"

namespace vtpm::engine::crypto {

// Party A's private keys and party B's public ones. The ephemeral private key is reduced modulo the
// order of the curve; it has as many bytes as a scalar.
struct ExchangeKeys {
  ByteView static_a, ephemeral_a;
  const EccPoint& static_b;
  const EccPoint& ephemeral_b;
};

// Full MQV, and the SM2 key exchange up to its shared point. InvalidKey, InvalidPoint;
// PointAtInfinity: the result is, or the ephemeral key is zero.
Result<EccPoint, CryptoError> mqv(Curve curve, const ExchangeKeys& keys);
Result<EccPoint, CryptoError> sm2_exchange(Curve curve, const ExchangeKeys& keys);

// Of SM2 encryption on any curve: an ephemeral point, the masked text, the integrity value.
struct EccCiphertext {
  EccPoint c1;
  Bytes c2;
  Digest c3;
};
// `alg` is the hash of KDF2 and of the integrity value. InvalidPoint: q.
Result<EccCiphertext, CryptoError> ecc_encrypt(Curve curve, const EccPoint& q, HashAlg alg,
                                               ByteView text, Random& random);
// InvalidKey: d; InvalidPoint: c1; DecryptionFailed: c3 is not that of the text.
Result<Secret, CryptoError> ecc_decrypt(Curve curve, ByteView d, HashAlg alg, const EccPoint& c1,
                                        ByteView c2, ByteView c3);

}  // namespace vtpm::engine::crypto
