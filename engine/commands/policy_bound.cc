// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/policy_bound.h"

#include "engine/session/policy.h"

namespace vtpm::engine {
namespace {

using wire::CommandCode;
using To = PolicyBinding::To;

// What the assertions that tie the policy to a hash have in common; the hash is their only
// parameter. A trial session only computes.
TpmResult<void> bind_policy(State& state, const SessionRef& session, CommandCode code,
                            const PolicyBinding& binding, bool may_repeat) {
  if (!is_trial(*session.session)) {
    auto bound = check_binding(*session.session, binding, may_repeat);
    if (!bound) return bound.error().parameter(1);
  }
  update_session(state, session.handle, [&](Session& updated) {
    updated.policy.binding = binding;
    extend_policy(updated, code, {binding.hash});
  });
  return ok;
}

// The Name of a secure channel's key, the parameter with this number; empty where any will do.
TpmResult<void> check_key_name(const wire::Name& name, const Profile& profile, unsigned parameter) {
  if (name.empty()) return ok;
  auto hash = checked_name_hash(name, profile);
  if (!hash) return hash.error().parameter(parameter);
  return ok;
}

}  // namespace

TpmResult<PolicyPhysicalPresence::Reply> PolicyPhysicalPresence::run(
    Context& context, const Authorized<PolicyPhysicalPresence>& handles, const Params&) {
  update_session(context.state, handles->session->handle, [](Session& updated) {
    extend_policy(updated, info.code);
    updated.policy.presence_needed = true;
  });
  return Reply{};
}
VTPM_COMMAND(PolicyPhysicalPresence);

TpmResult<PolicyCpHash::Reply> PolicyCpHash::run(Context& context,
                                                 const Authorized<PolicyCpHash>& handles,
                                                 const Params& params) {
  TRY(bind_policy(context.state, *handles->session, info.code, {To::Command, params.cp_hash},
                  true));
  return Reply{};
}
VTPM_COMMAND(PolicyCpHash);

TpmResult<PolicyNameHash::Reply> PolicyNameHash::run(Context& context,
                                                     const Authorized<PolicyNameHash>& handles,
                                                     const Params& params) {
  TRY(bind_policy(context.state, *handles->session, info.code, {To::Names, params.name_hash},
                  false));
  return Reply{};
}
VTPM_COMMAND(PolicyNameHash);

TpmResult<PolicyDuplicationSelect::Reply> PolicyDuplicationSelect::run(
    Context& context, const Authorized<PolicyDuplicationSelect>& handles, const Params& params) {
  const SessionRef& session = *handles->session;
  PolicyBinding binding{To::Names,
                        wire::Digest(crypto::hash(to_crypto(session->hash),
                                                  {params.object_name, params.new_parent_name}))};
  if (!is_trial(*session.session)) {
    TRY(check_binding(*session.session, binding, false));
    const auto& before = session->policy.command;
    REQUIRE(!before || *before == CommandCode::Duplicate, rc::PolicyCc);
  }
  ByteView included = *params.include_object ? params.object_name.view() : ByteView();
  update_session(context.state, session.handle, [&](Session& updated) {
    updated.policy.binding = binding;
    updated.policy.command = CommandCode::Duplicate;
    extend_policy(updated, info.code,
                  {included, params.new_parent_name, wire::to_wire(params.include_object)});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyDuplicationSelect);

TpmResult<PolicyNvWritten::Reply> PolicyNvWritten::run(Context& context,
                                                       const Authorized<PolicyNvWritten>& handles,
                                                       const Params& params) {
  const SessionRef& session = *handles->session;
  bool written = *params.written_set != 0;
  const auto& before = session->policy.nv_written;
  REQUIRE(is_trial(*session.session) || !before || *before == written, rc::Value.parameter(1));
  update_session(context.state, session.handle, [&](Session& updated) {
    updated.policy.nv_written = written;
    extend_policy(updated, info.code, {wire::to_wire(params.written_set)});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyNvWritten);

TpmResult<PolicyTemplate::Reply> PolicyTemplate::run(Context& context,
                                                     const Authorized<PolicyTemplate>& handles,
                                                     const Params& params) {
  const SessionRef& session = *handles->session;
  PolicyBinding binding{To::Template, params.template_hash};
  const PolicyBinding& before = session->policy.binding;
  if (!is_trial(*session.session))
    REQUIRE(before.to != To::Template || before == binding, rc::Value.parameter(1));
  TRY(bind_policy(context.state, session, info.code, binding, true));
  return Reply{};
}
VTPM_COMMAND(PolicyTemplate);

TpmResult<PolicyParameters::Reply> PolicyParameters::run(
    Context& context, const Authorized<PolicyParameters>& handles, const Params& params) {
  TRY(bind_policy(context.state, *handles->session, info.code,
                  {To::Parameters, params.parameter_hash}, false));
  return Reply{};
}
VTPM_COMMAND(PolicyParameters);

// This TPM is behind no secure channel, whose keys could be other ones than the policy asks for:
// all that is kept for later is that there must be one.
TpmResult<PolicyTransportSpdm::Reply> PolicyTransportSpdm::run(
    Context& context, const Authorized<PolicyTransportSpdm>& handles, const Params& params) {
  const SessionRef& session = *handles->session;
  if (!is_trial(*session.session)) {
    REQUIRE(!session->policy.channel_needed, rc::Value);
    TRY(check_key_name(params.req_key_name, *context.state.profile, 1));
    TRY(check_key_name(params.tpm_key_name, *context.state.profile, 2));
  }
  bool any_keys = params.req_key_name.empty() && params.tpm_key_name.empty();
  Bytes both = wire::to_wire(params);  // Part 3, equation 11: with their sizes
  update_session(context.state, session.handle, [&](Session& updated) {
    updated.policy.channel_needed = true;
    if (any_keys)
      extend_policy(updated, info.code);
    else
      extend_policy(updated, info.code, {crypto::hash(to_crypto(updated.hash), both)});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyTransportSpdm);

}  // namespace vtpm::engine
