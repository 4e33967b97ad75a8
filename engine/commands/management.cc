// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/management.h"

#include "engine/commands/table.h"
#include "engine/properties.h"

namespace vtpm::engine {

TpmResult<PpCommands::Reply> PpCommands::run(Context& context, const Authorized<PpCommands>&,
                                             const Params& params) {
  std::set<wire::CommandCode>& commands = context.state.physical_presence.write().commands;
  // Codes of other commands are ignored. This one is not in the set: it always needs presence.
  for (wire::CommandCode code : params.set_list.items) {
    const CommandRow* row = find_command(code);
    if (row && row->presence_possible && !row->needs_presence) commands.insert(code);
  }
  for (wire::CommandCode code : params.clear_list.items) commands.erase(code);
  return Reply{};
}
VTPM_COMMAND(PpCommands);

TpmResult<SetAlgorithmSet::Reply> SetAlgorithmSet::run(Context& context,
                                                       const Authorized<SetAlgorithmSet>&,
                                                       const Params& params) {
  // There is one set: every algorithm that there is.
  REQUIRE(params.algorithm_set == kAlgorithmSet, rc::Value.parameter(1));
  context.state.lifecycle.write().restart_needed = true;
  return Reply{};
}
VTPM_COMMAND(SetAlgorithmSet);

}  // namespace vtpm::engine
