// SPDX-License-Identifier: Apache-2.0
// Numbers that Part 2 fixes: algorithms, structure tags, handles, capabilities, properties.
#pragma once

#include <cstdint>

namespace vtpm::engine::wire {

using Handle = uint32_t;

// TPM_ALG_ID (Part 2, 6.3).
enum class AlgId : uint16_t {
  Error = 0x0000,
  Rsa = 0x0001,
  Sha1 = 0x0004,
  Hmac = 0x0005,
  Aes = 0x0006,
  Mgf1 = 0x0007,
  KeyedHash = 0x0008,
  Xor = 0x000A,
  Sha256 = 0x000B,
  Sha384 = 0x000C,
  Sha512 = 0x000D,
  Null = 0x0010,
  Sm3_256 = 0x0012,
  Sm4 = 0x0013,
  RsaSsa = 0x0014,
  RsaEs = 0x0015,
  RsaPss = 0x0016,
  Oaep = 0x0017,
  EcDsa = 0x0018,
  Ecdh = 0x0019,
  EcDaa = 0x001A,
  Sm2 = 0x001B,
  EcSchnorr = 0x001C,
  EcMqv = 0x001D,
  Hkdf = 0x001F,
  Kdf1Sp800_56a = 0x0020,
  Kdf2 = 0x0021,
  Kdf1Sp800_108 = 0x0022,
  Ecc = 0x0023,
  SymCipher = 0x0025,
  Camellia = 0x0026,
  Sha3_256 = 0x0027,
  Sha3_384 = 0x0028,
  Sha3_512 = 0x0029,
  Shake256_512 = 0x002E,  // names what an ML-DSA representative was made with; no hash here
  Cmac = 0x003F,
  Ctr = 0x0040,
  Ofb = 0x0041,
  Cbc = 0x0042,
  Cfb = 0x0043,
  Ecb = 0x0044,
  MlKem = 0x00A0,
  MlDsa = 0x00A1,
  HashMlDsa = 0x00A2,
};

// TPM_ECC_CURVE (Part 2, 6.4).
enum class CurveId : uint16_t {
  None = 0x0000,
  NistP192 = 0x0001,
  NistP224 = 0x0002,
  NistP256 = 0x0003,
  NistP384 = 0x0004,
  NistP521 = 0x0005,
  BnP256 = 0x0010,
  Sm2P256 = 0x0020,
};

// TPM_ST (Part 2, 6.9).
enum class StructureTag : uint16_t {
  Null = 0x8000,
  NoSessions = 0x8001,
  Sessions = 0x8002,
  AttestNv = 0x8014,
  AttestCommandAudit = 0x8015,
  AttestSessionAudit = 0x8016,
  AttestCertify = 0x8017,
  AttestQuote = 0x8018,
  AttestTime = 0x8019,
  AttestCreation = 0x801A,
  AttestNvDigest = 0x801C,
  Creation = 0x8021,
  Verified = 0x8022,
  AuthSecret = 0x8023,
  HashCheck = 0x8024,
  AuthSigned = 0x8025,
  MessageVerified = 0x8026,
  DigestVerified = 0x8027,
};

inline constexpr uint32_t kGeneratedValue = 0xFF544347;  // TPM_GENERATED_VALUE

// TPM_EO (Part 2, 6.8): how operand A must relate to operand B.
enum class Relation : uint16_t {
  Equal,
  NotEqual,
  SignedGreater,
  UnsignedGreater,
  SignedLess,
  UnsignedLess,
  SignedGreaterOrEqual,
  UnsignedGreaterOrEqual,
  SignedLessOrEqual,
  UnsignedLessOrEqual,
  BitsSet,    // all that are SET in B are SET in A
  BitsClear,  // all that are SET in B are CLEAR in A
};

enum class StartupType : uint16_t { Clear = 0x0000, State = 0x0001 };           // TPM_SU
enum class SessionType : uint8_t { Hmac = 0x00, Policy = 0x01, Trial = 0x03 };  // TPM_SE

// TPM_NT (Part 2, 13.2): bits 7 to 4 of TPMA_NV.
enum class NvType : uint8_t {
  Ordinary = 0x0,
  Counter = 0x1,
  Bits = 0x2,
  Extend = 0x4,
  PinFail = 0x8,
  PinPass = 0x9,
};

// Handle ranges (TPM_HT, Part 2, 7.2) by their most significant octet.
enum class HandleType : uint8_t {
  Pcr = 0x00,
  NvIndex = 0x01,
  HmacSession = 0x02,    // TPM_HT_LOADED_SESSION in TPM2_GetCapability
  PolicySession = 0x03,  // TPM_HT_SAVED_SESSION in TPM2_GetCapability
  ExternalNv = 0x11,
  PermanentNv = 0x12,
  Permanent = 0x40,
  Transient = 0x80,
  Persistent = 0x81,
  AttachedComponent = 0x90,
};
constexpr HandleType handle_type(Handle handle) {
  return static_cast<HandleType>(handle >> 24);
}
constexpr Handle first_handle(HandleType type) {
  return static_cast<Handle>(type) << 24;
}

// Permanent handles (TPM_RH, Part 2, 7.4).
namespace rh {
inline constexpr Handle Owner = 0x40000001;
inline constexpr Handle Null = 0x40000007;
inline constexpr Handle Unassigned = 0x40000008;
inline constexpr Handle Password = 0x40000009;  // TPM_RS_PW
inline constexpr Handle Lockout = 0x4000000A;
inline constexpr Handle Endorsement = 0x4000000B;
inline constexpr Handle Platform = 0x4000000C;
inline constexpr Handle PlatformNv = 0x4000000D;
}  // namespace rh

inline constexpr Handle kPlatformPersistent = 0x81800000;

// TPM_CAP (Part 2, 6.12).
enum class Capability : uint32_t {
  Algs = 0,
  Handles = 1,
  Commands = 2,
  PpCommands = 3,
  AuditCommands = 4,
  Pcrs = 5,
  TpmProperties = 6,
  PcrProperties = 7,
  EccCurves = 8,
  AuthPolicies = 9,
  Act = 10,
  PublicKeys = 11,
  SpdmSessionInfo = 12,
};

}  // namespace vtpm::engine::wire
