// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/credential.h"

#include "engine/object/outer_wrap.h"
#include "engine/object/secret_exchange.h"

namespace vtpm::engine {
namespace {

OuterWrap credential_wrap(const Object& key, const Secret& seed, const wire::Name& name) {
  return {.key = key.pub, .seed = seed.view(), .name = name};
}

}  // namespace

TpmResult<ActivateCredential::Reply> ActivateCredential::run(
    Context& context, const Authorized<ActivateCredential>& handles, const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.is_asymmetric_parent(), rc::Type.handle(2));
  auto seed = decrypt_secret(key, kCredentialLabel, params.secret, context.ports);
  if (!seed) return seed.error().parameter(2);
  auto plain = unwrap_outer(credential_wrap(key, *seed, handles->activate->object->name),
                            InitialValue::Zero, params.credential_blob);
  if (!plain) return plain.error().parameter(1);
  auto credential = wire::from_wire<wire::SecretDigest>(plain->view());
  if (!credential) return credential.error().parameter(1);
  return Reply{.cert_info = *credential};
}
VTPM_COMMAND(ActivateCredential);

TpmResult<MakeCredential::Reply> MakeCredential::run(Context& context,
                                                     const Authorized<MakeCredential>& handles,
                                                     const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.is_asymmetric_parent(), rc::Type.handle(1));
  // No larger than what every TPM with such a key can return (Table 27).
  REQUIRE(params.credential.size() <= digest_size(key.pub.name_hash), rc::Size.parameter(1));
  auto seed = exchange_secret(key, kCredentialLabel, context.ports);
  if (!seed) return seed.error().handle(1);
  Secret plain =
      wire::to_secret(params.credential, sizeof(uint16_t) + wire::SecretDigest::kCapacity);
  Bytes blob = wrap_outer(credential_wrap(key, seed->secret, params.object_name),
                          InitialValue::Zero, std::move(plain), context.ports);
  return Reply{.credential_blob = wire::IdObject(blob), .secret = seed->encrypted};
}
VTPM_COMMAND(MakeCredential);

}  // namespace vtpm::engine
