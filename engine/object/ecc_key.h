// SPDX-License-Identifier: Apache-2.0
// Curves, points and ECC keys as structures carry them, and as engine/crypto computes with them.
#pragma once

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

// Of the public area of an ECC key.
inline crypto::Curve curve_of(const wire::Public& pub) {
  return to_crypto_curve(*pub.parameters.get<wire::EccParameters>()->curve);
}
inline crypto::EccPoint public_point_of(const wire::Public& pub) {
  return to_crypto_point(*pub.unique.get<wire::EccPoint>());
}

}  // namespace vtpm::engine
