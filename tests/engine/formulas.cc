// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/formulas.h"

#include "engine/crypto/hash.h"

namespace vtpm::engine::testing::formula {

Bytes concat(std::initializer_list<ByteView> parts) {
  Bytes all;
  for (ByteView part : parts) append(all, part);
  return all;
}

Bytes hash(AlgId alg, std::initializer_list<ByteView> parts) {
  return to_bytes(crypto::hash(to_crypto(alg), ByteView(concat(parts))).view());
}

Bytes hmac(AlgId alg, ByteView key, std::initializer_list<ByteView> parts) {
  size_t block = crypto::block_size(to_crypto(alg));
  Bytes inner = key.size() > block ? hash(alg, {key}) : to_bytes(key);
  inner.resize(block);
  Bytes outer = inner;
  for (uint8_t& byte : inner) byte ^= 0x36;
  for (uint8_t& byte : outer) byte ^= 0x5C;
  append(inner, concat(parts));
  return hash(alg, {outer, hash(alg, {inner})});
}

namespace {

Bytes number(uint32_t value) {
  Bytes bytes(sizeof value);
  store_be<uint32_t>(bytes, value);
  return bytes;
}

Bytes terminated(std::string_view label) {
  Bytes bytes = to_bytes(text_bytes(label));
  bytes.push_back(0);
  return bytes;
}

}  // namespace

Bytes kdfa(AlgId alg, ByteView key, std::string_view label, ByteView context_u, ByteView context_v,
           size_t bytes) {
  Bytes stream;
  for (uint32_t i = 1; stream.size() < bytes; ++i)
    append(stream, hmac(alg, key,
                        {number(i), terminated(label), context_u, context_v,
                         number(static_cast<uint32_t>(8 * bytes))}));
  stream.resize(bytes);
  return stream;
}

Bytes kdfe(AlgId alg, ByteView z, std::string_view use, ByteView party_u, ByteView party_v,
           size_t bytes) {
  Bytes stream;
  for (uint32_t i = 1; stream.size() < bytes; ++i)
    append(stream, hash(alg, {number(i), z, terminated(use), party_u, party_v}));
  stream.resize(bytes);
  return stream;
}

}  // namespace vtpm::engine::testing::formula
