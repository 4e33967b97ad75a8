// SPDX-License-Identifier: Apache-2.0
#include "engine/object/object.h"

#include "engine/fault.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;

wire::Name digest_with_algorithm(wire::AlgId hash, const crypto::Digest& digest) {
  uint8_t bytes[2 + kMaximumDigestSize];
  store_be<uint16_t>(bytes, static_cast<uint16_t>(hash));
  std::ranges::copy(digest.view(), bytes + 2);
  return wire::Name(ByteView(bytes, 2 + digest.size()));
}

bool is_restricted_decryption_key(const Object& object) {
  return object.has(ObjectBit::Restricted) && object.has(ObjectBit::Decrypt) &&
         !object.has(ObjectBit::Sign) && object.pub.name_hash != AlgId::Null;
}

}  // namespace

bool Object::is_parent() const {
  return type() != AlgId::KeyedHash && is_restricted_decryption_key(*this);
}

bool Object::is_derivation_parent() const {
  return type() == AlgId::KeyedHash && is_restricted_decryption_key(*this);
}

wire::Name compute_name(const wire::Public& pub) {
  if (pub.name_hash == wire::AlgId::Null) return {};
  return digest_with_algorithm(pub.name_hash,
                               crypto::hash(to_crypto(pub.name_hash), wire::to_wire(pub)));
}

wire::Name compute_qualified_name(ByteView parent_qualified_name, const wire::Public& pub,
                                  const wire::Name& name) {
  if (pub.name_hash == wire::AlgId::Null) return {};
  return digest_with_algorithm(
      pub.name_hash, crypto::hash(to_crypto(pub.name_hash), {parent_qualified_name, name.view()}));
}

wire::Name name_of_handle(wire::Handle handle) {
  return wire::Name(be_bytes(handle));
}

TpmResult<void> try_prepare(Object& object) {
  object.name = compute_name(object.pub);
  object.st_clear = object.st_clear || object.has(ObjectBit::StClear);
  const auto* parameters = object.pub.parameters.get<wire::RsaParameters>();
  const auto* modulus = object.pub.unique.get<wire::RsaBytes>();
  if (!parameters || !modulus) return ok;
  uint32_t exponent = parameters->exponent ? parameters->exponent : crypto::kDefaultRsaExponent;
  if (!object.sensitive) {
    auto pub = crypto::RsaPublicKey::create(modulus->view(), exponent);
    REQUIRE(pub, rc::Binding);
    object.rsa_public = *pub;
    return ok;
  }
  auto key =
      crypto::RsaPrivateKey::create(modulus->view(), exponent, object.sensitive->value.view());
  REQUIRE(key, rc::Binding);
  object.rsa_public = key->public_key();
  object.rsa_private = *key;
  return ok;
}

void prepare(Object& object) {
  if (!try_prepare(object)) throw Fault("an RSA key that was accepted cannot be prepared");
}

}  // namespace vtpm::engine
