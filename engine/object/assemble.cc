// SPDX-License-Identifier: Apache-2.0
#include "engine/object/assemble.h"

#include "engine/crypto/ecc.h"
#include "engine/crypto/symmetric.h"
#include "engine/object/attributes.h"
#include "engine/object/ecc_key.h"
#include "engine/object/lattice_key.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;
using wire::Public;
using wire::Sensitive;

// The checks below number what is wrong with the public area only: the sensitive area comes in more
// than one place.
constexpr Rc in_public(Rc code) {
  return code.parameter(kPublicParameter);
}

bool has_top_bit(ByteView number) {
  return !number.empty() && number.front() >= 0x80;
}

ByteView without_leading_zeros(ByteView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}
bool same_number(ByteView a, ByteView b) {
  return std::ranges::equal(without_leading_zeros(a), without_leading_zeros(b));
}

// That the prime divides the modulus is found out when the key is prepared.
TpmResult<void> check_rsa(const Public& pub, const Sensitive* sensitive) {
  const auto& parameters = *pub.parameters.get<wire::RsaParameters>();
  ByteView modulus = pub.unique.get<wire::RsaBytes>()->view();
  size_t size = size_t{*parameters.key_bits} / 8;
  REQUIRE(modulus.size() == size && has_top_bit(modulus) && modulus.back() % 2 == 1,
          in_public(rc::Key));
  REQUIRE(parameters.exponent == 0 || (parameters.exponent > 2 && parameters.exponent % 2 == 1),
          in_public(rc::Range));
  if (sensitive)
    REQUIRE(2 * sensitive->value.size() == size && has_top_bit(sensitive->value.view()),
            rc::KeySize);
  return ok;
}

TpmResult<void> check_ecc(const Public& pub, const Sensitive* sensitive) {
  crypto::Curve curve = curve_of(pub);
  const auto& q = *pub.unique.get<wire::EccPoint>();
  if (!sensitive) {
    size_t size = crypto::curve_size(curve);
    // Padded, for the Name is computed of them (Part 1, 44.5.3). Another format is as bad as a
    // point off the curve (44.5.1).
    REQUIRE(
        q.x.size() == size && q.y.size() == size && crypto::is_on_curve(curve, to_crypto_point(q)),
        in_public(rc::EccPoint));
    return ok;
  }
  REQUIRE(sensitive->value.size() == crypto::curve_size(curve), rc::KeySize);
  auto point = crypto::public_point(curve, sensitive->value.view());
  REQUIRE(point && same_number(point->x, q.x) && same_number(point->y, q.y), rc::Binding);
  return ok;
}

TpmResult<void> check_ml_kem(const Public& pub, const Sensitive* sensitive) {
  crypto::MlKemSet set = ml_kem_set_of(pub);
  if (!sensitive) {
    REQUIRE(crypto::is_ml_kem_public_key(set, lattice_key_of(pub)), in_public(rc::Key));
    return ok;
  }
  REQUIRE(sensitive->value.size() == crypto::kMlKemSeedSize, rc::KeySize);
  REQUIRE(std::ranges::equal(crypto::ml_kem_public_key(set, sensitive->value.view()),
                             lattice_key_of(pub)),
          rc::Binding);
  return ok;
}

// Any octets of the right number are a public key.
TpmResult<void> check_ml_dsa(const Public& pub, const Sensitive* sensitive) {
  crypto::MlDsaSet set = ml_dsa_set_of(pub);
  if (!sensitive) {
    REQUIRE(lattice_key_of(pub).size() == crypto::public_key_size(set), in_public(rc::Key));
    return ok;
  }
  REQUIRE(sensitive->value.size() == crypto::kMlDsaSeedSize, rc::KeySize);
  REQUIRE(std::ranges::equal(crypto::ml_dsa_public_key(set, sensitive->value.view()),
                             lattice_key_of(pub)),
          rc::Binding);
  return ok;
}

TpmResult<void> check_cipher_key(const Public& pub, ByteView key) {
  auto cipher = symmetric_definition(pub)->block_cipher();
  REQUIRE(cipher && key.size() == cipher->key_size(), rc::KeySize);
  REQUIRE(!crypto::is_weak_key(cipher->cipher(), key), rc::Key);
  return ok;
}

TpmResult<void> check_symmetric(const Public& pub, const Sensitive* sensitive) {
  if (!sensitive) return ok;
  if (pub.type == AlgId::SymCipher)
    TRY(check_cipher_key(pub, sensitive->value.view()));
  else
    REQUIRE(sensitive->value.size() <= maximum_keyed_hash_secret(pub), rc::KeySize);
  if (pub.name_hash == AlgId::Null) return ok;
  REQUIRE(sensitive->seed.size() == digest_size(pub.name_hash), rc::KeySize);
  REQUIRE(*pub.unique.get<wire::Digest>() ==
              symmetric_unique(pub.name_hash, sensitive->seed.view(), sensitive->value.view()),
          rc::Binding);
  return ok;
}

TpmResult<void> check_sensitive(const Public& pub, const Sensitive& sensitive) {
  REQUIRE(*sensitive.type == pub.type, rc::Type);
  if (pub.name_hash == AlgId::Null) return ok;
  size_t full = digest_size(pub.name_hash);
  REQUIRE(sensitive.seed.size() <= full, rc::KeySize);
  // Half a digest is the least that protects children (Part 1, 24.7.4).
  bool parent = pub.has(ObjectBit::Restricted) && pub.has(ObjectBit::Decrypt);
  if (parent) REQUIRE(sensitive.seed.size() >= full / 2, rc::Size);
  return ok;
}

TpmResult<void> check_keys(const Public& pub, const Sensitive* sensitive) {
  if (pub.type == AlgId::Rsa) return check_rsa(pub, sensitive);
  if (pub.type == AlgId::Ecc) return check_ecc(pub, sensitive);
  if (pub.type == AlgId::MlKem) return check_ml_kem(pub, sensitive);
  if (wire::is_ml_dsa(*pub.type)) return check_ml_dsa(pub, sensitive);
  return check_symmetric(pub, sensitive);
}

// A private ECC key may come without its leading zeros, wherever it comes from (Part 1, 44.5.3).
void pad_private_value(Sensitive& sensitive, const Public& pub) {
  if (pub.type != AlgId::Ecc) return;
  size_t size = crypto::curve_size(curve_of(pub));
  ByteView value = sensitive.value.view();
  if (value.empty() || value.size() >= size) return;
  Secret padded(size);
  std::ranges::copy(value, padded.bytes().subspan(size - value.size()).begin());
  sensitive.value = wire::PrivateValue(SharedSecret(std::move(padded)));
}

TpmResult<Object> assemble_areas(const Public& pub, const std::optional<Sensitive>& sensitive) {
  Object object{.pub = pub, .sensitive = sensitive};
  if (object.sensitive) {
    TRY(check_sensitive(pub, *object.sensitive));
    pad_private_value(*object.sensitive, pub);
    object.sensitive->auth = TRY(checked_auth(sensitive->auth, pub.name_hash));
  }
  TRY(check_keys(pub, object.sensitive ? &*object.sensitive : nullptr));
  TRY(try_prepare(object));
  return object;
}

}  // namespace

TpmResult<Object> assemble(const Public& pub, const std::optional<Sensitive>& sensitive,
                           unsigned sensitive_parameter) {
  auto object = assemble_areas(pub, sensitive);
  if (!object && object.error() != rc::Binding)
    return object.error().parameter(sensitive_parameter);
  return object;
}

wire::Digest symmetric_unique(AlgId name_hash, ByteView seed, ByteView value) {
  return wire::Digest(crypto::hash(to_crypto(name_hash), {seed, value}));
}

size_t maximum_keyed_hash_secret(const Public& pub) {
  const auto& details = pub.parameters.get<wire::KeyedHashParameters>()->scheme.details;
  size_t block = wire::kMaximumSymData;
  if (const auto* hmac = details.get<wire::HashScheme>())
    block = crypto::block_size(to_crypto(hmac->hash));
  else if (const auto* exclusive_or = details.get<wire::XorScheme>())
    block = crypto::block_size(to_crypto(exclusive_or->hash));
  return std::min(block, wire::kMaximumSymData);
}

void place_under(Object& object, const Object& parent) {
  object.hierarchy = parent.hierarchy;
  object.st_clear = object.st_clear || parent.st_clear;
  object.qualified_name =
      compute_qualified_name(parent.qualified_name.view(), object.pub, object.name);
}

void place_under_hierarchy(Object& object, wire::Handle hierarchy) {
  object.hierarchy = hierarchy;
  object.primary = true;
  object.qualified_name =
      compute_qualified_name(name_of_handle(hierarchy).view(), object.pub, object.name);
}

}  // namespace vtpm::engine
