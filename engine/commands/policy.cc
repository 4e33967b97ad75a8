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
    // What the caller expects, for any TPM; the present values where nothing is given.
    if (!params.pcr_digest.empty()) {
      digest = params.pcr_digest;
      selected = params.pcrs;
    }
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
  REQUIRE(list.size() >= 2, rc::Size.parameter(1));
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

TpmResult<PolicyLocality::Reply> PolicyLocality::run(Context& context,
                                                     const Authorized<PolicyLocality>& handles,
                                                     const Params& params) {
  const SessionRef& session = *handles->session;
  constexpr uint8_t kOrdinary = 0x1F;
  uint8_t locality = params.locality.raw;
  REQUIRE(locality != 0, rc::Range.parameter(1));
  if (auto before = session->policy.locality) {
    // Once a set, always a set; once an extended locality, that one (23.8.1).
    bool was_extended = *before > kOrdinary, is_extended = locality > kOrdinary;
    REQUIRE(was_extended == is_extended, rc::Range.parameter(1));
    if (is_extended)
      REQUIRE(*before == locality, rc::Range.parameter(1));
    else
      locality &= *before;
    REQUIRE(locality != 0, rc::Range.parameter(1));
  }
  update_session(context.state, session.handle, [&](Session& updated) {
    updated.policy.locality = locality;
    extend_policy(updated, info.code, {ByteView(&params.locality.raw, 1)});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyLocality);

TpmResult<PolicyCommandCode::Reply> PolicyCommandCode::run(
    Context& context, const Authorized<PolicyCommandCode>& handles, const Params& params) {
  const SessionRef& session = *handles->session;
  const auto& before = session->policy.command;
  REQUIRE(!before || *before == params.code, rc::Value.parameter(1));
  REQUIRE(find_command(params.code), rc::PolicyCc.parameter(1));
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
