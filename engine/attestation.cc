// SPDX-License-Identifier: Apache-2.0
#include "engine/attestation.h"

#include "engine/clock.h"
#include "engine/crypto/kdf.h"
#include "engine/hierarchy.h"
#include "engine/identity.h"
#include "engine/object/attributes.h"
#include "engine/signing.h"
#include "engine/signing/ml_dsa.h"

namespace vtpm::engine {
namespace {

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

}  // namespace

wire::Attest attestation_block(Context& context, const Signer& signer,
                               const wire::Data& qualifying_data) {
  wire::Attest attest;
  attest.qualified_signer =
      signer.key ? signer.key->qualified_name : name_of_handle(wire::rh::Null);
  attest.extra_data = qualifying_data;
  attest.clock_info = clock_info(context.state, context.ports);
  attest.firmware_version = kFirmwareVersion;
  obfuscate(context.state, signer.key, attest);
  return attest;
}

TpmResult<wire::SignatureScheme> attestation_scheme(const Signer& signer) {
  REQUIRE(!signer.key || signer.key->has(wire::ObjectBit::Sign), rc::Key.handle(signer.handle));
  auto scheme = select_scheme(signer.key, signer.in_scheme);
  if (!scheme) return scheme.error().parameter(signer.parameter);
  return scheme;
}

TpmResult<SignedBlock> sign_block(Context& context, const Signer& signer,
                                  const wire::SignatureScheme& scheme, const wire::Attest& attest) {
  if (!signer.key) return SignedBlock{.block = wire::AttestBytes(wire::to_wire(attest))};
  if (wire::is_ml_dsa(*scheme.scheme)) {
    SignedBlock result{.block = wire::AttestBytes(wire::to_wire(attest))};
    auto mu = begin_ml_dsa_message(*signer.key, {}).update(result.block).finish();
    result.signature = sign_ml_dsa(*signer.key, mu, context.ports);
    return result;
  }
  auto hash = to_crypto(scheme_hash(scheme));
  bool anonymous = wire::is_anonymous(*scheme.scheme);
  wire::Attest block = attest;
  if (anonymous) {
    // Nothing in the block tells the signer, or the ancestors of what is certified (Part 1, 28.5);
    // the caller's data goes in beside it (44.3.3.3).
    block.qualified_signer = {};
    block.extra_data = {};
    if (auto* certified = block.attested.get<wire::CertifyInfo>()) certified->qualified_name = {};
  }
  SignedBlock result{.block = wire::AttestBytes(wire::to_wire(block))};
  auto digest = crypto::hash(hash, result.block.view());
  if (anonymous) digest = crypto::hash(hash, {attest.extra_data.view(), digest});
  result.signature =
      TRY(at_parameter(signer.parameter, sign(context, *signer.key, scheme, digest)));
  return result;
}

}  // namespace vtpm::engine
