// SPDX-License-Identifier: Apache-2.0
// A point as structures carry it, and as engine/crypto computes with it.
#pragma once

#include "engine/crypto/ecc.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

inline crypto::EccPoint to_crypto_point(const wire::EccPoint& point) {
  return {to_bytes(point.x), to_bytes(point.y)};
}
inline wire::EccPoint to_wire_point(const crypto::EccPoint& point) {
  return {.x = wire::EccParameter(point.x), .y = wire::EccParameter(point.y)};
}

}  // namespace vtpm::engine
