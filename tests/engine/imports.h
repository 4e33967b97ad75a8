// SPDX-License-Identifier: Apache-2.0
// Keys whose numbers a test knows, brought into a TPM by TPM2_Import; and a caller's side of the
// protections that travel between TPMs (Part 1, clauses 19 to 21), from the formulas.
#pragma once

#include "engine/commands/duplication.h"
#include "engine/crypto/ecc.h"
#include "engine/crypto/symmetric.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine::testing {

// `pub` without what keeps an object where it was made.
inline wire::Public movable(wire::Public pub) {
  pub.attributes.set(ObjectBit::FixedTpm, false);
  pub.attributes.set(ObjectBit::FixedParent, false);
  return pub;
}

// Loads an object that is given in the clear.
inline Made import_plain(TestTpm& tpm, wire::Handle parent, const wire::Public& pub,
                         const wire::Sensitive& sensitive) {
  wire::SecretPrivate blob(wire::to_wire(wire::Sized<wire::Sensitive>(sensitive)));
  auto imported = tpm.run<Import>({parent}, {.object_public = pub, .duplicate = blob});
  EXPECT_EQ(imported.code, rc::Success);
  auto loaded = tpm.run<Load>({parent}, {imported.reply.out_private, pub});
  EXPECT_EQ(loaded.code, rc::Success);
  return {
      .handle = loaded.reply.object_handle.value, .pub = pub, .name = to_bytes(loaded.reply.name)};
}

// The same of a storage key, with a seed of its own.
inline Bytes imported_seed(const wire::Public& pub) {
  return Bytes(digest_size(pub.name_hash), 0x5E);
}
inline Made import_storage_key(TestTpm& tpm, wire::Handle parent, const wire::Public& pub,
                               const Bytes& private_value) {
  return import_plain(tpm, parent, pub,
                      {.type = pub.type.value,
                       .seed = wire::Auth(ByteView(imported_seed(pub))),
                       .value = wire::PrivateValue(ByteView(private_value))});
}

// An ECC storage key made by the caller, so that both sides of an exchange can be computed.
struct KnownStorageKey {
  wire::Public pub;
  Bytes d;
};
inline KnownStorageKey known_storage_key(Peer& tpm, CurveId curve = CurveId::NistP256) {
  KnownStorageKey key{.pub = movable(unguarded(templates::ecc(templates::kStorageKey, curve)))};
  auto pair = crypto::generate_ecc_key(static_cast<crypto::Curve>(curve), tpm.caller_random);
  key.pub.unique =
      wire::EccPoint{.x = wire::EccParameter(pair.q.x), .y = wire::EccParameter(pair.q.y)};
  key.d = to_bytes(pair.d.view());
  return key;
}

// A signing key whose private scalar is 43, in so many octets.
struct SignerOf43 {
  wire::Public pub = movable(ecdsa_key());
  wire::Sensitive sensitive{.type = AlgId::Ecc};

  explicit SignerOf43(size_t octets = 32) {
    Bytes scalar(octets);
    scalar.back() = 43;
    auto q = crypto::public_point(crypto::Curve::P256, scalar);
    pub.unique = wire::EccPoint{wire::EccParameter(q->x), wire::EccParameter(q->y)};
    sensitive.value = wire::PrivateValue(ByteView(scalar));
  }
};

namespace formula {

// The seed that an ephemeral point stands for (Part 1, 44.7).
inline Bytes received_seed(const KnownStorageKey& key, std::string_view label,
                           const wire::EncryptedSecret& encrypted) {
  auto point = wire::from_wire<wire::EccPoint>(encrypted);
  if (!point) return {};
  auto curve = static_cast<crypto::Curve>(*key.pub.parameters.get<wire::EccParameters>()->curve);
  auto z = crypto::ecdh(curve, key.d, {to_bytes(point->x), to_bytes(point->y)});
  AlgId hash = *key.pub.name_hash;
  return kdfe(hash, z->x, label, point->x, key.pub.unique.get<wire::EccPoint>()->x,
              digest_size(hash));
}

// CFB with an initial value of zeros, both ways.
inline Bytes cfb(ByteView key, ByteView data, bool encrypting) {
  Bytes result = to_bytes(data);
  Bytes iv(crypto::kCipherBlockSize);
  if (encrypting)
    crypto::cfb_encrypt(crypto::Cipher::Aes, key, iv, result);
  else
    crypto::cfb_decrypt(crypto::Cipher::Aes, key, iv, result);
  return result;
}

inline size_t cipher_key_size(const wire::Public& pub) {
  const auto& symmetric = pub.parameters.get<wire::EccParameters>()->symmetric;
  return size_t{*symmetric.details.get<wire::AesDefinition>()->key_bits} / 8;
}

// Equations 40 to 43, and 44 to 47.
inline Bytes outer_wrap(const wire::Public& key, ByteView seed, ByteView name, ByteView plain) {
  AlgId hash = *key.name_hash;
  Bytes encrypted = cfb(kdfa(hash, seed, "STORAGE", name, {}, cipher_key_size(key)), plain, true);
  Bytes hmac_key = kdfa(hash, seed, "INTEGRITY", {}, {}, digest_size(hash));
  return concat({wire::to_wire(wire::Digest(hmac(hash, hmac_key, {encrypted, name}))), encrypted});
}
// What is inside, the integrity value unread.
inline Bytes outer_unwrap(const wire::Public& key, ByteView seed, ByteView name, ByteView blob) {
  AlgId hash = *key.name_hash;
  return cfb(kdfa(hash, seed, "STORAGE", name, {}, cipher_key_size(key)),
             blob.subspan(2 + digest_size(hash)), false);
}

// The private area of a child: equations 33 to 36, with an initial value of zeros.
inline Bytes child_wrap(const wire::Public& key, ByteView seed, ByteView name, ByteView plain) {
  AlgId hash = *key.name_hash;
  Bytes encrypted = cfb(kdfa(hash, seed, "STORAGE", name, {}, cipher_key_size(key)), plain, true);
  Bytes hmac_key = kdfa(hash, seed, "INTEGRITY", {}, {}, digest_size(hash));
  Bytes iv = wire::to_wire(wire::Iv(Bytes(crypto::kCipherBlockSize)));
  Bytes digest = hmac(hash, hmac_key, {iv, encrypted, name});
  return concat({wire::to_wire(wire::Digest(digest)), iv, encrypted});
}

// Equations 37 and 38.
inline Bytes inner_wrap(AlgId name_hash, ByteView key, ByteView name, ByteView sensitive) {
  Bytes digest = wire::to_wire(wire::Digest(hash(name_hash, {sensitive, name})));
  return cfb(key, concat({digest, sensitive}), true);
}

}  // namespace formula
}  // namespace vtpm::engine::testing
