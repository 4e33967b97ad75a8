// SPDX-License-Identifier: Apache-2.0
#include "engine/object/create.h"

#include "engine/crypto/derive.h"
#include "engine/crypto/ecc.h"
#include "engine/crypto/symmetric.h"
#include "engine/fault.h"
#include "engine/hierarchy.h"
#include "engine/object/assemble.h"
#include "engine/object/attributes.h"
#include "engine/object/ecc_key.h"
#include "engine/object/lattice_key.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;
using wire::Public;
using wire::Sensitive;
using wire::SensitiveCreate;

SharedSecret take(crypto::ByteSource& source, size_t size) {
  Secret bytes(size);
  source.fill(bytes.bytes());
  return SharedSecret(std::move(bytes));
}

bool caller_gives_secret(const Public& pub, const SensitiveCreate& sensitive) {
  return !pub.has(ObjectBit::SensitiveDataOrigin) && !sensitive.data.empty();
}

TpmResult<void> make_rsa(Object& object, crypto::ByteSource& source,
                         const Cancellation& cancellation) {
  const auto& parameters = *object.pub.parameters.get<wire::RsaParameters>();
  uint32_t exponent = parameters.exponent ? parameters.exponent : crypto::kDefaultRsaExponent;
  auto key = crypto::generate_rsa_key(*parameters.key_bits, exponent, source, cancellation);
  if (!key) {
    REQUIRE(key.error() == crypto::CryptoError::Cancelled, rc::Range.parameter(kPublicParameter));
    return rc::Canceled;
  }
  object.pub.unique = wire::RsaBytes(key->modulus);
  object.sensitive->value = wire::PrivateValue(SharedSecret(std::move(key->prime)));
  return ok;
}

void make_ecc(Object& object, crypto::ByteSource& source) {
  crypto::EccKeyPair key = crypto::generate_ecc_key(curve_of(object.pub), source);
  object.pub.unique = to_wire_point(key.q);
  object.sensitive->value = wire::PrivateValue(SharedSecret(std::move(key.d)));
}

void make_ml_kem(Object& object, crypto::ByteSource& source) {
  SharedSecret seed = take(source, crypto::kMlKemSeedSize);
  object.pub.unique =
      wire::MlKemPublicKey(crypto::ml_kem_public_key(ml_kem_set_of(object.pub), seed.view()));
  object.sensitive->value = wire::PrivateValue(seed);
}

void make_ml_dsa(Object& object, crypto::ByteSource& source) {
  SharedSecret seed = take(source, crypto::kMlDsaSeedSize);
  object.pub.unique =
      wire::MlDsaPublicKey(crypto::ml_dsa_public_key(ml_dsa_set_of(object.pub), seed.view()));
  object.sensitive->value = wire::PrivateValue(seed);
}

TpmResult<void> make_cipher_key(Object& object, const SensitiveCreate& sensitive,
                                crypto::ByteSource& source) {
  auto cipher = symmetric_definition(object.pub)->block_cipher();
  if (!cipher) throw Fault("a cipher key without a cipher");
  size_t size = cipher->key_size();
  if (caller_gives_secret(object.pub, sensitive)) {
    REQUIRE(sensitive.data.size() <= size, rc::Size.parameter(kSensitiveParameter));
    REQUIRE(sensitive.data.size() == size, rc::KeySize.parameter(kSensitiveParameter));
    REQUIRE(!crypto::is_weak_key(cipher->cipher(), sensitive.data.view()),
            rc::Key.parameter(kSensitiveParameter));
    object.sensitive->value = wire::PrivateValue(sensitive.data.secret());
    return ok;
  }
  SharedSecret key = take(source, size);
  while (crypto::is_weak_key(cipher->cipher(), key.view())) key = take(source, size);
  object.sensitive->value = wire::PrivateValue(key);
  return ok;
}

TpmResult<void> make_keyed_hash(Object& object, const SensitiveCreate& sensitive,
                                crypto::ByteSource& source) {
  if (caller_gives_secret(object.pub, sensitive)) {
    REQUIRE(sensitive.data.size() <= maximum_keyed_hash_secret(object.pub),
            rc::Size.parameter(kSensitiveParameter));
    object.sensitive->value = wire::PrivateValue(sensitive.data.secret());
  } else {
    object.sensitive->value = wire::PrivateValue(take(source, digest_size(object.pub.name_hash)));
  }
  return ok;
}

// An obfuscation value, or what the children of a storage key are protected with
// (Part 1, 24.7.4).
void make_seed(Object& object, crypto::ByteSource& source) {
  bool symmetric = object.type() == AlgId::KeyedHash || object.type() == AlgId::SymCipher;
  if (!symmetric && !object.is_parent()) return;
  object.sensitive->seed = wire::Auth(take(source, digest_size(object.pub.name_hash)));
  if (symmetric)
    object.pub.unique = symmetric_unique(object.pub.name_hash, object.sensitive->seed.view(),
                                         object.sensitive->value.view());
}

TpmResult<void> make_secret(Object& object, const SensitiveCreate& sensitive,
                            crypto::ByteSource& source, const Cancellation& cancellation) {
  switch (object.type()) {
    case AlgId::Rsa:
      return make_rsa(object, source, cancellation);
    case AlgId::Ecc:
      make_ecc(object, source);
      return ok;
    case AlgId::SymCipher:
      return make_cipher_key(object, sensitive, source);
    case AlgId::KeyedHash:
      return make_keyed_hash(object, sensitive, source);
    case AlgId::MlKem:
      make_ml_kem(object, source);
      return ok;
    case AlgId::MlDsa:
    case AlgId::HashMlDsa:
      make_ml_dsa(object, source);
      return ok;
    default:
      throw Fault("an object of a type that cannot be created");
  }
}

}  // namespace

TpmResult<Object> create_object(const Public& object_template, const SensitiveCreate& sensitive,
                                const ObjectSources& sources, const Cancellation& cancellation) {
  Object object{.pub = object_template, .sensitive = Sensitive{.type = object_template.type.value}};
  object.sensitive->auth = TRY(at_parameter(
      kSensitiveParameter, checked_auth(sensitive.user_auth, object_template.name_hash)));
  TRY(make_secret(object, sensitive, sources.secret, cancellation));
  make_seed(object, sources.seed);
  prepare(object);
  return object;
}

TpmResult<Object> create_ordinary(const Object& parent, const Public& object_template,
                                  const SensitiveCreate& sensitive, const Ports& ports) {
  Object object = TRY(
      create_object(object_template, sensitive, {ports.random, ports.random}, ports.cancellation));
  place_under(object, parent);
  return object;
}

TpmResult<Object> create_primary(const State& state, wire::Handle hierarchy,
                                 const Public& object_template, const SensitiveCreate& sensitive,
                                 const Ports& ports) {
  uint16_t level = state.hierarchies->derivation_level;
  ByteView seed = primary_seed(state, hierarchy).view();
  wire::Name where = name_of_handle(hierarchy);
  crypto::Digest what = crypto::hash(crypto::HashAlg::Sha512, wire::to_wire(object_template));
  ByteView data = sensitive.data.view();
  // A change of the storage seed must void the children of endorsement keys, though not the keys
  // (Part 1, 24.7.4).
  ByteView owner =
      hierarchy == wire::rh::Endorsement ? state.hierarchies->storage_proof.view() : ByteView();
  crypto::SeedStream secret(level, seed, "secret", {where.view(), what, data});
  crypto::SeedStream seed_value(level, seed, "seed value", {where.view(), what, data, owner});
  Object object =
      TRY(create_object(object_template, sensitive, {secret, seed_value}, ports.cancellation));
  place_under_hierarchy(object, hierarchy);
  return object;
}

}  // namespace vtpm::engine
