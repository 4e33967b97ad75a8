// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/kem.h"

#include "engine/crypto/random.h"
#include "engine/object/ecc_key.h"
#include "engine/object/lattice_key.h"

namespace vtpm::engine {

using wire::ObjectBit;

namespace {

// An ECC key is one if it has a KDF (Part 1, 44.4.1).
bool is_kem_key(const wire::Public& pub) {
  if (const auto* ecc = pub.parameters.get<wire::EccParameters>())
    return ecc->kdf.scheme != AlgId::Null;
  return pub.type == AlgId::MlKem;
}

}  // namespace

// The attributes are not looked at: nothing vouches for those of a public key (14.10.1).
TpmResult<Encapsulate::Reply> Encapsulate::run(Context& context,
                                               const Authorized<Encapsulate>& handles,
                                               const Params&) {
  const Object& key = **handles->key;
  REQUIRE(is_kem_key(key.pub), rc::Key.handle(1));
  auto& random = context.ports.random;
  auto made =
      key.type() == AlgId::Ecc
          ? crypto::dhkem_encapsulate(curve_of(key.pub), public_point_of(key.pub), random)
          : crypto::ml_kem_encapsulate(ml_kem_set_of(key.pub), lattice_key_of(key.pub), random);
  REQUIRE(made, rc::Key.handle(1));
  return Reply{.shared_secret = wire::KemSecret(SharedSecret(std::move(made->secret))),
               .ciphertext = wire::KemCiphertext(made->ciphertext)};
}
VTPM_COMMAND(Encapsulate);

TpmResult<Decapsulate::Reply> Decapsulate::run(Context&, const Authorized<Decapsulate>& handles,
                                               const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(is_kem_key(key.pub), rc::Key.handle(1));
  REQUIRE(key.has(ObjectBit::Decrypt) && !key.has(ObjectBit::Restricted), rc::Attributes.handle(1));
  const bool ecc = key.type() == AlgId::Ecc;
  ByteView own = key.sensitive->value.view();
  auto secret = ecc ? crypto::dhkem_decapsulate(curve_of(key.pub), own, public_point_of(key.pub),
                                                params.ciphertext)
                    : crypto::ml_kem_decapsulate(ml_kem_set_of(key.pub), own, params.ciphertext);
  // A point in another form than the serialized one is no point, either (Part 1, 44.5.1).
  REQUIRE(secret, ecc ? rc::EccPoint.parameter(1) : rc::Size.parameter(1));
  return Reply{.shared_secret = wire::KemSecret(SharedSecret(*std::move(secret)))};
}
VTPM_COMMAND(Decapsulate);

}  // namespace vtpm::engine
