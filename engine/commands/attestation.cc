// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/attestation.h"

#include "engine/clock.h"
#include "engine/crypto/kdf.h"
#include "engine/hierarchy.h"
#include "engine/identity.h"
#include "engine/nv/access.h"
#include "engine/pcr.h"
#include "engine/signing.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;
using wire::ObjectBit;

// Hides what would let a reader link attestations by different keys, except for keys whose
// hierarchy is identified anyway (18.1).
void obfuscate(const State& state, const Object* key, wire::Attest& attest) {
  if (key && (key->hierarchy == wire::rh::Endorsement || key->hierarchy == wire::rh::Platform))
    return;
  AlgId hash = key && key->pub.name_hash != AlgId::Null ? *key->pub.name_hash : kIntegrityHash;
  std::array<uint8_t, 16> mask;
  crypto::kdfa(to_crypto(hash), proof(state, wire::rh::Owner).view(), text_bytes("OBFUSCATE"),
               attest.qualified_signer, {}, mask);
  ByteView bits(mask);
  attest.firmware_version += load_be<uint64_t>(bits);
  attest.clock_info.reset_count += load_be<uint32_t>(bits.subspan(8));
  attest.clock_info.restart_count += load_be<uint32_t>(bits.subspan(12));
}

wire::Attest attestation_block(Context& context, const Object* key,
                               const wire::Data& qualifying_data) {
  wire::Attest attest;
  attest.qualified_signer = key ? key->qualified_name : name_of_handle(wire::rh::Null);
  attest.extra_data = qualifying_data;
  attest.clock_info = clock_info(context.state, context.ports);
  attest.firmware_version = kFirmwareVersion;
  obfuscate(context.state, key, attest);
  return attest;
}

// The scheme that applies; `parameter` is the number of inScheme.
TpmResult<wire::SignatureScheme> attestation_scheme(const Object* key,
                                                    const wire::SignatureScheme& requested,
                                                    unsigned parameter) {
  REQUIRE(!key || key->has(ObjectBit::Sign), rc::Key.handle(1));
  auto scheme = select_scheme(key, requested);
  if (!scheme) return scheme.error().parameter(parameter);
  return scheme;
}

struct SignedBlock {
  wire::AttestBytes block;
  wire::Signature signature;
};

// The NULL Signature where there is no key.
TpmResult<SignedBlock> sign_block(Context& context, const Object* key,
                                  const wire::SignatureScheme& scheme, const wire::Attest& attest) {
  SignedBlock result{.block = wire::AttestBytes(wire::to_wire(attest))};
  if (key) {
    auto digest = crypto::hash(to_crypto(scheme_hash(scheme)), result.block.view());
    result.signature = TRY(sign(*key, scheme, digest, context.ports));
  }
  return result;
}

}  // namespace

TpmResult<Quote::Reply> Quote::run(Context& context, const Authorized<Quote>& handles,
                                   const Params& params) {
  const Object* key = handles->sign->object.get();
  auto scheme = TRY(attestation_scheme(key, params.in_scheme, 2));
  AlgId hash = scheme_hash(scheme);
  REQUIRE(hash != AlgId::Null, rc::Scheme.parameter(2));
  wire::Attest attest = attestation_block(context, key, params.qualifying_data);
  const PcrBanks& banks = *context.state.pcrs;
  wire::PcrSelections selected = existing(banks, params.pcr_select);
  wire::Digest digest = pcr_digest(banks, selected, hash);
  attest.type = wire::StructureTag::AttestQuote;
  attest.attested = wire::QuoteInfo{.pcr_select = std::move(selected), .pcr_digest = digest};
  SignedBlock signed_block = TRY(sign_block(context, key, scheme, attest));
  return Reply{.quoted = std::move(signed_block.block),
               .signature = std::move(signed_block.signature)};
}
VTPM_COMMAND(Quote);

TpmResult<NvCertify::Reply> NvCertify::run(Context& context, const Authorized<NvCertify>& handles,
                                           const Params& params) {
  const Object* key = handles->sign->object.get();
  auto scheme = TRY(attestation_scheme(key, params.in_scheme, 2));
  const NvIndex& index = index_at(context.state, *handles->index);
  TRY(check_read(index, *handles->authority));
  ByteView part = TRY(part_of(index, params.offset, params.size));
  wire::Attest attest = attestation_block(context, key, params.qualifying_data);
  if (params.size != 0 || params.offset != 0) {
    attest.type = wire::StructureTag::AttestNv;
    attest.attested = wire::NvCertifyInfo{
        .index_name = index.name, .offset = params.offset, .contents = wire::MaxNvBuffer(part)};
  } else {
    // Neither: a digest of all that it holds.
    AlgId hash = scheme_hash(scheme);
    REQUIRE(hash != AlgId::Null, rc::Scheme.parameter(2));
    attest.type = wire::StructureTag::AttestNvDigest;
    attest.attested = wire::NvDigestCertifyInfo{
        .index_name = index.name,
        .digest = wire::Digest(crypto::hash(to_crypto(hash), index.data.view()))};
  }
  SignedBlock signed_block = TRY(sign_block(context, key, scheme, attest));
  return Reply{.certify_info = std::move(signed_block.block),
               .signature = std::move(signed_block.signature)};
}
VTPM_COMMAND(NvCertify);

}  // namespace vtpm::engine
