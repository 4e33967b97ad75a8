// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/startup.h"

#include "engine/clock.h"
#include "engine/commit.h"
#include "engine/dictionary_attack.h"
#include "engine/hierarchy.h"
#include "engine/nv/storage.h"
#include "engine/pcr.h"

namespace vtpm::engine {
namespace {

using wire::StartupType;

enum class StartupKind { Reset, Restart, Resume };

// Part 1, 11.2.3: what the last shutdown and this startup amount to.
TpmResult<StartupKind> startup_kind(const State& state, StartupType type) {
  bool preserved = state.clock_nv->shutdown == ShutdownKind::State && state.preserved->valid;
  if (type == StartupType::State) {
    REQUIRE(preserved, rc::Value.parameter(1));
    return StartupKind::Resume;
  }
  return preserved ? StartupKind::Restart : StartupKind::Reset;
}

void count(ClockNv& clock, StartupKind kind) {
  if (kind == StartupKind::Reset) {
    ++clock.reset_count;
    ++clock.total_reset_count;
    clock.restart_count = 0;
    clock.clear_count = 0;
  } else {
    ++clock.restart_count;
    if (kind == StartupKind::Restart) ++clock.clear_count;
  }
  clock.shutdown = ShutdownKind::None;
}

void start_platform(State& state, const Ports& ports, StartupKind kind) {
  if (kind == StartupKind::Resume) {
    state.platform.write() = state.preserved->platform;
    state.platform.write().platform_enabled = true;
    return;
  }
  PlatformState fresh;
  if (kind == StartupKind::Restart) {
    fresh.null_seed = state.preserved->platform.null_seed;
    fresh.null_proof = state.preserved->platform.null_proof;
  } else {
    fresh.null_seed = random_secret(ports, kSeedSize);
    fresh.null_proof = random_secret(ports, kProofSize);
  }
  state.platform.write() = fresh;
}

}  // namespace

TpmResult<Startup::Reply> Startup::run(Context& context, const Authorized<Startup>&,
                                       const Params& params) {
  State& state = context.state;
  REQUIRE(context.locality == 0 || context.locality == 3, rc::Locality);
  StartupKind kind = TRY(startup_kind(state, params.startup_type));
  uint8_t locality = state.lifecycle->hcrtm ? 4 : context.locality;
  // A resume that would make PCR[0] say another locality than the values behind it (9.3.1).
  if (kind == StartupKind::Resume)
    REQUIRE(locality == state.preserved->startup_locality, rc::Locality);

  Lifecycle& lifecycle = state.lifecycle.write();
  lifecycle.mode = Mode::Started;
  lifecycle.startup_locality = locality;
  lifecycle.orderly = state.clock_nv->shutdown != ShutdownKind::None;
  start_platform(state, context.ports, kind);
  start_pcrs(state, kind == StartupKind::Resume ? &state.preserved->pcrs : nullptr);
  if (kind == StartupKind::Reset) {
    reset_commitments(state, context.ports);
  } else {
    // Policies of saved sessions go on counting where they were, and Startup has reset PCR since
    // they looked (22.1). A note in 9.3.1 would leave the counter alone at a TPM Restart; but then
    // policies would hold for PCR that are no more (Part 1, 16.7.7.6).
    state.pcrs.write().update_counter = state.preserved->pcrs.update_counter + 1;
    state.sessions.write() = state.preserved->sessions;
    state.commits.write() = state.preserved->commits;
    // An earlier version of this TPM preserved none.
    if (state.commits->nonce.empty()) reset_commitments(state, context.ports);
  }
  if (kind == StartupKind::Resume)
    resume_indices(state, state.preserved->nv_read_locked);
  else
    restart_indices(state, kind == StartupKind::Reset, lifecycle.orderly);
  if (state.preserved->valid) state.preserved.write() = {};
  start_dictionary_attack(state);
  count(state.clock_nv.write(), kind);
  return Reply{};
}
VTPM_COMMAND(Startup);

TpmResult<Shutdown::Reply> Shutdown::run(Context& context, const Authorized<Shutdown>&,
                                         const Params& params) {
  State& state = context.state;
  bool preserve = params.shutdown_type == StartupType::State;
  if (preserve) {
    // A PCR bank that was re-allocated has no values to come back to (9.4.1, 22.5.1).
    REQUIRE(!state.lifecycle->restart_needed, rc::Type.parameter(1));
    PreservedState& preserved = state.preserved.write();
    preserved = {.valid = true,
                 .startup_locality = state.lifecycle->startup_locality,
                 .platform = *state.platform,
                 .pcrs = *state.pcrs,
                 .sessions = *state.sessions,
                 .commits = *state.commits,
                 .nv_read_locked = read_locked_indices(state)};
    for (SessionSlot& slot : preserved.sessions.slots)
      if (slot.loaded) slot = {};
    preserved.sessions.exclusive_audit.reset();
  } else if (state.preserved->valid) {
    state.preserved.write() = {};
  }
  save_hybrid_indices(state, preserve);
  ClockNv& clock = state.clock_nv.write();
  clock.safe = state.clock->safe;
  if (clock.safe) clock.clock = tpm_clock(state, context.ports);  // Part 1, 33.3.3
  clock.shutdown = preserve ? ShutdownKind::State : ShutdownKind::Clear;
  return Reply{};
}
VTPM_COMMAND(Shutdown);

}  // namespace vtpm::engine
