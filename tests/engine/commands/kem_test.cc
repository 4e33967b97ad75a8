// SPDX-License-Identifier: Apache-2.0
// Part 3, 14.10 and 14.11. What comes out is compared with FIPS 203's functions under the key's own
// seed, and with those of RFC 9180.
#include "engine/commands/kem.h"

#include "engine/commands/asymmetric.h"
#include "engine/commands/capability.h"
#include "engine/commands/context.h"
#include "engine/commands/key_exchange.h"
#include "engine/object/ecc_key.h"
#include "engine/object/slots.h"
#include "tests/engine/client_session.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/lattice_keys.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

class KeyEncapsulation : public ::testing::Test {
 protected:
  Rc decapsulate_code(Handle key, const Bytes& ciphertext = Bytes(1088)) {
    return tpm.run<Decapsulate>({key}, {wire::KemCiphertext(ciphertext)}).code;
  }
  // With the public area alone there is a secret for the key.
  void expect_one_side(const Made& key, const wire::Public& pub) {
    auto only_public = tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = {rh::Null}});
    ASSERT_EQ(only_public.code, rc::Success);
    Handle other = only_public.reply.object_handle.value;
    auto made = tpm.run<Encapsulate>({other}, {});
    ASSERT_EQ(made.code, rc::Success);
    auto taken = tpm.run<Decapsulate>({key.handle}, {made.reply.ciphertext});
    EXPECT_EQ(taken.reply.shared_secret, made.reply.shared_secret);
    EXPECT_EQ(decapsulate_code(other), rc::AuthUnavailable.session(1));
    tpm.run<FlushContext>({}, {other});
  }
  TestTpm tpm{true, 1, kWholeProfile};
};

struct DhkemSuite {
  CurveId curve;
  AlgId hash;
};
constexpr DhkemSuite kDhkemSuites[] = {{CurveId::NistP256, AlgId::Sha256},
                                       {CurveId::NistP384, AlgId::Sha384},
                                       {CurveId::NistP521, AlgId::Sha512}};

wire::KdfScheme key_kdf(AlgId scheme, AlgId hash) {
  return {.scheme = {scheme}, .details = wire::HashScheme{hash}};
}

// For ECDH and DHKEM. The hash of the scheme has no part in either (Part 2, 12.2.3.5).
wire::Public dhkem_key(CurveId curve = CurveId::NistP256, AlgId hash = AlgId::Sha256) {
  wire::Public pub =
      unguarded(templates::ecc(without(templates::kStorageKey, ObjectBit::Restricted), curve));
  auto& ecc = *pub.parameters.get<wire::EccParameters>();
  ecc.scheme = {.scheme = {AlgId::Ecdh}, .details = wire::HashScheme{AlgId::Sha1}};
  ecc.kdf = key_kdf(AlgId::Hkdf, hash);
  return pub;
}
wire::EccParameters& ecc_of(wire::Public& pub) {
  return *pub.parameters.get<wire::EccParameters>();
}

TEST_F(KeyEncapsulation, BothSidesHaveTheSecret) {
  for (MlKemSet set : kMlKemSets) {
    Made key = create_primary(tpm, rh::Owner, ml_kem_key(set));
    auto made = tpm.run<Encapsulate>({key.handle}, {});
    ASSERT_EQ(made.code, rc::Success);
    EXPECT_EQ(made.reply.shared_secret.size(), 32u);
    EXPECT_EQ(made.reply.ciphertext.size(), crypto::ciphertext_size(set));
    auto taken = tpm.run<Decapsulate>({key.handle}, {made.reply.ciphertext});
    ASSERT_EQ(taken.code, rc::Success);
    EXPECT_EQ(taken.reply.shared_secret, made.reply.shared_secret);

    const Object& object = *tpm.state.transient->slots[transient_index(key.handle)].object;
    auto expected =
        crypto::ml_kem_decapsulate(set, object.sensitive->value.view(), made.reply.ciphertext);
    EXPECT_EQ(to_bytes(expected->view()), to_bytes(made.reply.shared_secret.view()));
    // Another one each time.
    auto again = tpm.run<Encapsulate>({key.handle}, {});
    EXPECT_FALSE(again.reply.shared_secret == made.reply.shared_secret);
    EXPECT_FALSE(again.reply.ciphertext == made.reply.ciphertext);
  }
}

TEST_F(KeyEncapsulation, BothSidesHaveTheSecretOfAnEccKey) {
  for (const auto& [curve, hash] : kDhkemSuites) {
    Made key = create_primary(tpm, rh::Owner, dhkem_key(curve, hash));
    auto made = tpm.run<Encapsulate>({key.handle}, {});
    ASSERT_EQ(made.code, rc::Success);
    EXPECT_EQ(made.reply.shared_secret.size(), digest_size(hash));
    const size_t size = crypto::curve_size(to_crypto_curve(curve));
    ASSERT_EQ(made.reply.ciphertext.size(), 1 + 2 * size);
    EXPECT_EQ(made.reply.ciphertext.view()[0], 4);
    auto taken = tpm.run<Decapsulate>({key.handle}, {made.reply.ciphertext});
    ASSERT_EQ(taken.code, rc::Success);
    EXPECT_EQ(taken.reply.shared_secret, made.reply.shared_secret);

    const Object& object = *tpm.state.transient->slots[transient_index(key.handle)].object;
    auto expected = crypto::dhkem_decapsulate(curve_of(object.pub), object.sensitive->value.view(),
                                              public_point_of(object.pub), made.reply.ciphertext);
    EXPECT_EQ(to_bytes(expected->view()), to_bytes(made.reply.shared_secret.view()));
    auto again = tpm.run<Encapsulate>({key.handle}, {});
    EXPECT_FALSE(again.reply.shared_secret == made.reply.shared_secret);
    EXPECT_FALSE(again.reply.ciphertext == made.reply.ciphertext);
    // It remains a key for ECDH.
    auto z = tpm.run<EcdhKeyGen>({key.handle}, {});
    ASSERT_EQ(z.code, rc::Success);
    EXPECT_EQ(tpm.run<EcdhZGen>({key.handle}, {z.reply.pub_point}).code, rc::Success);
    tpm.run<FlushContext>({}, {key.handle});
  }
}

// Part 3, 14.8.1 and 14.9.1: its KDF would have to be the caller's, and one for encryption.
TEST_F(KeyEncapsulation, AnEccKeyForItEncryptsNothingElse) {
  wire::Public pub = dhkem_key();
  Made key = create_primary(tpm, rh::Owner, pub);
  ecc_of(pub).kdf = {};
  Made plain = create_primary(tpm, rh::Owner, pub);
  const wire::KdfScheme kdf2 = key_kdf(AlgId::Kdf2, AlgId::Sha256);
  auto sealed = tpm.run<EccEncrypt>({plain.handle}, {.scheme = kdf2});
  ASSERT_EQ(sealed.code, rc::Success);
  for (const auto& scheme : {kdf2, key_kdf(AlgId::Hkdf, AlgId::Sha256), wire::KdfScheme{}}) {
    EXPECT_EQ(tpm.run<EccEncrypt>({key.handle}, {.scheme = scheme}).code, rc::Scheme.parameter(2));
    EXPECT_EQ(tpm.run<EccDecrypt>({key.handle}, {.c1 = sealed.reply.c1,
                                                 .c2 = sealed.reply.c2,
                                                 .c3 = sealed.reply.c3,
                                                 .scheme = scheme})
                  .code,
              rc::Scheme.parameter(4));
  }
}

// With keys loaded from outside.
TEST_F(KeyEncapsulation, OpensWhatOthersHaveMadeForAnEccKey) {
  for (const tests::Record& r : tests::read_vectors("dhkem.txt")) {
    auto suite = std::ranges::find(kDhkemSuites, CurveId{r.id("curve")}, &DhkemSuite::curve);
    ASSERT_NE(suite, std::end(kDhkemSuites));
    const Bytes d = r.bytes("private");
    wire::Public pub = dhkem_key(suite->curve, suite->hash);
    pub.attributes = {ObjectBit::UserWithAuth, ObjectBit::Decrypt, ObjectBit::NoDa};
    pub.unique = to_wire_point(*crypto::public_point(to_crypto_curve(suite->curve), d));
    wire::Sensitive sensitive{.type = AlgId::Ecc, .value = wire::PrivateValue(ByteView(d))};
    auto loaded = tpm.run<LoadExternal>(
        {}, {.in_private = {sensitive}, .in_public = pub, .hierarchy = {rh::Null}});
    ASSERT_EQ(loaded.code, rc::Success);
    const Handle key = loaded.reply.object_handle.value;
    auto taken = tpm.run<Decapsulate>({key}, {wire::KemCiphertext(r.bytes("ciphertext"))});
    ASSERT_EQ(taken.code, rc::Success);
    EXPECT_EQ(tests::to_hex(taken.reply.shared_secret.view()), r.text("secret"));
    tpm.run<FlushContext>({}, {key});
  }
}

// Part 1, 44.5.1: any other form, as any other invalid point.
TEST_F(KeyEncapsulation, TheCiphertextOfAnEccKeyIsAPoint) {
  Made key = create_primary(tpm, rh::Owner, dhkem_key());
  const Bytes good = to_bytes(tpm.run<Encapsulate>({key.handle}, {}).reply.ciphertext);
  EXPECT_EQ(decapsulate_code(key.handle, good), rc::Success);
  Bytes compressed(good.begin(), good.begin() + 33);
  compressed[0] = 2;
  Bytes beside = good, hybrid = good, longer = good;
  beside.back() ^= 1;
  hybrid[0] = 6;
  longer.push_back(0);
  const Bytes structure =
      wire::to_wire(tpm.run<EcdhKeyGen>({key.handle}, {}).reply.pub_point.value);
  for (const Bytes& bad :
       {Bytes(), Bytes{0}, Bytes(65), Bytes(1568), compressed, beside, hybrid, longer, structure})
    EXPECT_EQ(decapsulate_code(key.handle, bad), rc::EccPoint.parameter(1)) << bad.size();
}

// Part 2, 12.2.3.5.
TEST_F(KeyEncapsulation, WhichEccKeysMayHaveAKdf) {
  auto creation = [&](const wire::Public& pub) {
    return tpm.run<CreatePrimary>({rh::Owner}, {.in_public = pub}).code;
  };
  auto parms = [&](const wire::Public& pub) {
    return tpm.run<TestParms>({}, {{.type = pub.type, .parameters = pub.parameters}}).code;
  };
  // A pair of curve and hash that RFC 9180 does not have, or another KDF.
  for (CurveId curve : kCurves) {
    for (AlgId hash : kHashes) {
      wire::Public pub = dhkem_key(curve, hash);
      if (crypto::is_dhkem(to_crypto_curve(curve), to_crypto(hash))) {
        EXPECT_EQ(parms(pub), rc::Success);
        continue;
      }
      EXPECT_EQ(creation(pub), rc::Kdf.parameter(2));
      EXPECT_EQ(parms(pub), rc::Kdf.parameter(1));
    }
  }
  for (AlgId kdf : {AlgId::Mgf1, AlgId::Kdf1Sp800_56a, AlgId::Kdf2, AlgId::Kdf1Sp800_108}) {
    wire::Public pub = dhkem_key();
    ecc_of(pub).kdf = key_kdf(kdf, AlgId::Sha256);
    EXPECT_EQ(creation(pub), rc::Kdf.parameter(2));
    EXPECT_EQ(parms(pub), rc::Kdf.parameter(1));
  }
  // Another use.
  wire::Public no_scheme = dhkem_key(), storage = ecc_storage(), signing = ecdsa_key();
  ecc_of(no_scheme).scheme = {};
  wire::Public both = no_scheme;
  both.attributes.set(ObjectBit::Sign);
  for (wire::Public pub : {no_scheme, both, storage, signing, attestation_key()}) {
    ecc_of(pub).kdf = key_kdf(AlgId::Hkdf, AlgId::Sha256);
    EXPECT_EQ(creation(pub), rc::Kdf.parameter(2));
    EXPECT_EQ(parms(pub), rc::Kdf.parameter(1));
    pub.unique = to_wire_point(*crypto::public_point(crypto::Curve::P256, Bytes(32, 9)));
    EXPECT_EQ(tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = {rh::Null}}).code,
              rc::Kdf.parameter(2));
  }
}

// Implicit rejection: the ciphertext of another key gives a secret that is of no use.
TEST_F(KeyEncapsulation, AForeignCiphertextGivesAnotherSecret) {
  Made key = create_primary(tpm, rh::Owner, ml_kem_key());
  Made other = create_primary(tpm, rh::Endorsement, ml_kem_key());
  auto made = tpm.run<Encapsulate>({other.handle}, {});
  auto taken = tpm.run<Decapsulate>({key.handle}, {made.reply.ciphertext});
  ASSERT_EQ(taken.code, rc::Success);
  EXPECT_FALSE(taken.reply.shared_secret == made.reply.shared_secret);
}

TEST_F(KeyEncapsulation, NeedsAKemKey) {
  for (const wire::Public& pub :
       {ecc_storage(), unguarded(templates::rsa(templates::kSigningKey)), ml_dsa_key(),
        unguarded(templates::ecc(without(templates::kStorageKey, ObjectBit::Restricted)))}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    EXPECT_EQ(tpm.run<Encapsulate>({key.handle}, {}).code, rc::Key.handle(1));
    EXPECT_EQ(decapsulate_code(key.handle), rc::Key.handle(1));
    tpm.run<FlushContext>({}, {key.handle});
  }
}

// 14.10.1: nothing is said of the attributes; 14.11.1: unrestricted, and decrypt.
TEST_F(KeyEncapsulation, TheSecretOfAStorageKeyStaysInside) {
  Made storage = create_primary(tpm, rh::Owner, ml_kem_storage());
  auto made = tpm.run<Encapsulate>({storage.handle}, {});
  EXPECT_EQ(made.code, rc::Success);
  EXPECT_EQ(decapsulate_code(storage.handle, to_bytes(made.reply.ciphertext)),
            rc::Attributes.handle(1));
}

TEST_F(KeyEncapsulation, APublicKeyIsEnoughForOneSide) {
  Made key = create_primary(tpm, rh::Owner, ml_kem_key());
  wire::Public pub = key.pub;
  pub.attributes = {};  // and its attributes are not looked at
  expect_one_side(key, pub);
  key = create_primary(tpm, rh::Owner, dhkem_key());
  expect_one_side(key, key.pub);
}

TEST_F(KeyEncapsulation, AChildMayBeAnEccKeyForIt) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  for (const auto& [curve, hash] : kDhkemSuites) {
    wire::Public pub = dhkem_key(curve, hash);
    pub.name_hash = AlgId::Sha256;
    Made key = create_child(tpm, root, pub);
    expect_one_side(key, key.pub);
    tpm.run<FlushContext>({}, {key.handle});
  }
}

TEST_F(KeyEncapsulation, ACiphertextHasTheSizeOfItsSet) {
  Made key = create_primary(tpm, rh::Owner, ml_kem_key(MlKemSet::Kem768));
  EXPECT_EQ(decapsulate_code(key.handle), rc::Success);
  for (size_t size : {0u, 768u, 1087u, 1089u, 1568u})
    EXPECT_EQ(decapsulate_code(key.handle, Bytes(size)), rc::Size.parameter(1)) << size;
}

TEST_F(KeyEncapsulation, InSessionsAndWithAuthorization) {
  const Bytes auth = {'p', 'w'};
  Made key = create_primary(tpm, rh::Owner, ml_kem_key(), auth);
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128), .salt_key = key.handle});
  Use use{&session};
  use.attributes = kContinue | kEncrypt;
  auto made = run_with<Encapsulate>(tpm, {key.handle}, {}, {use});
  ASSERT_EQ(made.code, rc::Success);
  use = {&session, auth};
  use.attributes = kContinue | kEncrypt | kDecrypt;
  auto taken = run_with<Decapsulate>(tpm, {key.handle}, {made.reply.ciphertext}, {use});
  ASSERT_EQ(taken.code, rc::Success);
  EXPECT_EQ(taken.reply.shared_secret, made.reply.shared_secret);
  EXPECT_EQ(tpm.run<Decapsulate>({key.handle}, {made.reply.ciphertext}, {Bytes{'n', 'o'}}).code,
            rc::BadAuth.session(1));
}

}  // namespace
}  // namespace vtpm::engine
