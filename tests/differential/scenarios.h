// SPDX-License-Identifier: Apache-2.0
// What programs do with a TPM, as sequences of commands that need nothing but passwords.
#pragma once

#include "tests/differential/client.h"

namespace vtpm::differential {

struct Scenario {
  const char* name;
  void (*run)(Client& client);
};

// Those of the other files.
void creating(Client& client);
void creating_rsa(Client& client);
void objects(Client& client);
void creating_children(Client& client);
void external(Client& client);
void creating_loaded(Client& client);
void credentials(Client& client);
void rsa_encryption(Client& client);
void ecdh(Client& client);
void policies(Client& client);
void bound_policies(Client& client);
void approved_policies(Client& client);
void nv_definitions(Client& client);
void nv_attributes(Client& client);
void nv_data(Client& client);
void nv_kinds(Client& client);
void nv_in_policies(Client& client);

inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

// Each begins with a TPM of its own, just started.
const std::vector<Scenario>& scenarios();

}  // namespace vtpm::differential
