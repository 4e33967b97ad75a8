// SPDX-License-Identifier: Apache-2.0
// Time, Clock and the counters (Part 1, clause 33).
#pragma once

#include "engine/ports.h"
#include "engine/state.h"
#include "engine/wire/attest.h"

namespace vtpm::engine {

// Clock is written to NV when it crosses a multiple of this (TPM_PT_CLOCK_UPDATE): after a
// disorderly shutdown it resumes at the next multiple, so that it never runs backwards.
inline constexpr uint64_t kClockUpdateInterval = uint64_t{1} << 20;  // milliseconds: 17.5 minutes

// The farthest from the host's clock that software may steer, parts per million (Part 3, 29.3.1: 15
// percent).
inline constexpr int32_t kMaximumClockRate = 150'000;

// Milliseconds since _TPM_Init.
uint64_t tpm_time(const State& state, const Ports& ports);
// Milliseconds that the TPM has been powered in its life.
uint64_t tpm_clock(const State& state, const Ports& ports);
wire::ClockInfo clock_info(const State& state, const Ports& ports);

// Makes Clock run on from `clock` (TPM2_ClockSet, power on).
void set_clock(State& state, const Ports& ports, uint64_t clock);
// Parts per million added to the rate of Time and Clock from now on (TPM2_ClockRateAdjust).
void set_clock_rate(State& state, const Ports& ports, int32_t parts_per_million);

// Notes in a session from when its limits of time count.
void stamp(Session& session, const State& state, const Ports& ports);

// Before each command: writes Clock to NV when it is due.
void update_clock(State& state, const Ports& ports);

}  // namespace vtpm::engine
