// SPDX-License-Identifier: Apache-2.0
// What programs do with a TPM, as sequences of commands that need nothing but passwords.
#pragma once

#include "tests/differential/client.h"

namespace vtpm::differential {

struct Scenario {
  const char* name;
  void (*run)(Client& client);
};

inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

// Each begins with a TPM of its own, just started.
const std::vector<Scenario>& scenarios();

}  // namespace vtpm::differential
