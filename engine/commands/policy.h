// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 23: enhanced authorization.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// The handle area of most policy commands.
struct PolicySessionHandle {
  NoAuth<kind::PolicySession> session;
};

struct PolicyPcr {
  static constexpr CommandInfo info{wire::CommandCode::PolicyPcr};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Digest pcr_digest;
    wire::PcrSelections pcrs;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyPcr>& handles,
                              const Params& params);
};

struct PolicyOr {
  static constexpr CommandInfo info{wire::CommandCode::PolicyOr};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::List<wire::Digest, 8, 2> hash_list;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyOr>& handles,
                              const Params& params);
};

struct PolicyLocality {
  static constexpr CommandInfo info{wire::CommandCode::PolicyLocality};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::LocalityAttributes locality;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyLocality>& handles,
                              const Params& params);
};

struct PolicyCommandCode {
  static constexpr CommandInfo info{wire::CommandCode::PolicyCommandCode};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::CommandCode code{};
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyCommandCode>& handles,
                              const Params& params);
};

struct PolicyAuthValue {
  static constexpr CommandInfo info{wire::CommandCode::PolicyAuthValue};
  using Handles = PolicySessionHandle;
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyAuthValue>& handles,
                              const Params& params);
};

struct PolicyPassword {
  static constexpr CommandInfo info{wire::CommandCode::PolicyPassword};
  using Handles = PolicySessionHandle;
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyPassword>& handles,
                              const Params& params);
};

struct PolicyGetDigest {
  static constexpr CommandInfo info{wire::CommandCode::PolicyGetDigest};
  using Handles = PolicySessionHandle;
  struct Params {};
  struct Reply {
    wire::Digest policy_digest;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyGetDigest>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
