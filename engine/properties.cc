// SPDX-License-Identifier: Apache-2.0
#include "engine/properties.h"

#include "engine/clock.h"
#include "engine/commands/table.h"
#include "engine/commit.h"
#include "engine/dictionary_attack.h"
#include "engine/identity.h"
#include "engine/nv/storage.h"
#include "engine/object/context.h"

namespace vtpm::engine {
namespace {

using P = wire::PropertyTag;

template <uint32_t kValue>
uint32_t constant(const State&) {
  return kValue;
}

uint32_t command_count(const State&) {
  return static_cast<uint32_t>(all_commands().size());
}

uint32_t curve_count(const State& state) {
  return static_cast<uint32_t>(
      std::ranges::count_if(kCurves, [&](CurveId curve) { return state.profile->has(curve); }));
}

template <class Bit>
uint32_t flag(Bit bit, bool set) {
  return set ? static_cast<uint32_t>(bit) : 0;
}

uint32_t permanent(const State& state) {
  using Bit = wire::PermanentBit;
  const Hierarchies& hierarchies = *state.hierarchies;
  return flag(Bit::OwnerAuthSet, !hierarchies.owner.auth.empty()) |
         flag(Bit::EndorsementAuthSet, !hierarchies.endorsement.auth.empty()) |
         flag(Bit::LockoutAuthSet, !hierarchies.lockout.auth.empty()) |
         flag(Bit::DisableClear, hierarchies.disable_clear) |
         flag(Bit::InLockout, in_lockout(state)) | flag(Bit::TpmGeneratedEps, true);
}

uint32_t startup_clear(const State& state) {
  using Bit = wire::StartupClearBit;
  const PlatformState& platform = *state.platform;
  return flag(Bit::PhEnable, platform.platform_enabled) |
         flag(Bit::ShEnable, platform.storage_enabled) |
         flag(Bit::EhEnable, platform.endorsement_enabled) |
         flag(Bit::PhEnableNv, platform.platform_nv_enabled) |
         flag(Bit::ReadOnly, platform.read_only) | flag(Bit::Orderly, state.lifecycle->orderly);
}

constexpr uint32_t session_slots() {
  return kMaximumSessions;
}

uint32_t loaded_sessions(const State& state) {
  return static_cast<uint32_t>(std::ranges::count_if(
      state.sessions->slots, [](const SessionSlot& slot) { return slot.loaded != nullptr; }));
}

uint32_t active_sessions(const State& state) {
  return static_cast<uint32_t>(std::ranges::count_if(state.sessions->slots, &SessionSlot::active));
}

uint32_t free_transient_slots(const State& state) {
  return static_cast<uint32_t>(std::ranges::count_if(
      state.transient->slots, [](const TransientSlot& slot) { return !slot.occupied(); }));
}

uint32_t persistent_objects(const State& state) {
  return static_cast<uint32_t>(state.persistent->objects.size());
}

// A TPMS_CONTEXT with the largest blob.
constexpr uint32_t kMaximumContext =
    sizeof(wire::Context::sequence) + sizeof(wire::Context::saved_handle) +
    sizeof(wire::Context::hierarchy) + sizeof(uint16_t) + wire::ContextData::kCapacity;

// Of a command, and of a response.
uint32_t message_size(size_t maximum_size) {
  return static_cast<uint32_t>(maximum_size);
}

// TPMA_ML_PARAMETER_SET (Part 2, 8.13): the sets of ML-KEM, of ML-DSA, and that mu is taken. A set
// whose signatures the transport cannot carry is of no use behind it.
uint32_t ml_parameter_sets(size_t maximum_size) {
  uint32_t sets = 0;
  if (is_implemented(AlgId::MlKem))
    for (auto set : kMlKemSets) sets |= 1u << (static_cast<unsigned>(set) - 1);
  if (!is_implemented(AlgId::MlDsa)) return sets;
  for (auto set : kMlDsaSets)
    if (crypto::signature_size(set) < maximum_size) sets |= 1u << (static_cast<unsigned>(set) + 2);
  return sets | 1u << 6;
}

constexpr Property kProperties[] = {
    {P::FamilyIndicator, constant<kSpecificationFamily>},
    {P::Level, constant<kSpecificationLevel>},
    {P::Revision, constant<kSpecificationVersion>},
    {P::Errata, constant<kSpecificationErrata>},
    {P::Year, constant<0>},  // always, since version 185
    {P::Manufacturer, constant<kManufacturer>, true},
    {P::VendorString1, constant<kVendorString[0]>, true},
    {P::VendorString2, constant<kVendorString[1]>, true},
    {P::VendorString3, constant<kVendorString[2]>, true},
    {P::VendorString4, constant<kVendorString[3]>, true},
    {P::VendorTpmType, constant<kVendorTpmType>, true},
    {P::FirmwareVersion1, constant<static_cast<uint32_t>(kFirmwareVersion >> 32)>, true},
    {P::FirmwareVersion2, constant<static_cast<uint32_t>(kFirmwareVersion)>, true},
    {P::InputBuffer, constant<wire::MaxBuffer::kCapacity>},
    {P::TransientMinimum, constant<TransientObjects::kSlots>},
    {P::PersistentMinimum, constant<PersistentObjects::kMaximum>},
    {P::LoadedMinimum, constant<kMaximumSessions>},
    {P::ActiveSessionsMaximum, constant<kMaximumSessions>},
    {P::PcrCount, constant<wire::kPcrCount>},
    {P::PcrSelectMinimum, constant<wire::kPcrSelectBytes>},
    {P::ContextGapMaximum, constant<kMaximumContextGap>},
    {P::NvCountersMaximum, constant<0>},  // as many as there can be indices
    {P::NvIndexMaximum, constant<wire::kMaximumNvIndex>},
    // Sessions, objects and NV have memory of their own, and persistent objects are used in place.
    {P::Memory, constant<0>},
    {P::ClockUpdate, constant<kClockUpdateInterval>},
    {P::ContextHash, constant<static_cast<uint32_t>(kIntegrityHash)>},
    {P::ContextSymmetric, constant<static_cast<uint32_t>(kContextCipher)>},
    {P::ContextSymmetricSize, constant<kContextKeyBits>},
    {P::OrderlyCount, constant<kMaximumOrderlyCount>},
    {P::MaximumCommandSize, message_size},
    {P::MaximumResponseSize, message_size},
    {P::MaximumDigest, constant<kMaximumDigestSize>},
    {P::MaximumObjectContext, constant<kMaximumContext>},
    {P::MaximumSessionContext, constant<kMaximumContext>},
    {P::PlatformFamily, constant<kPlatformFamily>},
    {P::PlatformLevel, constant<kPlatformLevel>},
    {P::PlatformRevision, constant<kPlatformRevision>},
    {P::PlatformDayOfYear, constant<kPlatformDayOfYear>},
    {P::PlatformYear, constant<kPlatformYear>},
    {P::SplitMaximum, constant<kMaximumCommitments>},
    {P::TotalCommands, command_count},
    {P::LibraryCommands, command_count},
    {P::VendorCommands, constant<0>},
    {P::NvBufferMaximum, constant<wire::kMaximumNvBuffer>},
    {P::Modes, constant<0>},
    {P::MaximumCapabilityBuffer, constant<wire::kMaximumCapabilityBuffer>},
    {P::FirmwareSvn, constant<0>},
    {P::FirmwareMaximumSvn, constant<0>},
    {P::MlParameterSets, ml_parameter_sets},

    {P::Permanent, permanent},
    {P::StartupClear, startup_clear},
    {P::NvIndices, defined_indices},
    {P::Loaded, loaded_sessions},
    {P::LoadedAvailable, [](const State& s) { return session_slots() - loaded_sessions(s); }},
    {P::Active, active_sessions},
    {P::ActiveAvailable, [](const State& s) { return session_slots() - active_sessions(s); }},
    {P::TransientAvailable, free_transient_slots},
    {P::Persistent, persistent_objects},
    {P::PersistentAvailable,
     [](const State& s) {
       return static_cast<uint32_t>(PersistentObjects::kMaximum) - persistent_objects(s);
     }},
    {P::NvCounters, defined_counters},
    {P::NvCountersAvailable, available_counters},
    {P::AlgorithmSet, constant<kAlgorithmSet>},
    {P::LoadedCurves, curve_count},
    {P::LockoutCounter, [](const State& s) { return s.dictionary_attack->failed_tries; }},
    {P::MaximumAuthFail, [](const State& s) { return s.dictionary_attack->maximum_tries; }},
    {P::LockoutInterval, [](const State& s) { return s.dictionary_attack->recovery_time; }},
    {P::LockoutRecovery, [](const State& s) { return s.dictionary_attack->lockout_recovery; }},
    {P::NvWriteRecovery, constant<0>},
    {P::AuditCounter0,
     [](const State& s) { return static_cast<uint32_t>(s.command_audit->counter >> 32); }},
    {P::AuditCounter1,
     [](const State& s) { return static_cast<uint32_t>(s.command_audit->counter); }},
};
static_assert(std::ranges::is_sorted(kProperties, std::ranges::less{}, &Property::tag));

}  // namespace

std::span<const Property> all_properties() {
  return kProperties;
}

}  // namespace vtpm::engine
