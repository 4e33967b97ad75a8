// SPDX-License-Identifier: Apache-2.0
#include "engine/pipeline/authorize.h"

#include "engine/clock.h"
#include "engine/dictionary_attack.h"
#include "engine/nv/access.h"
#include "engine/physical_presence.h"
#include "engine/session/policy.h"

namespace vtpm::engine {
namespace {

using wire::SessionBit;

bool uses_auth_value(const SessionUse& use) {
  if (use.is_password() || !use.session->is_policy()) return true;
  return use.session->policy.auth_value_needed || use.session->policy.password_needed;
}

// Part 3, 5.6, 2.
TpmResult<void> check_presence(const State& state, const SessionUse& use,
                               const AuthorizationRequest& request) {
  if (use.entity && use.entity->handle == wire::rh::Platform)
    REQUIRE(request.physical_presence || !needs_physical_presence(state, request.row), rc::Pp);
  return ok;
}

// TPM2_PolicyNV and TPM2_PolicyAuthorizeNV want the authorization to read the index for a trial
// policy session, too, but then read nothing (23.9.1 and 23.22.1).
bool is_for_trial(const AuthorizationRequest& request) {
  const Entity& last = request.entities.back();
  return last.session && is_trial(*last.session);
}

TpmResult<void> check_role_of_index(const NvIndex& index, const AuthorizationRequest& request,
                                    bool policy) {
  TRY(check_index_role(index, request.row.code, policy));
  return is_for_trial(request) ? ok : check_written_before_read(index, request.row.code);
}

// Part 3, 5.6, 4 to 7, but for which command a policy names (8.3): whether this type of session may
// give this role.
TpmResult<void> check_role(const SessionUse& use, const AuthorizationRules& rules,
                           const AuthorizationRequest& request) {
  const CommandRow& row = request.row;
  bool policy = !use.is_password() && use.session->is_policy();
  // A policy that leaves the authValue out proves no secret (23.4.1).
  REQUIRE(!row.proves_secret || uses_auth_value(use), rc::Mode);
  switch (use.role) {
    case Role::User:
      if (use.entity->nv_index) return check_role_of_index(*use.entity->nv_index, request, policy);
      REQUIRE(policy || !rules.policy_set, rc::AuthType);
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
  REQUIRE(!policy || use.session->policy.command, rc::PolicyFail);
  return ok;
}

crypto::Digest name_hash(wire::AlgId hash, std::span<const Entity> entities) {
  crypto::Hasher hasher(to_crypto(hash));
  for (const Entity& entity : entities) hasher.update(entity_name(entity).view());
  return hasher.finish();
}

// The hash of inPublic, the second parameter of the commands that create objects. The first one is
// a TPM2B, too, which may be encrypted. Nothing for other commands: there is no template to match.
std::optional<crypto::Digest> template_hash(wire::AlgId hash, const AuthorizationRequest& request) {
  using wire::CommandCode;
  CommandCode code = request.row.code;
  if (code != CommandCode::Create && code != CommandCode::CreatePrimary &&
      code != CommandCode::CreateLoaded)
    return std::nullopt;
  Reader in(request.command_hash.parameters());
  std::optional<ByteView> sized;
  for (int parameter = 1; parameter <= 2; ++parameter) {
    auto size = in.take_be<uint16_t>();
    sized = size ? in.take(*size) : std::nullopt;
    if (!sized) return std::nullopt;
  }
  return crypto::hash(to_crypto(hash), *sized);
}

// Whether the command is the one that an assertion has tied the policy to.
bool matches_binding(const Session& session, const AuthorizationRequest& request) {
  using To = PolicyBinding::To;
  std::optional<crypto::Digest> actual;
  switch (session.policy.binding.to) {
    case To::Nothing:
      return true;
    case To::Command:
      actual = request.command_hash.of(session.hash);
      break;
    case To::Names:
      actual = name_hash(session.hash, request.entities);
      break;
    case To::Template:
      actual = template_hash(session.hash, request);
      break;
    case To::Parameters:
      actual = request.command_hash.without_names(session.hash);
      break;
  }
  return actual && std::ranges::equal(session.policy.binding.hash.view(), actual->view());
}

TpmResult<void> check_locality(uint8_t allowed, uint8_t locality) {
  uint8_t here = wire::LocalityAttributes::of(locality).raw;
  bool extended = allowed > 0x1F;
  REQUIRE(extended ? allowed == here : locality < 5 && (allowed & here) != 0, rc::Locality);
  return ok;
}

// Part 3, 5.6, 8: what the policy session has collected against what the command is.
TpmResult<void> check_policy(const State& state, const SessionUse& use,
                             const AuthorizationRules& rules, const AuthorizationRequest& request) {
  const Session& session = *use.session;
  const PolicyState& policy = session.policy;
  if (policy.timeout)
    REQUIRE(!has_expired(state, request.ports, session, *policy.timeout), rc::Expired);
  bool of_template = policy.binding.to == PolicyBinding::To::Template;
  REQUIRE(of_template || matches_binding(session, request), rc::PolicyFail);
  if (policy.command) REQUIRE(*policy.command == request.row.code, rc::PolicyCc);
  // An Empty Policy never matches: a policy digest is not empty.
  REQUIRE(rules.policy_hash == session.hash.value && policy.digest == rules.policy, rc::PolicyFail);
  if (policy.pcr_update_counter)
    REQUIRE(*policy.pcr_update_counter == state.pcrs->update_counter, rc::PcrChanged);
  if (policy.locality) TRY(check_locality(*policy.locality, request.locality));
  REQUIRE(!of_template || matches_binding(session, request), rc::PolicyFail);
  // What is no NV Index has not been written, nor left unwritten.
  if (policy.nv_written) REQUIRE(policy.nv_written == rules.nv_written, rc::PolicyFail);
  REQUIRE(!policy.presence_needed || request.physical_presence, rc::Pp);
  REQUIRE(!policy.channel_needed, rc::Channel);  // there is none here
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

bool proof_matches(const SessionArea& area, size_t index, const AuthorizationRules& rules,
                   const CommandHash& hash) {
  const SessionUse& use = area.sessions[index];
  bool policy_password = use.entity && !use.is_password() && use.session->is_policy() &&
                         use.session->policy.password_needed;
  if (use.is_password() || policy_password)
    return equal_but_for_trailing_zeros(use.hmac.view(), rules.auth_value.view());
  if (use.hmac.empty() && !use.has_hmac_key()) return true;
  return constant_time_equal(use.hmac.view(), command_hmac(area, index, hash));
}

// The entity's authValue where that is used, and the one that the session is bound to, which is
// part of its key (Part 1, 16.8.1).
GuardedValues guarded_values(const SessionUse& use, const AuthorizationRules& rules) {
  GuardedValues used;
  auto add = [&](bool is_protected, bool is_lockout) {
    if (is_protected) (is_lockout ? used.lockout_auth : used.others) = true;
  };
  if (!use.is_password()) add(use.session->bound_to_protected, use.session->bound_to_lockout);
  if (use.entity && uses_auth_value(use))
    add(rules.dictionary_attack_protected, use.entity->handle == wire::rh::Lockout);
  return used;
}

TpmResult<void> authorize_one(State& state, SessionArea& area, size_t index,
                              const AuthorizationRequest& request) {
  SessionUse& use = area.sessions[index];
  choose_auth_values(state, use);
  AuthorizationRules rules;
  if (use.entity) rules = authorization_rules(state, *use.entity);
  REQUIRE(rules.sensitive_present, rc::AuthUnavailable);
  TRY(check_presence(state, use, request));
  GuardedValues guarded = guarded_values(use, rules);
  REQUIRE(may_try(state, guarded), rc::Lockout);
  REQUIRE(!guarded.any() || request.ports.nv_available, rc::NvUnavailable);
  if (use.entity) {
    TRY(check_role(use, rules, request));
    if (!use.is_password() && use.session->is_policy())
      TRY(check_policy(state, use, rules, request));
  }
  bool by_index = use.entity && use.entity->nv_index && uses_auth_value(use);
  if (by_index)
    REQUIRE(auth_value_available(index_at(state, use.entity->handle)), rc::AuthUnavailable);
  bool proven = proof_matches(area, index, rules, request.command_hash);
  if (by_index) count_pin(state, use.entity->handle, proven);
  if (proven) return ok;
  if (!guarded.any()) return rc::BadAuth;
  record_failure(state, request.ports, guarded);
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
