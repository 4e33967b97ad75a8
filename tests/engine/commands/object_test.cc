// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/object.h"

#include "engine/commands/context.h"
#include "engine/object/object.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine {
namespace {

using namespace testing::templates;
using testing::TestTpm;
using wire::Handle;
namespace rh = wire::rh;

constexpr ObjectBit kAllBits[] = {
    ObjectBit::FixedTpm,   ObjectBit::StClear, ObjectBit::FixedParent, ObjectBit::UserWithAuth,
    ObjectBit::Restricted, ObjectBit::Decrypt, ObjectBit::Sign,        ObjectBit::X509Sign};

Public with(Public pub, ObjectBit bit, bool on = true) {
  pub.attributes.set(bit, on);
  return pub;
}

// What a template gives as a primary object.
Rc primary_code(TestTpm& tpm, const Public& pub, const wire::SensitiveCreate& values = {}) {
  auto answer = tpm.run<CreatePrimary>({rh::Owner}, {.in_sensitive = values, .in_public = pub});
  if (answer.code == rc::Success) tpm.run<FlushContext>({}, {answer.reply.object_handle.value});
  return answer.code;
}

// The same under a parent.
testing::Answer<Create> create(TestTpm& tpm, Handle parent, const Public& pub,
                               const wire::SensitiveCreate& values = {}) {
  return tpm.run<Create>({parent}, {.in_sensitive = values, .in_public = pub});
}

testing::Answer<Load> load(TestTpm& tpm, Handle parent, const testing::Answer<Create>& created) {
  return tpm.run<Load>({parent}, {created.reply.out_private, created.reply.out_public});
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

TEST(Create, MakesAChildThatLoadsAndReadsTheSame) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  for (const Public& pub :
       {rsa(kSigningKey), ecc(kSigningKey), ecc(kStorageKey), mac_key(), cipher(kSigningKey)}) {
    auto created = create(tpm, parent, pub);
    ASSERT_EQ(created.code, rc::Success);
    auto loaded = load(tpm, parent, created);
    ASSERT_EQ(loaded.code, rc::Success);
    EXPECT_EQ(loaded.reply.name, compute_name(*created.reply.out_public));
    auto read = tpm.run<ReadPublic>({loaded.reply.object_handle.value}, {});
    ASSERT_EQ(read.code, rc::Success);
    EXPECT_EQ(*read.reply.out_public, *created.reply.out_public);
    auto parent_names = tpm.run<ReadPublic>({parent}, {});
    EXPECT_EQ(read.reply.qualified_name,
              compute_qualified_name(parent_names.reply.qualified_name, pub, read.reply.name));
    EXPECT_EQ(created.reply.creation_data->parent_name, parent_names.reply.name);
    EXPECT_EQ(created.reply.creation_data->parent_qualified_name,
              parent_names.reply.qualified_name);
    EXPECT_EQ(created.reply.creation_data->parent_name_hash, AlgId::Sha256);
    EXPECT_FALSE(create(tpm, parent, pub).reply.out_public == created.reply.out_public);
    tpm.run<FlushContext>({}, {loaded.reply.object_handle.value});
  }
}

TEST(Create, WorksUnderEveryKindOfStorageKey) {
  TestTpm tpm;
  for (const Public& pub : {storage_rsa(), storage_ecc(), cipher(kStorageKey)}) {
    Handle parent = primary(tpm, pub);
    auto created = create(tpm, parent, sealed(), sensitive("pass", "secret"));
    ASSERT_EQ(created.code, rc::Success);
    EXPECT_EQ(load(tpm, parent, created).code, rc::Success);
  }
}

TEST(Create, NeedsAStorageKeyForAParent) {
  TestTpm tpm;
  Handle signing = primary(tpm, ecc(kSigningKey));
  EXPECT_EQ(create(tpm, signing, mac_key()).code, rc::Type.handle(1));
  EXPECT_EQ(create(tpm, 0x80000009, mac_key()).code, rc::ReferenceH0);
  Handle parent = primary(tpm, ek_ecc());
  EXPECT_EQ(create(tpm, parent, mac_key()).code, rc::PolicyFail.session(1));
}

TEST(Create, HoldsAStorageKeyThatStaysToItsParentsAlgorithms) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  EXPECT_EQ(create(tpm, parent, storage_rsa()).code, rc::Success);
  Public other_hash = storage_ecc();
  other_hash.name_hash = AlgId::Sha384;
  EXPECT_EQ(create(tpm, parent, other_hash).code, rc::Hash.parameter(2));
  Public other_cipher = storage_ecc();
  other_cipher.parameters.get<wire::EccParameters>()->symmetric = aes(256);
  EXPECT_EQ(create(tpm, parent, other_cipher).code, rc::Symmetric.parameter(2));
  other_cipher.attributes.set(ObjectBit::FixedTpm, false);
  other_cipher.attributes.set(ObjectBit::FixedParent, false);
  EXPECT_EQ(create(tpm, parent, other_cipher).code, rc::Success);
}

TEST(Create, KeepsChildrenOfADuplicableParentDuplicable) {
  TestTpm tpm;
  Handle root = primary(tpm, storage_ecc());
  Public middle =
      with(with(storage_ecc(), ObjectBit::FixedTpm, false), ObjectBit::FixedParent, false);
  middle.attributes.set(ObjectBit::EncryptedDuplication);
  auto created = create(tpm, root, middle);
  ASSERT_EQ(created.code, rc::Success);
  Handle parent = load(tpm, root, created).reply.object_handle.value;
  Rc bad = rc::Attributes.parameter(2);
  EXPECT_EQ(create(tpm, parent, mac_key()).code, bad);
  Public child = with(mac_key(), ObjectBit::FixedTpm, false);
  EXPECT_EQ(create(tpm, parent, child).code, bad);
  EXPECT_EQ(create(tpm, parent, with(child, ObjectBit::EncryptedDuplication)).code, rc::Success);
}

TEST(Create, TakesNoDataForAnAsymmetricKey) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  EXPECT_EQ(create(tpm, parent, ecc(kSigningKey), sensitive("", "d")).code,
            rc::Attributes.parameter(2));
  Public pub = with(ecc(kSigningKey), ObjectBit::SensitiveDataOrigin, false);
  EXPECT_EQ(create(tpm, parent, pub, sensitive("", "d")).code, rc::Value.parameter(1));
}

TEST(Create, SaysNothingOfTheAuthValuesLengthByTheBlobs) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  auto none = create(tpm, parent, ecc(kSigningKey));
  auto some = create(tpm, parent, ecc(kSigningKey), sensitive("password"));
  EXPECT_EQ(none.reply.out_private.size(), some.reply.out_private.size());
}

TEST(Load, RefusesAPrivateAreaWithAnyOctetAltered) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  auto created = create(tpm, parent, ecc(kSigningKey), sensitive("pass"));
  Bytes blob = to_bytes(created.reply.out_private);
  for (size_t i = 0; i < blob.size(); ++i) {
    Bytes altered = blob;
    altered[i] ^= 0x40;
    EXPECT_EQ(tpm.run<Load>({parent}, {wire::Private(altered), created.reply.out_public}).code,
              rc::Integrity.parameter(1));
  }
  for (size_t size = 1; size < blob.size(); ++size)
    EXPECT_EQ(tpm.run<Load>({parent},
                            {wire::Private(ByteView(blob).first(size)), created.reply.out_public})
                  .code,
              rc::Integrity.parameter(1));
  EXPECT_EQ(tpm.run<Load>({parent}, {{}, created.reply.out_public}).code, rc::Size.parameter(1));
}

TEST(Load, RefusesAnotherPublicAreaOrParent) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  auto created = create(tpm, parent, ecc(kSigningKey));
  for (ObjectBit bit : kAllBits) {
    Public pub = *created.reply.out_public;
    pub.attributes.set(bit, !pub.has(bit));
    EXPECT_EQ(tpm.run<Load>({parent}, {created.reply.out_private, pub}).code,
              rc::Integrity.parameter(1));
  }
  Handle stranger = primary(tpm, storage_ecc(), rh::Platform);
  EXPECT_EQ(load(tpm, stranger, created).code, rc::Integrity.parameter(1));
  Handle signing = primary(tpm, ecc(kSigningKey));
  EXPECT_EQ(load(tpm, signing, created).code, rc::Type.handle(1));
  Public nameless = *created.reply.out_public;
  nameless.name_hash = AlgId::Null;
  EXPECT_EQ(tpm.run<Load>({parent}, {created.reply.out_private, nameless}).code,
            rc::Hash.parameter(2));
}

TEST(Load, NeedsTheParentsPassword) {
  TestTpm tpm;
  Handle parent =
      make_primary(tpm, storage_ecc(), rh::Owner, sensitive("parent")).reply.object_handle.value;
  EXPECT_EQ(tpm.run<Create>({parent}, {.in_public = mac_key()}, {password("wrong")}).code,
            rc::AuthFail.session(1));
  EXPECT_EQ(tpm.run<Create>({parent}, {.in_public = mac_key()}, {password("parent")}).code,
            rc::Success);
}

TEST(Unseal, GivesTheDataToWhoeverHasThePassword) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  auto created = create(tpm, parent, sealed(), sensitive("pass", "the secret"));
  Handle item = load(tpm, parent, created).reply.object_handle.value;
  auto answer = tpm.run<Unseal>({item}, {}, {password("pass")});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_TRUE(std::ranges::equal(answer.reply.out_data.view(), text_bytes("the secret")));
  EXPECT_EQ(tpm.run<Unseal>({item}, {}).code, rc::AuthFail.session(1));
}

TEST(Unseal, TakesDataObjectsOnly) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<Unseal>({primary(tpm, ecc(kSigningKey))}, {}).code, rc::Type.handle(1));
  EXPECT_EQ(tpm.run<Unseal>({primary(tpm, mac_key())}, {}).code, rc::Attributes.handle(1));
}

TEST(ObjectChangeAuth, MakesAPrivateAreaWithTheNewPassword) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  auto created = create(tpm, parent, sealed(), sensitive("old", "data"));
  Handle item = load(tpm, parent, created).reply.object_handle.value;
  auto changed =
      tpm.run<ObjectChangeAuth>({item, parent}, {wire::Auth(text_bytes("new"))}, {password("old")});
  ASSERT_EQ(changed.code, rc::Success);
  EXPECT_EQ(tpm.run<Unseal>({item}, {}, {password("old")}).code, rc::Success);
  auto again = tpm.run<Load>({parent}, {changed.reply.out_private, created.reply.out_public});
  ASSERT_EQ(again.code, rc::Success);
  EXPECT_EQ(tpm.run<Unseal>({again.reply.object_handle.value}, {}, {password("new")}).code,
            rc::Success);
}

TEST(ObjectChangeAuth, NeedsTheParentAndANewValueThatFits) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  auto created = create(tpm, parent, sealed(), sensitive("", "data"));
  Handle item = load(tpm, parent, created).reply.object_handle.value;
  EXPECT_EQ(tpm.run<ObjectChangeAuth>({item, item}, {}).code, rc::Type.handle(2));
  Handle stranger = primary(tpm, storage_ecc(), rh::Platform);
  EXPECT_EQ(tpm.run<ObjectChangeAuth>({item, stranger}, {}).code, rc::Type.handle(2));
  EXPECT_EQ(tpm.run<ObjectChangeAuth>({parent, parent}, {}).code, rc::Type.handle(2));
  EXPECT_EQ(tpm.run<ObjectChangeAuth>({item, parent}, {wire::Auth(ByteView(Bytes(33, 1)))}).code,
            rc::Size.parameter(1));
}

}  // namespace
}  // namespace vtpm::engine
