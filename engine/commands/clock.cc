// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/clock.h"

#include "engine/clock.h"

namespace vtpm::engine {
namespace {

constexpr uint64_t kMaximumClock = 0xFFFF'0000'0000'0000;  // Part 3, 29.2.1

// Parts per million. Part 2, 6.7 recommends 1 % and 0.1 % for the two larger steps.
constexpr int32_t kCoarse = 10'000, kMedium = 1'000, kFine = 1;

int32_t step(ClockAdjust adjust) {
  switch (adjust) {
    case ClockAdjust::CoarseSlower:
      return -kCoarse;
    case ClockAdjust::MediumSlower:
      return -kMedium;
    case ClockAdjust::FineSlower:
      return -kFine;
    case ClockAdjust::NoChange:
      return 0;
    case ClockAdjust::FineFaster:
      return kFine;
    case ClockAdjust::MediumFaster:
      return kMedium;
    case ClockAdjust::CoarseFaster:
      return kCoarse;
  }
  return 0;
}

}  // namespace

TpmResult<ReadClock::Reply> ReadClock::run(Context& context, const Authorized<ReadClock>&,
                                           const Params&) {
  return Reply{.current_time = {.time = tpm_time(context.state, context.ports),
                                .clock_info = clock_info(context.state, context.ports)}};
}
VTPM_COMMAND(ReadClock);

TpmResult<ClockSet::Reply> ClockSet::run(Context& context, const Authorized<ClockSet>&,
                                         const Params& params) {
  REQUIRE(params.new_time >= tpm_clock(context.state, context.ports) &&
              params.new_time <= kMaximumClock,
          rc::Value.parameter(1));
  set_clock(context.state, context.ports, params.new_time);
  update_clock(context.state, context.ports);
  return Reply{};
}
VTPM_COMMAND(ClockSet);

TpmResult<ClockRateAdjust::Reply> ClockRateAdjust::run(Context& context,
                                                       const Authorized<ClockRateAdjust>&,
                                                       const Params& params) {
  int32_t rate = context.state.clock->rate + step(params.rate_adjust);
  REQUIRE(rate >= -kMaximumClockRate && rate <= kMaximumClockRate, rc::Value.parameter(1));
  if (rate != context.state.clock->rate) set_clock_rate(context.state, context.ports, rate);
  return Reply{};
}
VTPM_COMMAND(ClockRateAdjust);

}  // namespace vtpm::engine
