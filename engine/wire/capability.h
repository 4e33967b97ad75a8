// SPDX-License-Identifier: Apache-2.0
// What TPM2_GetCapability returns (Part 2, 6.13, 6.14, 10.7 to 10.9).
#pragma once

#include "engine/wire/structures.h"

namespace vtpm::engine::wire {

inline constexpr uint32_t kPropertyGroup = 0x100;  // PT_GROUP

// TPM_PT, those that this TPM reports.
enum class PropertyTag : uint32_t {
  FamilyIndicator = 0x100,
  Level,
  Revision,
  Errata,
  Year,
  Manufacturer,
  VendorString1,
  VendorString2,
  VendorString3,
  VendorString4,
  VendorTpmType,
  FirmwareVersion1,
  FirmwareVersion2,
  InputBuffer,
  TransientMinimum,
  PersistentMinimum,
  LoadedMinimum,
  ActiveSessionsMaximum,
  PcrCount,
  PcrSelectMinimum,
  ContextGapMaximum,
  NvCountersMaximum = 0x116,
  NvIndexMaximum,
  Memory,
  ClockUpdate,
  ContextHash,
  ContextSymmetric,
  ContextSymmetricSize,
  OrderlyCount,
  MaximumCommandSize,
  MaximumResponseSize,
  MaximumDigest,
  MaximumObjectContext,
  MaximumSessionContext,
  PlatformFamily,
  PlatformLevel,
  PlatformRevision,
  PlatformDayOfYear,
  PlatformYear,
  SplitMaximum,
  TotalCommands,
  LibraryCommands,
  VendorCommands,
  NvBufferMaximum,
  Modes,
  MaximumCapabilityBuffer,
  FirmwareSvn,
  FirmwareMaximumSvn,
  MlParameterSets,

  Permanent = 0x200,
  StartupClear,
  NvIndices,
  Loaded,
  LoadedAvailable,
  Active,
  ActiveAvailable,
  TransientAvailable,
  Persistent,
  PersistentAvailable,
  NvCounters,
  NvCountersAvailable,
  AlgorithmSet,
  LoadedCurves,
  LockoutCounter,
  MaximumAuthFail,
  LockoutInterval,
  LockoutRecovery,
  NvWriteRecovery,
  AuditCounter0,
  AuditCounter1,
};

// TPM_PT_PCR. Localities 0 to 4 have a pair each, from ExtendLocality0 on.
enum class PcrPropertyTag : uint32_t {
  Save = 0x00,
  ExtendLocality0 = 0x01,
  ResetLocality0 = 0x02,
  NoIncrement = 0x11,
  DrtmReset = 0x12,
  PolicySet = 0x13,
  AuthSet = 0x14,
};

// TPM_PT_MAX_CAP_BUFFER, and how many elements of a size on the wire go into a list of it.
inline constexpr size_t kMaximumCapabilityBuffer = 1024;
constexpr size_t capability_items(size_t element_size) {
  return (kMaximumCapabilityBuffer - sizeof(uint32_t) - sizeof(uint32_t)) / element_size;
}

struct AlgorithmProperty {
  AlgId algorithm{};
  uint32_t attributes = 0;  // TPMA_ALGORITHM
};
struct CommandAttributes {
  uint32_t raw = 0;  // TPMA_CC
};
struct TaggedProperty {
  PropertyTag property{};
  uint32_t value = 0;
};
struct TaggedPcrProperty {
  PcrPropertyTag property{};
  uint32_t mask = 0;  // bit n is PCR n

  TpmResult<void> unmarshal(Reader& in);
  void marshal(Writer& out) const;
};
// TPMS_TAGGED_POLICY; without a policy TPM_ALG_NULL and no digest.
struct TaggedPolicy {
  Handle handle = 0;
  HashAlgorithmOrNull hash;
  Digest digest;

  TpmResult<void> unmarshal(Reader& in);
  void marshal(Writer& out) const;
};

using AlgorithmProperties = List<AlgorithmProperty, capability_items(6)>;
using HandleList = List<Handle, capability_items(4)>;
using CommandAttributesList = List<CommandAttributes, capability_items(4)>;
using CommandCodes = List<CommandCode, capability_items(4)>;
using TaggedProperties = List<TaggedProperty, capability_items(8)>;
using TaggedPcrProperties = List<TaggedPcrProperty, capability_items(8)>;
using Curves = List<CurveId, capability_items(2)>;
using TaggedPolicies = List<TaggedPolicy, capability_items(6 + kMaximumDigestSize)>;
// A group that this TPM has, and never anything in it: no ACT, no SPDM.
using NoEntries = List<Empty, 0>;

struct CapabilityData {  // TPMS_CAPABILITY_DATA
  Selector<Capability> capability;
  Union<Case<AlgorithmProperties, Capability::Algs>, Case<HandleList, Capability::Handles>,
        Case<CommandAttributesList, Capability::Commands>,
        Case<CommandCodes, Capability::PpCommands, Capability::AuditCommands>,
        Case<PcrSelections, Capability::Pcrs>, Case<TaggedProperties, Capability::TpmProperties>,
        Case<TaggedPcrProperties, Capability::PcrProperties>, Case<Curves, Capability::EccCurves>,
        Case<TaggedPolicies, Capability::AuthPolicies>,
        Case<NoEntries, Capability::Act, Capability::PublicKeys, Capability::SpdmSessionInfo>>
      data;
};

}  // namespace vtpm::engine::wire
