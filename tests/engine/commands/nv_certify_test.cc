// SPDX-License-Identifier: Apache-2.0
// Part 3, 31.16: TPM2_NV_Certify.
#include "engine/commands/attestation.h"
#include "engine/crypto/ecc.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

class NvCertifying : public ::testing::Test {
 protected:
  NvCertifying() {
    define(tpm, nv_public({NvBit::AuthRead, NvBit::ReadStClear}, NvType::Ordinary, 2048), {1});
    for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<uint8_t>(i * 7);
    nv_write(tpm, content);
  }

  Answer<NvCertify> certify(Handle key, uint16_t size, uint16_t offset,
                            const wire::SignatureScheme& scheme = {}, const By& by = {}) {
    return tpm.run<NvCertify>(
        {key, by.authority, kIndex},
        {.qualifying_data = wire::Data(nonce), .in_scheme = scheme, .size = size, .offset = offset},
        {{}, by.password});
  }
  wire::Attest block(const Answer<NvCertify>& answer) {
    EXPECT_EQ(answer.code, rc::Success);
    auto attest = wire::from_wire<wire::Attest>(answer.reply.certify_info.view());
    EXPECT_TRUE(attest);
    return attest ? *attest : wire::Attest();
  }
  bool is_signed_by(const Answer<NvCertify>& answer, const Made& key) {
    const auto* signature = answer.reply.signature.details.get<wire::EccSignature>();
    const auto& q = *key.pub.unique.get<wire::EccPoint>();
    return signature &&
           crypto::ecdsa_verify(crypto::Curve::P256, {to_bytes(q.x), to_bytes(q.y)},
                                formula::hash(AlgId::Sha256, {answer.reply.certify_info.view()}),
                                {to_bytes(signature->r), to_bytes(signature->s)});
  }

  const Bytes nonce = {9, 8, 7};
  Bytes content = Bytes(2048);
  TestTpm tpm;
};

TEST_F(NvCertifying, AttestsAPart) {
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  auto answer = certify(key.handle, 100, 50);
  wire::Attest attest = block(answer);
  EXPECT_TRUE(is_signed_by(answer, key));
  EXPECT_EQ(attest.type.value, wire::StructureTag::AttestNv);
  EXPECT_EQ(to_bytes(attest.extra_data), nonce);
  const auto& info = *attest.attested.get<wire::NvCertifyInfo>();
  EXPECT_EQ(to_bytes(info.index_name), name_of(tpm, kIndex));
  EXPECT_EQ(info.offset, 50u);
  EXPECT_EQ(to_bytes(info.contents.view()), Bytes(content.begin() + 50, content.begin() + 150));
}

TEST_F(NvCertifying, AttestsTheLargestWhole) {
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  auto answer = certify(key.handle, 2048, 0);
  const wire::Attest attest = block(answer);
  EXPECT_EQ(to_bytes(attest.attested.get<wire::NvCertifyInfo>()->contents.view()), content);
  EXPECT_TRUE(is_signed_by(answer, key));
  // A size of zero at an offset is a part, too.
  const wire::Attest nothing = block(certify(key.handle, 0, 2048));
  EXPECT_EQ(nothing.attested.get<wire::NvCertifyInfo>()->contents.size(), 0u);
}

TEST_F(NvCertifying, AttestsADigestOfAll) {
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  auto answer = certify(key.handle, 0, 0);
  wire::Attest attest = block(answer);
  EXPECT_TRUE(is_signed_by(answer, key));
  EXPECT_EQ(attest.type.value, wire::StructureTag::AttestNvDigest);
  const auto& info = *attest.attested.get<wire::NvDigestCertifyInfo>();
  EXPECT_EQ(to_bytes(info.index_name), name_of(tpm, kIndex));
  EXPECT_EQ(to_bytes(info.digest), formula::hash(AlgId::Sha256, {content}));
}

TEST_F(NvCertifying, WithoutAKeyTheCallersSchemeSaysTheHash) {
  auto answer = certify(rh::Null, 0, 0, signature_scheme(AlgId::EcDsa, AlgId::Sha384));
  wire::Attest attest = block(answer);
  EXPECT_EQ(*answer.reply.signature.algorithm, AlgId::Null);
  EXPECT_EQ(to_bytes(attest.attested.get<wire::NvDigestCertifyInfo>()->digest),
            formula::hash(AlgId::Sha384, {content}));
  EXPECT_EQ(certify(rh::Null, 0, 0).code, rc::Scheme.parameter(2));
  EXPECT_EQ(certify(rh::Null, 1, 0).code, rc::Success);
}

TEST_F(NvCertifying, Refusals) {
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(certify(storage.handle, 1, 0).code, rc::Key.handle(1));
  EXPECT_EQ(certify(key.handle, 1, 0, signature_scheme(AlgId::EcDsa, AlgId::Sha512)).code,
            rc::Scheme.parameter(2));
  EXPECT_EQ(certify(key.handle, 2048, 1).code, rc::NvRange);
  EXPECT_EQ(certify(key.handle, 0xFFFF, 0xFFFF).code, rc::NvRange);
  EXPECT_EQ(certify(key.handle, 1, 0, {}, {rh::Platform}).code, rc::NvAuthorization);
  EXPECT_EQ(certify(key.handle, 1, 0, {}, by_index({2})).code, rc::BadAuth.session(2));
  EXPECT_EQ(certify(key.handle, 1, 0, {}, by_index({1})).code, rc::Success);
  EXPECT_EQ(tpm.run<NvCertify>({key.handle, rh::Owner, kIndex + 1}, {}).code, rc::Handle.handle(3));
  tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
  EXPECT_EQ(certify(key.handle, 1, 0).code, rc::NvLocked);
  nv_undefine(tpm);
  define(tpm, nv_public({NvBit::AuthRead}), {1});
  EXPECT_EQ(certify(key.handle, 0, 0).code, rc::NvUninitialized);
  EXPECT_EQ(certify(key.handle, 0, 0, {}, by_index({1})).code, rc::NvUninitialized);
}

}  // namespace
}  // namespace vtpm::engine
