// SPDX-License-Identifier: Apache-2.0
// Points and scalars as OpenSSL has them: what the schemes of elliptic curves share. Internal.
#pragma once

#include "engine/crypto/ecc.h"
#include "engine/crypto/openssl.h"

namespace vtpm::engine::crypto {

// OpenSSL's groups, made at the first use of any and kept as long as library().
const EC_GROUP* group_of(Curve curve);
const BIGNUM* order(Curve curve);
const BIGNUM* field(Curve curve);

// Nothing unless the coordinates are a point of the curve.
Owned<EC_POINT> to_point(Curve curve, const EccPoint& from, BN_CTX* context);
// PointAtInfinity.
Result<EccPoint, CryptoError> from_point(Curve curve, const EC_POINT* point, BN_CTX* context);

// As SEC 1, 2.3.3 has a point without compression: 0x04 and both coordinates.
Bytes uncompressed(Curve curve, const EccPoint& point);

// InvalidKey: d is not in 1 .. n - 1.
Result<Bn, CryptoError> private_scalar(Curve curve, ByteView d);

// [scalar]G, or [scalar]base when there is one.
Result<EccPoint, CryptoError> multiply(Curve curve, const BIGNUM* scalar, const EC_POINT* base,
                                       BN_CTX* context);

}  // namespace vtpm::engine::crypto
