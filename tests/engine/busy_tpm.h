// SPDX-License-Identifier: Apache-2.0
// A TPM in which no part is as it was made, for tests of what is saved.
#pragma once

#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {

struct BusyTpm {
  BusyTpm();

  TestTpm tpm{true, 1, kWholeProfile};
};

}  // namespace vtpm::engine::testing
