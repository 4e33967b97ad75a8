// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 26: miscellaneous management functions.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/capability.h"

namespace vtpm::engine {

struct PpCommands {
  static constexpr CommandInfo info{wire::CommandCode::PpCommands,
                                    CommandFlag::Nv | CommandFlag::Presence, ReadOnlyMode::Refused};
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

struct SetAlgorithmSet {
  static constexpr CommandInfo info{wire::CommandCode::SetAlgorithmSet, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::PlatformUnconfirmed> auth;
  };
  struct Params {
    uint32_t algorithm_set = 0;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<SetAlgorithmSet>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
