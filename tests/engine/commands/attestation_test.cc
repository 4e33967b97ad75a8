// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 18: TPM2_Quote and what all attestations share.
#include "engine/commands/attestation.h"

#include "engine/commands/clock.h"
#include "engine/commands/pcr.h"
#include "engine/crypto/ecc.h"
#include "engine/identity.h"
#include "engine/pcr.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

const wire::PcrSelections kSelected{
    {{.hash = {AlgId::Sha384}, .mask = 1u << 4 | 1u << 23}, {.hash = {AlgId::Sha256}, .mask = 1}}};

class Quoting : public ::testing::Test {
 protected:
  Answer<Quote> quote(Handle key, const wire::SignatureScheme& scheme = {},
                      const wire::PcrSelections& pcrs = kSelected) {
    return tpm.run<Quote>(
        {key}, {.qualifying_data = wire::Data(nonce), .in_scheme = scheme, .pcr_select = pcrs});
  }
  wire::Attest block(const Answer<Quote>& answer) {
    auto attest = wire::from_wire<wire::Attest>(answer.reply.quoted);
    EXPECT_TRUE(attest);
    return attest ? *attest : wire::Attest();
  }
  Bytes pcr_digest(AlgId hash) {
    return formula::hash(hash, {pcr_value(*tpm.state.pcrs, AlgId::Sha384, 4),
                                pcr_value(*tpm.state.pcrs, AlgId::Sha384, 23),
                                pcr_value(*tpm.state.pcrs, AlgId::Sha256, 0)});
  }

  const Bytes nonce = {9, 8, 7};
  TestTpm tpm;
};

TEST_F(Quoting, IsSignedByTheKeyAndTellsThePcr) {
  tpm.run<PcrEvent>({4}, {wire::Event(Bytes{1})});
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  tpm.clock.now += 1234;
  auto answer = quote(key.handle);
  ASSERT_EQ(answer.code, rc::Success);
  const auto& signature = *answer.reply.signature.details.get<wire::EccSignature>();
  const auto& q = *key.pub.unique.get<wire::EccPoint>();
  EXPECT_TRUE(crypto::ecdsa_verify(crypto::Curve::P256, {to_bytes(q.x), to_bytes(q.y)},
                                   formula::hash(AlgId::Sha256, {answer.reply.quoted}),
                                   {to_bytes(signature.r), to_bytes(signature.s)}));

  wire::Attest attest = block(answer);
  EXPECT_EQ(attest.magic, 0xFF544347u);
  EXPECT_EQ(attest.type.value, wire::StructureTag::AttestQuote);
  EXPECT_EQ(to_bytes(attest.extra_data), nonce);
  const auto& info = *attest.attested.get<wire::QuoteInfo>();
  EXPECT_EQ(info.pcr_select, kSelected);
  EXPECT_EQ(to_bytes(info.pcr_digest), pcr_digest(AlgId::Sha256));
  // QN = H(QN of the parent || Name), and a hierarchy's QN is its handle (Part 1, 23.5).
  EXPECT_EQ(
      to_bytes(attest.qualified_signer),
      formula::concat({Bytes{0, 0x0B},
                       formula::hash(AlgId::Sha256, {wire::to_wire(rh::Endorsement), key.name})}));
  // Plain for a key of the endorsement hierarchy (18.1).
  EXPECT_EQ(attest.firmware_version, kFirmwareVersion);
  auto clock = tpm.run<ReadClock>({}, {}).reply.current_time.clock_info;
  EXPECT_EQ(attest.clock_info.clock, clock.clock);
  EXPECT_EQ(attest.clock_info.reset_count, clock.reset_count);
  EXPECT_EQ(attest.clock_info.restart_count, clock.restart_count);
  EXPECT_EQ(*attest.clock_info.safe, *clock.safe);
}

// Part 3, 18.1: KDFa(nameAlg, shProof, "OBFUSCATE", QN, 0, 128).
TEST_F(Quoting, IsObfuscatedForOtherHierarchies) {
  for (Handle hierarchy : {rh::Owner, rh::Null}) {
    Made key = create_primary(tpm, hierarchy, attestation_key());
    auto answer = quote(key.handle);
    ASSERT_EQ(answer.code, rc::Success);
    wire::Attest attest = block(answer);
    Bytes mask = formula::kdfa(AlgId::Sha256, tpm.state.hierarchies->storage_proof.view(),
                               "OBFUSCATE", attest.qualified_signer, {}, 16);
    EXPECT_EQ(attest.firmware_version - load_be<uint64_t>(mask), kFirmwareVersion);
    EXPECT_EQ(attest.clock_info.reset_count - load_be<uint32_t>(ByteView(mask).subspan(8)),
              tpm.state.clock_nv->reset_count);
    EXPECT_EQ(attest.clock_info.restart_count - load_be<uint32_t>(ByteView(mask).subspan(12)),
              tpm.state.clock_nv->restart_count);
  }
  Made platform = create_primary(tpm, rh::Platform, attestation_key());
  EXPECT_EQ(block(quote(platform.handle)).firmware_version, kFirmwareVersion);
}

TEST_F(Quoting, WithoutAKeyThereIsABlockAndNoSignature) {
  auto answer = quote(rh::Null, signature_scheme(AlgId::EcDsa, AlgId::Sha384));
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(*answer.reply.signature.algorithm, AlgId::Null);
  wire::Attest attest = block(answer);
  EXPECT_EQ(to_bytes(attest.qualified_signer), wire::to_wire(rh::Null));
  EXPECT_EQ(to_bytes(attest.attested.get<wire::QuoteInfo>()->pcr_digest),
            pcr_digest(AlgId::Sha384));
  Bytes mask = formula::kdfa(kIntegrityHash, tpm.state.hierarchies->storage_proof.view(),
                             "OBFUSCATE", attest.qualified_signer, {}, 16);
  EXPECT_EQ(attest.firmware_version - load_be<uint64_t>(mask), kFirmwareVersion);
  // The digest of PCR needs a hash (18.4.1).
  EXPECT_EQ(quote(rh::Null).code, rc::Scheme.parameter(2));
}

TEST_F(Quoting, TheSchemesHashDigestsThePcr) {
  Made key = create_primary(tpm, rh::Owner, rsa_signing_key());
  for (AlgId hash : kHashes) {
    auto answer = quote(key.handle, signature_scheme(AlgId::RsaSsa, hash));
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(to_bytes(block(answer).attested.get<wire::QuoteInfo>()->pcr_digest),
              pcr_digest(hash));
    auto pub = *crypto::RsaPublicKey::create(*key.pub.unique.get<wire::RsaBytes>(), 65537);
    EXPECT_TRUE(
        crypto::rsassa_verify(pub, to_crypto(hash), formula::hash(hash, {answer.reply.quoted}),
                              answer.reply.signature.details.get<wire::RsaSignature>()->signature));
  }
}

TEST_F(Quoting, PcrThatDoNotExistAreTakenOut) {
  Made key = create_primary(tpm, rh::Owner, attestation_key());
  auto answer = quote(key.handle, {}, {{{.hash = {AlgId::Sha1}, .mask = 0xFFFFFF}}});
  ASSERT_EQ(answer.code, rc::Success);
  const auto info = *block(answer).attested.get<wire::QuoteInfo>();
  EXPECT_EQ(info.pcr_select, (wire::PcrSelections{{{.hash = {AlgId::Sha1}, .mask = 0}}}));
  EXPECT_EQ(to_bytes(info.pcr_digest), formula::hash(AlgId::Sha256, {}));
}

TEST_F(Quoting, Refusals) {
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  Made free = create_primary(tpm, rh::Owner, ecdsa_key(), {1});
  Made attesting = create_primary(tpm, rh::Owner, attestation_key());
  auto code = [&](Handle key, const wire::SignatureScheme& scheme, const Bytes& auth = {}) {
    return tpm.run<Quote>({key}, {.in_scheme = scheme}, {auth}).code;
  };
  auto ecdsa = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  EXPECT_EQ(code(storage.handle, ecdsa), rc::Key.handle(1));
  EXPECT_EQ(code(free.handle, {}, {1}), rc::Scheme.parameter(2));
  EXPECT_EQ(code(free.handle, signature_scheme(AlgId::RsaSsa, AlgId::Sha256), {1}),
            rc::Scheme.parameter(2));
  EXPECT_EQ(code(free.handle, ecdsa), rc::BadAuth.session(1));
  EXPECT_EQ(code(attesting.handle, signature_scheme(AlgId::EcDsa, AlgId::Sha512)),
            rc::Scheme.parameter(2));
  EXPECT_EQ(code(0x80000009, ecdsa), rc::ReferenceH0);
  EXPECT_EQ(code(rh::Null, ecdsa, {1}), rc::BadAuth.session(1));
}

TEST_F(Quoting, TheBlockTravelsEncrypted) {
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  ClientSession session =
      start_session(tpm, {.symmetric = xor_with(AlgId::Sha256), .bind = rh::Owner});
  Use use{.session = &session, .attributes = kContinue | kDecrypt | kEncrypt};
  auto answer = run_with<Quote>(tpm, {key.handle},
                                {.qualifying_data = wire::Data(nonce), .pcr_select = kSelected},
                                {Use{}, use});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_bytes(block(answer).extra_data), nonce);
}

}  // namespace
}  // namespace vtpm::engine
