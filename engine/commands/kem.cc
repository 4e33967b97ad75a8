// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/kem.h"

#include "engine/crypto/random.h"
#include "engine/object/lattice_key.h"

namespace vtpm::engine {

using wire::ObjectBit;

// The attributes are not looked at: nothing vouches for those of a public key (14.10.1).
TpmResult<Encapsulate::Reply> Encapsulate::run(Context& context,
                                               const Authorized<Encapsulate>& handles,
                                               const Params&) {
  const Object& key = **handles->key;
  REQUIRE(key.type() == AlgId::MlKem, rc::Key.handle(1));
  auto made = crypto::ml_kem_encapsulate(ml_kem_set_of(key.pub), lattice_key_of(key.pub),
                                         context.ports.random);
  REQUIRE(made, rc::Key.handle(1));
  return Reply{.shared_secret = wire::KemSecret(SharedSecret(std::move(made->secret))),
               .ciphertext = wire::KemCiphertext(made->ciphertext)};
}
VTPM_COMMAND(Encapsulate);

TpmResult<Decapsulate::Reply> Decapsulate::run(Context&, const Authorized<Decapsulate>& handles,
                                               const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.type() == AlgId::MlKem, rc::Key.handle(1));
  REQUIRE(key.has(ObjectBit::Decrypt) && !key.has(ObjectBit::Restricted), rc::Attributes.handle(1));
  auto secret = crypto::ml_kem_decapsulate(ml_kem_set_of(key.pub), key.sensitive->value.view(),
                                           params.ciphertext);
  REQUIRE(secret, rc::Size.parameter(1));
  return Reply{.shared_secret = wire::KemSecret(SharedSecret(*std::move(secret)))};
}
VTPM_COMMAND(Decapsulate);

}  // namespace vtpm::engine
