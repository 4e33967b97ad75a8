// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/policy_nv.h"

#include "engine/nv/access.h"
#include "engine/session/policy.h"

namespace vtpm::engine {
namespace {

// The index holds a TPMT_HA, perhaps with something behind it: the approved policy.
TpmResult<wire::HashValue> approved_policy(const NvIndex& index) {
  wire::Reader in(index.data.view());
  wire::HashValue approved;
  TRY(wire::unmarshal(in, approved));
  return approved;
}

}  // namespace

TpmResult<PolicyNv::Reply> PolicyNv::run(Context& context, const Authorized<PolicyNv>& handles,
                                         const Params& params) {
  const SessionRef& session = *handles->session;
  const NvIndex& index = index_at(context.state, *handles->index);
  TRY(check_read_authority(index, *handles->authority));
  if (!is_trial(*session.session)) {
    TRY(check_read(index, *handles->authority));
    ByteView a = TRY(part_of(index, params.offset, params.operand_b.size()));
    REQUIRE(holds(a, *params.operation, params.operand_b), rc::Policy);
  }
  update_session(context.state, session.handle, [&](Session& updated) {
    extend_policy(
        updated, info.code,
        {comparison_arguments(updated, params.operand_b, params.offset, *params.operation),
         index.name});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyNv);

TpmResult<PolicyAuthorizeNv::Reply> PolicyAuthorizeNv::run(
    Context& context, const Authorized<PolicyAuthorizeNv>& handles, const Params&) {
  const SessionRef& session = *handles->session;
  const NvIndex& index = index_at(context.state, *handles->index);
  TRY(check_read_authority(index, *handles->authority));
  if (!is_trial(*session.session)) {
    TRY(check_read(index, *handles->authority));
    wire::HashValue approved = TRY(approved_policy(index));
    REQUIRE(approved.algorithm == session->hash, rc::Hash);
    REQUIRE(approved.digest == session->policy.digest, rc::Value);
  }
  update_session(context.state, session.handle, [&](Session& updated) {
    begin_policy_digest(updated);
    extend_policy(updated, info.code, {index.name});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyAuthorizeNv);

}  // namespace vtpm::engine
