// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_bound.h"
#include "engine/commands/policy_compared.h"
#include "engine/commands/session.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"

namespace vtpm::differential {
void policies(Client& client) {
  Handle session = start_policy(client, wire::SessionType::Trial);
  client.run<PolicyPcr>("PolicyPCR", {session}, {.pcrs = some_pcrs()});
  note_digest(client, session, "PolicyPCR");
  client.run<PolicyRestart>("PolicyRestart", {session}, {});
  client.run<PolicyLocality>("PolicyLocality", {session}, {{3}}, {.except = {"p1="}});
  client.run<PolicyCommandCode>("PolicyCommandCode", {session}, {wire::CommandCode::Unseal},
                                {.except = {"p1="}});
  client.run<PolicyAuthValue>("PolicyAuthValue", {session}, {});
  client.run<PolicyPassword>("PolicyPassword", {session}, {});
  note_digest(client, session, "PolicyPassword");
  client.run<PolicyOr>("PolicyOR", {session}, {{{a_digest(), a_digest()}}});
  client.run<PolicyPhysicalPresence>("PolicyPhysicalPresence", {session}, {});
  client.run<PolicyNvWritten>("PolicyNvWritten", {session}, {{1}}, {.except = {"p1="}});
  note_digest(client, session, "PolicyNvWritten");
  client.run<PolicyCounterTimer>("PolicyCounterTimer", {session},
                                 {wire::Operand(Bytes(8, 1)), 0, wire::Relation::UnsignedGreater},
                                 {.except = {"p2="}});
  note_digest(client, session, "PolicyCounterTimer");
}

// What one session can be bound to once: a session each.
void bound_policies(Client& client) {
  using wire::SessionType;
  Handle session = start_policy(client, SessionType::Policy, "start 1");
  client.run<PolicyCpHash>("PolicyCpHash", {session}, {a_digest()});
  note_digest(client, session, "PolicyCpHash");
  end_policy(client, session, "end 1");
  session = start_policy(client, SessionType::Policy, "start 2");
  client.run<PolicyNameHash>("PolicyNameHash", {session}, {a_digest()});
  note_digest(client, session, "PolicyNameHash");
  end_policy(client, session, "end 2");
  session = start_policy(client, SessionType::Policy, "start 3");
  client.run<PolicyTemplate>("PolicyTemplate", {session}, {a_digest()});
  note_digest(client, session, "PolicyTemplate");
  end_policy(client, session, "end 3");
  session = start_policy(client, SessionType::Policy, "start 4");
  wire::Name name(Bytes(34, 1));
  client.run<PolicyDuplicationSelect>("PolicyDuplicationSelect", {session}, {name, name, {1}});
  note_digest(client, session, "PolicyDuplicationSelect");
}

void approved_policies(Client& client) {
  Handle session = start_policy(client, wire::SessionType::Policy);
  client.run<PolicySecret>("PolicySecret", {rh::Owner, session},
                           {.cp_hash = a_digest(), .policy_ref = wire::Nonce(text_bytes("ref"))},
                           {.except = kSoon});
  note_digest(client, session, "PolicySecret");
  auto secret = client.run<PolicySecret>("PolicySecret for a ticket", {rh::Endorsement, session},
                                         {.expiration = Expiration{-1000}}, kQuiet);
  session = start_policy(client, wire::SessionType::Policy, "start 2");
  client.run<PolicyTicket>("PolicyTicket", {session},
                           {.timeout = secret.reply.timeout,
                            .auth_name = wire::Name(wire::to_wire(rh::Endorsement)),
                            .ticket = secret.reply.policy_ticket});
  note_digest(client, session, "PolicyTicket");
}

}  // namespace vtpm::differential
