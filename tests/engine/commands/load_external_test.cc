// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/context.h"
#include "engine/commands/credential.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/object.h"
#include "engine/crypto/ecc.h"
#include "engine/crypto/rsa.h"
#include "engine/object/assemble.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine {
namespace {

using namespace testing::templates;
using testing::TestTpm;
using wire::Handle;
namespace rh = wire::rh;

// Both areas of a key that was made outside the TPM.
struct OutsideKey {
  Public pub;
  wire::Sensitive sensitive;
};

const wire::ObjectAttributes kOutside = {ObjectBit::UserWithAuth, ObjectBit::Sign};

OutsideKey ecc_key(TestTpm& tpm) {
  OutsideKey key{.pub = ecc(kOutside), .sensitive = {.type = AlgId::Ecc}};
  auto pair = crypto::generate_ecc_key(crypto::Curve::P256, tpm.random);
  key.pub.unique =
      wire::EccPoint{.x = wire::EccParameter(pair.q.x), .y = wire::EccParameter(pair.q.y)};
  key.sensitive.value = wire::PrivateValue(SharedSecret(std::move(pair.d)));
  return key;
}

OutsideKey rsa_key(TestTpm& tpm) {
  OutsideKey key{.pub = rsa(kOutside), .sensitive = {.type = AlgId::Rsa}};
  auto numbers = crypto::generate_rsa_key(2048, 65537, tpm.random, tpm.cancellation);
  key.pub.unique = wire::RsaBytes(numbers->modulus);
  key.sensitive.value = wire::PrivateValue(SharedSecret(std::move(numbers->prime)));
  return key;
}

OutsideKey symmetric_key(Public pub, std::string_view value) {
  OutsideKey key{.pub = pub, .sensitive = {.type = pub.type.value}};
  key.sensitive.seed = wire::Auth(ByteView(Bytes(32, 7)));
  key.sensitive.value = wire::PrivateValue(text_bytes(value));
  key.pub.unique =
      symmetric_unique(AlgId::Sha256, key.sensitive.seed.view(), key.sensitive.value.view());
  return key;
}
OutsideKey cipher_key() {
  return symmetric_key(cipher(kOutside), "0123456789abcdef");
}
OutsideKey hmac_key_outside() {
  return symmetric_key(keyed_hash(kOutside), "hmac key");
}

testing::Answer<LoadExternal> load_whole(TestTpm& tpm, const OutsideKey& key,
                                         Handle hierarchy = rh::Null) {
  return tpm.run<LoadExternal>({}, {{key.sensitive}, key.pub, hierarchy});
}
Rc whole_code(TestTpm& tpm, const OutsideKey& key) {
  return load_whole(tpm, key).code;
}
testing::Answer<LoadExternal> load_public(TestTpm& tpm, const Public& pub,
                                          Handle hierarchy = rh::Owner) {
  return tpm.run<LoadExternal>({}, {{}, pub, hierarchy});
}

TEST(LoadExternal, LoadsWholeKeysOfEveryType) {
  TestTpm tpm;
  for (const OutsideKey& key : {ecc_key(tpm), rsa_key(tpm), cipher_key(), hmac_key_outside()}) {
    auto answer = load_whole(tpm, key);
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(answer.reply.name, compute_name(key.pub));
    auto read = tpm.run<ReadPublic>({answer.reply.object_handle.value}, {});
    EXPECT_EQ(read.reply.qualified_name, answer.reply.name);
  }
}

TEST(LoadExternal, LoadsPublicAreasWhateverTheirAttributes) {
  TestTpm tpm;
  Public ek = *make_primary(tpm, ek_rsa(), rh::Endorsement).reply.out_public;
  EXPECT_EQ(load_public(tpm, ek).code, rc::Success);
  Public srk = *make_primary(tpm, storage_ecc()).reply.out_public;
  EXPECT_EQ(load_public(tpm, srk, rh::Null).code, rc::Success);
}

TEST(LoadExternal, GivesAnObjectWithoutNameAlgorithmNoName) {
  TestTpm tpm;
  OutsideKey key = ecc_key(tpm);
  key.pub.name_hash = AlgId::Null;
  auto answer = load_whole(tpm, key);
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_TRUE(answer.reply.name.empty());
  OutsideKey hmac = hmac_key_outside();
  hmac.pub.name_hash = AlgId::Null;
  hmac.pub.unique = wire::Digest();
  EXPECT_EQ(whole_code(tpm, hmac), rc::Success);
}

TEST(LoadExternal, KeepsKnownSecretsOutOfTheHierarchies) {
  TestTpm tpm;
  OutsideKey key = ecc_key(tpm);
  EXPECT_EQ(load_whole(tpm, key, rh::Owner).code, rc::Hierarchy.parameter(3));
  EXPECT_EQ(load_whole(tpm, key, rh::Lockout).code, rc::Value.parameter(3));
  for (ObjectBit bit : {ObjectBit::FixedTpm, ObjectBit::FixedParent, ObjectBit::FirmwareLimited,
                        ObjectBit::SvnLimited, ObjectBit::Restricted}) {
    OutsideKey changed = key;
    changed.pub.attributes.set(bit);
    EXPECT_EQ(whole_code(tpm, changed), rc::Attributes.parameter(2));
  }
}

TEST(LoadExternal, RefusesPublicAreasThatNoTpmHas) {
  TestTpm tpm;
  Public pub = ecc_key(tpm).pub;
  pub.attributes.set(ObjectBit::FixedTpm);
  EXPECT_EQ(load_public(tpm, pub).code, rc::Attributes.parameter(2));
  pub.attributes.set(ObjectBit::FixedParent);
  EXPECT_EQ(load_public(tpm, pub).code, rc::Success);
  pub.attributes.set(ObjectBit::FixedTpm, false);
  EXPECT_EQ(load_public(tpm, pub).code, rc::Success);
}

// Part 2, 8.3.3.8 and 8.3.3.9: this TPM makes no such keys, but others do.
TEST(LoadExternal, TakesThePublicPartsOfLimitedKeys) {
  TestTpm tpm;
  for (ObjectBit bit : {ObjectBit::FirmwareLimited, ObjectBit::SvnLimited}) {
    Public ek = with(*make_primary(tpm, ek_ecc(), rh::Endorsement).reply.out_public, bit);
    auto loaded = load_public(tpm, ek, rh::Null);
    ASSERT_EQ(loaded.code, rc::Success);
    EXPECT_EQ(loaded.reply.name, compute_name(ek));
    EXPECT_EQ(tpm.run<MakeCredential>({loaded.reply.object_handle.value},
                                      {.credential = wire::SecretDigest(ByteView(Bytes(32, 7))),
                                       .object_name = loaded.reply.name})
                  .code,
              rc::Success);
  }
}

TEST(LoadExternal, NeedsTheHierarchyEnabled) {
  TestTpm tpm;
  Public pub = ecc_key(tpm).pub;
  Handle loaded = load_public(tpm, pub).reply.object_handle.value;
  EXPECT_EQ(tpm.run<HierarchyControl>({rh::Owner}, {rh::Owner, 0}).code, rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({loaded}, {}).code, rc::ReferenceH0);
  EXPECT_EQ(load_public(tpm, pub).code, rc::Hierarchy.parameter(3));
  EXPECT_EQ(load_public(tpm, pub, rh::Null).code, rc::Success);
}

TEST(LoadExternal, ChecksThatTheAreasBelongTogether) {
  TestTpm tpm;
  OutsideKey ecc = ecc_key(tpm);
  ecc.pub.unique = ecc_key(tpm).pub.unique;
  EXPECT_EQ(whole_code(tpm, ecc), rc::Binding);
  OutsideKey rsa = rsa_key(tpm);
  rsa.pub.unique = rsa_key(tpm).pub.unique;
  EXPECT_EQ(whole_code(tpm, rsa), rc::Binding);
  OutsideKey cipher = cipher_key();
  cipher.pub.unique = wire::Digest(Bytes(32));
  EXPECT_EQ(whole_code(tpm, cipher), rc::Binding);
  OutsideKey other_type = ecc_key(tpm);
  other_type.sensitive.type = AlgId::Rsa;
  EXPECT_EQ(whole_code(tpm, other_type), rc::Type.parameter(1));
}

TEST(LoadExternal, ChecksTheSizesOfPublicKeys) {
  TestTpm tpm;
  Public rsa = rsa_key(tpm).pub;
  Bytes modulus = to_bytes(*rsa.unique.get<wire::RsaBytes>());
  Public changed = rsa;
  changed.unique = wire::RsaBytes(ByteView(modulus).first(255));
  EXPECT_EQ(load_public(tpm, changed).code, rc::Key.parameter(2));
  modulus[0] &= 0x7F;
  changed.unique = wire::RsaBytes(modulus);
  EXPECT_EQ(load_public(tpm, changed).code, rc::Key.parameter(2));
  for (uint32_t exponent : {1u, 2u, 65536u}) {
    changed = rsa;
    changed.parameters.get<wire::RsaParameters>()->exponent = exponent;
    EXPECT_EQ(load_public(tpm, changed).code, rc::Range.parameter(2));
  }
  changed.parameters.get<wire::RsaParameters>()->exponent = 3;
  EXPECT_EQ(load_public(tpm, changed).code, rc::Success);
  changed = ecc_key(tpm).pub;
  changed.unique =
      wire::EccPoint{wire::EccParameter(Bytes(32, 1)), wire::EccParameter(Bytes(32, 2))};
  EXPECT_EQ(load_public(tpm, changed).code, rc::EccPoint.parameter(2));
  // Infinity, and what is no uncompressed point of the curve's size (Part 1, 44.5.1).
  const auto q = *ecc_key(tpm).pub.unique.get<wire::EccPoint>();
  Bytes longer = {0};
  append(longer, q.x);
  for (const wire::EccPoint& point : {wire::EccPoint(), wire::EccPoint{.x = q.x},
                                      wire::EccPoint{.x = wire::EccParameter(longer), .y = q.y}}) {
    changed.unique = point;
    EXPECT_EQ(load_public(tpm, changed).code, rc::EccPoint.parameter(2));
  }
}

// With the private scalar 43, whose public point's y has 31 significant octets.
OutsideKey small_ecc_key(size_t scalar_size) {
  OutsideKey key{.pub = ecc(kOutside), .sensitive = {.type = AlgId::Ecc}};
  Bytes scalar(scalar_size);
  scalar.back() = 43;
  auto q = crypto::public_point(crypto::Curve::P256, scalar);
  key.pub.unique = wire::EccPoint{.x = wire::EccParameter(q->x), .y = wire::EccParameter(q->y)};
  key.sensitive.value = wire::PrivateValue(ByteView(scalar));
  return key;
}

// Part 1, 44.5.3: points are padded, private scalars need not be.
TEST(LoadExternal, TakesPrivateScalarsWithoutLeadingZeros) {
  TestTpm tpm;
  for (size_t size : {1u, 31u, 32u}) {
    auto answer = load_whole(tpm, small_ecc_key(size));
    EXPECT_EQ(answer.code, rc::Success) << size;
    EXPECT_EQ(answer.reply.name, compute_name(small_ecc_key(32).pub));
  }
}

TEST(LoadExternal, WantsPublicPointsWithLeadingZeros) {
  TestTpm tpm;
  Public pub = small_ecc_key(32).pub;
  EXPECT_EQ(load_public(tpm, pub).code, rc::Success);
  auto& q = *pub.unique.get<wire::EccPoint>();
  Bytes y = to_bytes(q.y);
  ASSERT_EQ(y[0], 0);
  q.y = wire::EccParameter(ByteView(y).subspan(1));
  EXPECT_EQ(load_public(tpm, pub).code, rc::EccPoint.parameter(2));
}

TEST(LoadExternal, ChecksTheSizesOfSecrets) {
  TestTpm tpm;
  auto with_value = [](OutsideKey key, ByteView value) {
    key.sensitive.value = wire::PrivateValue(value);
    return key;
  };
  Rc size = rc::KeySize.parameter(1);
  EXPECT_EQ(whole_code(tpm, with_value(rsa_key(tpm), Bytes(127, 0xFF))), size);
  EXPECT_EQ(whole_code(tpm, with_value(rsa_key(tpm), Bytes(128, 0x7F))), size);
  EXPECT_EQ(whole_code(tpm, with_value(rsa_key(tpm), {})), size);
  EXPECT_EQ(whole_code(tpm, with_value(ecc_key(tpm), {})), size);
  EXPECT_EQ(whole_code(tpm, with_value(ecc_key(tpm), Bytes(33, 1))), size);
  EXPECT_EQ(whole_code(tpm, with_value(ecc_key(tpm), Bytes(32, 0))), rc::Binding);
  EXPECT_EQ(whole_code(tpm, with_value(ecc_key(tpm), Bytes(32, 0xFF))), rc::Binding);
  EXPECT_EQ(whole_code(tpm, with_value(cipher_key(), Bytes(15, 1))), size);
  EXPECT_EQ(whole_code(tpm, with_value(cipher_key(), Bytes(16, 0))), rc::Key.parameter(1));
  EXPECT_EQ(whole_code(tpm, with_value(hmac_key_outside(), Bytes(65, 1))), size);
  // What no key of its type has, whatever the public area says (Part 2, 12.3.3).
  for (const auto& [key, most] : {std::pair{rsa_key(tpm), 256u},
                                  std::pair{ecc_key(tpm), 66u},
                                  std::pair{cipher_key(), 64u},
                                  {hmac_key_outside(), 128u}}) {
    EXPECT_EQ(whole_code(tpm, with_value(key, Bytes(most, 0xFF))), size);
    EXPECT_EQ(whole_code(tpm, with_value(key, Bytes(most + 1, 0xFF))), rc::Size.parameter(1));
  }
  OutsideKey seedless = hmac_key_outside();
  seedless.sensitive.seed = {};
  EXPECT_EQ(whole_code(tpm, seedless), size);
  OutsideKey large_seed = ecc_key(tpm);
  large_seed.sensitive.seed = wire::Auth(ByteView(Bytes(33)));
  EXPECT_EQ(whole_code(tpm, large_seed), size);
  OutsideKey large_auth = ecc_key(tpm);
  large_auth.sensitive.auth = wire::Auth(ByteView(Bytes(33, 1)));
  EXPECT_EQ(whole_code(tpm, large_auth), rc::Size.parameter(1));
}

TEST(LoadExternal, ChecksSchemes) {
  TestTpm tpm;
  Public pub = ecc_key(tpm).pub;
  pub.parameters.get<wire::EccParameters>()->scheme = {.scheme = wire::EccSchemeOrNull{AlgId::Ecdh},
                                                       .details = wire::HashScheme{AlgId::Sha256}};
  EXPECT_EQ(load_public(tpm, pub).code, rc::Scheme.parameter(2));
  pub = ecc_key(tpm).pub;
  pub.auth_policy = wire::Digest(Bytes(31));
  EXPECT_EQ(load_public(tpm, pub).code, rc::Size.parameter(2));
}

TEST(LoadExternal, MakesNoParentsAndLeavesNoPersistentObject) {
  TestTpm tpm;
  Handle whole = load_whole(tpm, ecc_key(tpm)).reply.object_handle.value;
  EXPECT_EQ(tpm.run<Create>({whole}, {.in_public = mac_key()}).code, rc::Type.handle(1));
  Public srk = *make_primary(tpm, storage_ecc()).reply.out_public;
  Handle half = load_public(tpm, srk).reply.object_handle.value;
  EXPECT_EQ(tpm.run<Create>({half}, {.in_public = mac_key()}).code, rc::AuthUnavailable.session(1));
  EXPECT_EQ(tpm.run<EvictControl>({rh::Owner, whole}, {0x81000000}).code, rc::Attributes.handle(2));
  // A public key alone may become persistent.
  EXPECT_EQ(tpm.run<EvictControl>({rh::Owner, half}, {0x81000000}).code, rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
