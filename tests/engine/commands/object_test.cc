// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/object.h"

#include "engine/commands/context.h"
#include "engine/commands/create_loaded.h"
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

// What a template gives under a parent.
testing::Answer<Create> create(TestTpm& tpm, Handle parent, const Public& pub,
                               const wire::SensitiveCreate& values = {}) {
  return tpm.run<Create>({parent}, {.in_sensitive = values, .in_public = pub});
}

testing::Answer<Load> load(TestTpm& tpm, Handle parent, const testing::Answer<Create>& created) {
  return tpm.run<Load>({parent}, {created.reply.out_private, created.reply.out_public});
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

// Part 2, 8.3.3.8 and 8.3.3.9: there is no hierarchy of that kind.
TEST(Create, MakesNothingThatIsLimitedToFirmware) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  for (ObjectBit bit : {ObjectBit::FirmwareLimited, ObjectBit::SvnLimited}) {
    const Public pub = with(mac_key(), bit);
    EXPECT_EQ(create(tpm, parent, pub).code, rc::Attributes.parameter(2));
    EXPECT_EQ(tpm.run<CreatePrimary>({rh::Owner}, {.in_public = pub}).code,
              rc::Attributes.parameter(2));
    for (Handle place : {parent, rh::Owner})
      EXPECT_EQ(
          tpm.run<CreateLoaded>({place}, {.in_public = wire::Template(wire::to_wire(pub))}).code,
          rc::Attributes.parameter(2));
  }
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
