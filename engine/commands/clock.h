// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 29: clocks and timers.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/attest.h"

namespace vtpm::engine {

// TPM_CLOCK_ADJUST (Part 2, 6.7).
enum class ClockAdjust : int8_t {
  CoarseSlower = -3,
  MediumSlower = -2,
  FineSlower = -1,
  NoChange = 0,
  FineFaster = 1,
  MediumFaster = 2,
  CoarseFaster = 3,
};
constexpr bool is_clock_adjust(ClockAdjust value) {
  return value >= ClockAdjust::CoarseSlower && value <= ClockAdjust::CoarseFaster;
}
using CheckedClockAdjust = wire::Checked<ClockAdjust, is_clock_adjust, rc::Value.value()>;

struct ReadClock {
  static constexpr CommandInfo info{wire::CommandCode::ReadClock};
  struct Handles {};
  struct Params {};
  struct Reply {
    wire::TimeInfo current_time;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<ReadClock>& handles,
                              const Params& params);
};

struct ClockSet {
  static constexpr CommandInfo info{wire::CommandCode::ClockSet, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> auth;
  };
  struct Params {
    uint64_t new_time = 0;  // Clock, milliseconds
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<ClockSet>& handles,
                              const Params& params);
};

struct ClockRateAdjust {
  static constexpr CommandInfo info{wire::CommandCode::ClockRateAdjust, CommandFlag::None,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> auth;
  };
  struct Params {
    CheckedClockAdjust rate_adjust;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<ClockRateAdjust>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
