// SPDX-License-Identifier: Apache-2.0
// Part 3, 14.10 and 14.11. What comes out is compared with FIPS 203's functions under the key's own
// seed.
#include "engine/commands/kem.h"

#include "engine/commands/context.h"
#include "engine/object/slots.h"
#include "tests/engine/client_session.h"
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
  TestTpm tpm;
};

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
  auto only_public = tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = {rh::Null}});
  ASSERT_EQ(only_public.code, rc::Success);
  Handle other = only_public.reply.object_handle.value;
  auto made = tpm.run<Encapsulate>({other}, {});
  ASSERT_EQ(made.code, rc::Success);
  auto taken = tpm.run<Decapsulate>({key.handle}, {made.reply.ciphertext});
  EXPECT_EQ(taken.reply.shared_secret, made.reply.shared_secret);
  EXPECT_EQ(decapsulate_code(other), rc::AuthUnavailable.session(1));
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
