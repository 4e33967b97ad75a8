// SPDX-License-Identifier: Apache-2.0
// Secrets shared by means of ML-KEM storage keys: the Labeled KEM of Part 1, 47.4, in credentials,
// duplicates and salts.
#include "engine/commands/create_loaded.h"
#include "engine/commands/credential.h"
#include "engine/object/slots.h"
#include "tests/engine/duplication.h"
#include "tests/engine/lattice_keys.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

class MlKemParent : public Duplication {
 protected:
  // Part 1, equation 67, under the key's own seed.
  Bytes received_seed(const Made& key, std::string_view label, ByteView ciphertext) {
    const Object& object = *tpm.state.transient->slots[transient_index(key.handle)].object;
    auto shared =
        crypto::ml_kem_decapsulate(*key.pub.parameters.get<wire::MlKemParameters>()->parameter_set,
                                   object.sensitive->value.view(), ciphertext);
    AlgId hash = *key.pub.name_hash;
    return formula::kdfa(hash, shared->view(), label, ciphertext, public_key_of(key.pub),
                         digest_size(hash));
  }
  Made parent(MlKemSet set, AlgId hash = AlgId::Sha256) {
    wire::Public pub = ml_kem_storage(set);
    pub.name_hash = hash;
    return create_primary(tpm, rh::Owner, pub);
  }
};

TEST_F(MlKemParent, HasChildren) {
  for (MlKemSet set : kMlKemSets) {
    Made root = parent(set);
    for (const wire::Public& pub : {ecdsa_key(), ml_kem_storage(), ml_dsa_key(), ml_kem_key()})
      create_child(tpm, create_child(tpm, root, ml_kem_storage(set)), pub);
    Made sealed = create_child(tpm, root, sealed_data(), auth, data);
    auto unsealed = tpm.run<Unseal>({sealed.handle}, {}, {auth});
    EXPECT_EQ(to_bytes(unsealed.reply.out_data.view()), data);
    tpm.state.transient.write() = {};
  }
}

TEST_F(MlKemParent, CredentialsAsPart1Says) {
  Made object = create_primary(tpm, rh::Owner, attestation_key());
  for (MlKemSet set : kMlKemSets) {
    for (AlgId hash : {AlgId::Sha256, AlgId::Sha384}) {
      Made key = parent(set, hash);
      Bytes credential(digest_size(hash), 0xC7);
      auto made = tpm.run<MakeCredential>(
          {key.handle},
          {.credential = wire::SecretDigest(credential), .object_name = wire::Name(object.name)});
      ASSERT_EQ(made.code, rc::Success);
      EXPECT_EQ(made.reply.secret.size(), crypto::ciphertext_size(set));
      Bytes seed = received_seed(key, "IDENTITY", made.reply.secret);
      const Bytes encrypted =
          formula::cfb(formula::kdfa(hash, seed, "STORAGE", object.name, {}, 16),
                       wire::to_wire(wire::Digest(credential)), true);
      const Bytes hmac_key = formula::kdfa(hash, seed, "INTEGRITY", {}, {}, digest_size(hash));
      const Bytes integrity = formula::hmac(hash, hmac_key, {encrypted, object.name});
      EXPECT_EQ(to_bytes(made.reply.credential_blob),
                formula::concat({wire::to_wire(wire::Digest(integrity)), encrypted}));
      ActivateCredential::Params params{.credential_blob = made.reply.credential_blob,
                                        .secret = made.reply.secret};
      auto activated = tpm.run<ActivateCredential>({object.handle, key.handle}, params);
      ASSERT_EQ(activated.code, rc::Success);
      EXPECT_EQ(to_bytes(activated.reply.cert_info.view()), credential);
      // Implicit rejection makes another seed, which does not open the blob.
      Bytes secret = to_bytes(params.secret);
      secret[7] ^= 1;
      params.secret = wire::EncryptedSecret(secret);
      EXPECT_EQ(tpm.run<ActivateCredential>({object.handle, key.handle}, params).code,
                rc::Integrity.parameter(1));
      params.secret = wire::EncryptedSecret(Bytes(100));
      EXPECT_EQ(tpm.run<ActivateCredential>({object.handle, key.handle}, params).code,
                rc::Size.parameter(2));
      tpm.run<FlushContext>({}, {key.handle});
    }
  }
}

TEST_F(MlKemParent, ObjectsMoveToItAndFromIt) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  Made object = sealed_under(root);
  for (MlKemSet set : kMlKemSets) {
    Made target = parent(set);
    auto outer = duplicate(object.handle, target.handle);
    ASSERT_EQ(outer.code, rc::Success);
    EXPECT_EQ(outer.reply.out_sym_seed.size(), crypto::ciphertext_size(set));
    expect_data(target.handle, as_import(object.pub, outer));
    auto both = duplicate(object.handle, target.handle, aes256, key256);
    ASSERT_EQ(both.code, rc::Success);
    expect_data(target.handle, as_import(object.pub, both, aes256, key256));
    // A new wrapper without a look inside.
    auto rewrapped =
        tpm.run<Rewrap>({target.handle, root.handle}, {.in_duplicate = outer.reply.duplicate,
                                                       .name = wire::Name(object.name),
                                                       .in_sym_seed = outer.reply.out_sym_seed});
    ASSERT_EQ(rewrapped.code, rc::Success);
    Import::Params params = as_import(object.pub, outer);
    params.duplicate = rewrapped.reply.out_duplicate;
    params.in_sym_seed = rewrapped.reply.out_sym_seed;
    expect_data(root.handle, params);

    params = as_import(object.pub, outer);
    params.in_sym_seed = wire::EncryptedSecret(Bytes(outer.reply.out_sym_seed.size()));
    EXPECT_EQ(import_code(target.handle, params), rc::Integrity.parameter(3));
    params.in_sym_seed = wire::EncryptedSecret(Bytes(10));
    EXPECT_EQ(import_code(target.handle, params), rc::Size.parameter(4));
    tpm.run<FlushContext>({}, {target.handle});
  }
}

// The largest commands: 2592 octets of public key and 1568 of ciphertext, with a long session.
// Without ML-DSA-87 the registers carry them.
TEST_F(MlKemParent, LatticeKeysMove) {
  Made root = parent(MlKemSet::Kem1024),
       target = create_primary(tpm, rh::Platform, ml_kem_storage(MlKemSet::Kem1024));
  for (const wire::Public& pub : {ml_dsa_key(), hash_ml_dsa_key(), ml_kem_key(MlKemSet::Kem1024),
                                  ml_kem_storage(MlKemSet::Kem1024), ml_dsa_key(MlDsaSet::Dsa87)}) {
    const auto* pure = pub.parameters.get<wire::MlDsaParameters>();
    const bool largest = pure && pure->parameter_set == MlDsaSet::Dsa87;
    tpm.maximum_size = largest ? kMaximumMessageSize : 3968;
    Made object = create_child(tpm, root, duplicable(pub));
    auto copy = duplicate(object.handle, target.handle, aes128, key128);
    ASSERT_EQ(copy.code, rc::Success);
    Import::Params params = as_import(object.pub, copy, aes128, key128);
    ClientSession session = start_session(tpm, {.hash = AlgId::Sha512, .salt_key = target.handle});
    auto imported = run_with<Import>(tpm, {target.handle}, params, {{&session}});
    ASSERT_EQ(imported.code, rc::Success);
    auto loaded = tpm.run<Load>({target.handle}, {imported.reply.out_private, object.pub});
    EXPECT_EQ(loaded.code, rc::Success);
    params.duplicate = wire::SecretPrivate(Bytes(copy.reply.duplicate.size()));
    EXPECT_EQ(import_code(target.handle, params), rc::Integrity.parameter(3));
    for (Handle handle : {object.handle, loaded.reply.object_handle.value})
      tpm.run<FlushContext>({}, {handle});
  }
}

TEST_F(MlKemParent, SaltsSessions) {
  for (MlKemSet set : kMlKemSets) {
    Made key = parent(set, AlgId::Sha384);
    ClientSession session = start_session(tpm, {.salt_key = key.handle});
    EXPECT_EQ(run_with<ReadPublic>(tpm, {key.handle}, {},
                                   {{.session = &session, .attributes = kContinue | kAudit}})
                  .code,
              rc::Success);
    StartAuthSession::Params params{.nonce_caller = wire::Nonce(Bytes(32)),
                                    .encrypted_salt = wire::EncryptedSecret(Bytes(5)),
                                    .session_type = wire::SessionType::Hmac,
                                    .auth_hash = AlgId::Sha256};
    EXPECT_EQ(tpm.run<StartAuthSession>({key.handle, rh::Null}, params).code,
              rc::Value.parameter(2));
    auto only_public = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Owner}});
    EXPECT_EQ(
        tpm.run<StartAuthSession>({only_public.reply.object_handle.value, rh::Null}, params).code,
        rc::Handle.handle(1));
  }
  Made signer = create_primary(tpm, rh::Owner, ml_dsa_key());
  EXPECT_EQ(
      tpm.run<StartAuthSession>({signer.handle, rh::Null}, {.nonce_caller = wire::Nonce(Bytes(32)),
                                                            .session_type = wire::SessionType::Hmac,
                                                            .auth_hash = AlgId::Sha256})
          .code,
      rc::Key.handle(1));
}

// Keys that sign, or that are for anybody's secrets, are no parents.
TEST_F(MlKemParent, IsARestrictedOne) {
  for (const wire::Public& pub : {ml_kem_key(), ml_dsa_key()}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    EXPECT_EQ(tpm.run<Create>({key.handle}, {.in_public = ecdsa_key()}).code, rc::Type.handle(1));
    EXPECT_EQ(
        tpm.run<MakeCredential>({key.handle}, {.credential = wire::SecretDigest(Bytes(4))}).code,
        rc::Type.handle(1));
  }
}

}  // namespace
}  // namespace vtpm::engine
