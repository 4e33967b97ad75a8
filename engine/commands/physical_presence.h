// SPDX-License-Identifier: Apache-2.0
// Part 3, 26.2: physical presence.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/capability.h"

namespace vtpm::engine {

struct PpCommands {
  static constexpr CommandInfo info{wire::CommandCode::PpCommands,
                                    CommandFlag::Nv | CommandFlag::Presence};
  struct Handles {
    UserAuth<kind::Platform> auth;
  };
  struct Params {
    wire::CommandCodes set_list;
    wire::CommandCodes clear_list;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PpCommands>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
