// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 9: start-up.
#pragma once

#include "engine/pipeline/command.h"

namespace vtpm::engine {

constexpr bool is_startup_type(wire::StartupType type) {
  return type == wire::StartupType::Clear || type == wire::StartupType::State;
}
using CheckedStartupType = wire::Checked<wire::StartupType, is_startup_type, rc::Value.value()>;

struct Startup {
  static constexpr CommandInfo info{wire::CommandCode::Startup,
                                    CommandFlag::Nv | CommandFlag::NoSessions};
  struct Handles {};
  struct Params {
    CheckedStartupType startup_type;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<Startup>& handles,
                              const Params& params);
};

struct Shutdown {
  static constexpr CommandInfo info{wire::CommandCode::Shutdown, CommandFlag::Nv};
  struct Handles {};
  struct Params {
    CheckedStartupType shutdown_type;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<Shutdown>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
