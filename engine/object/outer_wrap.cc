// SPDX-License-Identifier: Apache-2.0
#include "engine/object/outer_wrap.h"

#include "engine/crypto/kdf.h"
#include "engine/crypto/random.h"
#include "engine/crypto/symmetric.h"
#include "engine/fault.h"
#include "engine/object/attributes.h"

namespace vtpm::engine {
namespace {

using BlockBytes = wire::Buffer<crypto::kCipherBlockSize>;

crypto::HashAlg hash_of(const OuterWrap& wrap) {
  return to_crypto(wrap.key.name_hash);
}

struct Encryption {
  crypto::Cipher cipher;
  Secret key;
};

// Part 1, equation 33.
Encryption encryption(const OuterWrap& wrap) {
  const auto* symmetric = symmetric_definition(wrap.key);
  auto cipher = symmetric ? symmetric->block_cipher() : std::nullopt;
  if (!cipher) throw Fault("protection by what is no storage key");
  return {.cipher = cipher->cipher(),
          .key = crypto::kdfa(hash_of(wrap), wrap.seed, text_bytes("STORAGE"), wrap.name.view(), {},
                              cipher->key_bits)};
}

// HMAC over the marshalled initial value, the ciphertext and the Name (Part 1, equation 36).
crypto::Digest integrity(const OuterWrap& wrap, ByteView protected_bytes) {
  Secret key = crypto::kdfa(hash_of(wrap), wrap.seed, text_bytes("INTEGRITY"), {}, {},
                            static_cast<uint32_t>(8 * crypto::digest_size(hash_of(wrap))));
  return crypto::hmac(hash_of(wrap), key.view(), {protected_bytes, wrap.name.view()});
}

}  // namespace

Bytes wrap_outer(const OuterWrap& wrap, InitialValue initial, Secret data, const Ports& ports) {
  std::array<uint8_t, crypto::kCipherBlockSize> iv{};
  Bytes inner;
  Writer inner_out(inner);
  if (initial == InitialValue::Random) {
    ports.random.fill(iv);
    wire::marshal(inner_out, BlockBytes(iv));
  }
  Encryption with = encryption(wrap);
  crypto::cfb_encrypt(with.cipher, with.key.view(), iv, data.bytes());
  inner_out.put(data.view());

  Bytes outer;
  Writer out(outer);
  wire::marshal(out, wire::Digest(integrity(wrap, inner)));
  out.put(inner);
  return outer;
}

TpmResult<Secret> unwrap_outer(const OuterWrap& wrap, InitialValue initial, ByteView wrapped) {
  wire::Reader in(wrapped);
  wire::Digest claimed;
  REQUIRE(wire::unmarshal(in, claimed), rc::Integrity);
  REQUIRE(constant_time_equal(claimed, integrity(wrap, in.rest())), rc::Integrity);

  constexpr std::array<uint8_t, crypto::kCipherBlockSize> kZero{};
  BlockBytes iv{ByteView(kZero)};
  if (initial == InitialValue::Random) TRY(wire::unmarshal(in, iv));
  REQUIRE(iv.size() == crypto::kCipherBlockSize, rc::Size);
  Secret plain(in.rest());
  Encryption with = encryption(wrap);
  crypto::cfb_decrypt(with.cipher, with.key.view(), iv.view(), plain.bytes());
  return plain;
}

}  // namespace vtpm::engine
