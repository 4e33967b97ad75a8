// SPDX-License-Identifier: Apache-2.0
// Policies that authorize commands.
#include "engine/commands/duplication.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy.h"
#include "engine/commands/policy_bound.h"
#include "engine/commands/policy_compared.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"

namespace vtpm::differential {

namespace formula = engine::testing::formula;

namespace {

using wire::CommandCode;
using Steps = void (*)(Client& client, Handle session);

struct Policy {
  const char* name;
  Steps steps;
  bool auth_value = false, password = false;
};

void auth_value(Client& client, Handle session) {
  client.must<PolicyAuthValue>({session}, {});
}
void password(Client& client, Handle session) {
  client.must<PolicyPassword>({session}, {});
}
void code_of_unseal(Client& client, Handle session) {
  client.must<PolicyCommandCode>({session}, {CommandCode::Unseal});
}
void code_of_another(Client& client, Handle session) {
  client.must<PolicyCommandCode>({session}, {CommandCode::Create});
}
void pcrs_as_they_are(Client& client, Handle session) {
  client.must<PolicyPcr>({session}, {.pcrs = some_pcrs()});
}
void another_locality(Client& client, Handle session) {
  client.must<PolicyLocality>({session}, {{2}});
}
void another_cp_hash(Client& client, Handle session) {
  client.must<PolicyCpHash>({session}, {a_digest()});
}
void another_name_hash(Client& client, Handle session) {
  client.must<PolicyNameHash>({session}, {a_digest()});
}
void a_template(Client& client, Handle session) {
  client.must<PolicyTemplate>({session}, {a_digest()});
}
void written_index(Client& client, Handle session) {
  client.must<PolicyNvWritten>({session}, {{1}});
}
void presence(Client& client, Handle session) {
  client.must<PolicyPhysicalPresence>({session}, {});
}
void timer(Client& client, Handle session) {
  client.must<PolicyCounterTimer>(
      {session}, {wire::Operand(Bytes(4, 0xFF)), 16, wire::Relation::UnsignedLess});
}

constexpr Policy kPolicies[] = {
    {"PolicyAuthValue", auth_value, true},
    {"PolicyPassword", password, false, true},
    {"PolicyCommandCode", code_of_unseal},
    {"PolicyCommandCode of another", code_of_another},
    {"PolicyPCR", pcrs_as_they_are},
    {"PolicyLocality of another", another_locality},
    {"PolicyCpHash of another", another_cp_hash},
    {"PolicyNameHash of another", another_name_hash},
    {"PolicyTemplate", a_template},
    {"PolicyNvWritten", written_index},
    {"PolicyPhysicalPresence", presence},
    {"PolicyCounterTimer", timer},
};

Bytes digest_of(Client& client, Steps steps) {
  ClientSession trial = start_session(client.peer(), {.type = wire::SessionType::Trial});
  steps(client, trial.handle);
  auto answer = client.must<PolicyGetDigest>({trial.handle}, {});
  flush(client, trial.handle);
  return to_bytes(answer.reply.policy_digest);
}

Handle item_under(Client& client, const Bytes& policy, const std::string& step) {
  wire::Public pub = sealed_data({wire::ObjectBit::NoDa});
  pub.auth_policy = wire::Digest(policy);
  return primary(client, pub, step, a_secret());
}

// Goes through the policy anew for each attempt.
Options policy_options(Client& client, ClientSession& session, const Policy& policy) {
  return {.uses = [&client, &session, &policy] {
    client.must<PolicyRestart>({session.handle}, {});
    policy.steps(client, session.handle);
    session.auth_value_needed = policy.auth_value;
    session.password_needed = policy.password;
    return std::vector<Use>{{.session = &session, .auth = bytes_of("auth")}};
  }};
}

}  // namespace

void policy_uses(Client& client) {
  for (const Policy& policy : kPolicies) {
    std::string name = policy.name;
    Handle item = item_under(client, digest_of(client, policy.steps), "item for " + name);
    ClientSession session = start_session(client.peer(), {.type = wire::SessionType::Policy});
    Options options = policy_options(client, session, policy);
    // Without an HMAC, an authorization is anybody's: also one with continueSession CLEAR.
    if (!policy.auth_value) options.except = {"a1.2"};
    client.run<Unseal>(name, {item}, {}, same(options));
    client.run<ReadPublic>("public area for " + name, {item}, {}, kQuiet);
    flush(client, session.handle);
    flush(client, item);
  }
}

// Of one policy out of two.
void policy_choices(Client& client) {
  const Bytes first = digest_of(client, auth_value), second = digest_of(client, code_of_unseal);
  const PolicyOr::Params either{{{wire::Digest(first), wire::Digest(second)}}};
  ClientSession session = start_session(client.peer(), {.type = wire::SessionType::Policy});
  client.run<PolicyOr>("PolicyOR of neither", {session.handle}, either);
  code_of_unseal(client, session.handle);
  client.run<PolicyOr>("PolicyOR", {session.handle}, either, kQuiet);
  auto digest = client.must<PolicyGetDigest>({session.handle}, {}).reply.policy_digest;
  Handle item = item_under(client, to_bytes(digest), "item");
  client.run<Unseal>("Unseal", {item}, {}, quiet(same(with({{.session = &session}}))));
  client.run<Unseal>("Unseal again", {item}, {}, quiet(with({{.session = &session}})));
  ClientSession trial = start_session(client.peer(), {.type = wire::SessionType::Trial});
  client.run<Unseal>("Unseal by a trial", {item}, {}, quiet(with({{.session = &trial}})));
}

// PolicyTemplate and PolicyNameHash where they fit.
void policies_of_hierarchies(Client& client) {
  const Bytes wanted = wire::to_wire(ecdsa_key());
  const wire::Digest hash(formula::hash(AlgId::Sha256, {wanted}));
  ClientSession session = start_session(client.peer(), {.type = wire::SessionType::Trial});
  client.must<PolicyTemplate>({session.handle}, {hash});
  auto digest = client.must<PolicyGetDigest>({session.handle}, {}).reply.policy_digest;
  flush(client, session.handle);
  client.must<SetPrimaryPolicy>({rh::Owner}, {digest, {AlgId::Sha256}});
  session = start_session(client.peer(), {.type = wire::SessionType::Policy});
  auto uses = [&] {
    client.must<PolicyRestart>({session.handle}, {});
    client.must<PolicyTemplate>({session.handle}, {hash});
    return std::vector<Use>{{.session = &session}};
  };
  auto made = client.run<CreatePrimary>("CreatePrimary", {rh::Owner}, {.in_public = ecdsa_key()},
                                        {.uses = uses, .depth = Depth::Few, .except = {"a1.2"}});
  client.run<CreatePrimary>("CreatePrimary of another", {rh::Owner}, {.in_public = hmac_key()},
                            {.uses = uses, .break_it = false});
}

}  // namespace vtpm::differential
