// SPDX-License-Identifier: Apache-2.0
// Part 3, 13.3.
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/duplication.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

const wire::SymmetricObjectDefinition kNone;

TEST_F(Importing, TakesWhatTpm2ToolsMakes) {
  unsigned count = 0;
  for (const tests::Record& record : tests::read_vectors("tpm2_tools.txt")) {
    if (record.text("kind") != "duplicate") continue;
    ++count;
    auto parent = wire::from_wire<wire::Public>(record.bytes("parent"));
    auto pub = wire::from_wire<wire::Public>(record.bytes("object"));
    ASSERT_TRUE(parent && pub);
    Made key = import_storage_key(tpm, root.handle, *parent, record.bytes("private"));
    auto imported = tpm.run<Import>({key.handle},
                                    {.object_public = *pub,
                                     .duplicate = wire::SecretPrivate(record.bytes("blob")),
                                     .in_sym_seed = wire::EncryptedSecret(record.bytes("secret"))});
    ASSERT_EQ(imported.code, rc::Success);
    auto loaded = tpm.run<Load>({key.handle}, {imported.reply.out_private, *pub});
    ASSERT_EQ(loaded.code, rc::Success);
    const auto& held =
        tpm.state.transient->slots[loaded.reply.object_handle.value & 0xFFFFFF].object;
    EXPECT_EQ(to_bytes(held->sensitive->value.view()), record.bytes("plain"));
    tpm.run<FlushContext>({}, {loaded.reply.object_handle.value});
    tpm.run<FlushContext>({}, {key.handle});
  }
  EXPECT_EQ(count, 4u);
}

TEST_F(Importing, KeepsTheAttributesOfItsPlace) {
  auto copy = duplicate(object.handle, target.handle);
  for (const auto& bits :
       std::vector<std::vector<ObjectBit>>{{ObjectBit::FixedTpm},
                                           {ObjectBit::FixedParent},
                                           {ObjectBit::FirmwareLimited},
                                           {ObjectBit::SvnLimited},
                                           {ObjectBit::FixedTpm, ObjectBit::FixedParent}}) {
    Import::Params params = as_import(object.pub, copy);
    for (ObjectBit bit : bits) params.object_public.value.attributes.set(bit);
    EXPECT_EQ(import_code(target.handle, params), rc::Attributes.parameter(2));
  }
  Import::Params params = as_import(object.pub, copy);
  params.object_public.value.name_hash = AlgId::Null;
  EXPECT_EQ(import_code(target.handle, params), rc::Hash.parameter(2));
  // A parent that is itself protected this way has no children that are not.
  Made strict = create_child(tpm, root, duplicable(ecc_storage(), true));
  auto for_strict = duplicate(object.handle, strict.handle);
  EXPECT_EQ(import_code(strict.handle, as_import(object.pub, for_strict)),
            rc::Attributes.parameter(2));
}

TEST_F(Importing, WhatIsProtectedTwiceMustComeSo) {
  Made encrypted = sealed_under(root, true);
  auto copy = duplicate(encrypted.handle, target.handle, aes128);
  Import::Params good = as_import(encrypted.pub, copy, aes128);
  expect_data(target.handle, good);
  Import::Params params = good;
  params.encryption_key = {};
  params.symmetric_alg = {};
  EXPECT_EQ(import_code(target.handle, params), rc::Attributes.parameter(1));
  params = good;
  params.in_sym_seed = {};
  EXPECT_EQ(import_code(target.handle, params), rc::Attributes.parameter(4));
}

TEST_F(Importing, TheInnerKeyMustFitItsCipher) {
  auto copy = duplicate(object.handle, target.handle, aes128, key128);
  Import::Params params = as_import(object.pub, copy, aes128, key128);
  params.encryption_key = wire::SecretData(ByteView(Bytes(15)));
  EXPECT_EQ(import_code(target.handle, params), rc::Size.parameter(1));
  params.encryption_key = {};
  EXPECT_EQ(import_code(target.handle, params), rc::Size.parameter(1));
  params = as_import(object.pub, copy, kNone, key128);
  EXPECT_EQ(import_code(target.handle, params), rc::Size.parameter(1));
}

TEST_F(Importing, NeedsAStorageKeyAndForASeedAnAsymmetricOne) {
  auto copy = duplicate(object.handle, target.handle);
  auto naked = duplicate(object.handle, rh::Null);
  Made signer = create_primary(tpm, rh::Owner, ecdsa_key());
  EXPECT_EQ(import_code(signer.handle, as_import(object.pub, copy)), rc::Type.handle(1));
  Made cipher =
      create_primary(tpm, rh::Owner, unguarded(templates::cipher(templates::kStorageKey)));
  EXPECT_EQ(import_code(cipher.handle, as_import(object.pub, copy)), rc::Type.handle(1));
  expect_data(cipher.handle, as_import(object.pub, naked));
}

TEST_F(Importing, AnyOtherBlobSeedOrPublicAreaIsRefused) {
  auto copy = duplicate(object.handle, target.handle, aes128, key128);
  Import::Params good = as_import(object.pub, copy, aes128, key128);
  Bytes blob = to_bytes(copy.reply.duplicate.view());
  for (size_t i = 0; i < blob.size(); i += 3) {
    Import::Params params = good;
    Bytes altered = blob;
    altered[i] ^= 1;
    params.duplicate = wire::SecretPrivate(altered);
    EXPECT_EQ(import_code(target.handle, params), rc::Integrity.parameter(3));
    params.duplicate = wire::SecretPrivate(ByteView(blob).first(i));
    EXPECT_EQ(import_code(target.handle, params), rc::Integrity.parameter(3));
  }
  Import::Params params = good;
  params.object_public.value.attributes.set(ObjectBit::UserWithAuth, false);
  EXPECT_EQ(import_code(target.handle, params), rc::Integrity.parameter(3));
  params = good;
  params.encryption_key = wire::SecretData(ByteView(Bytes(16)));
  EXPECT_EQ(import_code(target.handle, params), rc::Integrity.parameter(3));
  params = good;
  params.in_sym_seed = wire::EncryptedSecret(Bytes(256, 1));
  EXPECT_EQ(import_code(target.handle, params), rc::Value.parameter(4));
  Made other = create_primary(tpm, rh::Platform, ecc_storage());
  EXPECT_EQ(import_code(other.handle, good), rc::Size.parameter(4));
  wire::EccPoint off{.x = wire::EccParameter(Bytes(32, 1)), .y = wire::EccParameter(Bytes(32, 2))};
  params.in_sym_seed = wire::EncryptedSecret(wire::to_wire(off));
  EXPECT_EQ(import_code(other.handle, params), rc::EccPoint.parameter(4));
}

// Without wrappers only the areas themselves are left to look at.
TEST_F(Importing, ChecksThatTheAreasBelongTogether) {
  wire::Public pub = movable(unguarded(templates::cipher(templates::kSigningKey)));
  wire::Sensitive secret{.type = AlgId::SymCipher,
                         .seed = wire::Auth(ByteView(Bytes(32, 3))),
                         .value = wire::PrivateValue(ByteView(key128))};
  auto with_unique = [&] {
    pub.unique =
        wire::Digest(formula::hash(AlgId::Sha256, {secret.seed.view(), secret.value.view()}));
  };
  auto code = [&](Bytes blob) {
    return import_code(root.handle, {.object_public = pub, .duplicate = wire::SecretPrivate(blob)});
  };
  auto sensitive_code = [&] { return code(wire::to_wire(wire::Sized<wire::Sensitive>(secret))); };
  EXPECT_EQ(sensitive_code(), rc::Binding);
  with_unique();
  EXPECT_EQ(sensitive_code(), rc::Success);
  Bytes longer = wire::to_wire(wire::Sized<wire::Sensitive>(secret));
  longer.push_back(0);
  EXPECT_EQ(code(longer), rc::Size.parameter(3));
  EXPECT_EQ(code({}), rc::Insufficient.parameter(3));
  secret.type = AlgId::KeyedHash;
  EXPECT_EQ(sensitive_code(), rc::Type.parameter(3));
  secret.type = AlgId::SymCipher;
  secret.auth = wire::Auth(ByteView(Bytes(33, 1)));
  EXPECT_EQ(sensitive_code(), rc::Size.parameter(3));
  secret.auth = {};
  secret.value = wire::PrivateValue(ByteView(key256));
  with_unique();
  EXPECT_EQ(sensitive_code(), rc::KeySize.parameter(3));
  // A weak key, which no TPM makes (Part 1, 8.4.10.4).
  secret.value = wire::PrivateValue(ByteView(Bytes(16)));
  with_unique();
  EXPECT_EQ(sensitive_code(), rc::Key.parameter(3));
}

// Part 2, 6.6.3: nor where it is malformed, once a wrapper was taken off.
TEST_F(Importing, SaysNothingOfWhatIsInside) {
  wire::Sensitive secret{.type = AlgId::KeyedHash, .value = wire::PrivateValue(ByteView(data))};
  const Bytes good = wire::to_wire(wire::Sized<wire::Sensitive>(secret));
  Bytes longer = good;
  longer.push_back(0);
  Bytes other_type = good;
  other_type[2] = 0xFF;
  const Bytes shorter(good.begin(), good.end() - 1);
  struct Case {
    const Bytes& plain;
    Rc in_the_clear;
  };
  for (const auto& [plain, in_the_clear] :
       {Case{longer, rc::Size}, Case{other_type, rc::Type}, Case{shorter, rc::Insufficient}}) {
    Import::Params params{.object_public = object.pub,
                          .duplicate = wire::SecretPrivate(ByteView(plain))};
    EXPECT_EQ(import_code(target.handle, params), in_the_clear.parameter(3));
    // The outer wrapper, whatever is inside.
    wire::Name name = compute_name(object.pub);
    auto outer = tpm.run<Rewrap>({rh::Null, target.handle}, {params.duplicate, name, {}});
    ASSERT_EQ(outer.code, rc::Success);
    params.duplicate = outer.reply.out_duplicate;
    params.in_sym_seed = outer.reply.out_sym_seed;
    EXPECT_EQ(import_code(target.handle, params), rc::Sensitive);
    // The inner one.
    params = {.encryption_key = wire::SecretData(ByteView(key128)),
              .object_public = object.pub,
              .duplicate = wire::SecretPrivate(
                  ByteView(formula::inner_wrap(AlgId::Sha256, key128, name, plain))),
              .symmetric_alg = aes128};
    EXPECT_EQ(import_code(target.handle, params), rc::Sensitive);
  }
}

TEST_F(Importing, APrivateEccKeyMayComeWithoutItsLeadingZeros) {
  crypto::EccKeyPair pair = crypto::generate_ecc_key(crypto::Curve::P256, tpm.caller_random);
  while (pair.d.view()[0] != 0)
    pair = crypto::generate_ecc_key(crypto::Curve::P256, tpm.caller_random);
  wire::Public pub = movable(ecdsa_key());
  pub.unique = wire::EccPoint{wire::EccParameter(pair.q.x), wire::EccParameter(pair.q.y)};
  Made key =
      import_plain(tpm, root.handle, pub,
                   {.type = AlgId::Ecc, .value = wire::PrivateValue(pair.d.view().subspan(1))});
  const auto& loaded = tpm.state.transient->slots[key.handle & 0xFFFFFF].object;
  EXPECT_EQ(loaded->sensitive->value.size(), 32u);
}

TEST_F(Importing, TheParentMustBeAuthorized) {
  Made guarded = create_primary(tpm, rh::Owner, rsa_storage(), {7});
  auto copy = duplicate(object.handle, guarded.handle);
  Import::Params params = as_import(object.pub, copy);
  EXPECT_EQ(import_code(guarded.handle, params), rc::BadAuth.session(1));
  EXPECT_EQ(tpm.run<Import>({guarded.handle}, params, {{7}}).code, rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
