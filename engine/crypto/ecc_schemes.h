// SPDX-License-Identifier: Apache-2.0
// Signature schemes for elliptic curves beside ECDSA. Each works on every curve.
#pragma once

#include "engine/crypto/ecc.h"

namespace vtpm::engine::crypto {

// EC Schnorr (Part 1, 44.3.4). InvalidKey: d is not in 1 .. n - 1.
Result<EccSignature, CryptoError> ecschnorr_sign(Curve curve, ByteView d, HashAlg alg,
                                                 ByteView digest, Random& random);
bool ecschnorr_verify(Curve curve, const EccPoint& q, HashAlg alg, ByteView digest,
                      const EccSignature& signature);

// SM2 (Part 1, 45.2.2) of the digest e, which has any size. InvalidKey: d is not in 1 .. n - 1.
// Unsupported: it is n - 1, by which no signature exists.
Result<EccSignature, CryptoError> sm2_sign(Curve curve, ByteView d, ByteView digest,
                                           Random& random);
bool sm2_verify(Curve curve, const EccPoint& q, ByteView digest, const EccSignature& signature);
// Z_A, with which the signed message begins, of a signer with an identity of at most 8191 octets.
// Its length counts in bits, as GB/T 32918.2, 5.5, and everybody's verifiers have it, where Part 1,
// equation 64, speaks of octets.
Digest sm2_identity(Curve curve, HashAlg alg, ByteView id, const EccPoint& q);

// ECDAA (Part 1, 44.3.3.3) with the commitment r of an earlier TPM2_Commit: the nonce k and s.
// The commitment is reduced modulo n. InvalidKey: d is not in 1 .. n - 1. PointAtInfinity: r.
Result<EccSignature, CryptoError> ecdaa_sign(Curve curve, ByteView d, ByteView r, HashAlg alg,
                                             ByteView digest, Random& random);

// A number modulo the prime of the curve's field: the x coordinate that TPM2_Commit takes from a
// hash (44.2.3).
Bytes field_element(Curve curve, ByteView number);

}  // namespace vtpm::engine::crypto
