// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 24: hierarchies (TPM2_CreatePrimary is with the other commands that make objects).
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// TPMI_RH_ENABLES.
constexpr bool is_enable(wire::Handle handle) {
  return handle == wire::rh::Owner || handle == wire::rh::Platform ||
         handle == wire::rh::Endorsement || handle == wire::rh::PlatformNv;
}
using Enable = wire::Checked<wire::Handle, is_enable, rc::Value.value()>;

struct HierarchyControl {
  static constexpr CommandInfo info{wire::CommandCode::HierarchyControl,
                                    CommandFlag::Nv | CommandFlag::Extensive,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::BaseHierarchy> auth;
  };
  struct Params {
    Enable enable;
    wire::YesNo state;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<HierarchyControl>& handles,
                              const Params& params);
};

struct SetPrimaryPolicy {
  static constexpr CommandInfo info{wire::CommandCode::SetPrimaryPolicy, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::HierarchyAuth> auth;
  };
  struct Params {
    wire::Digest auth_policy;
    wire::HashAlgorithmOrNull hash;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<SetPrimaryPolicy>& handles,
                              const Params& params);
};

struct ChangePps {
  static constexpr CommandInfo info{wire::CommandCode::ChangePps,
                                    CommandFlag::Nv | CommandFlag::Extensive | CommandFlag::Slow,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Platform> auth;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<ChangePps>& handles,
                              const Params& params);
};

struct ChangeEps {
  static constexpr CommandInfo info{wire::CommandCode::ChangeEps,
                                    CommandFlag::Nv | CommandFlag::Extensive | CommandFlag::Slow,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Platform> auth;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<ChangeEps>& handles,
                              const Params& params);
};

struct Clear {
  static constexpr CommandInfo info{
      wire::CommandCode::Clear, CommandFlag::Nv | CommandFlag::Extensive, ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Clear> auth;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<Clear>& handles,
                              const Params& params);
};

struct ClearControl {
  static constexpr CommandInfo info{wire::CommandCode::ClearControl, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Clear> auth;
  };
  struct Params {
    wire::YesNo disable;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<ClearControl>& handles,
                              const Params& params);
};

struct HierarchyChangeAuth {
  static constexpr CommandInfo info{wire::CommandCode::HierarchyChangeAuth, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::HierarchyAuth> auth;
  };
  struct Params {
    wire::Auth new_auth;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<HierarchyChangeAuth>& handles,
                              const Params& params);
};

struct ReadOnlyControl {
  static constexpr CommandInfo info{wire::CommandCode::ReadOnlyControl};
  struct Handles {
    UserAuth<kind::Platform> auth;
  };
  struct Params {
    wire::YesNo state;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<ReadOnlyControl>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
