// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/context.h"

#include "engine/object/context.h"
#include "engine/object/slots.h"

namespace vtpm::engine {
namespace {

using wire::Handle;
namespace rh = wire::rh;

// A handle out of the range of its type is TPM_RC_VALUE (Part 2, 9.11), one of nothing
// TPM_RC_HANDLE.
TpmResult<void> flush_session(State& state, Handle handle) {
  // HMAC and policy sessions share one range: the type in the handle does not count (28.4.1).
  size_t slot = session_slot(handle);
  REQUIRE(slot < kMaximumSessions, rc::Value.parameter(1));
  REQUIRE(state.sessions->slots[slot].active(), rc::Handle.parameter(1));
  SessionTable& table = state.sessions.write();
  table.slots[slot] = {};
  if (table.exclusive_audit && session_slot(*table.exclusive_audit) == slot)
    table.exclusive_audit.reset();
  return ok;
}

TpmResult<void> flush_transient(State& state, Handle handle) {
  size_t slot = transient_index(handle);
  REQUIRE(slot < TransientObjects::kSlots, rc::Value.parameter(1));
  REQUIRE(state.transient->slots[slot].occupied(), rc::Handle.parameter(1));
  remove_transient(state, handle);
  return ok;
}

// The half of the persistent handles that an authorization may assign.
bool in_range(Handle auth, Handle persistent) {
  return (auth == rh::Platform) == (persistent >= wire::kPlatformPersistent);
}

TpmResult<void> make_persistent(State& state, Handle auth, const ObjectRef& object,
                                Handle persistent) {
  // A public key alone may become persistent, since version 185 of the specification.
  REQUIRE(object->hierarchy != rh::Null && !object->st_clear, rc::Attributes.handle(2));
  REQUIRE((auth == rh::Platform) == (object->hierarchy == rh::Platform), rc::Hierarchy.handle(2));
  REQUIRE(in_range(auth, persistent), rc::Range.parameter(1));
  REQUIRE(!state.persistent->objects.contains(persistent), rc::NvDefined);
  REQUIRE(state.persistent->objects.size() < PersistentObjects::kMaximum, rc::NvSpace);
  state.persistent.write().objects.emplace(persistent, object.object);
  return ok;
}

TpmResult<void> evict(State& state, Handle auth, const ObjectRef& object, Handle persistent) {
  // The platform may evict the owner's objects, too.
  REQUIRE(auth == rh::Platform || in_range(auth, object.handle), rc::Range.handle(2));
  REQUIRE(object.handle == persistent, rc::Handle.handle(2));
  state.persistent.write().objects.erase(persistent);
  return ok;
}

}  // namespace

TpmResult<ContextSave::Reply> ContextSave::run(Context& context,
                                               const Authorized<ContextSave>& handles,
                                               const Params&) {
  return Reply{.context = save_context(context.state, *handles->save, context.ports)};
}
VTPM_COMMAND(ContextSave);

TpmResult<ContextLoad::Reply> ContextLoad::run(Context& context, const Authorized<ContextLoad>&,
                                               const Params& params) {
  auto handle = load_context(context.state, params.context);
  if (!handle) return handle.error().parameter(1);
  Reply reply;
  reply.loaded_handle.value = *handle;
  return reply;
}
VTPM_COMMAND(ContextLoad);

TpmResult<FlushContext::Reply> FlushContext::run(Context& context, const Authorized<FlushContext>&,
                                                 const Params& params) {
  Handle handle = params.flush_handle;
  if (is_session_handle(handle))
    TRY(flush_session(context.state, handle));
  else
    TRY(flush_transient(context.state, handle));
  return Reply{};
}
VTPM_COMMAND(FlushContext);

TpmResult<EvictControl::Reply> EvictControl::run(Context& context,
                                                 const Authorized<EvictControl>& handles,
                                                 const Params& params) {
  const ObjectRef& object = *handles->object;
  Handle auth = *handles->auth, persistent = params.persistent_handle;
  if (wire::handle_type(object.handle) == wire::HandleType::Transient)
    TRY(make_persistent(context.state, auth, object, persistent));
  else
    TRY(evict(context.state, auth, object, persistent));
  return Reply{};
}
VTPM_COMMAND(EvictControl);

}  // namespace vtpm::engine
