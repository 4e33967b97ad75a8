// SPDX-License-Identifier: Apache-2.0
// Part 3, 13.1 and 13.2, against the formulas of Part 1, 20.3.
#include "tests/engine/duplication.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

// The sensitive area as Part 1, 24.7.3 has it travel: authValue as long as nameAlg's digest.
Bytes sensitive_bytes(wire::Sensitive sensitive) {
  Bytes auth = to_bytes(sensitive.auth.view());
  auth.resize(32);
  sensitive.auth = wire::Auth(ByteView(auth));
  return wire::to_wire(wire::Sized<wire::Sensitive>(sensitive));
}

TEST_F(Duplication, ADuplicateIsImportedUnderItsNewParent) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  Made object = sealed_under(root);
  wire::Public sha384 = unguarded(templates::ecc(templates::kStorageKey, CurveId::NistP384));
  for (const wire::Public& pub : {rsa_storage(), ecc_storage(), sha384}) {
    Made parent = create_primary(tpm, rh::Platform, pub);
    auto outer = duplicate(object.handle, parent.handle);
    ASSERT_EQ(outer.code, rc::Success);
    EXPECT_TRUE(outer.reply.encryption_key_out.empty());
    expect_data(parent.handle, as_import(object.pub, outer));

    auto both = duplicate(object.handle, parent.handle, aes256, key256);
    ASSERT_EQ(both.code, rc::Success);
    EXPECT_TRUE(both.reply.encryption_key_out.empty());
    expect_data(parent.handle, as_import(object.pub, both, aes256, key256));

    auto chosen = duplicate(object.handle, parent.handle, aes128);
    ASSERT_EQ(chosen.code, rc::Success);
    EXPECT_EQ(chosen.reply.encryption_key_out.size(), 16u);
    expect_data(parent.handle, as_import(object.pub, chosen, aes128));
  }
}

TEST_F(Duplication, KeysOfEveryTypeMoveWithWhatTheyProtect) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  Made target = create_primary(tpm, rh::Endorsement, rsa_storage());
  for (const wire::Public& pub :
       {rsa_storage(), ecc_storage(), unguarded(templates::cipher(templates::kStorageKey))}) {
    Made object = create_child(tpm, root, duplicable(pub));
    wire::Public child_template = movable(ecdsa_key());
    child_template.attributes.set(ObjectBit::FixedParent);
    auto child = tpm.run<Create>({object.handle}, {.in_public = child_template});
    ASSERT_EQ(child.code, rc::Success);
    auto copy = duplicate(object.handle, target.handle);
    auto imported = tpm.run<Import>({target.handle}, as_import(object.pub, copy));
    ASSERT_EQ(imported.code, rc::Success);
    auto moved = tpm.run<Load>({target.handle}, {imported.reply.out_private, object.pub});
    ASSERT_EQ(moved.code, rc::Success);
    EXPECT_EQ(tpm.run<Load>({moved.reply.object_handle.value},
                            {child.reply.out_private, child.reply.out_public})
                  .code,
              rc::Success);
  }
}

TEST_F(Duplication, WrappedAsPart1Says) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  wire::Sensitive secret{.type = AlgId::KeyedHash,
                         .auth = wire::Auth(ByteView(auth)),
                         .seed = wire::Auth(ByteView(Bytes(32, 3))),
                         .value = wire::PrivateValue(ByteView(data))};
  wire::Public pub = duplicable(sealed_data());
  pub.unique = wire::Digest(formula::hash(AlgId::Sha256, {Bytes(32, 3), data}));
  Made object = import_plain(tpm, root.handle, pub, secret);
  Bytes plain = sensitive_bytes(secret);
  Bytes inner = formula::inner_wrap(AlgId::Sha256, key128, object.name, plain);

  auto naked = duplicate(object.handle, rh::Null);
  ASSERT_EQ(naked.code, rc::Success);
  EXPECT_EQ(to_bytes(naked.reply.duplicate.view()), plain);
  EXPECT_TRUE(naked.reply.out_sym_seed.empty());
  auto only_inner = duplicate(object.handle, rh::Null, aes128, key128);
  EXPECT_EQ(to_bytes(only_inner.reply.duplicate.view()), inner);
  auto chosen = duplicate(object.handle, rh::Null, aes128);
  EXPECT_EQ(to_bytes(chosen.reply.duplicate.view()),
            formula::inner_wrap(AlgId::Sha256, chosen.reply.encryption_key_out.view(), object.name,
                                plain));

  KnownStorageKey known = known_storage_key(tpm, CurveId::NistP384);
  Handle parent = tpm.run<LoadExternal>({}, {.in_public = known.pub, .hierarchy = {rh::Null}})
                      .reply.object_handle.value;
  auto outer = duplicate(object.handle, parent);
  ASSERT_EQ(outer.code, rc::Success);
  Bytes seed = formula::received_seed(known, "DUPLICATE", outer.reply.out_sym_seed);
  EXPECT_EQ(to_bytes(outer.reply.duplicate.view()),
            formula::outer_wrap(known.pub, seed, object.name, plain));
  auto both = duplicate(object.handle, parent, aes128, key128);
  seed = formula::received_seed(known, "DUPLICATE", both.reply.out_sym_seed);
  EXPECT_EQ(to_bytes(both.reply.duplicate.view()),
            formula::outer_wrap(known.pub, seed, object.name, inner));
}

TEST_F(Duplication, NeedsAPolicyForTheCommand) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  Made object = sealed_under(root);
  Duplicate::Params params;
  EXPECT_EQ(tpm.run<Duplicate>({object.handle, rh::Null}, params, {auth}).code,
            rc::AuthType.session(1));
  ClientSession hmac = start_session(tpm);
  EXPECT_EQ(run_with<Duplicate>(tpm, {object.handle, rh::Null}, params,
                                {{.session = &hmac, .auth = auth}})
                .code,
            rc::AuthType.session(1));
  ClientSession policy = start_session(tpm, {.type = wire::SessionType::Policy});
  EXPECT_EQ(
      run_with<Duplicate>(tpm, {object.handle, rh::Null}, params, {{.session = &policy}}).code,
      rc::PolicyFail.session(1));
  // For a command it must be, and for this one (Part 3, 5.6, 6 and 8.3).
  tpm.run<PolicyCommandCode>({policy.handle}, {wire::CommandCode::Unseal});
  EXPECT_EQ(
      run_with<Duplicate>(tpm, {object.handle, rh::Null}, params, {{.session = &policy}}).code,
      rc::PolicyCc.session(1));
}

TEST_F(Duplication, RefusesWhatMayNotLeave) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  wire::Public stays = duplicable(sealed_data());
  stays.attributes.set(ObjectBit::FixedParent);
  Made middle = create_child(tpm, root, movable(ecc_storage()));
  Made object = create_child(tpm, middle, stays, auth, data);
  EXPECT_EQ(duplicate(object.handle, rh::Null).code, rc::Attributes.handle(1));

  Made encrypted = sealed_under(root, true);
  Made target = create_primary(tpm, rh::Owner, rsa_storage());
  EXPECT_EQ(duplicate(encrypted.handle, target.handle).code, rc::Symmetric.parameter(2));
  EXPECT_EQ(duplicate(encrypted.handle, rh::Null).code, rc::Symmetric.parameter(2));
  EXPECT_EQ(duplicate(encrypted.handle, rh::Null, aes128).code, rc::Hierarchy.handle(2));
  EXPECT_EQ(duplicate(encrypted.handle, target.handle, aes128).code, rc::Success);

  // Without a nameAlg there is no policy that could allow it, so this never gets as far.
  wire::Sensitive secret{.type = AlgId::KeyedHash, .value = wire::PrivateValue(ByteView(data))};
  wire::Public nameless = movable(sealed_data());
  nameless.name_hash = AlgId::Null;
  auto external = tpm.run<LoadExternal>({}, {{secret}, nameless, wire::Handle{rh::Null}});
  ASSERT_EQ(external.code, rc::Success);
  EXPECT_EQ(duplicate(external.reply.object_handle.value, rh::Null).code,
            rc::PolicyFail.session(1));
}

TEST_F(Duplication, RefusesNewParentsAndKeysThatDoNotFit) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  Made object = sealed_under(root);
  Made signer = create_primary(tpm, rh::Owner, ecdsa_key());
  Made cipher =
      create_primary(tpm, rh::Owner, unguarded(templates::cipher(templates::kStorageKey)));
  EXPECT_EQ(duplicate(object.handle, signer.handle).code, rc::Type.handle(2));
  EXPECT_EQ(duplicate(object.handle, cipher.handle).code, rc::Type.handle(2));
  EXPECT_EQ(duplicate(object.handle, rh::Owner).code, rc::Value.handle(2));
  for (size_t size : {1u, 15u, 17u, 32u})
    EXPECT_EQ(duplicate(object.handle, rh::Null, aes128, Bytes(size, 1)).code,
              rc::Size.parameter(1));
  EXPECT_EQ(duplicate(object.handle, rh::Null, {}, key128).code, rc::Size.parameter(1));
}

class Rewrapping : public Importing {
 protected:
  Answer<Rewrap> rewrap(Handle from, Handle to, const wire::SecretPrivate& blob, ByteView seed) {
    return tpm.run<Rewrap>({from, to}, {.in_duplicate = blob,
                                        .name = wire::Name(object.name),
                                        .in_sym_seed = wire::EncryptedSecret(seed)});
  }
};

TEST_F(Rewrapping, PutsAnotherOuterWrapperAroundTheSame) {
  Made authority = create_primary(tpm, rh::Platform, ecc_storage());
  auto copy = duplicate(object.handle, authority.handle, aes128, key128);
  auto again =
      rewrap(authority.handle, target.handle, copy.reply.duplicate, copy.reply.out_sym_seed);
  ASSERT_EQ(again.code, rc::Success);
  EXPECT_NE(again.reply.out_duplicate, copy.reply.duplicate);
  expect_data(target.handle, {.encryption_key = wire::SecretData(ByteView(key128)),
                              .object_public = object.pub,
                              .duplicate = again.reply.out_duplicate,
                              .in_sym_seed = again.reply.out_sym_seed,
                              .symmetric_alg = aes128});
}

TEST_F(Rewrapping, TakesTheOuterWrapperOffAndPutsOneOn) {
  auto naked = duplicate(object.handle, rh::Null);
  auto copy = duplicate(object.handle, target.handle);
  auto off = rewrap(target.handle, rh::Null, copy.reply.duplicate, copy.reply.out_sym_seed);
  ASSERT_EQ(off.code, rc::Success);
  EXPECT_EQ(off.reply.out_duplicate, naked.reply.duplicate);
  EXPECT_TRUE(off.reply.out_sym_seed.empty());
  auto on = rewrap(rh::Null, target.handle, naked.reply.duplicate, {});
  ASSERT_EQ(on.code, rc::Success);
  expect_data(target.handle, {.object_public = object.pub,
                              .duplicate = on.reply.out_duplicate,
                              .in_sym_seed = on.reply.out_sym_seed});
  auto neither = rewrap(rh::Null, rh::Null, naked.reply.duplicate, {});
  EXPECT_EQ(neither.reply.out_duplicate, naked.reply.duplicate);
}

TEST_F(Rewrapping, Refusals) {
  auto copy = duplicate(object.handle, target.handle);
  const wire::SecretPrivate& blob = copy.reply.duplicate;
  ByteView seed = copy.reply.out_sym_seed;
  EXPECT_EQ(rewrap(target.handle, root.handle, blob, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(rewrap(rh::Null, root.handle, blob, seed).code, rc::Handle.handle(1));
  Made signer = create_primary(tpm, rh::Owner, ecdsa_key());
  EXPECT_EQ(rewrap(signer.handle, root.handle, blob, seed).code, rc::Type.handle(1));
  EXPECT_EQ(rewrap(target.handle, signer.handle, blob, seed).code, rc::Type.handle(2));
  EXPECT_EQ(rewrap(target.handle, root.handle, blob, Bytes(256, 1)).code, rc::Value.parameter(3));
  Bytes altered = to_bytes(blob.view());
  altered.back() ^= 1;
  EXPECT_EQ(rewrap(target.handle, root.handle, wire::SecretPrivate(altered), seed).code,
            rc::Integrity.parameter(1));
  EXPECT_EQ(
      tpm.run<Rewrap>({target.handle, root.handle}, {.in_duplicate = blob,
                                                     .name = wire::Name(signer.name),
                                                     .in_sym_seed = wire::EncryptedSecret(seed)})
          .code,
      rc::Integrity.parameter(1));
  // With the wrapper it would be longer than a TPM2B_PRIVATE.
  wire::SecretPrivate full{ByteView(Bytes(wire::Private::kCapacity))};
  EXPECT_EQ(rewrap(rh::Null, root.handle, full, {}).code, rc::Size.parameter(1));
  EXPECT_EQ(rewrap(rh::Null, rh::Null, full, {}).code, rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
