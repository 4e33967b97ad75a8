// SPDX-License-Identifier: Apache-2.0
#include "engine/wire/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace vtpm::engine::wire {
namespace {

struct Named {
  uint32_t value;
  std::string_view name;
};

// Part 2, 6.5.2: ascending.
constexpr std::array kCommands = {
    Named{static_cast<uint32_t>(CommandCode::NvUndefineSpaceSpecial), "NV_UndefineSpaceSpecial"},
    Named{static_cast<uint32_t>(CommandCode::EvictControl), "EvictControl"},
    Named{static_cast<uint32_t>(CommandCode::HierarchyControl), "HierarchyControl"},
    Named{static_cast<uint32_t>(CommandCode::NvUndefineSpace), "NV_UndefineSpace"},
    Named{static_cast<uint32_t>(CommandCode::ChangeEps), "ChangeEPS"},
    Named{static_cast<uint32_t>(CommandCode::ChangePps), "ChangePPS"},
    Named{static_cast<uint32_t>(CommandCode::Clear), "Clear"},
    Named{static_cast<uint32_t>(CommandCode::ClearControl), "ClearControl"},
    Named{static_cast<uint32_t>(CommandCode::ClockSet), "ClockSet"},
    Named{static_cast<uint32_t>(CommandCode::HierarchyChangeAuth), "HierarchyChangeAuth"},
    Named{static_cast<uint32_t>(CommandCode::NvDefineSpace), "NV_DefineSpace"},
    Named{static_cast<uint32_t>(CommandCode::PcrAllocate), "PCR_Allocate"},
    Named{static_cast<uint32_t>(CommandCode::PcrSetAuthPolicy), "PCR_SetAuthPolicy"},
    Named{static_cast<uint32_t>(CommandCode::PpCommands), "PP_Commands"},
    Named{static_cast<uint32_t>(CommandCode::SetPrimaryPolicy), "SetPrimaryPolicy"},
    Named{static_cast<uint32_t>(CommandCode::FieldUpgradeStart), "FieldUpgradeStart"},
    Named{static_cast<uint32_t>(CommandCode::ClockRateAdjust), "ClockRateAdjust"},
    Named{static_cast<uint32_t>(CommandCode::CreatePrimary), "CreatePrimary"},
    Named{static_cast<uint32_t>(CommandCode::NvGlobalWriteLock), "NV_GlobalWriteLock"},
    Named{static_cast<uint32_t>(CommandCode::GetCommandAuditDigest), "GetCommandAuditDigest"},
    Named{static_cast<uint32_t>(CommandCode::NvIncrement), "NV_Increment"},
    Named{static_cast<uint32_t>(CommandCode::NvSetBits), "NV_SetBits"},
    Named{static_cast<uint32_t>(CommandCode::NvExtend), "NV_Extend"},
    Named{static_cast<uint32_t>(CommandCode::NvWrite), "NV_Write"},
    Named{static_cast<uint32_t>(CommandCode::NvWriteLock), "NV_WriteLock"},
    Named{static_cast<uint32_t>(CommandCode::DictionaryAttackLockReset),
          "DictionaryAttackLockReset"},
    Named{static_cast<uint32_t>(CommandCode::DictionaryAttackParameters),
          "DictionaryAttackParameters"},
    Named{static_cast<uint32_t>(CommandCode::NvChangeAuth), "NV_ChangeAuth"},
    Named{static_cast<uint32_t>(CommandCode::PcrEvent), "PCR_Event"},
    Named{static_cast<uint32_t>(CommandCode::PcrReset), "PCR_Reset"},
    Named{static_cast<uint32_t>(CommandCode::SequenceComplete), "SequenceComplete"},
    Named{static_cast<uint32_t>(CommandCode::SetAlgorithmSet), "SetAlgorithmSet"},
    Named{static_cast<uint32_t>(CommandCode::SetCommandCodeAuditStatus),
          "SetCommandCodeAuditStatus"},
    Named{static_cast<uint32_t>(CommandCode::FieldUpgradeData), "FieldUpgradeData"},
    Named{static_cast<uint32_t>(CommandCode::IncrementalSelfTest), "IncrementalSelfTest"},
    Named{static_cast<uint32_t>(CommandCode::SelfTest), "SelfTest"},
    Named{static_cast<uint32_t>(CommandCode::Startup), "Startup"},
    Named{static_cast<uint32_t>(CommandCode::Shutdown), "Shutdown"},
    Named{static_cast<uint32_t>(CommandCode::StirRandom), "StirRandom"},
    Named{static_cast<uint32_t>(CommandCode::ActivateCredential), "ActivateCredential"},
    Named{static_cast<uint32_t>(CommandCode::Certify), "Certify"},
    Named{static_cast<uint32_t>(CommandCode::PolicyNv), "PolicyNV"},
    Named{static_cast<uint32_t>(CommandCode::CertifyCreation), "CertifyCreation"},
    Named{static_cast<uint32_t>(CommandCode::Duplicate), "Duplicate"},
    Named{static_cast<uint32_t>(CommandCode::GetTime), "GetTime"},
    Named{static_cast<uint32_t>(CommandCode::GetSessionAuditDigest), "GetSessionAuditDigest"},
    Named{static_cast<uint32_t>(CommandCode::NvRead), "NV_Read"},
    Named{static_cast<uint32_t>(CommandCode::NvReadLock), "NV_ReadLock"},
    Named{static_cast<uint32_t>(CommandCode::ObjectChangeAuth), "ObjectChangeAuth"},
    Named{static_cast<uint32_t>(CommandCode::PolicySecret), "PolicySecret"},
    Named{static_cast<uint32_t>(CommandCode::Rewrap), "Rewrap"},
    Named{static_cast<uint32_t>(CommandCode::Create), "Create"},
    Named{static_cast<uint32_t>(CommandCode::EcdhZGen), "ECDH_ZGen"},
    Named{static_cast<uint32_t>(CommandCode::Mac), "MAC"},
    Named{static_cast<uint32_t>(CommandCode::Import), "Import"},
    Named{static_cast<uint32_t>(CommandCode::Load), "Load"},
    Named{static_cast<uint32_t>(CommandCode::Quote), "Quote"},
    Named{static_cast<uint32_t>(CommandCode::RsaDecrypt), "RSA_Decrypt"},
    Named{static_cast<uint32_t>(CommandCode::MacStart), "MAC_Start"},
    Named{static_cast<uint32_t>(CommandCode::SequenceUpdate), "SequenceUpdate"},
    Named{static_cast<uint32_t>(CommandCode::Sign), "Sign"},
    Named{static_cast<uint32_t>(CommandCode::Unseal), "Unseal"},
    Named{static_cast<uint32_t>(CommandCode::PolicySigned), "PolicySigned"},
    Named{static_cast<uint32_t>(CommandCode::ContextLoad), "ContextLoad"},
    Named{static_cast<uint32_t>(CommandCode::ContextSave), "ContextSave"},
    Named{static_cast<uint32_t>(CommandCode::EcdhKeyGen), "ECDH_KeyGen"},
    Named{static_cast<uint32_t>(CommandCode::EncryptDecrypt), "EncryptDecrypt"},
    Named{static_cast<uint32_t>(CommandCode::FlushContext), "FlushContext"},
    Named{static_cast<uint32_t>(CommandCode::LoadExternal), "LoadExternal"},
    Named{static_cast<uint32_t>(CommandCode::MakeCredential), "MakeCredential"},
    Named{static_cast<uint32_t>(CommandCode::NvReadPublic), "NV_ReadPublic"},
    Named{static_cast<uint32_t>(CommandCode::PolicyAuthorize), "PolicyAuthorize"},
    Named{static_cast<uint32_t>(CommandCode::PolicyAuthValue), "PolicyAuthValue"},
    Named{static_cast<uint32_t>(CommandCode::PolicyCommandCode), "PolicyCommandCode"},
    Named{static_cast<uint32_t>(CommandCode::PolicyCounterTimer), "PolicyCounterTimer"},
    Named{static_cast<uint32_t>(CommandCode::PolicyCpHash), "PolicyCpHash"},
    Named{static_cast<uint32_t>(CommandCode::PolicyLocality), "PolicyLocality"},
    Named{static_cast<uint32_t>(CommandCode::PolicyNameHash), "PolicyNameHash"},
    Named{static_cast<uint32_t>(CommandCode::PolicyOr), "PolicyOR"},
    Named{static_cast<uint32_t>(CommandCode::PolicyTicket), "PolicyTicket"},
    Named{static_cast<uint32_t>(CommandCode::ReadPublic), "ReadPublic"},
    Named{static_cast<uint32_t>(CommandCode::RsaEncrypt), "RSA_Encrypt"},
    Named{static_cast<uint32_t>(CommandCode::StartAuthSession), "StartAuthSession"},
    Named{static_cast<uint32_t>(CommandCode::VerifySignature), "VerifySignature"},
    Named{static_cast<uint32_t>(CommandCode::EccParameters), "ECC_Parameters"},
    Named{static_cast<uint32_t>(CommandCode::FirmwareRead), "FirmwareRead"},
    Named{static_cast<uint32_t>(CommandCode::GetCapability), "GetCapability"},
    Named{static_cast<uint32_t>(CommandCode::GetRandom), "GetRandom"},
    Named{static_cast<uint32_t>(CommandCode::GetTestResult), "GetTestResult"},
    Named{static_cast<uint32_t>(CommandCode::Hash), "Hash"},
    Named{static_cast<uint32_t>(CommandCode::PcrRead), "PCR_Read"},
    Named{static_cast<uint32_t>(CommandCode::PolicyPcr), "PolicyPCR"},
    Named{static_cast<uint32_t>(CommandCode::PolicyRestart), "PolicyRestart"},
    Named{static_cast<uint32_t>(CommandCode::ReadClock), "ReadClock"},
    Named{static_cast<uint32_t>(CommandCode::PcrExtend), "PCR_Extend"},
    Named{static_cast<uint32_t>(CommandCode::PcrSetAuthValue), "PCR_SetAuthValue"},
    Named{static_cast<uint32_t>(CommandCode::NvCertify), "NV_Certify"},
    Named{static_cast<uint32_t>(CommandCode::EventSequenceComplete), "EventSequenceComplete"},
    Named{static_cast<uint32_t>(CommandCode::HashSequenceStart), "HashSequenceStart"},
    Named{static_cast<uint32_t>(CommandCode::PolicyPhysicalPresence), "PolicyPhysicalPresence"},
    Named{static_cast<uint32_t>(CommandCode::PolicyDuplicationSelect), "PolicyDuplicationSelect"},
    Named{static_cast<uint32_t>(CommandCode::PolicyGetDigest), "PolicyGetDigest"},
    Named{static_cast<uint32_t>(CommandCode::TestParms), "TestParms"},
    Named{static_cast<uint32_t>(CommandCode::Commit), "Commit"},
    Named{static_cast<uint32_t>(CommandCode::PolicyPassword), "PolicyPassword"},
    Named{static_cast<uint32_t>(CommandCode::ZGen2Phase), "ZGen_2Phase"},
    Named{static_cast<uint32_t>(CommandCode::EcEphemeral), "EC_Ephemeral"},
    Named{static_cast<uint32_t>(CommandCode::PolicyNvWritten), "PolicyNvWritten"},
    Named{static_cast<uint32_t>(CommandCode::PolicyTemplate), "PolicyTemplate"},
    Named{static_cast<uint32_t>(CommandCode::CreateLoaded), "CreateLoaded"},
    Named{static_cast<uint32_t>(CommandCode::PolicyAuthorizeNv), "PolicyAuthorizeNV"},
    Named{static_cast<uint32_t>(CommandCode::EncryptDecrypt2), "EncryptDecrypt2"},
    Named{static_cast<uint32_t>(CommandCode::AcGetCapability), "AC_GetCapability"},
    Named{static_cast<uint32_t>(CommandCode::AcSend), "AC_Send"},
    Named{static_cast<uint32_t>(CommandCode::PolicyAcSendSelect), "Policy_AC_SendSelect"},
    Named{static_cast<uint32_t>(CommandCode::CertifyX509), "CertifyX509"},
    Named{static_cast<uint32_t>(CommandCode::ActSetTimeout), "ACT_SetTimeout"},
    Named{static_cast<uint32_t>(CommandCode::EccEncrypt), "ECC_Encrypt"},
    Named{static_cast<uint32_t>(CommandCode::EccDecrypt), "ECC_Decrypt"},
    Named{static_cast<uint32_t>(CommandCode::PolicyCapability), "PolicyCapability"},
    Named{static_cast<uint32_t>(CommandCode::PolicyParameters), "PolicyParameters"},
    Named{static_cast<uint32_t>(CommandCode::NvDefineSpace2), "NV_DefineSpace2"},
    Named{static_cast<uint32_t>(CommandCode::NvReadPublic2), "NV_ReadPublic2"},
    Named{static_cast<uint32_t>(CommandCode::SetCapability), "SetCapability"},
    Named{static_cast<uint32_t>(CommandCode::ReadOnlyControl), "ReadOnlyControl"},
    Named{static_cast<uint32_t>(CommandCode::PolicyTransportSpdm), "PolicyTransportSPDM"},
    Named{static_cast<uint32_t>(CommandCode::VerifySequenceComplete), "VerifySequenceComplete"},
    Named{static_cast<uint32_t>(CommandCode::SignSequenceComplete), "SignSequenceComplete"},
    Named{static_cast<uint32_t>(CommandCode::VerifyDigestSignature), "VerifyDigestSignature"},
    Named{static_cast<uint32_t>(CommandCode::SignDigest), "SignDigest"},
    Named{static_cast<uint32_t>(CommandCode::Encapsulate), "Encapsulate"},
    Named{static_cast<uint32_t>(CommandCode::Decapsulate), "Decapsulate"},
    Named{static_cast<uint32_t>(CommandCode::VerifySequenceStart), "VerifySequenceStart"},
    Named{static_cast<uint32_t>(CommandCode::SignSequenceStart), "SignSequenceStart"},
};

// Part 2, 6.6.3: ascending, without positions.
constexpr std::array kResponseCodes = {
    Named{0x000, "SUCCESS"},
    Named{0x01E, "BAD_TAG"},
    Named{0x081, "ASYMMETRIC"},
    Named{0x082, "ATTRIBUTES"},
    Named{0x083, "HASH"},
    Named{0x084, "VALUE"},
    Named{0x085, "HIERARCHY"},
    Named{0x087, "KEY_SIZE"},
    Named{0x088, "MGF"},
    Named{0x089, "MODE"},
    Named{0x08A, "TYPE"},
    Named{0x08B, "HANDLE"},
    Named{0x08C, "KDF"},
    Named{0x08D, "RANGE"},
    Named{0x08E, "AUTH_FAIL"},
    Named{0x08F, "NONCE"},
    Named{0x090, "PP"},
    Named{0x092, "SCHEME"},
    Named{0x095, "SIZE"},
    Named{0x096, "SYMMETRIC"},
    Named{0x097, "TAG"},
    Named{0x098, "SELECTOR"},
    Named{0x09A, "INSUFFICIENT"},
    Named{0x09B, "SIGNATURE"},
    Named{0x09C, "KEY"},
    Named{0x09D, "POLICY_FAIL"},
    Named{0x09F, "INTEGRITY"},
    Named{0x0A0, "TICKET"},
    Named{0x0A1, "RESERVED_BITS"},
    Named{0x0A2, "BAD_AUTH"},
    Named{0x0A3, "EXPIRED"},
    Named{0x0A4, "POLICY_CC"},
    Named{0x0A5, "BINDING"},
    Named{0x0A6, "CURVE"},
    Named{0x0A7, "ECC_POINT"},
    Named{0x0A8, "FW_LIMITED"},
    Named{0x0A9, "SVN_LIMITED"},
    Named{0x0AA, "PARMS"},
    Named{0x0AB, "EXT_MU"},
    Named{0x0AC, "ONE_SHOT_SIGNATURE"},
    Named{0x0AD, "SIGN_CONTEXT_KEY"},
    Named{0x0B0, "CHANNEL"},
    Named{0x0B1, "CHANNEL_KEY"},
    Named{0x100, "INITIALIZE"},
    Named{0x101, "FAILURE"},
    Named{0x103, "SEQUENCE"},
    Named{0x10B, "PRIVATE"},
    Named{0x119, "HMAC"},
    Named{0x120, "DISABLED"},
    Named{0x121, "EXCLUSIVE"},
    Named{0x124, "AUTH_TYPE"},
    Named{0x125, "AUTH_MISSING"},
    Named{0x126, "POLICY"},
    Named{0x127, "PCR"},
    Named{0x128, "PCR_CHANGED"},
    Named{0x12D, "UPGRADE"},
    Named{0x12E, "TOO_MANY_CONTEXTS"},
    Named{0x12F, "AUTH_UNAVAILABLE"},
    Named{0x130, "REBOOT"},
    Named{0x131, "UNBALANCED"},
    Named{0x142, "COMMAND_SIZE"},
    Named{0x143, "COMMAND_CODE"},
    Named{0x144, "AUTHSIZE"},
    Named{0x145, "AUTH_CONTEXT"},
    Named{0x146, "NV_RANGE"},
    Named{0x147, "NV_SIZE"},
    Named{0x148, "NV_LOCKED"},
    Named{0x149, "NV_AUTHORIZATION"},
    Named{0x14A, "NV_UNINITIALIZED"},
    Named{0x14B, "NV_SPACE"},
    Named{0x14C, "NV_DEFINED"},
    Named{0x150, "BAD_CONTEXT"},
    Named{0x151, "CPHASH"},
    Named{0x152, "PARENT"},
    Named{0x153, "NEEDS_TEST"},
    Named{0x154, "NO_RESULT"},
    Named{0x155, "SENSITIVE"},
    Named{0x156, "READ_ONLY"},
    Named{0x901, "CONTEXT_GAP"},
    Named{0x902, "OBJECT_MEMORY"},
    Named{0x903, "SESSION_MEMORY"},
    Named{0x904, "MEMORY"},
    Named{0x905, "SESSION_HANDLES"},
    Named{0x906, "OBJECT_HANDLES"},
    Named{0x907, "LOCALITY"},
    Named{0x908, "YIELDED"},
    Named{0x909, "CANCELED"},
    Named{0x90A, "TESTING"},
    Named{0x910, "REFERENCE_H0"},
    Named{0x911, "REFERENCE_H1"},
    Named{0x912, "REFERENCE_H2"},
    Named{0x913, "REFERENCE_H3"},
    Named{0x914, "REFERENCE_H4"},
    Named{0x915, "REFERENCE_H5"},
    Named{0x916, "REFERENCE_H6"},
    Named{0x918, "REFERENCE_S0"},
    Named{0x919, "REFERENCE_S1"},
    Named{0x91A, "REFERENCE_S2"},
    Named{0x91B, "REFERENCE_S3"},
    Named{0x91C, "REFERENCE_S4"},
    Named{0x91D, "REFERENCE_S5"},
    Named{0x91E, "REFERENCE_S6"},
    Named{0x920, "NV_RATE"},
    Named{0x921, "LOCKOUT"},
    Named{0x922, "RETRY"},
    Named{0x923, "NV_UNAVAILABLE"},
    Named{0x97F, "NOT_USED"},
};

constexpr auto in_order = [](const auto& table) {
  return std::ranges::is_sorted(table, {}, &Named::value);
};
static_assert(in_order(kCommands) && in_order(kResponseCodes));

template <class Table>
std::string_view find(const Table& table, uint32_t value) {
  auto found = std::ranges::lower_bound(table, value, {}, &Named::value);
  return found != table.end() && found->value == value ? found->name : std::string_view();
}

std::string number(const char* kind, uint32_t value) {
  char digits[8];
  char* end = std::to_chars(std::begin(digits), std::end(digits), value, 16).ptr;
  return std::string(kind) + " 0x" + std::string(digits, end);
}

}  // namespace

std::string command_name(CommandCode code) {
  auto value = static_cast<uint32_t>(code);
  std::string_view name = find(kCommands, value);
  return name.empty() ? number("TPM_CC", value) : "TPM2_" + std::string(name);
}

// Part 2, 6.6.2: codes of format one carry a position.
std::string response_code_name(Rc code) {
  const uint32_t value = code.value();
  const bool format_one = (value & 0x80) != 0 && value < 0x1000;
  std::string_view name = find(kResponseCodes, format_one ? value & 0xBF : value);
  if (name.empty()) return number("TPM_RC", value);
  std::string text = "TPM_RC_" + std::string(name);
  const uint32_t position = value >> 8 & 0xF;
  if (!format_one || position == 0) return text;
  const char* kind = (value & 0x40) != 0 ? "parameter" : position >= 8 ? "session" : "handle";
  const uint32_t index = (value & 0x40) != 0 ? position : position & 7;
  return text + ", " + kind + " " + std::to_string(index);
}

}  // namespace vtpm::engine::wire
