// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/command_audit.h"

#include "engine/commands/table.h"

namespace vtpm::engine {
namespace {

using wire::CommandCode;

// A shutdown cannot be audited, and this command always is (21.1).
bool may_be_chosen(CommandCode code) {
  return find_command(code) && code != CommandCode::Shutdown &&
         code != CommandCode::SetCommandCodeAuditStatus;
}

}  // namespace

TpmResult<SetCommandCodeAuditStatus::Reply> SetCommandCodeAuditStatus::run(
    Context& context, const Authorized<SetCommandCodeAuditStatus>&, const Params& params) {
  CommandAudit audit = *context.state.command_audit;
  if (params.audit_alg != AlgId::Null && params.audit_alg != audit.hash.value) {
    REQUIRE(params.set_list.items.empty() && params.clear_list.items.empty(),
            rc::Value.parameter(1));
    audit.hash = *params.audit_alg;
    audit.digest = {};
  }
  for (CommandCode code : params.set_list.items)
    if (may_be_chosen(code)) audit.audited.insert(code);
  for (CommandCode code : params.clear_list.items) audit.audited.erase(code);
  context.state.command_audit.write() = std::move(audit);
  return Reply{};
}
VTPM_COMMAND(SetCommandCodeAuditStatus);

}  // namespace vtpm::engine
