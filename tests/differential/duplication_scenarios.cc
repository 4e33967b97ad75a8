// SPDX-License-Identifier: Apache-2.0
// Objects on their way from one parent to another.
#include "engine/commands/duplication.h"
#include "engine/commands/policy.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/policies.h"

namespace vtpm::differential {

namespace templates = engine::testing::templates;
using engine::testing::command_code_policy;

namespace {

using wire::CommandCode;

const Bytes kInnerKey(16, 0x4B);

wire::Public duplicable(bool encrypted = false) {
  wire::Public pub = sealed_data();
  pub.attributes.set(wire::ObjectBit::FixedTpm, false);
  pub.attributes.set(wire::ObjectBit::FixedParent, false);
  pub.attributes.set(wire::ObjectBit::EncryptedDuplication, encrypted);
  pub.auth_policy = wire::Digest(command_code_policy(CommandCode::Duplicate));
  return pub;
}

// A parent, a child of it that may be duplicated, and room for another parent.
struct Family {
  Handle parent, child;
  wire::Public pub;
  wire::Name name;
};
Family family(Client& client, const std::string& name = "parent", bool encrypted = false) {
  Family made;
  made.parent = primary(client, ecc_storage(), name);
  auto created = client.must<Create>(
      {made.parent}, {.in_sensitive = a_secret(), .in_public = duplicable(encrypted)});
  auto loaded = client.must<Load>({made.parent}, {.in_private = created.reply.out_private,
                                                  .in_public = created.reply.out_public});
  made.child = loaded.reply.object_handle.value;
  made.pub = *created.reply.out_public;
  made.name = loaded.reply.name;
  return made;
}

// What TPM2_Duplicate needs, for each attempt.
Options by_policy(Client& client, ClientSession& session) {
  return {.uses =
              [&client, &session] {
                client.must<PolicyRestart>({session.handle}, {});
                client.must<PolicyCommandCode>({session.handle}, {CommandCode::Duplicate});
                return std::vector<Use>{{.session = &session}};
              },
          // The session has no key, so that its attributes are not protected.
          .except = {"a1.2"}};
}

Duplicate::Params inner_wrapped() {
  return {.encryption_key_in = wire::SecretData(ByteView(kInnerKey)),
          .symmetric_alg = templates::aes(128)};
}

}  // namespace

void duplicating(Client& client) {
  Family made = family(client);
  Handle target = primary(client, ecc_storage(), "target");
  ClientSession session = start_session(client.peer(), {.type = wire::SessionType::Policy});
  const Options use = by_policy(client, session);
  client.run<Duplicate>("in the clear", {made.child, rh::Null}, {}, use);
  client.run<Duplicate>("inner wrapping", {made.child, rh::Null}, inner_wrapped(), use);
  client.run<Duplicate>("a key of the TPM's", {made.child, rh::Null},
                        {.symmetric_alg = templates::aes(128)}, quiet(use));
  client.run<Duplicate>("outer wrapping", {made.child, target}, {}, use);
  client.run<Duplicate>("both", {made.child, target}, inner_wrapped(), use);
  client.run<Duplicate>("with a password", {made.child, target}, {},
                        {.passwords = {bytes_of("auth")}, .break_it = false});
  client.run<Duplicate>("of a primary", {made.parent, target}, {}, quiet(use));
  flush(client, made.child);
  flush(client, made.parent);
  Family guarded = family(client, "another parent", true);
  client.run<Duplicate>("encrypted, in the clear", {guarded.child, target}, {}, quiet(use));
  client.run<Duplicate>("encrypted, to nobody", {guarded.child, rh::Null}, inner_wrapped(),
                        quiet(use));
  client.run<Duplicate>("encrypted", {guarded.child, target}, inner_wrapped(), quiet(use));
}

void importing(Client& client) {
  Family made = family(client);
  flush(client, made.parent);
  Handle target = primary(client, ecc_storage(), "target");
  ClientSession session = start_session(client.peer(), {.type = wire::SessionType::Policy});
  const Options use = by_policy(client, session);
  struct Way {
    const char* name;
    Handle parent;
    Duplicate::Params params;
  };
  for (const Way& way : {Way{"inner", rh::Null, inner_wrapped()}, Way{"outer", target, {}},
                         Way{"both", target, inner_wrapped()}}) {
    auto moved = client.must<Duplicate>({made.child, way.parent}, way.params, use.uses());
    std::string name = std::string("Import ") + way.name;
    auto imported = client.run<Import>(name, {target},
                                       {.encryption_key = way.params.encryption_key_in,
                                        .object_public = made.pub,
                                        .duplicate = moved.reply.duplicate,
                                        .in_sym_seed = moved.reply.out_sym_seed,
                                        .symmetric_alg = way.params.symmetric_alg},
                                       {.depth = Depth::Few});
    // The public area is part of the Name, which the wrappings protect.
    auto loaded =
        client.run<Load>("Load after " + name, {target},
                         {.in_private = imported.reply.out_private, .in_public = made.pub}, kQuiet);
    flush(client, loaded.reply.object_handle.value);
  }
}

// Wrappers around what is no sensitive area.
void importing_nothing(Client& client) {
  Family made = family(client);
  auto wrapped = client.must<Rewrap>(
      {rh::Null, made.parent},
      {.in_duplicate = wire::SecretPrivate(ByteView(Bytes(80, 3))), .name = made.name});
  client.run<Import>("Import what is nothing", {made.parent},
                     {.object_public = made.pub,
                      .duplicate = wrapped.reply.out_duplicate,
                      .in_sym_seed = wrapped.reply.out_sym_seed},
                     kQuiet);
}

void rewrapping(Client& client) {
  Family made = family(client);
  Handle target = primary(client, ecc_storage(), "target");
  ClientSession session = start_session(client.peer(), {.type = wire::SessionType::Policy});
  const Options use = by_policy(client, session);
  auto outer = client.must<Duplicate>({made.child, target}, {}, use.uses());
  auto inner = client.must<Duplicate>({made.child, rh::Null}, inner_wrapped(), use.uses());
  const Rewrap::Params wrapped{.in_duplicate = outer.reply.duplicate,
                               .name = made.name,
                               .in_sym_seed = outer.reply.out_sym_seed};
  client.run<Rewrap>("Rewrap to another", {target, made.parent}, wrapped);
  client.run<Rewrap>("to nobody", {target, rh::Null}, wrapped, kQuiet);
  client.run<Rewrap>("Rewrap from nobody", {rh::Null, target},
                     {.in_duplicate = inner.reply.duplicate, .name = made.name},
                     {.depth = Depth::Few});
  client.run<Rewrap>("from nobody to nobody", {rh::Null, rh::Null},
                     {.in_duplicate = inner.reply.duplicate, .name = made.name}, kQuiet);
}

}  // namespace vtpm::differential
