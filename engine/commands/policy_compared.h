// SPDX-License-Identifier: Apache-2.0
// Part 3, 23.10 and 23.23: assertions that something in the TPM relates to a value of the caller.
#pragma once

#include "engine/commands/policy.h"
#include "engine/session/relation.h"

namespace vtpm::engine {

struct PolicyCounterTimer {
  static constexpr CommandInfo info{wire::CommandCode::PolicyCounterTimer};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Operand operand_b;
    uint16_t offset = 0;
    CheckedRelation operation;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyCounterTimer>& handles,
                              const Params& params);
};

// TPM_CAP. There are no vendor properties here, but a policy may ask for one.
constexpr wire::Capability kVendorProperty{0x100};
constexpr bool is_any_capability(wire::Capability capability) {
  return capability <= wire::Capability::SpdmSessionInfo || capability == kVendorProperty;
}
using AnyCapability = wire::Checked<wire::Capability, is_any_capability, rc::Value.value()>;

struct PolicyCapability {
  static constexpr CommandInfo info{wire::CommandCode::PolicyCapability};
  using Handles = PolicySessionHandle;
  struct Params {
    wire::Operand operand_b;
    uint16_t offset = 0;
    CheckedRelation operation;
    AnyCapability capability;
    uint32_t property = 0;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyCapability>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
