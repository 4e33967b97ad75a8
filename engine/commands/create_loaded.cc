// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/create_loaded.h"

#include "engine/crypto/kdf.h"
#include "engine/object/assemble.h"
#include "engine/object/attributes.h"
#include "engine/object/create.h"
#include "engine/object/slots.h"
#include "engine/object/storage.h"

namespace vtpm::engine {
namespace {

using wire::Public;
using wire::SensitiveCreate;

TpmResult<Public> as_public(const wire::Template& bytes, const Profile& profile) {
  return at_parameter(kPublicParameter, wire::from_wire<Public>(bytes, profile));
}

// The values in the template come before those among the sensitive ones (Part 1, 25.2).
TpmResult<wire::Derive> derivation_values(const wire::Derive& in_template,
                                          const SensitiveCreate& sensitive) {
  wire::Derive derive = in_template;
  if (sensitive.data.empty()) return derive;
  wire::Derive other =
      TRY(at_parameter(kSensitiveParameter, wire::from_wire<wire::Derive>(sensitive.data.view())));
  if (derive.label.empty()) derive.label = other.label;
  if (derive.context.empty()) derive.context = other.context;
  return derive;
}

TpmResult<Object> create_derived(const Object& parent, const wire::Template& bytes,
                                 const SensitiveCreate& sensitive, const Profile& profile,
                                 const Ports& ports) {
  auto form = TRY(
      at_parameter(kPublicParameter, wire::from_wire<wire::DerivationTemplate>(bytes, profile)));
  Public pub{.type = form.type,
             .name_hash = form.name_hash,
             .attributes = form.attributes,
             .auth_policy = form.auth_policy,
             .parameters = form.parameters};
  pub.unique.select(static_cast<uint32_t>(*form.type));
  wire::Derive derive = TRY(derivation_values(form.derive, sensitive));
  TRY(check_template(pub, sensitive, Origin::Derived, &parent));
  crypto::KdfaStream stream(to_crypto(parent.pub.name_hash), parent.sensitive->value.view(),
                            derive.label, derive.context);
  // What came as data was for the derivation and is no secret of the object.
  SensitiveCreate values{.user_auth = sensitive.user_auth};
  Object object = TRY(create_object(pub, values, {stream, stream}, ports.cancellation));
  place_under(object, parent);
  return object;
}

TpmResult<Object> create_any(const Context& context, const Entity& parent,
                             const wire::Template& bytes, const SensitiveCreate& sensitive) {
  if (!parent.object) {
    Public pub = TRY(as_public(bytes, *context.state.profile));
    TRY(check_template(pub, sensitive, Origin::Primary, nullptr));
    return create_primary(context.state, parent.handle, pub, sensitive, context.ports);
  }
  if (parent.object->is_derivation_parent())
    return create_derived(*parent.object, bytes, sensitive, *context.state.profile, context.ports);
  REQUIRE(parent.object->is_parent(), rc::Type.handle(1));
  Public pub = TRY(as_public(bytes, *context.state.profile));
  TRY(check_template(pub, sensitive, Origin::Ordinary, parent.object.get()));
  return create_ordinary(*parent.object, pub, sensitive, context.ports);
}

}  // namespace

TpmResult<CreateLoaded::Reply> CreateLoaded::run(Context& context,
                                                 const Authorized<CreateLoaded>& handles,
                                                 const Params& params) {
  REQUIRE(has_free_slot(context.state), rc::ObjectMemory);
  const Entity& parent = *handles->parent;
  Object object = TRY(create_any(context, parent, params.in_public, *params.in_sensitive));
  Reply reply{.out_public = object.pub, .name = object.name};
  if (parent.object && parent.object->is_parent())
    reply.out_private = wrap_sensitive(*parent.object, object.name, object.pub.name_hash,
                                       *object.sensitive, context.ports);
  reply.object_handle.value = TRY(
      add_transient(context.state, {.object = std::make_shared<const Object>(std::move(object))}));
  return reply;
}
VTPM_COMMAND(CreateLoaded);

}  // namespace vtpm::engine
