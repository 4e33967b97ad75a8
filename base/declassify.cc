// SPDX-License-Identifier: Apache-2.0
// By itself in its file: a test's program has another one in its place.
#include "base/declassify.h"

namespace vtpm {

uint32_t declassified(uint32_t value) {
  return value;
}

}  // namespace vtpm
