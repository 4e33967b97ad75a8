// SPDX-License-Identifier: Apache-2.0
// Primary objects, and what all templates must fulfil (Part 3, 24.1 and 12.1.1).
#include "engine/commands/context.h"
#include "engine/commands/object.h"
#include "engine/object/object.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine {
namespace {

using namespace testing::templates;
using testing::TestTpm;
namespace rh = wire::rh;

// What a template gives as a primary object.
Rc primary_code(TestTpm& tpm, const Public& pub, const wire::SensitiveCreate& values = {}) {
  auto answer = tpm.run<CreatePrimary>({rh::Owner}, {.in_sensitive = values, .in_public = pub});
  if (answer.code == rc::Success) tpm.run<FlushContext>({}, {answer.reply.object_handle.value});
  return answer.code;
}

TEST(CreatePrimary, MakesEveryKindOfObjectOfEveryProfile) {
  TestTpm tpm(true, 1, kWholeProfile);
  EXPECT_EQ(primary_code(tpm, storage_rsa()), rc::Success);
  EXPECT_EQ(primary_code(tpm, storage_ecc()), rc::Success);
  EXPECT_EQ(primary_code(tpm, ek_rsa()), rc::Success);
  EXPECT_EQ(primary_code(tpm, ek_ecc()), rc::Success);
  for (CurveId curve : kCurves) {
    EXPECT_EQ(primary_code(tpm, ecc(kStorageKey, curve)), rc::Success);
    EXPECT_EQ(primary_code(tpm, ecc(kSigningKey, curve)), rc::Success);
  }
  for (uint16_t bits : kRsaKeyBits)
    EXPECT_EQ(primary_code(tpm, rsa(kSigningKey, bits)), rc::Success);
  EXPECT_EQ(primary_code(tpm, ecc(kSigningKey)), rc::Success);
  EXPECT_EQ(primary_code(tpm, mac_key()), rc::Success);
  EXPECT_EQ(primary_code(tpm, cipher(kStorageKey)), rc::Success);
  EXPECT_EQ(primary_code(tpm, cipher(kSigningKey, 256, AlgId::Null)), rc::Success);
  EXPECT_EQ(primary_code(tpm, sealed(), sensitive("", "secret")), rc::Success);
}

TEST(CreatePrimary, GivesTheSameObjectAgainAndTheSameAfterAPowerCycle) {
  TestTpm tpm;
  auto first = make_primary(tpm, storage_ecc());
  auto second = make_primary(tpm, storage_ecc());
  EXPECT_EQ(first.reply.name, second.reply.name);
  EXPECT_NE(first.reply.object_handle.value, second.reply.object_handle.value);
  EXPECT_EQ(first.reply.name, compute_name(*first.reply.out_public));
  TestTpm other(true, 2);
  EXPECT_NE(make_primary(other, storage_ecc()).reply.name, first.reply.name);
}

TEST(CreatePrimary, DependsOnHierarchyTemplateAndDataButNotOnTheAuthValue) {
  TestTpm tpm;
  auto base = make_primary(tpm, storage_ecc());
  auto unique_of = [](const auto& answer) {
    return *answer.reply.out_public->unique.template get<wire::EccPoint>();
  };
  auto other_hierarchy = make_primary(tpm, storage_ecc(), rh::Platform);
  EXPECT_FALSE(unique_of(other_hierarchy) == unique_of(base));
  Public salted = storage_ecc();
  salted.unique = wire::EccPoint{.x = wire::EccParameter(Bytes{1}), .y = {}};
  EXPECT_FALSE(unique_of(make_primary(tpm, salted)) == unique_of(base));
  auto with_data = make_primary(tpm, storage_ecc(), rh::Owner, sensitive("", "mine"));
  EXPECT_FALSE(unique_of(with_data) == unique_of(base));
  auto with_auth = make_primary(tpm, storage_ecc(), rh::Owner, sensitive("password"));
  EXPECT_TRUE(unique_of(with_auth) == unique_of(base));
}

TEST(CreatePrimary, GivesEvidenceOfItsCircumstances) {
  TestTpm tpm;
  wire::PcrSelections pcrs{{{.hash = AlgId::Sha256, .mask = 0x81}}};
  wire::Data outside(text_bytes("outside"));
  auto answer = tpm.run<CreatePrimary>(
      {rh::Owner}, {.in_public = storage_ecc(), .outside_info = outside, .creation_pcr = pcrs});
  ASSERT_EQ(answer.code, rc::Success);
  const wire::CreationData& data = *answer.reply.creation_data;
  EXPECT_EQ(data.pcr_select, pcrs);
  EXPECT_EQ(data.pcr_digest, wire::Digest(crypto::hash(crypto::HashAlg::Sha256, Bytes(64))));
  EXPECT_EQ(data.locality.raw, 1);
  EXPECT_EQ(data.parent_name_hash, AlgId::Null);
  EXPECT_EQ(data.parent_name, name_of_handle(rh::Owner));
  EXPECT_EQ(data.parent_qualified_name, name_of_handle(rh::Owner));
  EXPECT_EQ(data.outside_info, outside);
  EXPECT_EQ(answer.reply.creation_hash,
            wire::Digest(crypto::hash(crypto::HashAlg::Sha256, wire::to_wire(data))));
  EXPECT_EQ(answer.reply.creation_ticket.hierarchy, rh::Owner);
  EXPECT_FALSE(answer.reply.creation_ticket.digest.empty());
  auto without = make_primary(tpm, storage_ecc());
  EXPECT_TRUE(without.reply.creation_data->pcr_digest.empty());
}

TEST(CreatePrimary, CanBeCancelled) {
  TestTpm tpm(true, 1, kWholeProfile);
  tpm.cancellation.request = true;
  for (uint16_t bits : kRsaKeyBits)
    EXPECT_EQ(primary_code(tpm, rsa(kStorageKey, bits)), rc::Canceled);
  EXPECT_FALSE(tpm.state.transient->slots[0].occupied());
}

TEST(CreatePrimary, RunsOutOfSlots) {
  TestTpm tpm;
  for (size_t i = 0; i < TransientObjects::kSlots; ++i) make_primary(tpm, mac_key());
  EXPECT_EQ(primary_code(tpm, mac_key()), rc::ObjectMemory);
}

TEST(Template, KnowsTheAttributesThatGoTogether) {
  TestTpm tpm;
  Rc bad = rc::Attributes.parameter(2);
  Public key = ecc(kSigningKey);
  EXPECT_EQ(primary_code(tpm, with(key, ObjectBit::FixedParent, false)), bad);
  EXPECT_EQ(primary_code(tpm, with(key, ObjectBit::FixedTpm, false)), bad);
  EXPECT_EQ(primary_code(tpm, with(key, ObjectBit::EncryptedDuplication)), bad);
  EXPECT_EQ(primary_code(tpm, with(key, ObjectBit::SensitiveDataOrigin, false)), bad);
  EXPECT_EQ(primary_code(tpm, with(key, ObjectBit::Sign, false)), bad);
  EXPECT_EQ(primary_code(tpm, with(storage_ecc(), ObjectBit::Sign)), bad);
  EXPECT_EQ(primary_code(tpm, with(mac_key(), ObjectBit::X509Sign)), bad);
  EXPECT_EQ(primary_code(tpm, with(storage_ecc(), ObjectBit::X509Sign)), bad);
  EXPECT_EQ(primary_code(tpm, with(key, ObjectBit::X509Sign)), rc::Success);
  EXPECT_EQ(primary_code(tpm, with(key, ObjectBit::Decrypt)), rc::Success);
  EXPECT_EQ(primary_code(tpm, with(sealed(), ObjectBit::Restricted), sensitive("", "x")), bad);
  // A data object without data, and data where the TPM should be the source.
  EXPECT_EQ(primary_code(tpm, sealed()), bad);
  EXPECT_EQ(primary_code(tpm, with(sealed(), ObjectBit::SensitiveDataOrigin)), bad);
  EXPECT_EQ(primary_code(tpm, mac_key(), sensitive("", "key")), bad);
}

TEST(Template, KnowsTheSchemesThatGoWithTheAttributes) {
  TestTpm tpm;
  Rc scheme = rc::Scheme.parameter(2);
  auto ecc_with = [](wire::ObjectAttributes attributes, AlgId id) {
    Public pub = ecc(attributes);
    pub.parameters.get<wire::EccParameters>()->scheme = {
        .scheme = wire::EccSchemeOrNull{id}, .details = wire::HashScheme{AlgId::Sha256}};
    return pub;
  };
  wire::ObjectAttributes decrypting = kSigningKey;
  decrypting.set(ObjectBit::Sign, false);
  decrypting.set(ObjectBit::Decrypt);
  wire::ObjectAttributes attesting = kSigningKey;
  attesting.set(ObjectBit::Restricted);
  auto without_cipher = [](Public pub) {
    pub.parameters.get<wire::EccParameters>()->symmetric = {};
    return pub;
  };
  EXPECT_EQ(primary_code(tpm, ecc_with(kSigningKey, AlgId::EcDsa)), rc::Success);
  EXPECT_EQ(primary_code(tpm, ecc_with(kSigningKey, AlgId::Ecdh)), scheme);
  EXPECT_EQ(primary_code(tpm, ecc_with(decrypting, AlgId::Ecdh)), rc::Success);
  EXPECT_EQ(primary_code(tpm, ecc_with(decrypting, AlgId::EcDsa)), scheme);
  EXPECT_EQ(primary_code(tpm, ecc_with(kStorageKey, AlgId::Ecdh)), scheme);
  EXPECT_EQ(primary_code(tpm, without_cipher(ecc_with(attesting, AlgId::EcDsa))), rc::Success);
  EXPECT_EQ(primary_code(tpm, without_cipher(ecc(attesting))), scheme);
  // A cipher is for storage keys, and they need one.
  EXPECT_EQ(primary_code(tpm, ecc_with(attesting, AlgId::EcDsa)), rc::Symmetric.parameter(2));
  EXPECT_EQ(primary_code(tpm, without_cipher(storage_ecc())), rc::Symmetric.parameter(2));

  Public kdf = storage_ecc();
  kdf.parameters.get<wire::EccParameters>()->kdf = {.scheme = wire::KdfOrNull{AlgId::Mgf1},
                                                    .details = wire::HashScheme{AlgId::Sha256}};
  EXPECT_EQ(primary_code(tpm, kdf), rc::Kdf.parameter(2));

  Public hmac_that_decrypts = with(with(mac_key(), ObjectBit::Sign, false), ObjectBit::Decrypt);
  EXPECT_EQ(primary_code(tpm, hmac_that_decrypts), scheme);
  EXPECT_EQ(primary_code(tpm, with(mac_key(), ObjectBit::Decrypt)), scheme);

  Public exponent = storage_rsa();
  exponent.parameters.get<wire::RsaParameters>()->exponent = 4;
  EXPECT_EQ(primary_code(tpm, exponent), rc::Range.parameter(2));
  exponent.parameters.get<wire::RsaParameters>()->exponent = 0xFFFFFFFF;  // no prime
  EXPECT_EQ(primary_code(tpm, exponent), rc::Range.parameter(2));
}

TEST(Template, KnowsTheSizesThatGoWithTheNameAlgorithm) {
  TestTpm tpm;
  Public policy = mac_key();
  policy.auth_policy = wire::Digest(Bytes(20));
  EXPECT_EQ(primary_code(tpm, policy), rc::Size.parameter(2));
  Public nameless = mac_key();
  nameless.name_hash = AlgId::Null;
  EXPECT_EQ(primary_code(tpm, nameless), rc::Hash.parameter(2));
  std::string long_auth(33, 'a');
  EXPECT_EQ(primary_code(tpm, mac_key(), sensitive(long_auth)), rc::Size.parameter(1));
  // Zero octets at the end do not count.
  EXPECT_EQ(primary_code(tpm, mac_key(), sensitive(std::string(32, 'a') + '\0')), rc::Success);
}

TEST(Template, TakesSymmetricKeysOfTheRightSizeOnly) {
  TestTpm tpm;
  Public key = with(cipher(kSigningKey), ObjectBit::SensitiveDataOrigin, false);
  EXPECT_EQ(primary_code(tpm, key, sensitive("", "0123456789abcdef")), rc::Success);
  EXPECT_EQ(primary_code(tpm, key, sensitive("", "0123456789abcdef0")), rc::Size.parameter(1));
  EXPECT_EQ(primary_code(tpm, key, sensitive("", "0123456789abcde")), rc::KeySize.parameter(1));
  EXPECT_EQ(primary_code(tpm, key, sensitive("", std::string(8, '\0') + "01234567")),
            rc::Key.parameter(1));
  Public hmac = with(mac_key(), ObjectBit::SensitiveDataOrigin, false);
  EXPECT_EQ(primary_code(tpm, hmac, sensitive("", std::string(64, 'k'))), rc::Success);
  EXPECT_EQ(primary_code(tpm, hmac, sensitive("", std::string(65, 'k'))), rc::Size.parameter(1));
  EXPECT_EQ(primary_code(tpm, sealed(), sensitive("", std::string(128, 's'))), rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
