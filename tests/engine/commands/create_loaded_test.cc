// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/create_loaded.h"

#include "engine/crypto/ecc.h"
#include "engine/crypto/kdf.h"
#include "tests/engine/hex.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine {
namespace {

using namespace testing::templates;
using testing::TestTpm;
using wire::Handle;
namespace rh = wire::rh;

wire::Template as_template(const Public& pub) {
  return wire::Template(wire::to_wire(pub));
}

testing::Answer<CreateLoaded> create(TestTpm& tpm, Handle parent, const wire::Template& bytes,
                                     const wire::SensitiveCreate& values = {}) {
  return tpm.run<CreateLoaded>({parent}, {values, bytes});
}

// A TPMS_DERIVE.
Bytes derive(std::string_view label, std::string_view context) {
  Bytes bytes = wire::to_wire(wire::Digest(text_bytes(label)));
  append(bytes, wire::to_wire(wire::Digest(text_bytes(context))));
  return bytes;
}

// A template whose `unique` is a TPMS_DERIVE.
wire::Template derived(Public pub, const Bytes& derivation) {
  pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
  Bytes bytes = wire::to_wire(pub);
  bytes.resize(bytes.size() - wire::to_wire(pub.unique).size());
  append(bytes, derivation);
  return wire::Template(bytes);
}

Public derivation_parent() {
  Public pub = keyed_hash(kStorageKey);
  pub.parameters.get<wire::KeyedHashParameters>()->scheme = {
      .scheme = wire::KeyedHashSchemeOrNull{AlgId::Xor},
      .details = wire::XorScheme{.hash = AlgId::Sha256, .kdf = AlgId::Kdf1Sp800_108}};
  return pub;
}

TEST(CreateLoaded, MakesTheSamePrimaryObjectAsCreatePrimary) {
  TestTpm tpm;
  auto expected = make_primary(tpm, storage_ecc());
  auto answer = create(tpm, rh::Owner, as_template(storage_ecc()));
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(answer.reply.name, expected.reply.name);
  EXPECT_TRUE(answer.reply.out_private.empty());
}

TEST(CreateLoaded, MakesAnOrdinaryObjectThatLoadsAgain) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  auto answer = create(tpm, parent, as_template(sealed()), sensitive("pass", "secret"));
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(tpm.run<Unseal>({answer.reply.object_handle.value}, {}, {password("pass")}).code,
            rc::Success);
  auto loaded = tpm.run<Load>({parent}, {answer.reply.out_private, answer.reply.out_public});
  EXPECT_EQ(loaded.code, rc::Success);
  EXPECT_EQ(loaded.reply.name, answer.reply.name);
}

TEST(CreateLoaded, DerivesAsPart1Says) {
  TestTpm tpm;
  Public pub = derivation_parent();
  pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
  Handle parent =
      make_primary(tpm, pub, rh::Owner, sensitive("", "parent's key")).reply.object_handle.value;
  Secret stream = crypto::kdfa(crypto::HashAlg::Sha256, text_bytes("parent's key"),
                               text_bytes("label"), text_bytes("context"), {}, 8192);
  auto hmac = create(tpm, parent, derived(mac_key(), derive("label", "context")));
  ASSERT_EQ(hmac.code, rc::Success);
  EXPECT_TRUE(hmac.reply.out_private.empty());
  // The key is the first digest, the obfuscation value the second.
  crypto::Digest unique = crypto::hash(crypto::HashAlg::Sha256,
                                       {stream.view().subspan(32, 32), stream.view().first(32)});
  EXPECT_EQ(*hmac.reply.out_public->unique.get<wire::Digest>(), wire::Digest(unique));

  auto key = create(tpm, parent, derived(ecc(kSigningKey), derive("label", "context")));
  ASSERT_EQ(key.code, rc::Success);
  crypto::KdfaStream source(crypto::HashAlg::Sha256, text_bytes("parent's key"),
                            text_bytes("label"), text_bytes("context"));
  auto pair = crypto::generate_ecc_key(crypto::Curve::P256, source);
  EXPECT_EQ(*key.reply.out_public->unique.get<wire::EccPoint>(),
            (wire::EccPoint{wire::EccParameter(pair.q.x), wire::EccParameter(pair.q.y)}));
}

// What swtpm 0.7.1 derives from the same.
TEST(CreateLoaded, DerivesAsAnotherTpmDoes) {
  TestTpm tpm;
  Public pub = derivation_parent();
  pub.attributes = {ObjectBit::UserWithAuth, ObjectBit::Restricted, ObjectBit::Decrypt};
  Handle parent =
      make_primary(tpm, pub, rh::Owner, sensitive("", "parent's key")).reply.object_handle.value;
  wire::ObjectAttributes fixed = {ObjectBit::FixedParent, ObjectBit::UserWithAuth, ObjectBit::Sign};
  auto key = create(tpm, parent, derived(ecc(fixed), derive("label", "context")));
  ASSERT_EQ(key.code, rc::Success);
  EXPECT_EQ(testing::hex(key.reply.out_public->unique.get<wire::EccPoint>()->x),
            "52c2b17f0a2effbd61a78b8f9eb291bb8a0a62a4348c5b24d401c962ce8bd74b");
  fixed.set(ObjectBit::Decrypt);
  auto cipher_key = create(tpm, parent, derived(cipher(fixed), derive("label", "context")));
  ASSERT_EQ(cipher_key.code, rc::Success);
  EXPECT_EQ(testing::hex(*cipher_key.reply.out_public->unique.get<wire::Digest>()),
            "1f26efb9832e10254ee754ccb933088ba5669e291208c60f8029f5477444c8e8");
}

TEST(CreateLoaded, PrefersTheTemplatesDerivationValues) {
  TestTpm tpm;
  Handle parent = primary(tpm, derivation_parent());
  auto with = [&](const Bytes& in_template, const Bytes& in_sensitive) {
    wire::SensitiveCreate values{.data = wire::SensitiveData(ByteView(in_sensitive))};
    auto answer = create(tpm, parent, derived(mac_key(), in_template), values);
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.name;
  };
  auto name = with(derive("l", "c"), {});
  EXPECT_EQ(with(derive("l", "c"), derive("x", "y")), name);
  EXPECT_EQ(with(derive("", "c"), derive("l", "y")), name);
  EXPECT_EQ(with(derive("", ""), derive("l", "c")), name);
  EXPECT_NE(with(derive("", "c"), derive("x", "y")), name);
  EXPECT_NE(with(derive("c", "l"), {}), name);
}

TEST(CreateLoaded, CanBeCancelled) {
  TestTpm tpm;
  Handle parent = primary(tpm, storage_ecc());
  tpm.cancellation.request = true;
  EXPECT_EQ(create(tpm, rh::Owner, as_template(rsa(kSigningKey))).code, rc::Canceled);
  EXPECT_EQ(create(tpm, parent, as_template(rsa(kSigningKey))).code, rc::Canceled);
}

TEST(CreateLoaded, RefusesWhatItCannotMake) {
  TestTpm tpm;
  Handle derivation = primary(tpm, derivation_parent());
  Bytes labels = derive("label", "context");
  EXPECT_EQ(create(tpm, derivation, derived(rsa(kSigningKey), labels)).code, rc::Type.parameter(2));
  // The origin of a derived secret is the parent's.
  Bytes generated = to_bytes(derived(mac_key(), labels));
  generated[7] |= 0x20;
  EXPECT_EQ(create(tpm, derivation, wire::Template(generated)).code, rc::Attributes.parameter(2));
  EXPECT_EQ(create(tpm, derivation, as_template(ecc(kSigningKey))).code,
            rc::Attributes.parameter(2));
  EXPECT_EQ(create(tpm, derivation, derived(mac_key(), labels), sensitive("", "?")).code,
            rc::Insufficient.parameter(1));
  EXPECT_EQ(create(tpm, rh::Owner, {}).code, rc::Insufficient.parameter(2));
  Bytes longer = wire::to_wire(storage_ecc());
  longer.push_back(0);
  EXPECT_EQ(create(tpm, rh::Owner, wire::Template(longer)).code, rc::Size.parameter(2));
  Handle signing = primary(tpm, ecc(kSigningKey));
  EXPECT_EQ(create(tpm, signing, as_template(mac_key())).code, rc::Type.handle(1));
  EXPECT_EQ(create(tpm, rh::Lockout, as_template(mac_key())).code, rc::Value.handle(1));
  // A derivation parent protects no children.
  EXPECT_EQ(tpm.run<Create>({derivation}, {.in_public = mac_key()}).code, rc::Type.handle(1));
}

}  // namespace
}  // namespace vtpm::engine
