// SPDX-License-Identifier: Apache-2.0
#include "engine/object/storage.h"

#include "engine/crypto/kdf.h"
#include "engine/crypto/random.h"
#include "engine/crypto/symmetric.h"
#include "engine/fault.h"
#include "engine/object/attributes.h"

namespace vtpm::engine {
namespace {

using InitialVector = wire::Buffer<crypto::kCipherBlockSize>;

crypto::HashAlg hash_of(const Object& parent) {
  return to_crypto(parent.pub.name_hash);
}

struct Protection {
  crypto::Cipher cipher;
  Secret key;
};
Protection protection(const Object& parent, const wire::Name& name) {
  const auto* symmetric = symmetric_definition(parent.pub);
  auto cipher = symmetric ? symmetric->block_cipher() : std::nullopt;
  if (!cipher || !parent.sensitive) throw Fault("protected storage under what is no parent");
  return {.cipher = cipher->cipher(),
          .key = crypto::kdfa(hash_of(parent), parent.sensitive->seed.view(), text_bytes("STORAGE"),
                              name.view(), {}, cipher->key_bits)};
}

// HMAC over the marshalled IV, the ciphertext and the Name (Part 1, equation 36).
crypto::Digest integrity(const Object& parent, const wire::Name& name, ByteView protected_bytes) {
  Secret key =
      crypto::kdfa(hash_of(parent), parent.sensitive->seed.view(), text_bytes("INTEGRITY"), {}, {},
                   static_cast<uint32_t>(8 * crypto::digest_size(hash_of(parent))));
  return crypto::hmac(hash_of(parent), key.view(), {protected_bytes, name.view()});
}

// The authValue as long as it can be, so that the length of the private area says nothing about
// its own (Part 1, 24.7.3).
wire::Auth padded(const wire::Auth& auth, AlgId name_hash) {
  Secret full(digest_size(name_hash));
  std::ranges::copy(auth.view(), full.bytes().begin());
  return wire::Auth(SharedSecret(std::move(full)));
}

// A TPM2B_SENSITIVE.
Secret marshal_sensitive(wire::Sensitive sensitive, AlgId name_hash) {
  sensitive.auth = padded(sensitive.auth, name_hash);
  Bytes plain;
  plain.reserve(wire::Private::kCapacity);  // never moved: no copy stays behind
  Writer out(plain);
  wire::marshal(out, wire::Sized<wire::Sensitive>(std::move(sensitive)));
  Secret secret{ByteView(plain)};
  wipe(plain);
  return secret;
}

}  // namespace

wire::Private wrap_sensitive(const Object& parent, const wire::Name& name, AlgId name_hash,
                             const wire::Sensitive& sensitive, const Ports& ports) {
  std::array<uint8_t, crypto::kCipherBlockSize> iv;
  ports.random.fill(iv);
  Secret data = marshal_sensitive(sensitive, name_hash);
  Protection with = protection(parent, name);
  crypto::cfb_encrypt(with.cipher, with.key.view(), iv, data.bytes());

  Bytes inner;
  Writer inner_out(inner);
  wire::marshal(inner_out, InitialVector(iv));
  inner_out.put(data.view());

  Bytes outer;
  Writer out(outer);
  wire::marshal(out, wire::Digest(integrity(parent, name, inner)));
  out.put(inner);
  return wire::Private(outer);
}

TpmResult<wire::Sensitive> unwrap_sensitive(const Object& parent, const wire::Name& name,
                                            const wire::Private& wrapped) {
  REQUIRE(!wrapped.empty(), rc::Size);
  Reader in(wrapped);
  wire::Digest claimed;
  REQUIRE(wire::unmarshal(in, claimed), rc::Integrity);
  REQUIRE(constant_time_equal(claimed, integrity(parent, name, in.rest())), rc::Integrity);

  InitialVector iv;
  TRY(wire::unmarshal(in, iv));
  REQUIRE(iv.size() == crypto::kCipherBlockSize, rc::Size);
  Secret plain(in.rest());
  Protection with = protection(parent, name);
  crypto::cfb_decrypt(with.cipher, with.key.view(), iv.view(), plain.bytes());
  return (TRY(wire::from_wire<wire::Sized<wire::Sensitive>>(plain.view()))).value;
}

}  // namespace vtpm::engine
