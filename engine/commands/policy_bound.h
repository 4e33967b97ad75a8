// SPDX-License-Identifier: Apache-2.0
// Part 3, 23.12 to 23.15, 23.20, 23.21, 23.24 and 23.25: assertions about the command that the
// policy will authorize, checked when it does.
#pragma once

#include "engine/commands/policy.h"

namespace vtpm::engine {

struct PolicyPhysicalPresence {
  static constexpr CommandInfo info{wire::CommandCode::PolicyPhysicalPresence};
  using Handles = PolicySessionHandle;
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyPhysicalPresence>& handles,
                              const Params& params);
};

struct PolicyCpHash {
  static constexpr CommandInfo info{wire::CommandCode::PolicyCpHash};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Digest cp_hash;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyCpHash>& handles,
                              const Params& params);
};

struct PolicyNameHash {
  static constexpr CommandInfo info{wire::CommandCode::PolicyNameHash};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Digest name_hash;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyNameHash>& handles,
                              const Params& params);
};

struct PolicyDuplicationSelect {
  static constexpr CommandInfo info{wire::CommandCode::PolicyDuplicationSelect};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Name object_name;
    wire::Name new_parent_name;
    wire::YesNo include_object;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyDuplicationSelect>& handles,
                              const Params& params);
};

struct PolicyNvWritten {
  static constexpr CommandInfo info{wire::CommandCode::PolicyNvWritten};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::YesNo written_set;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyNvWritten>& handles,
                              const Params& params);
};

struct PolicyTemplate {
  static constexpr CommandInfo info{wire::CommandCode::PolicyTemplate};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Digest template_hash;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyTemplate>& handles,
                              const Params& params);
};

struct PolicyParameters {
  static constexpr CommandInfo info{wire::CommandCode::PolicyParameters};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Digest parameter_hash;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyParameters>& handles,
                              const Params& params);
};

struct PolicyTransportSpdm {
  static constexpr CommandInfo info{wire::CommandCode::PolicyTransportSpdm};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Name req_key_name;  // either may be empty: any key
    wire::Name tpm_key_name;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyTransportSpdm>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
