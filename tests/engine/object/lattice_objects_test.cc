// SPDX-License-Identifier: Apache-2.0
// ML-KEM and ML-DSA keys as objects: their creation (Part 3, 12.1, 12.9, 24.1), loading and rules
// (Part 2, 12.2.3 and 12.3.2).
#include "engine/commands/context.h"
#include "engine/commands/create_loaded.h"
#include "engine/crypto/derive.h"
#include "engine/crypto/kdf.h"
#include "engine/hierarchy.h"
#include "engine/object/slots.h"
#include "tests/engine/lattice_keys.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

// One of each type, and of each parameter set.
std::vector<wire::Public> every_key() {
  std::vector<wire::Public> keys;
  for (MlKemSet set : kMlKemSets) {
    keys.push_back(ml_kem_storage(set));
    keys.push_back(ml_kem_key(set));
  }
  for (MlDsaSet set : kMlDsaSets) {
    keys.push_back(ml_dsa_key(set));
    keys.push_back(ml_dsa_key(set, true));
    keys.push_back(hash_ml_dsa_key(AlgId::Sha384, set));
  }
  return keys;
}

size_t public_size(const wire::Public& pub) {
  if (const auto* kem = pub.parameters.get<wire::MlKemParameters>())
    return crypto::public_key_size(*kem->parameter_set);
  if (const auto* dsa = pub.parameters.get<wire::MlDsaParameters>())
    return crypto::public_key_size(*dsa->parameter_set);
  return crypto::public_key_size(*pub.parameters.get<wire::HashMlDsaParameters>()->parameter_set);
}
size_t seed_size(const wire::Public& pub) {
  return pub.type == AlgId::MlKem ? 64 : 32;
}
// The public key that belongs to a seed.
wire::PublicUnique unique_of(const wire::Public& pub, ByteView seed) {
  if (const auto* kem = pub.parameters.get<wire::MlKemParameters>())
    return wire::MlKemPublicKey(crypto::ml_kem_public_key(*kem->parameter_set, seed));
  MlDsaSet set = pub.type == AlgId::MlDsa
                     ? *pub.parameters.get<wire::MlDsaParameters>()->parameter_set
                     : *pub.parameters.get<wire::HashMlDsaParameters>()->parameter_set;
  return wire::MlDsaPublicKey(crypto::ml_dsa_public_key(set, seed));
}

const wire::Sensitive& sensitive_of(const TestTpm& tpm, Handle handle) {
  return *tpm.state.transient->slots[transient_index(handle)].object->sensitive;
}

TEST(LatticeObjects, AreCreatedLoadedSavedAndKept) {
  TestTpm tpm;
  Made parent = create_primary(tpm, rh::Owner, rsa_storage());
  Handle persistent = 0x81000000;
  for (const wire::Public& pub : every_key()) {
    Made made = create_child(tpm, parent, pub, {'p', 'w'});
    EXPECT_EQ(public_key_of(made.pub).size(), public_size(pub));
    EXPECT_EQ(sensitive_of(tpm, made.handle).value.size(), seed_size(pub));
    EXPECT_EQ(made.pub.unique, unique_of(pub, sensitive_of(tpm, made.handle).value.view()));

    auto saved = tpm.run<ContextSave>({made.handle}, {});
    ASSERT_EQ(saved.code, rc::Success);
    auto loaded = tpm.run<ContextLoad>({}, {saved.reply.context});
    ASSERT_EQ(loaded.code, rc::Success);
    auto read = tpm.run<ReadPublic>({loaded.reply.loaded_handle.value}, {});
    EXPECT_EQ(*read.reply.out_public, made.pub);
    EXPECT_EQ(to_bytes(read.reply.name), made.name);
    EXPECT_EQ(tpm.run<EvictControl>({rh::Owner, made.handle}, {persistent}).code, rc::Success);
    EXPECT_EQ(*tpm.run<ReadPublic>({persistent++}, {}).reply.out_public, made.pub);
    for (Handle handle : {made.handle, loaded.reply.loaded_handle.value})
      tpm.run<FlushContext>({}, {handle});
  }
}

// docs/key-derivation.md: the next octets of the stream are the seed.
TEST(LatticeObjects, PrimaryOnesComeFromTheirSeed) {
  TestTpm tpm;
  for (const wire::Public& pub : every_key()) {
    Made first = create_primary(tpm, rh::Owner, pub);
    Made again = create_primary(tpm, rh::Owner, pub, {'p', 'w'});
    EXPECT_EQ(first.name, again.name);
    crypto::SeedStream stream(
        1, primary_seed(tpm.state, rh::Owner).view(), "secret",
        {name_of_handle(rh::Owner).view(),
         crypto::hash(crypto::HashAlg::Sha512, wire::to_wire(pub)), ByteView()});
    Bytes seed(seed_size(pub));
    stream.fill(seed);
    EXPECT_EQ(to_bytes(sensitive_of(tpm, first.handle).value.view()), seed);

    wire::Public other = pub;
    if (pub.type == AlgId::MlKem)
      other.unique = wire::MlKemPublicKey(Bytes(public_size(pub), 1));
    else
      other.unique = wire::MlDsaPublicKey(Bytes(public_size(pub), 1));
    Made different = create_primary(tpm, rh::Owner, other);
    EXPECT_NE(first.name, different.name);
    for (Handle handle : {first.handle, again.handle, different.handle})
      tpm.run<FlushContext>({}, {handle});
  }
}

// The same for all TPMs (Part 1, 25.5).
TEST(LatticeObjects, AreDerived) {
  TestTpm tpm;
  wire::Public parent = unguarded(templates::keyed_hash(templates::kStorageKey));
  parent.parameters.get<wire::KeyedHashParameters>()->scheme = {
      .scheme = wire::KeyedHashSchemeOrNull{AlgId::Xor},
      .details = wire::XorScheme{.hash = AlgId::Sha256, .kdf = AlgId::Kdf1Sp800_108}};
  Made root = create_primary(tpm, rh::Owner, parent);
  for (wire::Public pub : every_key()) {
    if (pub.has(ObjectBit::Restricted)) continue;  // would need the cipher of its parent
    pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
    Bytes bytes = wire::to_wire(pub);
    bytes.resize(bytes.size() - wire::to_wire(pub.unique).size());
    append(bytes, Bytes{0, 1, 'l', 0, 1, 'c'});
    auto made = tpm.run<CreateLoaded>({root.handle}, {{}, wire::Template(bytes)});
    ASSERT_EQ(made.code, rc::Success);
    Handle handle = made.reply.object_handle.value;
    crypto::KdfaStream stream(crypto::HashAlg::Sha256, sensitive_of(tpm, root.handle).value.view(),
                              text_bytes("l"), text_bytes("c"));
    Bytes seed(seed_size(pub));
    stream.fill(seed);
    EXPECT_EQ(to_bytes(sensitive_of(tpm, handle).value.view()), seed);
    tpm.run<FlushContext>({}, {handle});
  }
}

TEST(LatticeObjects, ATemplateMayHaveALongPublicKey) {
  TestTpm tpm;
  for (MlDsaSet set : kMlDsaSets) {
    wire::Public pub = ml_dsa_key(set);
    pub.auth_policy = wire::Digest(Bytes(32));
    pub.unique = wire::MlDsaPublicKey(Bytes(public_size(pub), 3));
    auto made = tpm.run<CreateLoaded>({rh::Owner}, {{}, wire::Template(wire::to_wire(pub))});
    EXPECT_EQ(made.code, rc::Success);
    tpm.run<FlushContext>({}, {made.reply.object_handle.value});
  }
}

// With the longest digests and authorization, as the registers carry it.
TEST(LatticeObjects, TheLargestHasAContext) {
  TestTpm tpm;
  tpm.maximum_size = 3968;
  wire::Public pub = hash_ml_dsa_key(AlgId::Sha512, MlDsaSet::Dsa87);
  pub.name_hash = AlgId::Sha512;
  pub.auth_policy = wire::Digest(Bytes(64, 1));
  Made made = create_primary(tpm, rh::Owner, pub, Bytes(64, 2));
  auto saved = tpm.run<ContextSave>({made.handle}, {});
  ASSERT_EQ(saved.code, rc::Success);
  tpm.run<FlushContext>({}, {made.handle});
  auto loaded = tpm.run<ContextLoad>({}, {saved.reply.context});
  ASSERT_EQ(loaded.code, rc::Success);
  auto read = tpm.run<ReadPublic>({loaded.reply.loaded_handle.value}, {});
  EXPECT_EQ(*read.reply.out_public, made.pub);
}

// What is wrong with a template, or a public area.
struct Wrong {
  wire::Public pub;
  Rc code;
};
std::vector<Wrong> wrong_areas() {
  std::vector<Wrong> all;
  auto add = [&](wire::Public pub, std::initializer_list<ObjectBit> set,
                 std::initializer_list<ObjectBit> clear, Rc code) {
    for (ObjectBit bit : set) pub.attributes.set(bit);
    for (ObjectBit bit : clear) pub.attributes.set(bit, false);
    all.push_back({pub, code});
  };
  const Rc attributes = rc::Attributes.parameter(2);
  add(ml_kem_key(), {ObjectBit::Sign}, {}, attributes);
  add(ml_kem_key(), {ObjectBit::Sign}, {ObjectBit::Decrypt}, attributes);
  add(ml_kem_key(), {ObjectBit::Sign, ObjectBit::Restricted}, {ObjectBit::Decrypt}, attributes);
  for (const wire::Public& pub : {ml_dsa_key(), hash_ml_dsa_key()}) {
    add(pub, {ObjectBit::Decrypt}, {}, attributes);
    add(pub, {ObjectBit::Decrypt}, {ObjectBit::Sign}, attributes);
    add(pub, {ObjectBit::Decrypt, ObjectBit::Restricted}, {ObjectBit::Sign}, attributes);
  }
  // Nothing could vouch for mu.
  add(ml_dsa_key(MlDsaSet::Dsa44, true), {ObjectBit::Restricted}, {}, attributes);
  // The cipher of a storage key, and of no other.
  add(ml_kem_storage(), {}, {ObjectBit::Restricted}, rc::Symmetric.parameter(2));
  add(ml_kem_key(), {ObjectBit::Restricted}, {}, rc::Symmetric.parameter(2));
  wire::Public ctr = ml_kem_storage();
  ctr.parameters = wire::MlKemParameters{templates::aes(128, AlgId::Ctr), MlKemSet::Kem768};
  add(ctr, {}, {}, rc::Symmetric.parameter(2));
  return all;
}

TEST(LatticeObjects, ObeyTheRulesOfTheirTypes) {
  TestTpm tpm;
  for (const Wrong& wrong : wrong_areas())
    EXPECT_EQ(tpm.run<CreatePrimary>({rh::Owner}, {.in_public = wrong.pub}).code, wrong.code)
        << std::hex << wrong.pub.attributes.raw;
  wire::Public restricted = ml_dsa_key();
  restricted.attributes.set(ObjectBit::Restricted);
  create_primary(tpm, rh::Owner, restricted);
  // Their secrets are the TPM's alone.
  Made parent = create_primary(tpm, rh::Owner, ecc_storage());
  wire::SensitiveCreate given{.data = wire::SensitiveData(ByteView(Bytes(32, 1)))};
  for (wire::Public pub : {ml_dsa_key(), ml_kem_key()}) {
    EXPECT_EQ(tpm.run<Create>({parent.handle}, {given, pub}).code, rc::Attributes.parameter(2));
    pub.attributes.set(ObjectBit::SensitiveDataOrigin, false);
    EXPECT_EQ(tpm.run<Create>({parent.handle}, {given, pub}).code, rc::Value.parameter(1));
    EXPECT_EQ(tpm.run<Create>({parent.handle}, {{}, pub}).code, rc::Attributes.parameter(2));
  }
}

TEST(LatticeObjects, APublicAreaFromOutsideObeysThemToo) {
  TestTpm tpm;
  for (Wrong wrong : wrong_areas()) {
    wrong.pub.unique = wrong.pub.type == AlgId::MlKem ? unique_of(wrong.pub, Bytes(64, 1))
                                                      : unique_of(wrong.pub, Bytes(32, 1));
    EXPECT_EQ(tpm.run<LoadExternal>({}, {.in_public = wrong.pub, .hierarchy = {rh::Null}}).code,
              wrong.code);
  }
}

TEST(LatticeObjects, LoadExternalChecksTheKeys) {
  TestTpm tpm;
  for (wire::Public pub : every_key()) {
    pub.attributes = without(without(pub.attributes, ObjectBit::FixedTpm), ObjectBit::FixedParent);
    const Bytes seed(seed_size(pub), 0x21);
    pub.unique = unique_of(pub, seed);
    auto code = [&](const wire::Public& area, std::optional<Bytes> value = {}) {
      LoadExternal::Params params{.in_public = area, .hierarchy = {rh::Null}};
      if (value)
        params.in_private.value = wire::Sensitive{.type = area.type.value,
                                                  .seed = wire::Auth(ByteView(Bytes(32, 5))),
                                                  .value = wire::PrivateValue(ByteView(*value))};
      auto answer = tpm.run<LoadExternal>({}, params);
      tpm.run<FlushContext>({}, {answer.reply.object_handle.value});
      return answer.code;
    };
    EXPECT_EQ(code(pub), rc::Success);
    for (size_t size : {size_t{0}, public_size(pub) - 1}) {
      wire::Public bad = pub;
      Bytes key = public_key_of(pub);
      key.resize(size);
      if (pub.type == AlgId::MlKem)
        bad.unique = wire::MlKemPublicKey(key);
      else
        bad.unique = wire::MlDsaPublicKey(key);
      EXPECT_EQ(code(bad), rc::Key.parameter(2));
    }
    if (pub.type == AlgId::MlKem) {
      wire::Public bad = pub;  // a coefficient that is none (FIPS 203, 7.2)
      bad.unique = wire::MlKemPublicKey(Bytes(public_size(pub), 0xFF));
      EXPECT_EQ(code(bad), rc::Key.parameter(2));
    }
    if (pub.has(ObjectBit::Restricted)) continue;
    EXPECT_EQ(code(pub, seed), rc::Success);
    EXPECT_EQ(code(pub, Bytes(seed.size(), 0x22)), rc::Binding);
    for (size_t size : {size_t{0}, seed.size() - 1})
      EXPECT_EQ(code(pub, Bytes(size, 0x21)), rc::KeySize.parameter(1));
    EXPECT_EQ(code(pub, Bytes(seed.size() + 1, 0x21)), rc::Size.parameter(1));
  }
}

}  // namespace
}  // namespace vtpm::engine
