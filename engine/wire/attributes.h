// SPDX-License-Identifier: Apache-2.0
// TPMA_*: attribute structures (Part 2, clause 8).
#pragma once

#include "engine/wire/types.h"

namespace vtpm::engine::wire {

// TPMA_OBJECT (Part 2, 8.3).
enum class ObjectBit : uint32_t {
  FixedTpm = 1u << 1,
  StClear = 1u << 2,
  FixedParent = 1u << 4,
  SensitiveDataOrigin = 1u << 5,
  UserWithAuth = 1u << 6,
  AdminWithPolicy = 1u << 7,
  FirmwareLimited = 1u << 8,
  SvnLimited = 1u << 9,
  NoDa = 1u << 10,
  EncryptedDuplication = 1u << 11,
  Restricted = 1u << 16,
  Decrypt = 1u << 17,
  Sign = 1u << 18,  // sign for asymmetric and keyed-hash keys, encrypt for symmetric ones
  X509Sign = 1u << 19,
};
using ObjectAttributes = Attributes<ObjectBit, uint32_t, 0x000F0FF6>;

// TPMA_NV and, with the upper half, TPMA_NV_EXP (Part 2, 13.4 and 13.5).
enum class NvBit : uint64_t {
  PpWrite = 1u << 0,
  OwnerWrite = 1u << 1,
  AuthWrite = 1u << 2,
  PolicyWrite = 1u << 3,
  PolicyDelete = 1u << 10,
  WriteLocked = 1u << 11,
  WriteAll = 1u << 12,
  WriteDefine = 1u << 13,
  WriteStClear = 1u << 14,
  GlobalLock = 1u << 15,
  PpRead = 1u << 16,
  OwnerRead = 1u << 17,
  AuthRead = 1u << 18,
  PolicyRead = 1u << 19,
  NoDa = 1u << 25,
  Orderly = 1u << 26,
  ClearStClear = 1u << 27,
  ReadLocked = 1u << 28,
  Written = 1u << 29,
  PlatformCreate = 1u << 30,
  ReadStClear = 1u << 31,
  ExternalEncryption = uint64_t{1} << 32,
  ExternalIntegrity = uint64_t{1} << 33,
  ExternalAntiRollback = uint64_t{1} << 34,
};
using NvAttributes = Attributes<NvBit, uint32_t, 0xFE0FFCFF>;
using NvExpandedAttributes = Attributes<NvBit, uint64_t, 0x7FE0FFCFF>;
// Also of the values that are reserved: TPM2_NV_DefineSpace refuses them.
constexpr NvType nv_type(NvExpandedAttributes attributes) {
  return static_cast<NvType>(attributes.raw >> 4 & 0xF);
}

// TPMA_SESSION (Part 2, 8.4).
enum class SessionBit : uint8_t {
  ContinueSession = 1 << 0,
  AuditExclusive = 1 << 1,
  AuditReset = 1 << 2,
  Decrypt = 1 << 5,
  Encrypt = 1 << 6,
  Audit = 1 << 7,
};
using SessionAttributes = Attributes<SessionBit, uint8_t, 0xE7>;

// TPMA_LOCALITY (Part 2, 8.5): localities 0 to 4 as bits; 32 to 255 as the number itself.
struct LocalityAttributes {
  uint8_t raw = 0;
  static constexpr LocalityAttributes of(uint8_t locality) {
    return {static_cast<uint8_t>(locality < 5 ? 1u << locality : locality)};
  }
  bool operator==(const LocalityAttributes&) const = default;
};

// TPMA_STARTUP_CLEAR (Part 2, 8.7) and TPMA_PERMANENT (Part 2, 8.6) are only reported.
enum class StartupClearBit : uint32_t {
  PhEnable = 1u << 0,
  ShEnable = 1u << 1,
  EhEnable = 1u << 2,
  PhEnableNv = 1u << 3,
  ReadOnly = 1u << 4,
  Orderly = 1u << 31,
};
enum class PermanentBit : uint32_t {
  OwnerAuthSet = 1u << 0,
  EndorsementAuthSet = 1u << 1,
  LockoutAuthSet = 1u << 2,
  DisableClear = 1u << 8,
  InLockout = 1u << 9,
  TpmGeneratedEps = 1u << 10,
};

}  // namespace vtpm::engine::wire
