// SPDX-License-Identifier: Apache-2.0
// What the TPM attests to (Part 2, 10.10 to 10.12).
#pragma once

#include "engine/wire/structures.h"

namespace vtpm::engine::wire {

struct ClockInfo {
  uint64_t clock = 0;
  uint32_t reset_count = 0;
  uint32_t restart_count = 0;
  YesNo safe;
};
struct TimeInfo {
  uint64_t time = 0;
  ClockInfo clock_info;
};
struct QuoteInfo {
  PcrSelections pcr_select;
  Digest pcr_digest;
};
struct CertifyInfo {
  Name name;
  Name qualified_name;
};
struct CreationInfo {
  Name object_name;
  Digest creation_hash;
};
struct TimeAttestInfo {
  TimeInfo time;
  uint64_t firmware_version = 0;
};
struct SessionAuditInfo {
  YesNo exclusive_session;
  Digest session_digest;
};
struct CommandAuditInfo {
  uint64_t audit_counter = 0;
  HashAlgorithm digest_alg;
  Digest audit_digest;
  Digest command_digest;
};
struct NvCertifyInfo {
  Name index_name;
  uint16_t offset = 0;
  MaxNvBuffer contents;
};
struct NvDigestCertifyInfo {
  Name index_name;
  Digest digest;
};
struct Attest {  // TPMS_ATTEST
  uint32_t magic = kGeneratedValue;
  Selector<StructureTag> type{StructureTag::AttestQuote};
  Name qualified_signer;
  Data extra_data;
  ClockInfo clock_info;
  uint64_t firmware_version = 0;
  Union<Case<CertifyInfo, StructureTag::AttestCertify>,
        Case<CreationInfo, StructureTag::AttestCreation>,
        Case<QuoteInfo, StructureTag::AttestQuote>,
        Case<CommandAuditInfo, StructureTag::AttestCommandAudit>,
        Case<SessionAuditInfo, StructureTag::AttestSessionAudit>,
        Case<TimeAttestInfo, StructureTag::AttestTime>, Case<NvCertifyInfo, StructureTag::AttestNv>,
        Case<NvDigestCertifyInfo, StructureTag::AttestNvDigest>>
      attested;
};
using AttestBytes = Buffer<kMaximumNvBuffer + 256>;  // TPM2B_ATTEST
// The same with what an NV Index holds.
using SecretAttestBytes = SecretBuffer<AttestBytes::kCapacity>;

extern template void marshal<Attest>(Writer&, const Attest&);

}  // namespace vtpm::engine::wire
