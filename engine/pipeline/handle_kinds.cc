// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/handle_kinds.h"

#include <initializer_list>

#include "engine/nv/storage.h"

namespace vtpm::engine {
namespace {

using wire::Handle;
using wire::HandleType;
namespace rh = wire::rh;

TpmResult<Entity> resolve_transient(const State& state, Handle handle) {
  size_t index = handle - wire::first_handle(HandleType::Transient);
  REQUIRE(index < TransientObjects::kSlots, rc::Value);  // beyond TRANSIENT_LAST
  REQUIRE(state.transient->slots[index].occupied(), rc::ReferenceH0);
  const TransientSlot& slot = state.transient->slots[index];
  return Entity{.handle = handle, .object = slot.object, .sequence = slot.sequence};
}

TpmResult<Entity> resolve_persistent(const State& state, Handle handle) {
  auto found = state.persistent->objects.find(handle);
  if (found == state.persistent->objects.end()) return rc::Handle;
  const ObjectPtr& object = found->second;
  // A platform object needs phEnable, an owner's shEnable, an endorsement object's both
  // shEnable and ehEnable (Part 3, 5.4).
  Handle by_handle = handle >= wire::kPlatformPersistent ? rh::Platform : rh::Owner;
  if (!hierarchy_enabled(state, by_handle) || !hierarchy_enabled(state, object->hierarchy))
    return rc::Handle;
  return Entity{.handle = handle, .object = object};
}

TpmResult<Entity> resolve_session(const State& state, Handle handle) {
  size_t index = session_slot(handle);
  if (index >= kMaximumSessions) return rc::Value;
  const SessionPtr& session = state.sessions->slots[index].loaded;
  if (!session || session_handle(index, session->is_policy()) != handle) return rc::ReferenceH0;
  return Entity{.handle = handle, .session = session};
}

TpmResult<Entity> resolve_object_or_sequence(const State& state, Handle handle) {
  switch (wire::handle_type(handle)) {
    case HandleType::Transient:
      return resolve_transient(state, handle);
    case HandleType::Persistent:
      return resolve_persistent(state, handle);
    default:
      return rc::Value;
  }
}

TpmResult<Entity> resolve_object(const State& state, Handle handle, Rc if_sequence) {
  Entity entity = TRY(resolve_object_or_sequence(state, handle));
  if (entity.sequence) return if_sequence;
  return entity;
}

TpmResult<Entity> one_of(const State& state, Handle handle, std::initializer_list<Handle> allowed) {
  for (Handle candidate : allowed) {
    if (candidate != handle) continue;
    if (!hierarchy_enabled(state, handle)) return rc::Hierarchy;
    return Entity{.handle = handle};
  }
  return rc::Value;
}

// An index that is disabled must not show that it exists (Part 2, 8.7).
TpmResult<Entity> resolve_index(const State& state, Handle handle) {
  NvIndexPtr index = find_index(state, handle);
  if (!index || !index_enabled(state, *index)) return rc::Handle;
  return Entity{.handle = handle, .nv_index = std::move(index)};
}

}  // namespace

namespace kind {

TpmResult<Entity> Object::resolve(const State& state, Handle handle) {
  return resolve_object(state, handle, rc::Sequence);
}

TpmResult<Entity> SaltKeyOrNull::resolve(const State& state, Handle handle) {
  if (handle == rh::Null) return Entity{};
  return resolve_object(state, handle, rc::Key);
}

TpmResult<Entity> Evictable::resolve(const State& state, Handle handle) {
  return resolve_object(state, handle, rc::Attributes);
}

TpmResult<Entity> ObjectOrNull::resolve(const State& state, Handle handle) {
  if (handle == rh::Null) return Entity{};
  return Object::resolve(state, handle);
}

TpmResult<Entity> Sequence::resolve(const State& state, Handle handle) {
  Entity entity = TRY(resolve_object_or_sequence(state, handle));
  if (!entity.sequence) return rc::Mode;
  return entity;
}

TpmResult<Entity> EntityOrNull::resolve(const State& state, Handle handle) {
  switch (wire::handle_type(handle)) {
    case HandleType::Pcr:
      return Pcr::resolve(state, handle);
    case HandleType::Permanent:
      return one_of(state, handle,
                    {rh::Owner, rh::Endorsement, rh::Platform, rh::Lockout, rh::Null});
    case HandleType::NvIndex:
      return resolve_index(state, handle);
    default:
      return resolve_object_or_sequence(state, handle);
  }
}

TpmResult<Entity> EntityNotNull::resolve(const State& state, Handle handle) {
  if (handle == rh::Null) return rc::Value;
  return EntityOrNull::resolve(state, handle);
}

TpmResult<Entity> Context::resolve(const State& state, Handle handle) {
  if (is_session_handle(handle)) return resolve_session(state, handle);
  if (wire::handle_type(handle) == HandleType::Transient) return resolve_transient(state, handle);
  return rc::Value;
}

TpmResult<Entity> Parent::resolve(const State& state, Handle handle) {
  if (wire::handle_type(handle) == HandleType::Permanent)
    return HierarchyOrNull::resolve(state, handle);
  return Object::resolve(state, handle);
}

TpmResult<Entity> HmacSession::resolve(const State& state, Handle handle) {
  if (wire::handle_type(handle) != HandleType::HmacSession) return rc::Value;
  return resolve_session(state, handle);
}

TpmResult<Entity> PolicySession::resolve(const State& state, Handle handle) {
  if (wire::handle_type(handle) != HandleType::PolicySession) return rc::Value;
  return resolve_session(state, handle);
}

TpmResult<Entity> Pcr::resolve(const State&, Handle handle) {
  if (!wire::is_pcr(handle)) return rc::Value;
  return Entity{.handle = handle};
}

TpmResult<Entity> PcrOrNull::resolve(const State& state, Handle handle) {
  if (handle == rh::Null) return Entity{};
  return Pcr::resolve(state, handle);
}

TpmResult<Entity> HierarchyOrNull::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Owner, rh::Endorsement, rh::Platform, rh::Null});
}

TpmResult<Entity> BaseHierarchy::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Owner, rh::Endorsement, rh::Platform});
}

TpmResult<Entity> Endorsement::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Endorsement});
}

TpmResult<Entity> HierarchyAuth::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Owner, rh::Endorsement, rh::Platform, rh::Lockout});
}

TpmResult<Entity> Provision::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Owner, rh::Platform});
}

TpmResult<Entity> Clear::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Lockout, rh::Platform});
}

TpmResult<Entity> PlatformUnconfirmed::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Platform});
}

TpmResult<Entity> Lockout::resolve(const State& state, Handle handle) {
  return one_of(state, handle, {rh::Lockout});
}

TpmResult<Entity> NvIndex::resolve(const State& state, Handle handle) {
  switch (wire::handle_type(handle)) {
    case HandleType::NvIndex:
    case HandleType::ExternalNv:
    case HandleType::PermanentNv:
      return resolve_index(state, handle);
    default:
      return rc::Value;
  }
}

TpmResult<Entity> NvDefinedIndex::resolve(const State& state, Handle handle) {
  if (wire::handle_type(handle) == HandleType::PermanentNv) return rc::Value;
  return NvIndex::resolve(state, handle);
}

TpmResult<Entity> NvLegacyIndex::resolve(const State& state, Handle handle) {
  if (wire::handle_type(handle) != HandleType::NvIndex) return rc::Value;
  return resolve_index(state, handle);
}

TpmResult<Entity> NvAuth::resolve(const State& state, Handle handle) {
  if (handle == rh::Owner || handle == rh::Platform) return Provision::resolve(state, handle);
  return NvIndex::resolve(state, handle);
}

}  // namespace kind
}  // namespace vtpm::engine
