// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 21: command audit.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/capability.h"

namespace vtpm::engine {

struct SetCommandCodeAuditStatus {
  static constexpr CommandInfo info{wire::CommandCode::SetCommandCodeAuditStatus, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> auth;
  };
  struct Params {
    wire::HashAlgorithmOrNull audit_alg{AlgId::Null};
    wire::CommandCodes set_list;
    wire::CommandCodes clear_list;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context,
                              const Authorized<SetCommandCodeAuditStatus>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
