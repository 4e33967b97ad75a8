// SPDX-License-Identifier: Apache-2.0
// Part 3, 23.9 and 23.22: policies that look at an NV index.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/session/relation.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct PolicyNvHandles {
  UserAuth<kind::NvAuth> authority;
  NoAuth<kind::NvIndex> index;
  NoAuth<kind::PolicySession> session;
};

struct PolicyNv {
  static constexpr CommandInfo info{wire::CommandCode::PolicyNv};
  using Handles = PolicyNvHandles;
  struct Params {
    wire::Operand operand_b;
    uint16_t offset = 0;
    CheckedRelation operation;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyNv>& handles,
                              const Params& params);
};

struct PolicyAuthorizeNv {
  static constexpr CommandInfo info{wire::CommandCode::PolicyAuthorizeNv};
  using Handles = PolicyNvHandles;
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyAuthorizeNv>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
