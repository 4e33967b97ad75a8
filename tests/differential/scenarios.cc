// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/scenarios.h"

#include "engine/commands/attestation.h"
#include "engine/commands/capability.h"
#include "engine/commands/clock.h"
#include "engine/commands/command_audit.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/mac.h"
#include "engine/commands/pcr.h"
#include "engine/commands/random.h"
#include "engine/commands/self_test.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "engine/ticket.h"
#include "tests/differential/scenario_tools.h"

namespace vtpm::differential {
namespace {

void random_numbers(Client& client) {
  client.run<GetRandom>("GetRandom", {}, {16});
  client.run<StirRandom>("StirRandom", {}, {.in_data = wire::SensitiveData(text_bytes("more"))});
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
  client.run<SequenceComplete>(
      "SequenceComplete", {handle}, {abc(), {rh::Null}},
      {.passwords = {{'x'}}, .same_reply = true, .except = {"p", "a1.2", "a1.3 longer"}});
}

void hmac(Client& client) {
  Handle key = primary(client, hmac_key());
  client.run<Mac>("MAC", {key}, {abc(), {AlgId::Null}});
  auto sequence = client.run<MacStart>("MAC_Start", {key}, {.scheme = {AlgId::Sha256}});
  client.run<SequenceUpdate>("SequenceUpdate", {sequence.reply.sequence.value}, {abc()});
  client.run<SequenceComplete>("SequenceComplete", {sequence.reply.sequence.value},
                               {abc(), {rh::Null}}, {.except = {"p", "a1.2", "a1.3 longer"}});
}

void event_sequence(Client& client) {
  auto sequence = client.run<HashSequenceStart>("HashSequenceStart", {}, {.hash = {AlgId::Null}});
  client.run<EventSequenceComplete>(
      "EventSequenceComplete", {10, sequence.reply.sequence.value}, {abc()},
      {.same_reply = true, .except = {"p", "h1", "a1.2", "a1.3 longer", "a2.2", "a2.3 longer"}});
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

void attestations(Client& client) {
  Handle key = primary(client, ecdsa_key());
  auto object =
      client.run<CreatePrimary>("object", {rh::Owner}, {.in_public = ecdsa_key()}, kQuiet);
  Handle subject = object.reply.object_handle.value;
  const wire::SignatureScheme scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  client.run<Certify>("Certify", {subject, key}, {.in_scheme = scheme});
  client.run<CertifyCreation>("CertifyCreation", {key, subject},
                              {.creation_hash = object.reply.creation_hash,
                               .in_scheme = scheme,
                               .creation_ticket = object.reply.creation_ticket});
  client.run<GetTime>("GetTime", {rh::Endorsement, key}, {.in_scheme = scheme});
  client.run<GetCommandAuditDigest>("GetCommandAuditDigest", {rh::Endorsement, key},
                                    {.in_scheme = scheme});
  client.run<SetCommandCodeAuditStatus>("SetCommandCodeAuditStatus", {rh::Owner},
                                        {.audit_alg = {AlgId::Sha256}});
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
      {"OutsideChildren", outside_children},
      {"ObjectRules", object_rules},
      {"CreatingLoaded", creating_loaded},
      {"Credentials", credentials},
      {"RsaEncryption", rsa_encryption},
      {"Ecdh", ecdh},
      {"Signing", signing},
      {"StartingSessions", starting_sessions},
      {"SaltingSessions", salting_sessions},
      {"SessionKeys", session_keys},
      {"HmacAuthorizations", hmac_authorizations},
      {"EncryptedParameters", encrypted_parameters},
      {"SessionsBesides", sessions_besides},
      {"SavedSessions", saved_sessions},
      {"AuditSessions", audit_sessions},
      {"Policies", policies},
      {"BoundPolicies", bound_policies},
      {"ApprovedPolicies", approved_policies},
      {"NvDefinitions", nv_definitions},
      {"NvAttributes", nv_attributes},
      {"NvData", nv_data},
      {"NvKinds", nv_kinds},
      {"NvInPolicies", nv_in_policies},
      {"Attestations", attestations},
      {"Hierarchies", hierarchies},
      {"Lockout", lockout},
      {"SignedPolicies", signed_policies},
      {"SecretPolicies", secret_policies},
      {"AuthorizedPolicies", authorized_policies},
      {"NvAuthorizedPolicies", nv_authorized_policies},
      {"PolicyUses", policy_uses},
      {"PolicyChoices", policy_choices},
      {"PoliciesOfHierarchies", policies_of_hierarchies},
      {"Duplicating", duplicating},
      {"Rewrapping", rewrapping},
      {"Importing", importing},
      {"ImportingNothing", importing_nothing},
      {"Encrypting", encrypting},
      {"Macs", macs},
      {"MacSequences", mac_sequences},
      {"ExternalKeys", external_keys},
      {"KeyUses", key_uses},
      {"TestedParameters", tested_parameters},
      {"RsaSchemes", rsa_schemes},
      {"WeakKeys", weak_keys},
      {"TwoPhaseExchange", two_phase_exchange},
      {"AnonymousSignatures", anonymous_signatures},
      {"NvAuthorities", nv_authorities},
      {"NvPins", nv_pins},
      {"NvLocks", nv_locks},
      {"NvChanges", nv_changes},
      {"NvAuthorizations", nv_authorizations},
      {"NvCertifying", nv_certifying},
      {"DictionaryAttacks", dictionary_attacks},
      {"DisabledHierarchies", disabled_hierarchies},
      {"NewSeeds", new_seeds},
      {"Cleared", cleared},
      {"AuditedCommands", audited_commands},
      {"PcrAuthorizations", pcr_authorizations},
      {"PhysicalPresence", physical_presence},
      {"Certificates", certificates},
      {"Shutdown", shutdown},
  };
  return all;
}

}  // namespace vtpm::differential
