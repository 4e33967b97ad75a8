// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/hierarchy.h"

#include "engine/clock.h"
#include "engine/crypto/random.h"
#include "engine/dictionary_attack.h"
#include "engine/hierarchy.h"
#include "engine/nv/storage.h"

namespace vtpm::engine {
namespace {

namespace rh = wire::rh;

bool PlatformState::*enable_flag(wire::Handle enable) {
  switch (enable) {
    case rh::Owner:
      return &PlatformState::storage_enabled;
    case rh::Endorsement:
      return &PlatformState::endorsement_enabled;
    case rh::Platform:
      return &PlatformState::platform_enabled;
    default:
      return &PlatformState::platform_nv_enabled;
  }
}

Authorization& authorization(State& state, wire::Handle hierarchy) {
  switch (hierarchy) {
    case rh::Owner:
      return state.hierarchies.write().owner;
    case rh::Endorsement:
      return state.hierarchies.write().endorsement;
    case rh::Lockout:
      return state.hierarchies.write().lockout;
    default:
      return state.platform.write().platform;
  }
}

}  // namespace

TpmResult<HierarchyControl::Reply> HierarchyControl::run(
    Context& context, const Authorized<HierarchyControl>& handles, const Params& params) {
  wire::Handle authority = *handles->auth, enable = params.enable;
  bool on = *params.state != 0;
  // Owner and endorsement may only switch off what is theirs; phEnable only a TPM Reset sets.
  if (authority != rh::Platform) REQUIRE(!on && authority == enable, rc::AuthType);
  if (enable == rh::Platform) REQUIRE(!on, rc::AuthType);
  bool PlatformState::*flag = enable_flag(enable);
  if ((*context.state.platform).*flag == on) return Reply{};
  context.state.platform.write().*flag = on;
  if (!on && enable != rh::PlatformNv) flush_hierarchy(context.state, enable, false);
  return Reply{};
}
VTPM_COMMAND(HierarchyControl);

TpmResult<SetPrimaryPolicy::Reply> SetPrimaryPolicy::run(
    Context& context, const Authorized<SetPrimaryPolicy>& handles, const Params& params) {
  size_t expected = params.hash == AlgId::Null ? 0 : digest_size(params.hash);
  REQUIRE(params.auth_policy.size() == expected, rc::Size.parameter(1));
  Authorization& changed = authorization(context.state, *handles->auth);
  changed.policy_hash = params.hash;
  changed.policy = params.auth_policy;
  return Reply{};
}
VTPM_COMMAND(SetPrimaryPolicy);

TpmResult<ChangePps::Reply> ChangePps::run(Context& context, const Authorized<ChangePps>&,
                                           const Params&) {
  State& state = context.state;
  Hierarchies& hierarchies = state.hierarchies.write();
  hierarchies.platform_seed = random_secret(context.ports, kSeedSize);
  hierarchies.platform_proof = random_secret(context.ports, kProofSize);
  Authorization& platform = state.platform.write().platform;
  platform.policy_hash = AlgId::Null;
  platform.policy = {};
  state.pcr_policy.write() = {};
  flush_hierarchy(state, rh::Platform, true);
  return Reply{};
}
VTPM_COMMAND(ChangePps);

TpmResult<ChangeEps::Reply> ChangeEps::run(Context& context, const Authorized<ChangeEps>&,
                                           const Params&) {
  State& state = context.state;
  Hierarchies& hierarchies = state.hierarchies.write();
  hierarchies.endorsement_seed = random_secret(context.ports, kSeedSize);
  hierarchies.endorsement_proof = random_secret(context.ports, kProofSize);
  hierarchies.endorsement = {};
  state.platform.write().endorsement_enabled = true;
  flush_hierarchy(state, rh::Endorsement, true);
  return Reply{};
}
VTPM_COMMAND(ChangeEps);

TpmResult<Clear::Reply> Clear::run(Context& context, const Authorized<Clear>&, const Params&) {
  State& state = context.state;
  REQUIRE(!state.hierarchies->disable_clear, rc::Disabled);
  flush_hierarchy(state, rh::Owner, true);
  flush_hierarchy(state, rh::Endorsement, true);
  undefine_owner_indices(state);
  context.ports.random.stir({});  // before a new seed (Part 1, 8.4.11.2)
  Hierarchies& hierarchies = state.hierarchies.write();
  hierarchies.storage_seed = random_secret(context.ports, kSeedSize);
  hierarchies.storage_proof = random_secret(context.ports, kProofSize);
  hierarchies.endorsement_proof = random_secret(context.ports, kProofSize);
  hierarchies.owner = {};
  hierarchies.endorsement = {};
  hierarchies.lockout = {};
  PlatformState& platform = state.platform.write();
  platform.storage_enabled = platform.endorsement_enabled = true;
  platform.pcr_auth = {};
  // A new owner begins with the defaults (Part 1, 16.8.2).
  state.dictionary_attack.write() = {};
  reset_failures(state, context.ports);
  state.command_audit.write().counter = 0;

  set_clock(state, context.ports, 0);
  state.clock.write().safe = true;
  ClockNv& clock = state.clock_nv.write();
  clock.clock = 0;
  clock.safe = true;
  clock.reset_count = clock.restart_count = 0;
  ++state.pcrs.write().update_counter;
  return Reply{};
}
VTPM_COMMAND(Clear);

TpmResult<ClearControl::Reply> ClearControl::run(Context& context,
                                                 const Authorized<ClearControl>& handles,
                                                 const Params& params) {
  bool disable = *params.disable != 0;
  REQUIRE(disable || *handles->auth == rh::Platform, rc::AuthFail);
  context.state.hierarchies.write().disable_clear = disable;
  return Reply{};
}
VTPM_COMMAND(ClearControl);

TpmResult<HierarchyChangeAuth::Reply> HierarchyChangeAuth::run(
    Context& context, const Authorized<HierarchyChangeAuth>& handles, const Params& params) {
  wire::Auth auth = without_trailing_zeros(params.new_auth);
  REQUIRE(auth.size() <= digest_size(kIntegrityHash), rc::Size.parameter(1));
  authorization(context.state, *handles->auth).auth = auth;
  return Reply{};
}
VTPM_COMMAND(HierarchyChangeAuth);

TpmResult<ReadOnlyControl::Reply> ReadOnlyControl::run(Context& context,
                                                       const Authorized<ReadOnlyControl>&,
                                                       const Params& params) {
  context.state.platform.write().read_only = *params.state != 0;
  return Reply{};
}
VTPM_COMMAND(ReadOnlyControl);

}  // namespace vtpm::engine
