// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/physical_presence.h"

#include "engine/commands/table.h"

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

}  // namespace vtpm::engine
