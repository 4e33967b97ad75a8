// SPDX-License-Identifier: Apache-2.0
// TPMI_DH_*, TPMI_RH_*, TPMI_SH_*: which handles a place of a command's handle area takes, how each
// is resolved, and what the command's body sees of it.
#pragma once

#include "engine/pipeline/entity.h"
#include "engine/rc.h"

namespace vtpm::engine {

// What a body gets for a handle of each family.
struct ObjectRef {
  wire::Handle handle;
  ObjectPtr object;  // null only where the kind allows TPM_RH_NULL and that was given
  const Object* operator->() const { return object.get(); }
  const Object& operator*() const { return *object; }
  explicit operator bool() const { return object != nullptr; }
};
struct SequenceRef {
  wire::Handle handle;
  SequencePtr sequence;
  const Sequence* operator->() const { return sequence.get(); }
  const Sequence& operator*() const { return *sequence; }
};
struct SessionRef {
  wire::Handle handle;
  SessionPtr session;
  const Session* operator->() const { return session.get(); }
};
struct HandleRef {
  wire::Handle handle;
  operator wire::Handle() const { return handle; }
};

// A kind's resolve() gives the bare code; the pipeline adds the handle's number, as to
// TPM_RC_REFERENCE_H0. Codes: Part 3, 5.4.
namespace kind {

// TPM_RH_PLATFORM is among these handles, and its authorization may have to be confirmed by
// physical presence: "+{PP}" in the tables of Part 3.
struct WithPlatform {};

struct Object {  // TPMI_DH_OBJECT that must not be a sequence
  using View = ObjectRef;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return {entity.handle, entity.object}; }
};
struct ObjectOrNull : Object {  // TPMI_DH_OBJECT+
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct SaltKeyOrNull : Object {  // the same of TPM2_StartAuthSession: a sequence is no key (11.1.1)
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct Evictable : Object {  // that of TPM2_EvictControl: a sequence is temporary (28.5.1)
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct Sequence {  // TPMI_DH_OBJECT that must be a sequence (TPM_RC_MODE)
  using View = SequenceRef;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return {entity.handle, entity.sequence}; }
};
struct EntityOrNull {  // TPMI_DH_ENTITY+
  using View = Entity;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return entity; }
};
struct EntityNotNull : EntityOrNull {  // TPMI_DH_ENTITY
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct Context {  // TPMI_DH_CONTEXT
  using View = Entity;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return entity; }
};
struct Parent : WithPlatform {  // TPMI_DH_PARENT: an object, or a hierarchy
  using View = Entity;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return entity; }
};
struct HmacSession {  // TPMI_SH_HMAC
  using View = SessionRef;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return {entity.handle, entity.session}; }
};
struct PolicySession {  // TPMI_SH_POLICY
  using View = SessionRef;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return {entity.handle, entity.session}; }
};

// Handles that need no look-up beyond "is it one of these, and is its hierarchy enabled".
struct Permanent {
  using View = HandleRef;
  static View view(const Entity& entity) { return {entity.handle}; }
};
struct Pcr : Permanent {  // TPMI_DH_PCR
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct PcrOrNull : Permanent {  // TPMI_DH_PCR+
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct HierarchyOrNull : Permanent, WithPlatform {  // TPMI_RH_HIERARCHY+
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct BaseHierarchy : Permanent, WithPlatform {  // TPMI_RH_BASE_HIERARCHY
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct Endorsement : Permanent {  // TPMI_RH_ENDORSEMENT
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct HierarchyAuth : Permanent,
                       WithPlatform {  // TPMI_RH_HIERARCHY_AUTH, TPMI_RH_HIERARCHY_POLICY
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct Provision : Permanent, WithPlatform {  // TPMI_RH_PROVISION: owner or platform
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct Clear : Permanent, WithPlatform {  // TPMI_RH_CLEAR: lockout or platform
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct PlatformUnconfirmed : Permanent {  // TPMI_RH_PLATFORM without "+{PP}"
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct Platform : PlatformUnconfirmed, WithPlatform {};  // TPMI_RH_PLATFORM
struct Lockout : Permanent {                             // TPMI_RH_LOCKOUT
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};

// NV indices. A body looks an index up by its handle: authorizing by a PIN index has changed it.
struct NvIndex {  // TPMI_RH_NV_INDEX
  using View = HandleRef;
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
  static View view(const Entity& entity) { return {entity.handle}; }
};
struct NvDefinedIndex : NvIndex {  // TPMI_RH_NV_DEFINED_INDEX
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct NvLegacyIndex : NvIndex {  // TPMI_RH_NV_LEGACY_INDEX
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};
struct NvAuth : NvIndex {  // TPMI_RH_NV_AUTH: platform, owner, or an index of any kind
  static TpmResult<Entity> resolve(const State& state, wire::Handle handle);
};

}  // namespace kind
}  // namespace vtpm::engine
