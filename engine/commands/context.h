// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 28: context management.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct ContextSave {
  static constexpr CommandInfo info{wire::CommandCode::ContextSave, CommandFlag::NoSessions};
  struct Handles {
    NoAuth<kind::Context> save;
  };
  struct Params {};
  struct Reply {
    wire::Context context;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<ContextSave>& handles,
                              const Params& params);
};

struct ContextLoad {
  static constexpr CommandInfo info{wire::CommandCode::ContextLoad, CommandFlag::NoSessions};
  struct Handles {};
  struct Params {
    wire::Context context;
  };
  struct Reply {
    ReplyHandle loaded_handle;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<ContextLoad>& handles,
                              const Params& params);
};

// TPMI_DH_CONTEXT as a parameter: what it refers to need not be loaded.
constexpr bool is_context_handle(wire::Handle handle) {
  return is_session_handle(handle) || wire::handle_type(handle) == wire::HandleType::Transient;
}
using ContextHandle = wire::Checked<wire::Handle, is_context_handle, rc::Value.value()>;

struct FlushContext {
  static constexpr CommandInfo info{wire::CommandCode::FlushContext, CommandFlag::NoSessions};
  struct Handles {};
  struct Params {
    ContextHandle flush_handle;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<FlushContext>& handles,
                              const Params& params);
};

constexpr bool is_persistent_handle(wire::Handle handle) {
  return wire::handle_type(handle) == wire::HandleType::Persistent;
}
using PersistentHandle = wire::Checked<wire::Handle, is_persistent_handle, rc::Value.value()>;

struct EvictControl {
  static constexpr CommandInfo info{wire::CommandCode::EvictControl, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> auth;
    NoAuth<kind::Evictable> object;
  };
  struct Params {
    PersistentHandle persistent_handle;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<EvictControl>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
