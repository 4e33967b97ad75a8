// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/attestation.h"
#include "engine/commands/capability.h"
#include "engine/commands/command_audit.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/nv.h"
#include "engine/commands/random.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/hex.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::differential {

using engine::testing::kIndex;
using engine::testing::nv_public;
using engine::testing::platform_public;

namespace {

Options password(const char* text) {
  return {.passwords = {bytes_of(text)}, .break_it = false};
}

// What each hierarchy lets the caller do, after `what`.
void try_hierarchies(Client& client, const std::string& what, Handle object) {
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Platform, rh::Null}) {
    std::string name = what + " " + std::to_string(hierarchy & 0xFF) + ": ";
    auto made = client.run<CreatePrimary>(name + "CreatePrimary", {hierarchy},
                                          {.in_public = ecdsa_key()}, kQuiet);
    if (made.code == rc::Success) flush(client, made.reply.object_handle.value);
    auto session = client.run<StartAuthSession>(name + "StartAuthSession", {rh::Null, hierarchy},
                                                {.nonce_caller = a_digest(),
                                                 .session_type = wire::SessionType::Hmac,
                                                 .auth_hash = {AlgId::Sha256}},
                                                kQuiet);
    if (session.code == rc::Success) flush(client, session.reply.session_handle.value);
    client.run<EvictControl>(name + "EvictControl", {hierarchy, object},
                             {.persistent_handle = {0x81000100}}, kQuiet);
    client.run<SetPrimaryPolicy>(name + "SetPrimaryPolicy", {hierarchy}, {}, kQuiet);
    client.run<NvRead>(name + "NV_Read", {hierarchy, kIndex}, {8, 0}, kQuiet);
    client.run<NvReadPublic>(name + "NV_ReadPublic", {kIndex}, {}, kQuiet);
    client.run<NvReadPublic>(name + "NV_ReadPublic of the platform", {kIndex + 1}, {}, kQuiet);
    client.run<Hash>(name + "Hash", {}, {abc(), {AlgId::Sha256}, {hierarchy}}, kQuiet);
  }
  client.run<ReadPublic>(what + ": ReadPublic", {object}, {}, kQuiet);
}

Handle some_entities(Client& client) {
  client.must<NvDefineSpace>({rh::Owner}, {wire::Auth(), nv_public()});
  client.must<NvWrite>({rh::Owner, kIndex}, {wire::MaxNvBuffer(ByteView(Bytes(8, 1))), 0});
  client.must<NvDefineSpace>({rh::Platform}, {wire::Auth(), platform_public({}, kIndex + 1)});
  return primary(client, ecc_storage(), "object");
}

}  // namespace

void dictionary_attacks(Client& client) {
  wire::Public pub = sealed_data({wire::ObjectBit::UserWithAuth});
  Handle item = primary(client, pub, "item", a_secret());
  // The first use of what is protected: swtpm asks for another one.
  client.peer().transact(TestTpm::password_command<Unseal>({item}, {}, {bytes_of("auth")}));
  client.run<DictionaryAttackParameters>("parameters", {rh::Lockout}, {3, 1000, 1000}, kQuiet);
  for (int i = 1; i <= 4; ++i)
    client.run<Unseal>("wrong " + std::to_string(i), {item}, {}, password("wrong"));
  client.run<Unseal>("right, locked out", {item}, {}, password("auth"));
  ClientSession session = start_session(client.peer());
  client.run<Unseal>("by HMAC, locked out", {item}, {},
                     quiet(with({{.session = &session, .auth = bytes_of("auth")}})));
  client.run<DictionaryAttackLockReset>("reset", {rh::Lockout}, {}, kQuiet);
  client.run<Unseal>("right", {item}, {}, password("auth"));
  client.run<Unseal>("by the wrong HMAC", {item}, {},
                     quiet(with({{.session = &session, .auth = bytes_of("wrong")}})));
  client.run<DictionaryAttackParameters>("no tries", {rh::Lockout}, {0, 1000, 1000}, kQuiet);
  client.run<Unseal>("right, no tries", {item}, {}, password("auth"));
  client.run<DictionaryAttackParameters>("no recovery", {rh::Lockout}, {3, 0, 0}, kQuiet);
  client.run<Unseal>("right, no recovery", {item}, {}, password("auth"));
  client.run<HierarchyChangeAuth>("lockoutAuth", {rh::Lockout}, {wire::Auth(text_bytes("key"))},
                                  kQuiet);
  client.run<DictionaryAttackParameters>("lockout recovery", {rh::Lockout}, {3, 1000, 1000},
                                         password("key"));
  client.run<DictionaryAttackLockReset>("reset, wrong", {rh::Lockout}, {}, password("wrong"));
  client.run<DictionaryAttackLockReset>("reset, locked out", {rh::Lockout}, {}, password("key"));
  client.run<Clear>("Clear, locked out", {rh::Lockout}, {}, password("key"));
  client.run<Clear>("Clear by the platform", {rh::Platform}, {}, kQuiet);
  client.run<DictionaryAttackLockReset>("reset, cleared", {rh::Lockout}, {}, kQuiet);
}

void disabled_hierarchies(Client& client) {
  Handle object = some_entities(client);
  try_hierarchies(client, "all enabled", object);
  for (Handle which : {rh::Endorsement, rh::Owner, rh::PlatformNv}) {
    std::string name = std::to_string(which & 0xFF);
    client.run<HierarchyControl>("disable " + name, {rh::Platform}, {{which}, {0}}, kQuiet);
    try_hierarchies(client, "without " + name, object);
    client.run<HierarchyControl>("enable by its own " + name, {rh::Owner}, {{which}, {1}}, kQuiet);
    client.run<HierarchyControl>("enable " + name, {rh::Platform}, {{which}, {1}}, kQuiet);
  }
  try_hierarchies(client, "enabled again", object);
  client.run<HierarchyControl>("disable the platform", {rh::Platform}, {{rh::Platform}, {0}},
                               kQuiet);
  try_hierarchies(client, "without the platform", object);
  client.run<HierarchyControl>("enable the platform", {rh::Platform}, {{rh::Platform}, {1}},
                               kQuiet);
}

void new_seeds(Client& client) {
  Handle object = some_entities(client);
  client.must<SetPrimaryPolicy>({rh::Endorsement}, {a_digest(), {AlgId::Sha256}});
  client.run<ChangeEps>("ChangeEPS", {rh::Platform}, {}, {.break_authorization = false});
  try_hierarchies(client, "new EPS", object);
  client.run<ChangePps>("ChangePPS", {rh::Platform}, {}, {.break_authorization = false});
  try_hierarchies(client, "new PPS", object);
}

void cleared(Client& client) {
  Handle object = some_entities(client);
  client.must<HierarchyChangeAuth>({rh::Owner}, {wire::Auth(text_bytes("owner"))});
  client.run<ClearControl>("ClearControl", {rh::Lockout}, {{1}}, kQuiet);
  client.run<Clear>("Clear, disabled", {rh::Lockout}, {}, kQuiet);
  client.run<Clear>("Clear, disabled, by the platform", {rh::Platform}, {}, kQuiet);
  client.run<ClearControl>("ClearControl back by lockout", {rh::Lockout}, {{0}}, kQuiet);
  client.run<ClearControl>("ClearControl back", {rh::Platform}, {{0}}, kQuiet);
  client.run<Clear>("Clear", {rh::Lockout}, {}, kQuiet);
  try_hierarchies(client, "cleared", object);
}

void audited_commands(Client& client) {
  using wire::CommandCode;
  Handle key = primary(client, ecdsa_key());
  auto report = [&](const std::string& step) {
    auto answer = client.must<GetCommandAuditDigest>({rh::Endorsement, rh::Null}, {});
    auto attest = wire::from_wire<wire::Attest>(answer.reply.audit_info);
    const auto& info = *attest->attested.get<wire::CommandAuditInfo>();
    client.note(step, engine::testing::hex(wire::to_wire(info.digest_alg)) + " " +
                          engine::testing::hex(info.command_digest));
  };
  client.must<SetCommandCodeAuditStatus>({rh::Owner}, {.audit_alg = {AlgId::Sha256}});
  report("at first");
  client.run<SetCommandCodeAuditStatus>(
      "set", {rh::Owner},
      {.set_list = {{CommandCode::GetRandom, CommandCode::Clear, CommandCode{0x1FF}}}}, kQuiet);
  report("after set");
  client.run<SetCommandCodeAuditStatus>(
      "cleared", {rh::Owner},
      {.clear_list = {{CommandCode::Clear, CommandCode::SetCommandCodeAuditStatus}}}, kQuiet);
  report("after cleared");
  client.run<SetCommandCodeAuditStatus>("hash", {rh::Owner}, {.audit_alg = {AlgId::Sha384}},
                                        kQuiet);
  client.run<SetCommandCodeAuditStatus>(
      "hash and list", {rh::Owner},
      {.audit_alg = {AlgId::Sha256}, .set_list = {{CommandCode::GetRandom}}}, kQuiet);
  report("after hash");
  client.run<GetRandom>("GetRandom", {}, {4}, kQuiet);
  client.run<GetCommandAuditDigest>("GetCommandAuditDigest", {rh::Endorsement, key},
                                    {.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256)},
                                    kQuiet);
  client.run<SetCommandCodeAuditStatus>("broken", {rh::Owner},
                                        {.audit_alg = {AlgId::Null},
                                         .set_list = {{CommandCode::GetRandom}},
                                         .clear_list = {{CommandCode::Clear}}});
}

}  // namespace vtpm::differential
