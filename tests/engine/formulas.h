// SPDX-License-Identifier: Apache-2.0
// Functions of Part 1 in terms of a hash function alone.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "engine/algorithms.h"

namespace vtpm::engine::testing::formula {

Bytes concat(std::initializer_list<ByteView> parts);
Bytes hash(AlgId alg, std::initializer_list<ByteView> parts);
Bytes hmac(AlgId alg, ByteView key, std::initializer_list<ByteView> parts);
Bytes kdfa(AlgId alg, ByteView key, std::string_view label, ByteView context_u, ByteView context_v,
           size_t bytes);
Bytes kdfe(AlgId alg, ByteView z, std::string_view use, ByteView party_u, ByteView party_v,
           size_t bytes);

}  // namespace vtpm::engine::testing::formula
