// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/attestation.h"

#include "engine/attestation.h"
#include "engine/clock.h"
#include "engine/identity.h"
#include "engine/nv/access.h"
#include "engine/object/attributes.h"
#include "engine/pcr.h"
#include "engine/pipeline/command_audit.h"
#include "engine/signing.h"
#include "engine/ticket.h"

namespace vtpm::engine {

using wire::StructureTag;

TpmResult<Certify::Reply> Certify::run(Context& context, const Authorized<Certify>& handles,
                                       const Params& params) {
  const Object& object = **handles->object;
  Signer signer{.key = handles->sign->object.get(), .in_scheme = params.in_scheme, .handle = 2};
  wire::CertifyInfo attested{.name = object.name, .qualified_name = object.qualified_name};
  auto made =
      TRY(attest(context, signer, params.qualifying_data, StructureTag::AttestCertify, attested));
  return Reply{.certify_info = std::move(made.block), .signature = std::move(made.signature)};
}
VTPM_COMMAND(Certify);

TpmResult<CertifyCreation::Reply> CertifyCreation::run(Context& context,
                                                       const Authorized<CertifyCreation>& handles,
                                                       const Params& params) {
  const Object& object = **handles->object;
  Signer signer{.key = handles->sign->object.get(), .in_scheme = params.in_scheme, .parameter = 3};
  TRY(attestation_scheme(signer));
  REQUIRE(is_genuine(context.state, params.creation_ticket, object.name, params.creation_hash),
          rc::Ticket.parameter(4));
  wire::CreationInfo attested{.object_name = object.name, .creation_hash = params.creation_hash};
  auto made =
      TRY(attest(context, signer, params.qualifying_data, StructureTag::AttestCreation, attested));
  return Reply{.certify_info = std::move(made.block), .signature = std::move(made.signature)};
}
VTPM_COMMAND(CertifyCreation);

// The scheme's hash digests the PCR, too.
TpmResult<Quote::Reply> Quote::run(Context& context, const Authorized<Quote>& handles,
                                   const Params& params) {
  Signer signer{.key = handles->sign->object.get(), .in_scheme = params.in_scheme};
  auto scheme = TRY(attestation_scheme(signer));
  AlgId hash = scheme_hash(scheme);
  REQUIRE(hash != AlgId::Null, rc::Scheme.parameter(2));
  wire::Attest block = attestation_block(context, signer, params.qualifying_data);
  const PcrBanks& banks = *context.state.pcrs;
  wire::PcrSelections selected = existing(banks, params.pcr_select);
  wire::Digest digest = pcr_digest(banks, selected, hash);
  block.type = StructureTag::AttestQuote;
  block.attested = wire::QuoteInfo{.pcr_select = std::move(selected), .pcr_digest = digest};
  SignedBlock made = TRY(sign_block(context, signer, scheme, block));
  return Reply{.quoted = std::move(made.block), .signature = std::move(made.signature)};
}
VTPM_COMMAND(Quote);

TpmResult<GetSessionAuditDigest::Reply> GetSessionAuditDigest::run(
    Context& context, const Authorized<GetSessionAuditDigest>& handles, const Params& params) {
  const SessionRef& session = *handles->session;
  REQUIRE(session->audit, rc::Type.handle(3));
  Signer signer{.key = handles->sign->object.get(), .in_scheme = params.in_scheme, .handle = 2};
  bool exclusive = context.state.sessions->exclusive_audit == session.handle;
  wire::SessionAuditInfo attested{.exclusive_session = static_cast<uint8_t>(exclusive),
                                  .session_digest = *session->audit};
  auto made = TRY(
      attest(context, signer, params.qualifying_data, StructureTag::AttestSessionAudit, attested));
  return Reply{.audit_info = std::move(made.block), .signature = std::move(made.signature)};
}
VTPM_COMMAND(GetSessionAuditDigest);

TpmResult<GetCommandAuditDigest::Reply> GetCommandAuditDigest::run(
    Context& context, const Authorized<GetCommandAuditDigest>& handles, const Params& params) {
  const CommandAudit& audit = *context.state.command_audit;
  Signer signer{.key = handles->sign->object.get(), .in_scheme = params.in_scheme, .handle = 2};
  wire::CommandAuditInfo attested{.audit_counter = audit.counter,
                                  .digest_alg = audit.hash,
                                  .audit_digest = audit.digest,
                                  .command_digest = audited_commands_digest(audit)};
  auto made = TRY(
      attest(context, signer, params.qualifying_data, StructureTag::AttestCommandAudit, attested));
  // Only a signature ends a log (Part 1, clause 32).
  if (signer.key && !audit.digest.empty()) context.state.command_audit.write().digest = {};
  return Reply{.audit_info = std::move(made.block), .signature = std::move(made.signature)};
}
VTPM_COMMAND(GetCommandAuditDigest);

// Here the counters are as they are: the reader is trusted with them (18.7.1).
TpmResult<GetTime::Reply> GetTime::run(Context& context, const Authorized<GetTime>& handles,
                                       const Params& params) {
  Signer signer{.key = handles->sign->object.get(), .in_scheme = params.in_scheme, .handle = 2};
  wire::TimeAttestInfo attested{.time = {.time = tpm_time(context.state, context.ports),
                                         .clock_info = clock_info(context.state, context.ports)},
                                .firmware_version = kFirmwareVersion};
  auto made =
      TRY(attest(context, signer, params.qualifying_data, StructureTag::AttestTime, attested));
  return Reply{.time_info = std::move(made.block), .signature = std::move(made.signature)};
}
VTPM_COMMAND(GetTime);

// With neither size nor offset: a digest of all that the index holds.
TpmResult<NvCertify::Reply> NvCertify::run(Context& context, const Authorized<NvCertify>& handles,
                                           const Params& params) {
  Signer signer{.key = handles->sign->object.get(), .in_scheme = params.in_scheme};
  auto scheme = TRY(attestation_scheme(signer));
  const NvIndex& index = index_at(context.state, *handles->index);
  TRY(check_read(index, *handles->authority));
  ByteView part = TRY(part_of(index, params.offset, params.size));
  wire::Attest block = attestation_block(context, signer, params.qualifying_data);
  if (params.size != 0 || params.offset != 0) {
    block.type = StructureTag::AttestNv;
    block.attested = wire::NvCertifyInfo{
        .index_name = index.name, .offset = params.offset, .contents = wire::MaxNvBuffer(part)};
  } else {
    AlgId hash = scheme_hash(scheme);
    REQUIRE(hash != AlgId::Null, rc::Scheme.parameter(2));
    block.type = StructureTag::AttestNvDigest;
    block.attested = wire::NvDigestCertifyInfo{
        .index_name = index.name,
        .digest = wire::Digest(crypto::hash(to_crypto(hash), index.data.view()))};
  }
  SignedBlock made = TRY(sign_block(context, signer, scheme, block));
  return Reply{.certify_info = wire::SecretAttestBytes(made.block.view()),
               .signature = std::move(made.signature)};
}
VTPM_COMMAND(NvCertify);

}  // namespace vtpm::engine
