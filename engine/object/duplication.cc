// SPDX-License-Identifier: Apache-2.0
#include "engine/object/duplication.h"

#include "engine/crypto/ecc.h"
#include "engine/crypto/symmetric.h"
#include "engine/object/assemble.h"
#include "engine/object/ecc_key.h"
#include "engine/object/storage.h"

namespace vtpm::engine {
namespace {

constexpr std::array<uint8_t, crypto::kCipherBlockSize> kZeroIv{};

// H_nameAlg(sensitive || name) (Part 1, equation 37).
wire::Digest integrity(const wire::Public& pub, ByteView sensitive) {
  return wire::Digest(
      crypto::hash(to_crypto(pub.name_hash), {sensitive, compute_name(pub).view()}));
}

}  // namespace

size_t inner_key_size(const wire::SymmetricObjectDefinition& symmetric) {
  auto cipher = symmetric.block_cipher();
  return cipher ? cipher->key_size() : 0;
}

Secret wrap_inner(const InnerWrap& wrap, const Object& object) {
  Secret sensitive = marshal_sensitive(*object.sensitive, object.pub.name_hash);
  auto cipher = wrap.symmetric.block_cipher();
  if (!cipher) return sensitive;
  Bytes digest = wire::to_wire(integrity(object.pub, sensitive.view()));
  Secret blob(digest.size() + sensitive.size());
  std::ranges::copy(digest, blob.bytes().begin());
  std::ranges::copy(sensitive.view(), blob.bytes().subspan(digest.size()).begin());
  crypto::cfb_encrypt(cipher->cipher(), wrap.key, kZeroIv, blob.bytes());
  return blob;
}

TpmResult<Secret> unwrap_inner(const InnerWrap& wrap, const wire::Public& pub, Secret blob) {
  auto cipher = wrap.symmetric.block_cipher();
  if (!cipher) return blob;
  crypto::cfb_decrypt(cipher->cipher(), wrap.key, kZeroIv, blob.bytes());
  wire::Reader in(blob.view());
  wire::Digest claimed;
  REQUIRE(wire::unmarshal(in, claimed), rc::Integrity);
  REQUIRE(constant_time_equal(claimed, integrity(pub, in.rest())), rc::Integrity);
  return Secret(in.rest());
}

}  // namespace vtpm::engine
