// SPDX-License-Identifier: Apache-2.0
// The whole TPM as a value. Each part is shared between copies until it is written; save.h says
// which parts survive a loss of power.
#pragma once

#include <array>
#include <bitset>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/cow.h"
#include "engine/nv/index.h"
#include "engine/object/object.h"
#include "engine/session/session.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// Seeds, proofs, authorizations that only TPM2_Clear and its kin replace (Part 1, clause 11).
struct Authorization {
  wire::Auth auth;
  wire::HashAlgorithmOrNull policy_hash{wire::AlgId::Null};
  wire::Digest policy;
};
struct Hierarchies {
  uint16_t derivation_level = 0;  // how primary keys come from the seeds (docs/key-derivation.md)
  SharedSecret endorsement_seed, storage_seed, platform_seed;
  SharedSecret endorsement_proof, storage_proof, platform_proof;
  Authorization owner, endorsement, lockout;
  bool disable_clear = false;
};

// What TPM2_Startup(CLEAR) sets anew and Shutdown(STATE) preserves.
struct PlatformState {
  bool platform_enabled = true;     // phEnable
  bool storage_enabled = true;      // shEnable
  bool endorsement_enabled = true;  // ehEnable
  bool platform_nv_enabled = true;  // phEnableNV
  Authorization platform;
  SharedSecret null_seed, null_proof;  // anew on every TPM Reset
  bool read_only = false;              // Read-Only mode (Part 1, clause 42)
  wire::Auth pcr_auth;                 // of the PCR in the authorization set (Part 1, 14.7.2)
};

// The algorithms whose banks exist, and which PCR of each; changed by TPM2_PCR_Allocate with effect
// at the next _TPM_Init.
struct PcrAllocation {
  std::array<uint32_t, kPcrBanks.size()> masks{};  // in the order of kPcrBanks
};

// The policy of the PCR in the policy set; none for TPM_ALG_NULL (Part 1, 14.7.3).
struct PcrPolicy {
  wire::HashAlgorithmOrNull hash{wire::AlgId::Null};
  wire::Digest digest;
};

struct PcrBanks {
  PcrAllocation allocated;  // what was in force at the last _TPM_Init
  using Value = std::array<uint8_t, kMaximumDigestSize>;
  std::array<std::array<Value, wire::kPcrCount>, kPcrBanks.size()> values{};
  uint32_t update_counter = 0;
};

struct TransientObjects {
  static constexpr size_t kSlots = 32;
  std::array<TransientSlot, kSlots> slots;
};

struct PersistentObjects {
  static constexpr size_t kMaximum = 64;
  std::map<wire::Handle, ObjectPtr> objects;
};

// The NV indices as they are in NV (Part 1, 34.2). An index keeps its slot, which numbers the
// section that it is saved in.
struct NvIndices {
  static constexpr size_t kMaximum = 128;
  static constexpr size_t kTotalSize = 64 * 1024;  // octets of data that all of them may define
  std::array<NvIndexPtr, kMaximum> slots;
  // The largest count that a counter had when it was deleted: the next one begins above it
  // (Part 3, 31.2).
  uint64_t highest_deleted_count = 0;
};
// The indices that are ahead of their copies in NV: hybrid ones, and those that are locked for
// reading until the next TPM2_Startup(CLEAR). Null where NV has the present values.
struct NvMemory {
  std::array<NvIndexPtr, NvIndices::kMaximum> slots;
};
using NvSlotSet = std::bitset<NvIndices::kMaximum>;

// Dictionary attack protection (Part 1, 17.8). Intervals in seconds.
struct DictionaryAttack {
  uint32_t failed_tries = 0;
  uint32_t maximum_tries = 32;
  uint32_t recovery_time = 7200;
  uint32_t lockout_recovery = 86400;
  bool lockout_auth_enabled = true;
};
// Since when the running intervals count, in milliseconds of Time: they need continuous power, and
// TPM2_ClockSet does not shorten them (Part 3, 25.3.1).
struct DictionaryAttackTimers {
  uint64_t healing_since = 0;
  uint64_t lockout_since = 0;
};

enum class ShutdownKind : uint8_t { None, Clear, State };

// Part 1, clause 33. Counters and the part of Clock that is in NV.
struct ClockNv {
  uint64_t clock = 0;  // Clock when last written, milliseconds
  uint32_t reset_count = 0;
  uint32_t restart_count = 0;
  uint64_t total_reset_count = 0;  // part of saved contexts: they die with a TPM Reset
  uint32_t clear_count = 0;        // Startup(CLEAR)s: stClear contexts die with them
  ShutdownKind shutdown = ShutdownKind::None;
  bool safe = true;  // of `clock`
};

// Running time: what Time and Clock were when the port's time was `port_at_sync`, milliseconds.
struct ClockRunning {
  uint64_t port_at_sync = 0;
  uint64_t time_at_sync = 0;
  uint64_t clock_at_sync = 0;
  int32_t rate = 0;    // parts per million added to the rate of Time and Clock
  uint64_t epoch = 0;  // timeEpoch, a number drawn whenever Time begins anew (Part 1, 16.7.12)
  bool safe = true;
};

enum class Mode : uint8_t { Off, Initialized, Started, Failure };

struct Lifecycle {
  Mode mode = Mode::Off;
  std::string fault;  // why the TPM is in failure mode
  uint8_t startup_locality = 0;
  bool hcrtm = false;  // an H-CRTM sequence preceded Startup
  // The event sequence between _TPM_Hash_Start and _TPM_Hash_End.
  std::optional<EventSequence> hardware_sequence;
  uint32_t tests_passed = 0;  // bit n: crypto::SelfTest n has run and passed since _TPM_Init
  bool orderly = false;       // a TPM2_Shutdown preceded this TPM2_Startup
  // TPM2_PCR_Allocate or TPM2_SetAlgorithmSet since _TPM_Init: the state is not one to come back
  // to.
  bool restart_needed = false;
};

// Command audit (Part 1, clause 32).
struct CommandAudit {
  wire::HashAlgorithm hash{wire::AlgId::Sha256};
  std::set<wire::CommandCode> audited;
  uint64_t counter = 0;
  wire::Digest digest;  // empty until the first audited command of a log
};

// What the platform's authorization must be confirmed for by physical presence (Part 3, 26.2).
struct PhysicalPresence {
  std::set<wire::CommandCode> commands;
};

// The private keys of split operations (Part 1, 44.2.2): not kept, but derived from their count.
struct CommitState {
  static constexpr size_t kNonceSize = 64;
  static constexpr size_t kSlots = 128;  // a power of two
  SharedSecret nonce;                    // commitRandom, anew on every TPM Reset
  uint64_t count = 0;                    // commitCount
  std::bitset<kSlots> pending;           // which of the newest have not been used
};

// Saved by TPM2_Shutdown(STATE) for TPM2_Startup(STATE).
struct PreservedState {
  bool valid = false;
  uint8_t startup_locality = 0;
  PlatformState platform;
  PcrBanks pcrs;
  SessionTable sessions;
  CommitState commits;
  NvSlotSet nv_read_locked;
};

struct State {
  // Survive a loss of power.
  Cow<Profile> profile;
  Cow<Hierarchies> hierarchies;
  Cow<PcrAllocation> pcr_allocation;
  Cow<PcrPolicy> pcr_policy;
  Cow<PersistentObjects> persistent;
  Cow<DictionaryAttack> dictionary_attack;
  Cow<ClockNv> clock_nv;
  Cow<CommandAudit> command_audit;
  Cow<PhysicalPresence> physical_presence;
  Cow<PreservedState> preserved;
  Cow<NvIndices> nv;
  // Do not.
  Cow<Lifecycle> lifecycle;
  Cow<PlatformState> platform;
  Cow<PcrBanks> pcrs;
  Cow<TransientObjects> transient;
  Cow<SessionTable> sessions;
  Cow<ClockRunning> clock;
  Cow<DictionaryAttackTimers> dictionary_attack_timers;
  Cow<CommitState> commits;
  Cow<NvMemory> nv_memory;
};

// Replaces a loaded session by a copy that `change` has been applied to.
template <class Change>
void update_session(State& state, wire::Handle handle, Change&& change) {
  SessionPtr& loaded = state.sessions.write().slots[session_slot(handle)].loaded;
  auto updated = std::make_shared<Session>(*loaded);
  change(*updated);
  loaded = std::move(updated);
}

}  // namespace vtpm::engine
