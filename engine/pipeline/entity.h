// SPDX-License-Identifier: Apache-2.0
// What a handle names, and what authorizes its use (Part 1, clauses 13 and 17).
#pragma once

#include "engine/object/object.h"
#include "engine/session/session.h"
#include "engine/state.h"

namespace vtpm::engine {

// A handle of the handle area with what it refers to; for permanent handles and PCR the handle
// says all.
struct Entity {
  wire::Handle handle = wire::rh::Null;
  ObjectPtr object;
  SequencePtr sequence;
  SessionPtr session;
  NvIndexPtr nv_index;  // as it stood before the command
};

wire::Name entity_name(const Entity& entity);

// What the authorization checks of Part 3, 5.6 need to know of an entity.
struct AuthorizationRules {
  bool sensitive_present = true;
  SharedSecret auth_value;
  wire::AlgId policy_hash = wire::AlgId::Null;
  wire::Digest policy;
  bool dictionary_attack_protected = false;
  bool user_with_auth = true;      // USER role by password or HMAC
  bool policy_set = false;         // PCR whose policy has been set: by policy only
  bool admin_with_policy = false;  // ADMIN role by policy only
  std::optional<bool> nv_written;  // TPMA_NV_WRITTEN of an NV Index
};
AuthorizationRules authorization_rules(const State& state, const Entity& entity);

// Whether a hierarchy may be used at present; true for what is no hierarchy that can be disabled.
bool hierarchy_enabled(const State& state, wire::Handle hierarchy);

// Whose proof vouches for what the entity has authorized (Part 3, 23.2.5).
wire::Handle entity_hierarchy(const Entity& entity);

// The authorization of owner, endorsement, platform or lockout; null for other handles.
const Authorization* hierarchy_authorization(const State& state, wire::Handle hierarchy);

// An authValue as it is kept: without trailing zero octets (Part 1, 17.6.4.3).
wire::Auth without_trailing_zeros(const wire::Auth& auth);

}  // namespace vtpm::engine
