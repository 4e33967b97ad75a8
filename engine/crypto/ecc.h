// SPDX-License-Identifier: Apache-2.0
// Elliptic curves over prime fields (Part 1, 44). Coordinates and scalars are big-endian byte
// strings; those given out are always padded to the size of the curve (44.5.3).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "engine/crypto/byte_source.h"
#include "engine/crypto/crypto_error.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"

namespace vtpm::engine::crypto {

// The values are those of TPM_ECC_CURVE (Part 2, 6.4).
enum class Curve : uint16_t {
  P192 = 0x0001,
  P224 = 0x0002,
  P256 = 0x0003,
  P384 = 0x0004,
  P521 = 0x0005,
  BnP256 = 0x0010,
  Sm2P256 = 0x0020,
};

inline constexpr std::array kAllCurves = {Curve::P192, Curve::P224,   Curve::P256,   Curve::P384,
                                          Curve::P521, Curve::BnP256, Curve::Sm2P256};

// The curve with this identifier; nothing when it is not one of ours.
std::optional<Curve> curve_from_id(uint16_t id);

// Bits in the field's prime: 192 to 521.
size_t curve_bits(Curve curve);
// Bytes in a coordinate, and in a scalar: 24 to 66.
inline size_t curve_size(Curve curve) {
  return (curve_bits(curve) + 7) / 8;
}

// TPM2_ECC_Parameters' numbers, each padded to the size of the curve, except the cofactor.
struct CurveParameters {
  Bytes p, a, b, gx, gy, n, h;
};
CurveParameters curve_parameters(Curve curve);

struct EccPoint {
  Bytes x, y;
  friend bool operator==(const EccPoint&, const EccPoint&) = default;
};

struct EccKeyPair {
  Secret d;
  EccPoint q;
};

// The method of FIPS 186-5, A.2.1 (Part 1, 44.6): length(n) + 64 bits from the stream, taken as
// whole bytes of which the first one's unused high bits are cleared, then d = c mod (n - 1) + 1.
// The same stream gives the same key for ever.
EccKeyPair generate_ecc_key(Curve curve, ByteSource& source);

// Whether the coordinates are numbers below p that satisfy the curve's equation. Coordinates of
// other lengths than the curve's count as long as the value fits.
bool is_on_curve(Curve curve, const EccPoint& point);

// [scalar]G and [scalar]point. The scalar is reduced modulo n; at most curve_size() + 8 bytes.
// InvalidPoint; InvalidSize: the scalar; PointAtInfinity.
Result<EccPoint, CryptoError> multiply_generator(Curve curve, ByteView scalar);
Result<EccPoint, CryptoError> multiply_point(Curve curve, ByteView scalar, const EccPoint& point);
// The public point of a private key. InvalidKey: d is not in 1 .. n - 1.
Result<EccPoint, CryptoError> public_point(Curve curve, ByteView d);

// ECDH with cofactor (44.7.1): the point [h * d]q; its x coordinate is Z.
// InvalidKey, InvalidPoint, PointAtInfinity.
Result<EccPoint, CryptoError> ecdh(Curve curve, ByteView d, const EccPoint& q);

struct EccSignature {
  Bytes r, s;  // padded to the size of the curve
};

// ECDSA (44.3.1) of a digest of any size; a longer one than the curve's order counts with its
// leading bits only. InvalidKey: d is not in 1 .. n - 1.
Result<EccSignature, CryptoError> ecdsa_sign(Curve curve, ByteView d, ByteView digest,
                                             Random& random);
bool ecdsa_verify(Curve curve, const EccPoint& q, ByteView digest, const EccSignature& signature);

}  // namespace vtpm::engine::crypto
