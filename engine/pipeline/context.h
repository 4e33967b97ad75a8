// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ports.h"
#include "engine/state.h"

namespace vtpm::engine {

// What a command's body works with. `state` is the copy that is dropped when the body returns an
// error.
struct Context {
  State& state;
  const Ports& ports;
  uint8_t locality = 0;
  size_t maximum_size = 0;  // of Request
};

}  // namespace vtpm::engine
