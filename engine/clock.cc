// SPDX-License-Identifier: Apache-2.0
#include "engine/clock.h"

namespace vtpm::engine {
namespace {

constexpr int64_t kMillion = 1'000'000;

// Milliseconds on Time and Clock since the last sync.
uint64_t adjusted_elapsed(const ClockRunning& clock, const Ports& ports) {
  uint64_t elapsed = ports.clock.milliseconds() - clock.port_at_sync;
  // The rate is applied to whole seconds and the rest apart: no overflow in half a million years.
  int64_t seconds = static_cast<int64_t>(elapsed / 1000);
  int64_t rest = static_cast<int64_t>(elapsed % 1000);
  int64_t adjusted =
      static_cast<int64_t>(elapsed) + seconds * clock.rate / 1000 + rest * clock.rate / kMillion;
  return static_cast<uint64_t>(adjusted);
}

}  // namespace

uint64_t tpm_time(const State& state, const Ports& ports) {
  return state.clock->time_at_sync + adjusted_elapsed(*state.clock, ports);
}

uint64_t tpm_clock(const State& state, const Ports& ports) {
  return state.clock->clock_at_sync + adjusted_elapsed(*state.clock, ports);
}

wire::ClockInfo clock_info(const State& state, const Ports& ports) {
  return {.clock = tpm_clock(state, ports),
          .reset_count = state.clock_nv->reset_count,
          .restart_count = state.clock_nv->restart_count,
          .safe = static_cast<uint8_t>(state.clock->safe)};
}

void set_clock(State& state, const Ports& ports, uint64_t clock) {
  ClockRunning& running = state.clock.write();
  running.time_at_sync = tpm_time(state, ports);
  running.clock_at_sync = clock;
  running.port_at_sync = ports.clock.milliseconds();
}

void set_clock_rate(State& state, const Ports& ports, int32_t parts_per_million) {
  set_clock(state, ports, tpm_clock(state, ports));
  state.clock.write().rate = parts_per_million;
}

void stamp(Session& session, const State& state, const Ports& ports) {
  session.start_time = tpm_time(state, ports);
  session.time_epoch = state.clock->epoch;
}

void update_clock(State& state, const Ports& ports) {
  uint64_t now = tpm_clock(state, ports);
  uint64_t saved = state.clock_nv->clock;
  // After TPM2_Shutdown the saved value is taken at its word where it is safe, so it must not fall
  // behind.
  bool exact = state.clock_nv->shutdown != ShutdownKind::None && state.clock->safe;
  if (exact ? now == saved : now / kClockUpdateInterval == saved / kClockUpdateInterval) return;
  state.clock_nv.write().clock = now;
  // Past the multiple that it resumed at, Clock is ahead of all that was ever reported.
  if (!state.clock->safe) state.clock.write().safe = true;
}

}  // namespace vtpm::engine
