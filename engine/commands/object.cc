// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/object.h"

#include "engine/object/assemble.h"
#include "engine/object/attributes.h"
#include "engine/object/create.h"
#include "engine/object/creation_data.h"
#include "engine/object/slots.h"
#include "engine/object/storage.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;

TpmResult<wire::Handle> keep(State& state, Object object) {
  return add_transient(state, {.object = std::make_shared<const Object>(std::move(object))});
}

}  // namespace

TpmResult<Create::Reply> Create::run(Context& context, const Authorized<Create>& handles,
                                     const Params& params) {
  const Object& parent = **handles->parent;
  REQUIRE(parent.is_parent(), rc::Type.handle(1));
  TRY(check_template(*params.in_public, *params.in_sensitive, Origin::Ordinary, &parent));
  Object object =
      TRY(create_ordinary(parent, *params.in_public, *params.in_sensitive, context.ports));
  CreationEvidence evidence = creation_evidence(
      context, object,
      {.parent = &parent, .outside_info = params.outside_info, .pcrs = params.creation_pcr});
  return Reply{.out_private = wrap_sensitive(parent, object.name, object.pub.name_hash,
                                             *object.sensitive, context.ports),
               .out_public = object.pub,
               .creation_data = evidence.data,
               .creation_hash = evidence.hash,
               .creation_ticket = evidence.ticket};
}
VTPM_COMMAND(Create);

TpmResult<CreatePrimary::Reply> CreatePrimary::run(Context& context,
                                                   const Authorized<CreatePrimary>& handles,
                                                   const Params& params) {
  REQUIRE(has_free_slot(context.state), rc::ObjectMemory);
  TRY(check_template(*params.in_public, *params.in_sensitive, Origin::Primary, nullptr));
  Object object = TRY(create_primary(context.state, *handles->primary, *params.in_public,
                                     *params.in_sensitive, context.ports));
  CreationEvidence evidence = creation_evidence(
      context, object, {.outside_info = params.outside_info, .pcrs = params.creation_pcr});
  Reply reply{.out_public = object.pub,
              .creation_data = evidence.data,
              .creation_hash = evidence.hash,
              .creation_ticket = evidence.ticket,
              .name = object.name};
  reply.object_handle.value = TRY(keep(context.state, std::move(object)));
  return reply;
}
VTPM_COMMAND(CreatePrimary);

TpmResult<Load::Reply> Load::run(Context& context, const Authorized<Load>& handles,
                                 const Params& params) {
  REQUIRE(has_free_slot(context.state), rc::ObjectMemory);
  const Object& parent = **handles->parent;
  const wire::Public& pub = *params.in_public;
  REQUIRE(parent.is_parent(), rc::Type.handle(1));
  REQUIRE(pub.name_hash != AlgId::Null, rc::Hash.parameter(kPublicParameter));
  wire::Sensitive sensitive = TRY(at_parameter(
      kSensitiveParameter, unwrap_sensitive(parent, compute_name(pub), params.in_private)));
  TRY(check_child(pub, parent));
  Object object = TRY(assemble(pub, std::move(sensitive)));
  place_under(object, parent);
  Reply reply{.name = object.name};
  reply.object_handle.value = TRY(keep(context.state, std::move(object)));
  return reply;
}
VTPM_COMMAND(Load);

TpmResult<LoadExternal::Reply> LoadExternal::run(Context& context, const Authorized<LoadExternal>&,
                                                 const Params& params) {
  REQUIRE(has_free_slot(context.state), rc::ObjectMemory);
  bool whole = params.in_private.value.has_value();
  // An object whose secret the caller knows belongs to no hierarchy (12.3.1).
  REQUIRE(hierarchy_enabled(context.state, params.hierarchy) &&
              (!whole || params.hierarchy == wire::rh::Null),
          rc::Hierarchy.parameter(3));
  TRY(check_external(*params.in_public, whole));
  Object object = TRY(assemble(*params.in_public, params.in_private.value));
  object.hierarchy = params.hierarchy;
  object.external = true;
  object.qualified_name = object.name;
  Reply reply{.name = object.name};
  reply.object_handle.value = TRY(keep(context.state, std::move(object)));
  return reply;
}
VTPM_COMMAND(LoadExternal);

TpmResult<ReadPublic::Reply> ReadPublic::run(Context&, const Authorized<ReadPublic>& handles,
                                             const Params&) {
  const Object& object = **handles->object;
  return Reply{
      .out_public = object.pub, .name = object.name, .qualified_name = object.qualified_name};
}
VTPM_COMMAND(ReadPublic);

TpmResult<Unseal::Reply> Unseal::run(Context&, const Authorized<Unseal>& handles, const Params&) {
  const Object& item = **handles->item;
  REQUIRE(item.type() == AlgId::KeyedHash, rc::Type.handle(1));
  REQUIRE(!item.has(ObjectBit::Restricted) && !item.has(ObjectBit::Decrypt) &&
              !item.has(ObjectBit::Sign),
          rc::Attributes.handle(1));
  return Reply{.out_data = wire::SensitiveData(item.sensitive->value.secret())};
}
VTPM_COMMAND(Unseal);

TpmResult<ObjectChangeAuth::Reply> ObjectChangeAuth::run(
    Context& context, const Authorized<ObjectChangeAuth>& handles, const Params& params) {
  const Object& object = **handles->object;
  const Object& parent = **handles->parent;
  wire::Sensitive changed = *object.sensitive;
  changed.auth = TRY(at_parameter(1, checked_auth(params.new_auth, object.pub.name_hash)));
  // Only the parent itself gives the object its qualified name; a primary or external object has
  // none.
  bool is_child = parent.is_parent() && parent.sensitive &&
                  compute_qualified_name(parent.qualified_name.view(), object.pub, object.name) ==
                      object.qualified_name;
  REQUIRE(is_child && !object.name.empty(), rc::Type.handle(2));
  return Reply{.out_private = wrap_sensitive(parent, object.name, object.pub.name_hash, changed,
                                             context.ports)};
}
VTPM_COMMAND(ObjectChangeAuth);

}  // namespace vtpm::engine
