// SPDX-License-Identifier: Apache-2.0
// The saved form of each part of the state: structures of the wire codec, apart from those that
// the engine runs on. Fields are only ever appended, together with the section's version;
// docs/state-format.md lists them and tests/vectors/state/ keeps an example of each version.
#pragma once

#include <optional>
#include <string>

#include "engine/state.h"

namespace vtpm::engine {

inline constexpr size_t kMaximumSectionSize = 256 * 1024;

// A field that a later version of a section has: with its default where an earlier one ends.
template <class T>
struct Appended {
  T value{};

  TpmResult<void> unmarshal(wire::Reader& in) {
    if (in.remaining() == 0) return ok;
    return wire::unmarshal(in, value);
  }
  void marshal(Writer& out) const { wire::marshal(out, value); }
};

struct SavedAuthorization {
  wire::Auth auth;
  AlgId policy_hash = AlgId::Null;
  wire::Digest policy;
};

struct SavedProfile {
  wire::YesNo sha1, rsa_1024, ecc_p192;
  Appended<wire::YesNo> no_sha3;  // version 2
};

using SavedSecret = wire::SecretBuffer<64>;

struct SavedHierarchies {
  uint16_t derivation_level = 0;
  SavedSecret endorsement_seed, storage_seed, platform_seed;
  SavedSecret endorsement_proof, storage_proof, platform_proof;
  SavedAuthorization owner, endorsement, lockout;
  wire::YesNo disable_clear;
};

struct SavedBankAllocation {
  AlgId hash = AlgId::Null;
  uint32_t mask = 0;
};
struct SavedPcrAllocation {
  wire::List<SavedBankAllocation, 16> banks;
};

struct SavedObject {
  wire::Handle handle = 0;
  wire::Handle hierarchy = 0;
  uint8_t flags = 0;  // SavedObjectFlag
  wire::Sized<wire::Public> pub;
  wire::Name qualified_name;
  wire::OptionalSized<wire::Sensitive> sensitive;
};
enum SavedObjectFlag : uint8_t { kSavedPrimary = 1, kSavedExternal = 2, kSavedStClear = 4 };
struct SavedPersistentObjects {
  wire::List<SavedObject, PersistentObjects::kMaximum> objects;
};

struct SavedDictionaryAttack {
  uint32_t failed_tries = 0;
  uint32_t maximum_tries = 0;
  uint32_t recovery_time = 0;
  uint32_t lockout_recovery = 0;
  wire::YesNo lockout_auth_enabled;
};

struct SavedClock {
  uint64_t clock = 0;
  uint32_t reset_count = 0;
  uint32_t restart_count = 0;
  uint64_t total_reset_count = 0;
  uint32_t clear_count = 0;
  uint8_t shutdown = 0;  // ShutdownKind
  wire::YesNo safe;
};

struct SavedCommandAudit {
  AlgId hash = AlgId::Null;
  wire::List<wire::CommandCode, 512> audited;
  uint64_t counter = 0;
  Appended<wire::Digest> digest;  // version 2
};

struct SavedPhysicalPresence {
  wire::List<wire::CommandCode, 512> commands;
};

struct SavedPcrPolicy {
  AlgId hash = AlgId::Null;
  wire::Digest digest;
};

struct SavedPlatform {
  wire::YesNo platform_enabled, storage_enabled, endorsement_enabled, platform_nv_enabled;
  SavedAuthorization platform;
  SavedSecret null_seed, null_proof;
};

struct SavedPlatformAdditions {
  wire::YesNo read_only;
  wire::Auth pcr_auth;
};
struct SavedPlatformState {
  SavedPlatform platform;
  Appended<SavedPlatformAdditions> additions;  // version 2
};

struct SavedBank {
  AlgId hash = AlgId::Null;
  uint32_t mask = 0;
  wire::Buffer<wire::kPcrCount * kMaximumDigestSize> values;  // of each PCR in turn
};
struct SavedPcrBanks {
  wire::List<SavedBank, 16> banks;
  uint32_t update_counter = 0;
};

// The slots with a saved context; loaded sessions do not outlive a loss of power.
struct SavedSessionContext {
  uint16_t slot = 0;
  uint64_t context = 0;
  wire::YesNo policy;
};
struct SavedSessionContexts {
  wire::List<SavedSessionContext, kMaximumSessions> contexts;
  uint64_t context_counter = 0;
  uint64_t object_context_counter = 0;
};

struct SavedCommits {
  SavedSecret nonce;
  uint64_t count = 0;
  wire::Buffer<CommitState::kSlots / 8> pending{
      Bytes(CommitState::kSlots / 8)};  // bit n of octet m: slot 8m + n
};

struct SavedPreserved {
  wire::YesNo valid;
  uint8_t startup_locality = 0;
  SavedPlatform platform;
  SavedPcrBanks pcrs;
  SavedSessionContexts sessions;
  Appended<SavedCommits> commits;                                      // version 2
  Appended<wire::List<uint16_t, NvIndices::kMaximum>> nv_read_locked;  // version 2: slots
  Appended<SavedPlatformAdditions> platform_additions;                 // version 3
};

// What a caller's saved session contexts need of the table, and nothing of loaded sessions.
SavedSessionContexts save_contexts(const SessionTable& part);

SavedProfile to_saved(const Profile& part);
SavedHierarchies to_saved(const Hierarchies& part);
SavedPcrAllocation to_saved(const PcrAllocation& part);
SavedPcrPolicy to_saved(const PcrPolicy& part);
SavedPersistentObjects to_saved(const PersistentObjects& part);
SavedDictionaryAttack to_saved(const DictionaryAttack& part);
SavedClock to_saved(const ClockNv& part);
SavedCommandAudit to_saved(const CommandAudit& part);
SavedPhysicalPresence to_saved(const PhysicalPresence& part);
SavedPreserved to_saved(const PreservedState& part);
SavedPlatformState to_saved(const PlatformState& part);
SavedPcrBanks to_saved(const PcrBanks& part);
SavedCommits to_saved(const CommitState& part);

// The reverse; a sentence about the section when its values cannot be.
using Problem = std::optional<std::string>;
Problem from_saved(const SavedProfile& saved, Profile& part);
Problem from_saved(const SavedHierarchies& saved, Hierarchies& part);
Problem from_saved(const SavedPcrAllocation& saved, PcrAllocation& part);
Problem from_saved(const SavedPcrPolicy& saved, PcrPolicy& part);
Problem from_saved(const SavedPersistentObjects& saved, PersistentObjects& part);
Problem from_saved(const SavedDictionaryAttack& saved, DictionaryAttack& part);
Problem from_saved(const SavedClock& saved, ClockNv& part);
Problem from_saved(const SavedCommandAudit& saved, CommandAudit& part);
Problem from_saved(const SavedPhysicalPresence& saved, PhysicalPresence& part);
Problem from_saved(const SavedPreserved& saved, PreservedState& part);
Problem from_saved(const SavedPlatformState& saved, PlatformState& part);
Problem from_saved(const SavedPcrBanks& saved, PcrBanks& part);
Problem from_saved(const SavedCommits& saved, CommitState& part);
Problem load_contexts(const SavedSessionContexts& saved, SessionTable& part);

}  // namespace vtpm::engine
