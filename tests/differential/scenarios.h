// SPDX-License-Identifier: Apache-2.0
// What programs do with a TPM, as sequences of commands.
#pragma once

#include "tests/differential/client.h"

namespace vtpm::differential {

struct Scenario {
  const char* name;
  void (*run)(Client& client);
};

// Those of the other files.
void starting_sessions(Client& client);
void salting_sessions(Client& client);
void session_keys(Client& client);
void hmac_authorizations(Client& client);
void encrypted_parameters(Client& client);
void sessions_besides(Client& client);
void saved_sessions(Client& client);
void audit_sessions(Client& client);
void creating(Client& client);
void creating_rsa(Client& client);
void objects(Client& client);
void creating_children(Client& client);
void external(Client& client);
void outside_children(Client& client);
void object_rules(Client& client);
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
void signed_policies(Client& client);
void secret_policies(Client& client);
void authorized_policies(Client& client);
void nv_authorized_policies(Client& client);
void policy_uses(Client& client);
void policy_choices(Client& client);
void policies_of_hierarchies(Client& client);
void duplicating(Client& client);
void rewrapping(Client& client);
void importing(Client& client);
void importing_nothing(Client& client);
void encrypting(Client& client);
void macs(Client& client);
void mac_sequences(Client& client);
void external_keys(Client& client);
void key_uses(Client& client);
void tested_parameters(Client& client);
void rsa_schemes(Client& client);
void weak_keys(Client& client);
void two_phase_exchange(Client& client);
void anonymous_signatures(Client& client);
void nv_authorities(Client& client);
void nv_pins(Client& client);
void nv_locks(Client& client);
void nv_changes(Client& client);
void nv_authorizations(Client& client);
void nv_certifying(Client& client);
void dictionary_attacks(Client& client);
void disabled_hierarchies(Client& client);
void new_seeds(Client& client);
void cleared(Client& client);
void audited_commands(Client& client);
void pcr_authorizations(Client& client);
void physical_presence(Client& client);
void certificates(Client& client);

inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

// Each begins with a TPM of its own, just started.
const std::vector<Scenario>& scenarios();

}  // namespace vtpm::differential
