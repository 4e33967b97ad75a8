// SPDX-License-Identifier: Apache-2.0
#include "engine/saved_parts.h"

#include <algorithm>

#include "engine/crypto/derive.h"
#include "engine/saved_contexts.h"

namespace vtpm::engine {
namespace {

constexpr uint32_t kAllPcrs = (1u << wire::kPcrCount) - 1;

SavedAuthorization to_saved(const Authorization& part) {
  return {.auth = part.auth, .policy_hash = part.policy_hash, .policy = part.policy};
}

Authorization from_saved(const SavedAuthorization& saved) {
  return {.auth = saved.auth, .policy_hash = saved.policy_hash, .policy = saved.policy};
}

// The position of a saved bank; none when this version keeps no PCR in it.
std::optional<size_t> bank_of(AlgId hash) {
  auto found = std::ranges::find(kPcrBanks, hash);
  if (found == kPcrBanks.end()) return std::nullopt;
  return static_cast<size_t>(found - kPcrBanks.begin());
}

}  // namespace

SavedPlatformState to_saved(const PlatformState& part) {
  return {.platform = {.platform_enabled = part.platform_enabled,
                       .storage_enabled = part.storage_enabled,
                       .endorsement_enabled = part.endorsement_enabled,
                       .platform_nv_enabled = part.platform_nv_enabled,
                       .platform = to_saved(part.platform),
                       .null_seed = SavedSecret(part.null_seed),
                       .null_proof = SavedSecret(part.null_proof)},
          .additions = {{.read_only = part.read_only, .pcr_auth = part.pcr_auth}}};
}

Problem from_saved(const SavedPlatformState& saved, PlatformState& part) {
  const auto& [platform, additions] = saved;
  part = {.platform_enabled = *platform.platform_enabled != 0,
          .storage_enabled = *platform.storage_enabled != 0,
          .endorsement_enabled = *platform.endorsement_enabled != 0,
          .platform_nv_enabled = *platform.platform_nv_enabled != 0,
          .platform = from_saved(platform.platform),
          .null_seed = platform.null_seed.secret(),
          .null_proof = platform.null_proof.secret(),
          .read_only = *additions.value.read_only != 0,
          .pcr_auth = additions.value.pcr_auth};
  return {};
}

SavedPcrBanks to_saved(const PcrBanks& part) {
  SavedPcrBanks saved{.update_counter = part.update_counter};
  for (size_t bank = 0; bank < kPcrBanks.size(); ++bank) {
    Bytes values;
    for (const auto& value : part.values[bank])
      append(values, ByteView(value).first(digest_size(kPcrBanks[bank])));
    saved.banks.items.push_back({.hash = kPcrBanks[bank],
                                 .mask = part.allocated.masks[bank],
                                 .values = decltype(SavedBank::values)(values)});
  }
  return saved;
}

Problem from_saved(const SavedPcrBanks& saved, PcrBanks& part) {
  part = {.update_counter = saved.update_counter};
  for (const SavedBank& bank : saved.banks.items) {
    auto index = bank_of(bank.hash);
    if (!index) return "has a PCR bank of an algorithm that this build does not have";
    size_t size = digest_size(bank.hash);
    if (bank.values.size() != wire::kPcrCount * size || (bank.mask & ~kAllPcrs) != 0)
      return "has a PCR bank that is not whole";
    part.allocated.masks[*index] = bank.mask;
    for (unsigned pcr = 0; pcr < wire::kPcrCount; ++pcr)
      std::ranges::copy(bank.values.view().subspan(pcr * size, size),
                        part.values[*index][pcr].begin());
  }
  return {};
}

SavedSessionContexts save_contexts(const SessionTable& part) {
  SavedSessionContexts saved{.context_counter = part.context_counter,
                             .object_context_counter = part.object_context_counter};
  for (size_t slot = 0; slot < part.slots.size(); ++slot)
    if (part.slots[slot].saved_context != 0)
      saved.contexts.items.push_back({.slot = static_cast<uint16_t>(slot),
                                      .context = part.slots[slot].saved_context,
                                      .policy = part.slots[slot].policy});
  return saved;
}

Problem load_contexts(const SavedSessionContexts& saved, SessionTable& part) {
  part = {};
  part.context_counter = saved.context_counter;
  part.object_context_counter = saved.object_context_counter;
  for (const auto& context : saved.contexts.items) {
    if (context.slot >= kMaximumSessions || context.context > saved.context_counter)
      return "has a session context that cannot be";
    part.slots[context.slot] = {.saved_context = context.context, .policy = *context.policy != 0};
  }
  return {};
}

SavedProfile to_saved(const Profile& part) {
  return {.sha1 = part.sha1,
          .rsa_1024 = part.rsa_1024,
          .ecc_p192 = part.ecc_p192,
          .no_sha3 = {!part.sha3}};
}

Problem from_saved(const SavedProfile& saved, Profile& part) {
  part = {.sha1 = *saved.sha1 != 0,
          .sha3 = *saved.no_sha3.value == 0,
          .rsa_1024 = *saved.rsa_1024 != 0,
          .ecc_p192 = *saved.ecc_p192 != 0};
  return {};
}

SavedHierarchies to_saved(const Hierarchies& part) {
  return {.derivation_level = part.derivation_level,
          .endorsement_seed = SavedSecret(part.endorsement_seed),
          .storage_seed = SavedSecret(part.storage_seed),
          .platform_seed = SavedSecret(part.platform_seed),
          .endorsement_proof = SavedSecret(part.endorsement_proof),
          .storage_proof = SavedSecret(part.storage_proof),
          .platform_proof = SavedSecret(part.platform_proof),
          .owner = to_saved(part.owner),
          .endorsement = to_saved(part.endorsement),
          .lockout = to_saved(part.lockout),
          .disable_clear = part.disable_clear};
}

Problem from_saved(const SavedHierarchies& saved, Hierarchies& part) {
  if (!crypto::derivation_level_supported(saved.derivation_level))
    return "derives its primary keys in a way that this version does not know; use a newer one";
  part = {.derivation_level = saved.derivation_level,
          .endorsement_seed = saved.endorsement_seed.secret(),
          .storage_seed = saved.storage_seed.secret(),
          .platform_seed = saved.platform_seed.secret(),
          .endorsement_proof = saved.endorsement_proof.secret(),
          .storage_proof = saved.storage_proof.secret(),
          .platform_proof = saved.platform_proof.secret(),
          .owner = from_saved(saved.owner),
          .endorsement = from_saved(saved.endorsement),
          .lockout = from_saved(saved.lockout),
          .disable_clear = *saved.disable_clear != 0};
  for (const SharedSecret* secret :
       {&part.endorsement_seed, &part.storage_seed, &part.platform_seed, &part.endorsement_proof,
        &part.storage_proof, &part.platform_proof})
    if (secret->empty()) return "lacks a seed or a proof";
  return {};
}

SavedPcrAllocation to_saved(const PcrAllocation& part) {
  SavedPcrAllocation saved;
  for (size_t bank = 0; bank < kPcrBanks.size(); ++bank)
    saved.banks.items.push_back({.hash = kPcrBanks[bank], .mask = part.masks[bank]});
  return saved;
}

Problem from_saved(const SavedPcrAllocation& saved, PcrAllocation& part) {
  part = {};
  for (const auto& [hash, mask] : saved.banks.items) {
    auto index = bank_of(hash);
    // Banks of algorithms that this build lacks matter only when they are in use.
    if (!index && mask == 0) continue;
    if (!index || (mask & ~kAllPcrs) != 0) return "allocates PCR that this build does not have";
    part.masks[*index] = mask;
  }
  return {};
}

SavedPcrPolicy to_saved(const PcrPolicy& part) {
  return {.hash = part.hash, .digest = part.digest};
}

Problem from_saved(const SavedPcrPolicy& saved, PcrPolicy& part) {
  size_t size = 0;
  if (saved.hash != AlgId::Null) {
    if (!is_hash(saved.hash))
      return "has a policy of a hash algorithm that this build does not have";
    size = digest_size(saved.hash);
  }
  if (saved.digest.size() != size) return "has a policy of a wrong size";
  part = {.hash = saved.hash, .digest = saved.digest};
  return {};
}

SavedPersistentObjects to_saved(const PersistentObjects& part) {
  SavedPersistentObjects saved;
  for (const auto& [handle, object] : part.objects) {
    auto flags = static_cast<uint8_t>((object->primary ? kSavedPrimary : 0) |
                                      (object->external ? kSavedExternal : 0) |
                                      (object->st_clear ? kSavedStClear : 0));
    saved.objects.items.push_back({.handle = handle,
                                   .hierarchy = object->hierarchy,
                                   .flags = flags,
                                   .pub = object->pub,
                                   .qualified_name = object->qualified_name,
                                   .sensitive = {object->sensitive}});
  }
  return saved;
}

Problem from_saved(const SavedPersistentObjects& saved, PersistentObjects& part) {
  part = {};
  for (const SavedObject& item : saved.objects.items) {
    if (wire::handle_type(item.handle) != wire::HandleType::Persistent)
      return "has an object whose handle is not persistent";
    auto object = from_saved(
        SavedLoadedObject{.hierarchy = item.hierarchy,
                          .primary = static_cast<uint8_t>((item.flags & kSavedPrimary) != 0),
                          .external = static_cast<uint8_t>((item.flags & kSavedExternal) != 0),
                          .st_clear = static_cast<uint8_t>((item.flags & kSavedStClear) != 0),
                          .pub = *item.pub,
                          .qualified_name = item.qualified_name,
                          .sensitive = {item.sensitive.value}});
    if (!object) return "has an object whose parts do not belong together";
    part.objects.emplace(item.handle, std::make_shared<const Object>(std::move(*object)));
  }
  return {};
}

SavedDictionaryAttack to_saved(const DictionaryAttack& part) {
  return {.failed_tries = part.failed_tries,
          .maximum_tries = part.maximum_tries,
          .recovery_time = part.recovery_time,
          .lockout_recovery = part.lockout_recovery,
          .lockout_auth_enabled = part.lockout_auth_enabled};
}

Problem from_saved(const SavedDictionaryAttack& saved, DictionaryAttack& part) {
  part = {.failed_tries = saved.failed_tries,
          .maximum_tries = saved.maximum_tries,
          .recovery_time = saved.recovery_time,
          .lockout_recovery = saved.lockout_recovery,
          .lockout_auth_enabled = *saved.lockout_auth_enabled != 0};
  return {};
}

SavedClock to_saved(const ClockNv& part) {
  return {.clock = part.clock,
          .reset_count = part.reset_count,
          .restart_count = part.restart_count,
          .total_reset_count = part.total_reset_count,
          .clear_count = part.clear_count,
          .shutdown = static_cast<uint8_t>(part.shutdown),
          .safe = part.safe};
}

Problem from_saved(const SavedClock& saved, ClockNv& part) {
  if (saved.shutdown > static_cast<uint8_t>(ShutdownKind::State))
    return "has a kind of shutdown that does not exist";
  part = {.clock = saved.clock,
          .reset_count = saved.reset_count,
          .restart_count = saved.restart_count,
          .total_reset_count = saved.total_reset_count,
          .clear_count = saved.clear_count,
          .shutdown = static_cast<ShutdownKind>(saved.shutdown),
          .safe = *saved.safe != 0};
  return {};
}

SavedCommandAudit to_saved(const CommandAudit& part) {
  SavedCommandAudit saved{.hash = part.hash, .counter = part.counter, .digest = {part.digest}};
  saved.audited.items.assign(part.audited.begin(), part.audited.end());
  return saved;
}

Problem from_saved(const SavedCommandAudit& saved, CommandAudit& part) {
  if (!is_hash(saved.hash)) return "audits with a hash algorithm that this build does not have";
  size_t size = saved.digest.value.size();
  if (size != 0 && size != digest_size(saved.hash)) return "has an audit digest of a wrong size";
  part = {.hash = saved.hash,
          .audited = {saved.audited.items.begin(), saved.audited.items.end()},
          .counter = saved.counter,
          .digest = saved.digest.value};
  return {};
}

SavedPhysicalPresence to_saved(const PhysicalPresence& part) {
  SavedPhysicalPresence saved;
  saved.commands.items.assign(part.commands.begin(), part.commands.end());
  return saved;
}

Problem from_saved(const SavedPhysicalPresence& saved, PhysicalPresence& part) {
  part.commands = {saved.commands.items.begin(), saved.commands.items.end()};
  return {};
}

SavedCommits to_saved(const CommitState& part) {
  std::array<uint8_t, CommitState::kSlots / 8> pending{};
  for (size_t slot = 0; slot < CommitState::kSlots; ++slot)
    if (part.pending[slot]) pending[slot / 8] |= static_cast<uint8_t>(1u << slot % 8);
  return {.nonce = SavedSecret(part.nonce),
          .count = part.count,
          .pending = decltype(SavedCommits::pending)(pending)};
}

Problem from_saved(const SavedCommits& saved, CommitState& part) {
  ByteView pending = saved.pending;
  if (pending.size() != CommitState::kSlots / 8) return "has commitments that are not whole";
  part = {.nonce = saved.nonce.secret(), .count = saved.count};
  for (size_t slot = 0; slot < CommitState::kSlots; ++slot)
    part.pending[slot] = (pending[slot / 8] >> slot % 8 & 1u) != 0;
  return {};
}

SavedPreserved to_saved(const PreservedState& part) {
  SavedPlatformState platform = to_saved(part.platform);
  SavedPreserved saved{.valid = part.valid,
                       .startup_locality = part.startup_locality,
                       .platform = platform.platform,
                       .pcrs = to_saved(part.pcrs),
                       .sessions = save_contexts(part.sessions),
                       .commits = {to_saved(part.commits)},
                       .platform_additions = platform.additions};
  for (size_t slot = 0; slot < NvIndices::kMaximum; ++slot)
    if (part.nv_read_locked[slot])
      saved.nv_read_locked.value.items.push_back(static_cast<uint16_t>(slot));
  return saved;
}

Problem from_saved(const SavedPreserved& saved, PreservedState& part) {
  part = {.valid = *saved.valid != 0, .startup_locality = saved.startup_locality};
  if (auto problem = from_saved({saved.platform, saved.platform_additions}, part.platform))
    return problem;
  if (auto problem = from_saved(saved.pcrs, part.pcrs)) return problem;
  for (uint16_t slot : saved.nv_read_locked.value.items) {
    if (slot >= NvIndices::kMaximum) return "has a lock of an NV index that cannot be";
    part.nv_read_locked.set(slot);
  }
  if (auto problem = load_contexts(saved.sessions, part.sessions)) return problem;
  return from_saved(saved.commits.value, part.commits);
}

}  // namespace vtpm::engine
