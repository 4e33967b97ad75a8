// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 30: capability commands.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/capability.h"

namespace vtpm::engine {

constexpr bool is_capability(wire::Capability capability) {
  return capability <= wire::Capability::SpdmSessionInfo;
}
using CheckedCapability = wire::Checked<wire::Capability, is_capability, rc::Value.value()>;

struct GetCapability {
  static constexpr CommandInfo info{wire::CommandCode::GetCapability, CommandFlag::BeforeTests};
  struct Handles {};
  struct Params {
    CheckedCapability capability;
    uint32_t property = 0;
    uint32_t property_count = 0;
  };
  struct Reply {
    wire::YesNo more_data;
    wire::CapabilityData data;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<GetCapability>& handles,
                              const Params& params);
};

// What TPM2_GetCapability answers.
TpmResult<GetCapability::Reply> capabilities(const Context& context,
                                             const GetCapability::Params& params);

// TPMT_PUBLIC_PARMS.
struct PublicParms {
  wire::Selector<wire::PublicType> type{AlgId::KeyedHash};
  wire::PublicParameters parameters;
};

struct TestParms {
  static constexpr CommandInfo info{wire::CommandCode::TestParms};
  struct Handles {};
  struct Params {
    PublicParms parameters;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<TestParms>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
