// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/policy.h"

#include "engine/commands/table.h"
#include "engine/pcr.h"
#include "engine/session/policy.h"

namespace vtpm::engine {

using wire::CommandCode;

TpmResult<PolicyPcr::Reply> PolicyPcr::run(Context& context, const Authorized<PolicyPcr>& handles,
                                           const Params& params) {
  State& state = context.state;
  const SessionRef& session = *handles->session;
  wire::PcrSelections selected = existing(*state.pcrs, params.pcrs);
  wire::Digest digest = pcr_digest(*state.pcrs, selected, session->hash);
  if (is_trial(*session.session)) {
    // What the caller expects, of any TPM; the present values where none are given.
    if (!params.pcr_digest.empty()) digest = params.pcr_digest;
    selected = params.pcrs;
  } else {
    REQUIRE(params.pcr_digest.empty() || params.pcr_digest == digest, rc::Value.parameter(1));
    const auto& seen = session->policy.pcr_update_counter;
    REQUIRE(!seen || *seen == state.pcrs->update_counter, rc::PcrChanged);
  }
  update_session(state, session.handle, [&](Session& updated) {
    extend_policy(updated, info.code, {wire::to_wire(selected), digest});
    if (!is_trial(updated)) updated.policy.pcr_update_counter = state.pcrs->update_counter;
  });
  return Reply{};
}
VTPM_COMMAND(PolicyPcr);

TpmResult<PolicyOr::Reply> PolicyOr::run(Context& context, const Authorized<PolicyOr>& handles,
                                         const Params& params) {
  const SessionRef& session = *handles->session;
  const auto& list = params.hash_list.items;
  bool listed = std::ranges::find(list, session->policy.digest) != list.end();
  REQUIRE(listed || is_trial(*session.session), rc::Value.parameter(1));
  Bytes digests;
  for (const auto& digest : list) append(digests, digest);
  update_session(context.state, session.handle, [&](Session& updated) {
    begin_policy_digest(updated);
    extend_policy(updated, info.code, {digests});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyOr);

namespace {

// Which localities are left once `wanted` is asked for, too (23.8.1).
TpmResult<uint8_t> narrowed(std::optional<uint8_t> before, uint8_t wanted) {
  constexpr uint8_t kOrdinary = 0x1F;
  REQUIRE(wanted != 0, rc::Range.parameter(1));
  if (!before) return wanted;
  // Once a set, always a set; once an extended locality, that one.
  if (*before > kOrdinary || wanted > kOrdinary) {
    REQUIRE(*before == wanted, rc::Range.parameter(1));
    return wanted;
  }
  REQUIRE((*before & wanted) != 0, rc::Range.parameter(1));
  return static_cast<uint8_t>(*before & wanted);
}

}  // namespace

TpmResult<PolicyLocality::Reply> PolicyLocality::run(Context& context,
                                                     const Authorized<PolicyLocality>& handles,
                                                     const Params& params) {
  const SessionRef& session = *handles->session;
  std::optional<uint8_t> left;
  if (!is_trial(*session.session))
    left = TRY(narrowed(session->policy.locality, params.locality.raw));
  update_session(context.state, session.handle, [&](Session& updated) {
    updated.policy.locality = left;
    extend_policy(updated, info.code, {ByteView(&params.locality.raw, 1)});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyLocality);

TpmResult<PolicyCommandCode::Reply> PolicyCommandCode::run(
    Context& context, const Authorized<PolicyCommandCode>& handles, const Params& params) {
  const SessionRef& session = *handles->session;
  if (!is_trial(*session.session)) {
    const auto& before = session->policy.command;
    REQUIRE(!before || *before == params.code, rc::Value.parameter(1));
    REQUIRE(find_command(params.code), rc::PolicyCc.parameter(1));
  }
  update_session(context.state, session.handle, [&](Session& updated) {
    updated.policy.command = params.code;
    extend_policy(updated, info.code, {wire::to_wire(params.code)});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyCommandCode);

TpmResult<PolicyAuthValue::Reply> PolicyAuthValue::run(Context& context,
                                                       const Authorized<PolicyAuthValue>& handles,
                                                       const Params&) {
  update_session(context.state, handles->session->handle, [](Session& updated) {
    extend_policy(updated, info.code);
    updated.policy.auth_value_needed = true;
    updated.policy.password_needed = false;
  });
  return Reply{};
}
VTPM_COMMAND(PolicyAuthValue);

TpmResult<PolicyPassword::Reply> PolicyPassword::run(Context& context,
                                                     const Authorized<PolicyPassword>& handles,
                                                     const Params&) {
  // The same digest as TPM2_PolicyAuthValue: a policy accepts either (23.18.1).
  update_session(context.state, handles->session->handle, [](Session& updated) {
    extend_policy(updated, CommandCode::PolicyAuthValue);
    updated.policy.password_needed = true;
    updated.policy.auth_value_needed = false;
  });
  return Reply{};
}
VTPM_COMMAND(PolicyPassword);

TpmResult<PolicyGetDigest::Reply> PolicyGetDigest::run(Context&,
                                                       const Authorized<PolicyGetDigest>& handles,
                                                       const Params&) {
  return Reply{.policy_digest = (*handles->session)->policy.digest};
}
VTPM_COMMAND(PolicyGetDigest);

}  // namespace vtpm::engine
