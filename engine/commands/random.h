// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 16: random number generator.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct GetRandom {
  static constexpr CommandInfo info{wire::CommandCode::GetRandom};
  struct Handles {};
  struct Params {
    uint16_t bytes_requested = 0;
  };
  struct Reply {
    wire::Digest random_bytes;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<GetRandom>& handles,
                              const Params& params);
};

struct StirRandom {
  static constexpr CommandInfo info{wire::CommandCode::StirRandom, CommandFlag::Nv};
  struct Handles {};
  struct Params {
    wire::SensitiveData in_data;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<StirRandom>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
