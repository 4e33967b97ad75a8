// SPDX-License-Identifier: Apache-2.0
// Curves, points and ECC keys as structures carry them, and as engine/crypto computes with them.
#pragma once

#include "engine/crypto/dhkem.h"
#include "engine/crypto/ecc.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

constexpr crypto::Curve to_crypto_curve(CurveId curve) {
  return static_cast<crypto::Curve>(curve);
}
inline crypto::EccPoint to_crypto_point(const wire::EccPoint& point) {
  return {to_bytes(point.x), to_bytes(point.y)};
}
inline wire::EccPoint to_wire_point(const crypto::EccPoint& point) {
  return {.x = wire::EccParameter(point.x), .y = wire::EccParameter(point.y)};
}
// Leaves zeros behind.
inline wire::SecretEccPoint take_secret_point(crypto::EccPoint& point) {
  using Coordinate = wire::SecretBuffer<kMaximumEccBytes>;
  wire::SecretEccPoint taken{.x = Coordinate(ByteView(point.x)),
                             .y = Coordinate(ByteView(point.y))};
  wipe(point.x);
  wipe(point.y);
  return taken;
}

// Of the public area of an ECC key.
inline crypto::Curve curve_of(const wire::Public& pub) {
  return to_crypto_curve(*pub.parameters.get<wire::EccParameters>()->curve);
}
inline crypto::EccPoint public_point_of(const wire::Public& pub) {
  return to_crypto_point(*pub.unique.get<wire::EccPoint>());
}

// Whether a key with these parameters is one for ECDH, and for key encapsulation, if it has a KDF
// of its own: no other use of such a KDF is defined (Part 2, 12.2.3.5).
inline bool has_usable_kdf(const wire::EccParameters& ecc) {
  if (ecc.kdf.scheme != AlgId::Hkdf) return ecc.kdf.scheme == AlgId::Null;
  if (ecc.scheme.scheme != AlgId::Ecdh) return false;
  return crypto::is_dhkem(to_crypto_curve(*ecc.curve),
                          to_crypto(ecc.kdf.details.get<wire::HashScheme>()->hash));
}

}  // namespace vtpm::engine
