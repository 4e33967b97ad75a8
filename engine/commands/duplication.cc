// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/duplication.h"

#include "engine/crypto/random.h"
#include "engine/crypto/symmetric.h"
#include "engine/object/assemble.h"
#include "engine/object/attributes.h"
#include "engine/object/duplication.h"
#include "engine/object/outer_wrap.h"
#include "engine/object/secret_exchange.h"
#include "engine/object/storage.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;

// A blob and, once it is protected for a new parent, the seed of that.
struct Parcel {
  Secret blob;
  wire::EncryptedSecret seed{};
};

// Without a parent there is no outer wrapper.
TpmResult<Parcel> wrap_for(const ObjectRef& parent, const wire::Name& name, Secret blob,
                           const Ports& ports) {
  if (!parent) return Parcel{.blob = std::move(blob)};
  auto seed = exchange_secret(*parent, kDuplicationLabel, ports);
  if (!seed) return seed.error().handle(2);
  Bytes wrapped = wrap_outer({.key = parent->pub, .seed = seed->secret.view(), .name = name},
                             InitialValue::Zero, std::move(blob), ports);
  return Parcel{.blob = Secret{ByteView(wrapped)}, .seed = seed->encrypted};
}

struct SealedParcel {
  ByteView blob;
  const wire::EncryptedSecret& seed;
  unsigned blob_parameter, seed_parameter;  // their numbers
};

TpmResult<Secret> unwrap_by(const Object& parent, const wire::Name& name,
                            const SealedParcel& parcel, const Ports& ports) {
  Secret seed = TRY(at_parameter(parcel.seed_parameter,
                                 decrypt_secret(parent, kDuplicationLabel, parcel.seed, ports)));
  return at_parameter(parcel.blob_parameter,
                      unwrap_outer({.key = parent.pub, .seed = seed.view(), .name = name},
                                   InitialValue::Zero, parcel.blob));
}

wire::SecretData fresh_key(const wire::BlockCipher& cipher, const Ports& ports) {
  Secret key(cipher.key_size());
  do ports.random.fill(key.bytes());
  while (crypto::is_weak_key(cipher.cipher(), key.view()));
  return wire::SecretData(SharedSecret(std::move(key)));
}

}  // namespace

TpmResult<Duplicate::Reply> Duplicate::run(Context& context, const Authorized<Duplicate>& handles,
                                           const Params& params) {
  const Object& object = **handles->object;
  const ObjectRef& new_parent = *handles->new_parent;
  REQUIRE(!object.has(ObjectBit::FixedParent), rc::Attributes.handle(1));
  REQUIRE(object.pub.name_hash != AlgId::Null, rc::Type.handle(1));
  REQUIRE(!new_parent || new_parent->is_asymmetric_parent(), rc::Type.handle(2));
  size_t key_size = inner_key_size(params.symmetric_alg);
  if (object.has(ObjectBit::EncryptedDuplication)) {
    REQUIRE(key_size != 0, rc::Symmetric.parameter(2));
    REQUIRE(new_parent, rc::Hierarchy.handle(2));
  }
  const wire::SecretData& given = params.encryption_key_in;
  REQUIRE(given.empty() || given.size() == key_size, rc::Size.parameter(1));

  Reply reply;
  auto cipher = params.symmetric_alg.block_cipher();
  if (given.empty() && cipher) reply.encryption_key_out = fresh_key(*cipher, context.ports);
  const wire::SecretData& key = given.empty() ? reply.encryption_key_out : given;
  Secret inner = wrap_inner({.symmetric = params.symmetric_alg, .key = key.view()}, object);
  Parcel parcel = TRY(wrap_for(new_parent, object.name, std::move(inner), context.ports));
  reply.duplicate = wire::SecretPrivate(SharedSecret(std::move(parcel.blob)));
  reply.out_sym_seed = parcel.seed;
  return reply;
}
VTPM_COMMAND(Duplicate);

TpmResult<Rewrap::Reply> Rewrap::run(Context& context, const Authorized<Rewrap>& handles,
                                     const Params& params) {
  const ObjectRef& old_parent = *handles->old_parent;
  const ObjectRef& new_parent = *handles->new_parent;
  REQUIRE(bool(old_parent) != params.in_sym_seed.empty(), rc::Handle.handle(1));
  REQUIRE(!old_parent || old_parent->is_asymmetric_parent(), rc::Type.handle(1));
  REQUIRE(!new_parent || new_parent->is_asymmetric_parent(), rc::Type.handle(2));
  Secret blob(params.in_duplicate.view());
  if (old_parent)
    blob = TRY(unwrap_by(*old_parent, params.name,
                         {.blob = params.in_duplicate.view(),
                          .seed = params.in_sym_seed,
                          .blob_parameter = 1,
                          .seed_parameter = 3},
                         context.ports));
  Parcel parcel = TRY(wrap_for(new_parent, params.name, std::move(blob), context.ports));
  REQUIRE(parcel.blob.size() <= wire::Private::kCapacity, rc::Size.parameter(1));
  return Reply{.out_duplicate = wire::SecretPrivate(SharedSecret(std::move(parcel.blob))),
               .out_sym_seed = parcel.seed};
}
VTPM_COMMAND(Rewrap);

namespace {

// What can be said of an import without looking into the blob.
TpmResult<void> check_import(const Object& parent, const Import::Params& params) {
  const wire::Public& pub = *params.object_public;
  REQUIRE(!pub.has(ObjectBit::FixedTpm) && !pub.has(ObjectBit::FixedParent) && !is_limited(pub),
          rc::Attributes.parameter(2));
  REQUIRE(parent.is_parent(), rc::Type.handle(1));
  REQUIRE(params.encryption_key.size() == inner_key_size(params.symmetric_alg),
          rc::Size.parameter(1));
  if (pub.has(ObjectBit::EncryptedDuplication)) {
    REQUIRE(!params.encryption_key.empty(), rc::Attributes.parameter(1));
    REQUIRE(!params.in_sym_seed.empty(), rc::Attributes.parameter(4));
  }
  // A symmetric parent has nothing to recover a seed with.
  REQUIRE(params.in_sym_seed.empty() || parent.is_asymmetric_parent(), rc::Type.handle(1));
  return check_child(pub, parent);
}

}  // namespace

// The binding and all attributes are checked here, though every TPM2_Load does so again.
TpmResult<Import::Reply> Import::run(Context& context, const Authorized<Import>& handles,
                                     const Params& params) {
  constexpr unsigned kDuplicateParameter = 3;
  const Object& parent = **handles->parent;
  const wire::Public& pub = *params.object_public;
  TRY(check_import(parent, params));
  wire::Name name = compute_name(pub);
  Secret blob(params.duplicate.view());
  if (!params.in_sym_seed.empty())
    blob = TRY(unwrap_by(parent, name,
                         {.blob = params.duplicate.view(),
                          .seed = params.in_sym_seed,
                          .blob_parameter = kDuplicateParameter,
                          .seed_parameter = 4},
                         context.ports));
  InnerWrap inner{.symmetric = params.symmetric_alg, .key = params.encryption_key.view()};
  blob = TRY(at_parameter(kDuplicateParameter, unwrap_inner(inner, pub, std::move(blob))));
  bool encrypted = !params.in_sym_seed.empty() || !params.encryption_key.empty();
  wire::Sensitive sensitive = TRY(
      at_parameter(kDuplicateParameter, unmarshal_sensitive(blob.view(), WasEncrypted{encrypted})));
  Object object = TRY(assemble(pub, std::move(sensitive), kDuplicateParameter));
  return Reply{.out_private =
                   wrap_sensitive(parent, name, pub.name_hash, *object.sensitive, context.ports)};
}
VTPM_COMMAND(Import);

}  // namespace vtpm::engine
