// SPDX-License-Identifier: Apache-2.0
// Part 3, 19.2: the first half of an anonymous signature.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct Commit {
  static constexpr CommandInfo info{wire::CommandCode::Commit};
  struct Handles {
    UserAuth<kind::Object> sign;
  };
  struct Params {
    wire::Sized<wire::EccPoint, rc::Insufficient.value()> p1;  // Part 1, 44.2.3
    wire::SensitiveData s2;
    wire::EccParameter y2;
  };
  struct Reply {
    wire::Sized<wire::EccPoint> k, l, e;
    uint16_t counter = 0;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Commit>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
