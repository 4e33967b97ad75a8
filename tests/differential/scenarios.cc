// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/scenarios.h"

#include "engine/commands/attestation.h"
#include "engine/commands/capability.h"
#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_bound.h"
#include "engine/commands/policy_compared.h"
#include "engine/commands/random.h"
#include "engine/commands/self_test.h"
#include "engine/commands/session.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "engine/ticket.h"
#include "tests/engine/objects.h"

namespace vtpm::differential {
namespace {

using namespace engine;
using engine::testing::attestation_key;
using engine::testing::ecc_storage;
using engine::testing::ecdsa_key;
using engine::testing::hmac_key;
using engine::testing::rsa_storage;
using engine::testing::sealed_data;
using engine::testing::signature_scheme;
namespace rh = wire::rh;

const Options kQuiet{.break_it = false};

wire::PcrSelections some_pcrs() {
  return {{{.hash = {AlgId::Sha256}, .mask = 0x00010001}}};
}
wire::Digest a_digest() {
  return wire::Digest(Bytes(32, 7));
}
wire::MaxBuffer abc() {
  return wire::MaxBuffer(text_bytes("abc"));
}
wire::SensitiveCreate a_secret() {
  return {.user_auth = wire::Auth(text_bytes("auth")),
          .data = wire::SensitiveData(text_bytes("secret"))};
}

Handle primary(Client& client, const wire::Public& pub, const std::string& step = "primary",
               const wire::SensitiveCreate& sensitive = {}) {
  return client
      .run<CreatePrimary>(step, {rh::Owner}, {.in_sensitive = sensitive, .in_public = pub}, kQuiet)
      .reply.object_handle.value;
}

void random_numbers(Client& client) {
  client.run<GetRandom>("GetRandom", {}, {16});
  client.run<StirRandom>("StirRandom", {}, {.in_data = wire::Buffer<128>(text_bytes("more"))});
}

void self_tests(Client& client) {
  client.run<SelfTest>("SelfTest", {}, {{1}}, {.same_reply = true, .depth = Depth::Few});
  client.run<IncrementalSelfTest>("IncrementalSelfTest", {}, {{{AlgId::Sha256}}});
  client.run<GetTestResult>("GetTestResult", {}, {}, {.same_reply = true});
}

void clock(Client& client) {
  client.run<ReadClock>("ReadClock", {}, {});
  // Only what a clock refuses whatever it shows.
  client.run<ClockSet>("ClockSet", {rh::Owner}, {uint64_t{1} << 40},
                       {.except = {"p1=", "h1", "a1"}});
  client.run<ClockRateAdjust>("ClockRateAdjust", {rh::Owner}, {ClockAdjust::FineFaster});
}

void hashing(Client& client) {
  const Options same{.same_reply = true};
  for (AlgId hash : {AlgId::Sha1, AlgId::Sha256, AlgId::Sha384, AlgId::Sha512})
    client.run<Hash>("Hash " + std::to_string(static_cast<int>(hash)), {},
                     {abc(), {hash}, {rh::Null}}, same);
  auto sequence = client.run<HashSequenceStart>(
      "HashSequenceStart", {}, {.auth = wire::Auth(text_bytes("x")), .hash = {AlgId::Sha256}});
  Handle handle = sequence.reply.sequence.value;
  // What is added by a broken form that succeeds is added on both sides.
  client.run<SequenceUpdate>("SequenceUpdate", {handle}, {abc()}, {.passwords = {{'x'}}});
  client.run<SequenceComplete>("SequenceComplete", {handle}, {abc(), {rh::Null}},
                               {.passwords = {{'x'}}, .same_reply = true, .except = {"p"}});
}

void hmac(Client& client) {
  Handle key = primary(client, hmac_key());
  client.run<engine::Hmac>("HMAC", {key}, {abc(), {AlgId::Null}});
  auto sequence = client.run<HmacStart>("HMAC_Start", {key}, {.hash = {AlgId::Sha256}});
  client.run<SequenceUpdate>("SequenceUpdate", {sequence.reply.sequence.value}, {abc()});
  client.run<SequenceComplete>("SequenceComplete", {sequence.reply.sequence.value},
                               {abc(), {rh::Null}}, {.except = {"p"}});
}

void event_sequence(Client& client) {
  auto sequence = client.run<HashSequenceStart>("HashSequenceStart", {}, {.hash = {AlgId::Null}});
  client.run<EventSequenceComplete>("EventSequenceComplete", {10, sequence.reply.sequence.value},
                                    {abc()}, {.same_reply = true, .except = {"p", "h1"}});
}

void pcrs(Client& client) {
  const Options same{.same_reply = true};
  client.run<PcrExtend>("PCR_Extend", {10},
                        {{{{.algorithm = {AlgId::Sha256}, .digest = a_digest()}}}});
  // The answer has a digest of each bank, and swtpm's SHA-1 bank is on.
  client.run<PcrEvent>("PCR_Event", {16}, {wire::Event(text_bytes("event"))});
  client.run<PcrReset>("PCR_Reset", {16}, {}, same);
  client.run<PcrRead>("PCR_Read", {}, {some_pcrs()}, {.except = {"p1.0[2]"}});
}

void capabilities(Client& client) {
  using wire::Capability;
  for (auto [name, capability, property] : {std::tuple{"algorithms", Capability::Algs, 0u},
                                            {"handles", Capability::Handles, 0x80000000u},
                                            {"commands", Capability::Commands, 0x11Fu},
                                            {"PCRs", Capability::Pcrs, 0u},
                                            {"properties", Capability::TpmProperties, 0x100u},
                                            {"curves", Capability::EccCurves, 0u}})
    client.run<GetCapability>(std::string("GetCapability ") + name, {}, {capability, property, 1});
}

void creating(Client& client) {
  client.run<CreatePrimary>("CreatePrimary ECC", {rh::Owner}, {.in_public = ecc_storage()});
  client.run<CreatePrimary>("CreatePrimary signing", {rh::Null},
                            {.in_public = ecdsa_key(), .creation_pcr = some_pcrs()});
  client.run<CreatePrimary>("CreatePrimary sealed", {rh::Endorsement},
                            {.in_sensitive = a_secret(), .in_public = sealed_data()});
}

void creating_rsa(Client& client) {
  client.run<CreatePrimary>("CreatePrimary RSA", {rh::Owner}, {.in_public = rsa_storage()},
                            {.depth = Depth::Few});
}

void objects(Client& client) {
  Handle parent = primary(client, ecc_storage());
  auto created = client.run<Create>("Create", {parent},
                                    {.in_sensitive = a_secret(), .in_public = sealed_data()});
  auto loaded = client.run<Load>(
      "Load", {parent},
      {.in_private = created.reply.out_private, .in_public = created.reply.out_public});
  Handle item = loaded.reply.object_handle.value;
  client.run<ReadPublic>("ReadPublic", {item}, {});
  const std::vector<Bytes> auth = {to_bytes(text_bytes("auth"))};
  client.run<Unseal>("Unseal", {item}, {}, {.passwords = auth, .same_reply = true});
  client.run<ObjectChangeAuth>("ObjectChangeAuth", {item, parent},
                               {wire::Auth(text_bytes("other"))}, {.passwords = auth});
  auto saved = client.run<ContextSave>("ContextSave", {item}, {});
  client.run<FlushContext>("FlushContext", {}, {.flush_handle = {item}}, {.except = {"p1=80"}});
  client.run<ContextLoad>("ContextLoad", {}, {saved.reply.context});
  client.run<EvictControl>("EvictControl", {rh::Owner, parent}, {.persistent_handle = {0x81000001}},
                           {.except = {"p1=81", "p1=8100"}});
  client.run<EvictControl>("EvictControl away", {rh::Owner, 0x81000001},
                           {.persistent_handle = {0x81000001}});
}

void creating_children(Client& client) {
  Handle parent = primary(client, ecc_storage());
  client.run<Create>("Create ECC storage", {parent}, {.in_public = ecc_storage()});
  client.run<Create>("Create signing", {parent}, {.in_public = ecdsa_key()});
  client.run<Create>("Create attestation", {parent}, {.in_public = attestation_key()});
  client.run<Create>("Create HMAC", {parent}, {.in_public = hmac_key()});
}

void external(Client& client) {
  auto key = client.run<CreatePrimary>("primary", {rh::Null}, {.in_public = ecdsa_key()}, kQuiet);
  client.run<LoadExternal>("LoadExternal", {},
                           {.in_public = key.reply.out_public, .hierarchy = {rh::Null}});
}

void signing(Client& client) {
  Handle key = primary(client, ecdsa_key());
  auto signature = client.run<Sign>("Sign", {key},
                                    {.digest = a_digest(),
                                     .in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256),
                                     .validation = null_ticket<wire::StructureTag::HashCheck>()});
  client.run<VerifySignature>("VerifySignature", {key},
                              {.digest = a_digest(), .signature = signature.reply.signature});
  client.run<Quote>(
      "Quote", {key},
      {.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256), .pcr_select = some_pcrs()});
}

void sessions(Client& client) {
  client.run<StartAuthSession>("StartAuthSession", {rh::Null, rh::Null},
                               {.nonce_caller = a_digest(),
                                .session_type = wire::SessionType::Policy,
                                .auth_hash = {AlgId::Sha256}});
}

Handle start_policy(Client& client, wire::SessionType type, const std::string& step = "start") {
  return client
      .run<StartAuthSession>(
          step, {rh::Null, rh::Null},
          {.nonce_caller = a_digest(), .session_type = type, .auth_hash = {AlgId::Sha256}}, kQuiet)
      .reply.session_handle.value;
}

// Notes the policy digest after a step, which is the same everywhere.
void note_digest(Client& client, Handle session, const std::string& after) {
  client.run<PolicyGetDigest>("digest after " + after, {session}, {},
                              {.same_reply = true, .break_it = false});
}

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
  client.run<PolicyNvWritten>("PolicyNvWritten", {session}, {{1}});
  note_digest(client, session, "PolicyNvWritten");
  client.run<PolicyCounterTimer>("PolicyCounterTimer", {session},
                                 {wire::Operand(Bytes(8, 1)), 0, wire::Relation::UnsignedGreater});
  note_digest(client, session, "PolicyCounterTimer");
}

// What one session can be bound to once: a session each.
void bound_policies(Client& client) {
  using wire::SessionType;
  Handle session = start_policy(client, SessionType::Policy, "start 1");
  client.run<PolicyCpHash>("PolicyCpHash", {session}, {a_digest()});
  note_digest(client, session, "PolicyCpHash");
  session = start_policy(client, SessionType::Policy, "start 2");
  client.run<PolicyNameHash>("PolicyNameHash", {session}, {a_digest()});
  note_digest(client, session, "PolicyNameHash");
  session = start_policy(client, SessionType::Policy, "start 3");
  client.run<PolicyTemplate>("PolicyTemplate", {session}, {a_digest()});
  note_digest(client, session, "PolicyTemplate");
  session = start_policy(client, SessionType::Policy, "start 4");
  wire::Name name(Bytes(34, 1));
  client.run<PolicyDuplicationSelect>("PolicyDuplicationSelect", {session}, {name, name, {1}});
  note_digest(client, session, "PolicyDuplicationSelect");
}

void approved_policies(Client& client) {
  Handle session = start_policy(client, wire::SessionType::Policy);
  client.run<PolicySecret>("PolicySecret", {rh::Owner, session},
                           {.cp_hash = a_digest(), .policy_ref = wire::Nonce(text_bytes("ref"))});
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

void hierarchies(Client& client) {
  client.run<SetPrimaryPolicy>("SetPrimaryPolicy", {rh::Owner}, {a_digest(), {AlgId::Sha256}});
  client.run<ClearControl>("ClearControl", {rh::Platform}, {{0}}, {.except = {"p1="}});
  client.run<HierarchyControl>("HierarchyControl", {rh::Platform}, {{rh::Endorsement}, {1}},
                               {.except = {"p1=", "p2="}});
  client.run<HierarchyChangeAuth>("HierarchyChangeAuth", {rh::Owner},
                                  {wire::Auth(text_bytes("new"))},
                                  {.except = {"p1", "h1", "a byte"}});
  client.run<PcrAllocate>("PCR_Allocate", {rh::Platform}, {some_pcrs()});
}

void lockout(Client& client) {
  const Options no_guesses{.break_authorization = false};
  client.run<DictionaryAttackParameters>("DictionaryAttackParameters", {rh::Lockout},
                                         {32, 100, 100}, no_guesses);
  client.run<DictionaryAttackLockReset>("DictionaryAttackLockReset", {rh::Lockout}, {}, no_guesses);
  client.run<Clear>("Clear", {rh::Platform}, {}, {.break_authorization = false});
}

void shutdown(Client& client) {
  client.run<Startup>("Startup", {}, {wire::StartupType::Clear});
  client.run<Shutdown>("Shutdown", {}, {wire::StartupType::State});
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"RandomNumbers", random_numbers},
      {"SelfTests", self_tests},
      {"Clock", clock},
      {"Hashing", hashing},
      {"Hmac", hmac},
      {"EventSequence", event_sequence},
      {"Pcrs", pcrs},
      {"Capabilities", capabilities},
      {"Creating", creating},
      {"CreatingRsa", creating_rsa},
      {"Objects", objects},
      {"CreatingChildren", creating_children},
      {"External", external},
      {"Signing", signing},
      {"Sessions", sessions},
      {"Policies", policies},
      {"BoundPolicies", bound_policies},
      {"ApprovedPolicies", approved_policies},
      {"Hierarchies", hierarchies},
      {"Lockout", lockout},
      {"Shutdown", shutdown},
  };
  return all;
}

}  // namespace vtpm::differential
