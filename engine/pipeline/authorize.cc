// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/authorize.h"

#include "engine/clock.h"
#include "engine/dictionary_attack.h"
#include "engine/nv/access.h"

namespace vtpm::engine {
namespace {

using wire::SessionBit;

bool uses_auth_value(const SessionUse& use) {
  if (use.is_password() || !use.session->is_policy()) return true;
  return use.session->policy.auth_value_needed || use.session->policy.password_needed;
}

// Part 3, 5.6, 4 to 7: whether this type of session may give this role.
TpmResult<void> check_role(const SessionUse& use, const AuthorizationRules& rules,
                           wire::CommandCode code) {
  bool policy = !use.is_password() && use.session->is_policy();
  switch (use.role) {
    case Role::User:
      if (use.entity->nv_index) return check_index_role(*use.entity->nv_index, code, policy);
      REQUIRE(policy || rules.user_with_auth, rc::PolicyFail);
      return ok;
    case Role::Admin:
      REQUIRE(policy || !rules.admin_with_policy, rc::AuthType);
      break;
    case Role::Dup:
      REQUIRE(policy, rc::AuthType);
      break;
    case Role::None:
      return ok;
  }
  REQUIRE(!policy || use.session->policy.command == code, rc::PolicyFail);
  return ok;
}

crypto::Digest name_hash(wire::AlgId hash, std::span<const Entity> entities) {
  crypto::Hasher hasher(to_crypto(hash));
  for (const Entity& entity : entities) hasher.update(entity_name(entity).view());
  return hasher.finish();
}

// Part 3, 5.6, 8: what the policy session has collected against what the command is.
TpmResult<void> check_policy(const State& state, const SessionUse& use,
                             const AuthorizationRules& rules, const AuthorizationRequest& request) {
  const Session& session = *use.session;
  const PolicyState& policy = session.policy;
  // A limit set before Time began anew means nothing now (Part 1, 16.7.12).
  if (policy.timeout)
    REQUIRE(session.time_epoch == state.clock->epoch &&
                tpm_time(state, request.ports) <= *policy.timeout,
            rc::Expired);
  if (!policy.cp_hash.empty())
    REQUIRE(std::ranges::equal(policy.cp_hash.view(), request.command_hash.of(session.hash).view()),
            rc::PolicyFail);
  if (!policy.name_hash.empty())
    REQUIRE(std::ranges::equal(policy.name_hash.view(),
                               name_hash(session.hash, request.entities).view()),
            rc::PolicyFail);
  if (policy.command) REQUIRE(*policy.command == request.row.code, rc::PolicyCc);
  // An Empty Policy never matches: a policy digest is not empty.
  REQUIRE(rules.policy_hash == session.hash.value && policy.digest == rules.policy, rc::PolicyFail);
  if (policy.pcr_update_counter)
    REQUIRE(*policy.pcr_update_counter == state.pcrs->update_counter, rc::PcrChanged);
  if (policy.locality) {
    uint8_t here = wire::LocalityAttributes::of(request.locality).raw;
    bool extended = *policy.locality > 0x1F;
    REQUIRE(extended ? *policy.locality == here
                     : request.locality < 5 && (*policy.locality & here) != 0,
            rc::Locality);
  }
  return ok;
}

// Which authValues take part in the session's HMAC and encryption.
void choose_auth_values(const State& state, SessionUse& use) {
  if (!use.entity || use.is_password()) return;
  ByteView auth = authorization_rules(state, *use.entity).auth_value.view();
  use.hmac_has_auth = use.session->is_policy() ? use.session->policy.auth_value_needed
                                               : !is_bound_to(*use.session, *use.entity, auth);
  renew_auth_values(state, use);
}

// Trailing zeros count on neither side (Part 1, 16.4).
bool password_matches(const wire::Auth& given, const SharedSecret& auth) {
  return constant_time_equal(without_trailing_zeros(given).view(),
                             without_trailing_zeros(wire::Auth(auth)).view());
}

bool proof_matches(const SessionArea& area, size_t index, const AuthorizationRules& rules,
                   const CommandHash& hash) {
  const SessionUse& use = area.sessions[index];
  bool policy_password = use.entity && !use.is_password() && use.session->is_policy() &&
                         use.session->policy.password_needed;
  if (use.is_password() || policy_password) return password_matches(use.hmac, rules.auth_value);
  if (use.hmac.empty() && !use.has_hmac_key()) return true;
  return constant_time_equal(use.hmac.view(), command_hmac(area, index, hash));
}

// What a wrong proof counts against (Part 1, 16.8.1): lockoutAuth, or, for any other handle,
// failedTries. Nothing where no authValue under protection is in play.
std::optional<wire::Handle> guarded_by(const SessionUse& use, const AuthorizationRules& rules) {
  bool bound = !use.is_password() && use.session->bound_to_protected;
  if (bound && use.session->bound_to_lockout) return wire::rh::Lockout;
  if (use.entity && (bound || (rules.dictionary_attack_protected && uses_auth_value(use))))
    return use.entity->handle;
  return bound ? std::optional(wire::rh::Null) : std::nullopt;
}

TpmResult<void> authorize_one(State& state, SessionArea& area, size_t index,
                              const AuthorizationRequest& request) {
  SessionUse& use = area.sessions[index];
  choose_auth_values(state, use);
  AuthorizationRules rules;
  if (use.entity) rules = authorization_rules(state, *use.entity);
  REQUIRE(rules.sensitive_present, rc::AuthUnavailable);
  auto guard = guarded_by(use, rules);
  if (guard) REQUIRE(may_try(state, *guard), rc::Lockout);
  if (use.entity) {
    TRY(check_role(use, rules, request.row.code));
    if (!use.is_password() && use.session->is_policy())
      TRY(check_policy(state, use, rules, request));
  }
  bool by_index = use.entity && use.entity->nv_index && uses_auth_value(use);
  if (by_index)
    REQUIRE(auth_value_available(index_at(state, use.entity->handle)), rc::AuthUnavailable);
  bool proven = proof_matches(area, index, rules, request.command_hash);
  if (by_index) count_pin(state, use.entity->handle, proven);
  if (proven) return ok;
  if (!guard) return rc::BadAuth;
  record_failure(state, request.ports, *guard);
  return rc::AuthFail;
}

}  // namespace

bool is_bound_to(const Session& session, const Entity& entity, ByteView auth_value) {
  return session.is_bound && session.bound_name == entity_name(entity) &&
         constant_time_equal(session.bound_auth.view(), auth_value);
}

void renew_auth_values(const State& state, SessionUse& use) {
  if (!use.entity || use.is_password()) return;
  use.encryption_auth = authorization_rules(state, *use.entity).auth_value;
  use.hmac_auth = use.hmac_has_auth ? use.encryption_auth : SharedSecret();
}

TpmResult<void> authorize(State& state, SessionArea& area, const AuthorizationRequest& request) {
  for (size_t i = 0; i < area.sessions.size(); ++i) {
    auto checked = authorize_one(state, area, i, request);
    if (!checked) return checked.error().session(static_cast<unsigned>(i) + 1);
  }
  return ok;
}

}  // namespace vtpm::engine
