// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/entity.h"

#include "engine/nv/storage.h"
#include "engine/pcr.h"

namespace vtpm::engine {

using wire::Handle;
using wire::ObjectBit;
namespace rh = wire::rh;

wire::Name entity_name(const Entity& entity) {
  if (entity.object) return entity.object->name;
  if (entity.sequence) return {};
  if (entity.nv_index) return entity.nv_index->name;
  return name_of_handle(entity.handle);
}

const Authorization* hierarchy_authorization(const State& state, Handle hierarchy) {
  switch (hierarchy) {
    case rh::Owner:
      return &state.hierarchies->owner;
    case rh::Endorsement:
      return &state.hierarchies->endorsement;
    case rh::Lockout:
      return &state.hierarchies->lockout;
    case rh::Platform:
      return &state.platform->platform;
    default:
      return nullptr;
  }
}

bool hierarchy_enabled(const State& state, Handle hierarchy) {
  switch (hierarchy) {
    case rh::Owner:
      return state.platform->storage_enabled;
    case rh::Endorsement:
      return state.platform->endorsement_enabled;
    case rh::Platform:
      return state.platform->platform_enabled;
    default:
      return true;
  }
}

Handle entity_hierarchy(const Entity& entity) {
  if (entity.object) return entity.object->hierarchy;
  if (entity.sequence) return rh::Null;
  if (entity.nv_index && entity.nv_index->has(wire::NvBit::PlatformCreate)) return rh::Platform;
  bool own = entity.handle == rh::Endorsement || entity.handle == rh::Platform;
  return own ? entity.handle : rh::Owner;
}

AuthorizationRules authorization_rules(const State& state, const Entity& entity) {
  AuthorizationRules rules;
  if (const Authorization* hierarchy = hierarchy_authorization(state, entity.handle)) {
    rules.auth_value = hierarchy->auth.secret();
    rules.policy_hash = hierarchy->policy_hash;
    rules.policy = hierarchy->policy;
    rules.dictionary_attack_protected = entity.handle == rh::Lockout;
  } else if (entity.object) {
    const Object& object = *entity.object;
    rules.sensitive_present = object.sensitive.has_value();
    if (object.sensitive) rules.auth_value = object.sensitive->auth.secret();
    rules.policy_hash = object.pub.name_hash;
    rules.policy = object.pub.auth_policy;
    rules.dictionary_attack_protected = !object.has(ObjectBit::NoDa);
    rules.user_with_auth = object.has(ObjectBit::UserWithAuth);
    rules.admin_with_policy = object.has(ObjectBit::AdminWithPolicy);
  } else if (entity.sequence) {
    rules.auth_value = entity.sequence->auth.secret();
  } else if (entity.nv_index) {
    // As `state` has it: the command may have changed its authValue, or deleted it, and then the
    // Empty Buffer stands for that (Part 3, 31.5.1).
    NvIndexPtr index = find_index(state, entity.handle);
    if (index) rules.auth_value = index->auth.secret();
    rules.policy_hash = entity.nv_index->name_hash;
    rules.policy = entity.nv_index->auth_policy;
    rules.dictionary_attack_protected = !entity.nv_index->has(wire::NvBit::NoDa);
    rules.admin_with_policy = true;
    rules.nv_written = entity.nv_index->has(wire::NvBit::Written);
  } else if (wire::is_pcr(entity.handle) && pcr_attributes(entity.handle).own_authorization) {
    rules.auth_value = state.platform->pcr_auth.secret();
    rules.policy_hash = state.pcr_policy->hash;
    rules.policy = state.pcr_policy->digest;
    rules.policy_set = rules.policy_hash != AlgId::Null;
  }
  return rules;
}

wire::Auth without_trailing_zeros(const wire::Auth& auth) {
  ByteView bytes = auth.view();
  while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  return bytes.size() == auth.size() ? auth : wire::Auth(bytes);
}

}  // namespace vtpm::engine
