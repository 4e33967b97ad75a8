// SPDX-License-Identifier: Apache-2.0
// Part 3, 12.5 and 12.6, against the formulas of Part 1, clause 21, and what tpm2-tools makes.
#include "engine/commands/credential.h"

#include "engine/commands/policy.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/imports.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

class Credentials : public ::testing::Test {
 protected:
  Answer<MakeCredential> make(Handle key, ByteView name, const Bytes& credential) {
    return tpm.run<MakeCredential>(
        {key}, {.credential = wire::SecretDigest(credential), .object_name = wire::Name(name)});
  }
  Answer<ActivateCredential> activate(Handle object, Handle key, const ByteView blob,
                                      const ByteView secret, std::vector<Bytes> passwords = {}) {
    return tpm.run<ActivateCredential>(
        {object, key},
        {.credential_blob = wire::IdObject(blob), .secret = wire::EncryptedSecret(secret)},
        std::move(passwords));
  }

  const Bytes value = {1, 2, 3, 4, 5, 6, 7};
  TestTpm tpm;
};

TEST_F(Credentials, WhatIsMadeForAnObjectIsActivatedWithIt) {
  Made object = create_primary(tpm, rh::Owner, attestation_key());
  wire::Public sha384 = unguarded(templates::ecc(templates::kStorageKey, CurveId::NistP384));
  for (const wire::Public& pub : {rsa_storage(), ecc_storage(), sha384}) {
    Made key = create_primary(tpm, rh::Endorsement, pub);
    for (size_t size : {size_t{0}, size_t{1}, digest_size(pub.name_hash)}) {
      Bytes credential(size, 0xC7);
      auto made = make(key.handle, object.name, credential);
      ASSERT_EQ(made.code, rc::Success);
      auto activated =
          activate(object.handle, key.handle, made.reply.credential_blob, made.reply.secret);
      ASSERT_EQ(activated.code, rc::Success);
      EXPECT_EQ(to_bytes(activated.reply.cert_info.view()), credential);
    }
  }
}

TEST_F(Credentials, MadeAsPart1Says) {
  KnownStorageKey known = known_storage_key(tpm, CurveId::NistP384);
  auto key = tpm.run<LoadExternal>({}, {.in_public = known.pub, .hierarchy = {rh::Null}});
  Bytes name = formula::concat({Bytes{0, 0x0B}, Bytes(32, 0xAB)});
  auto made = make(key.reply.object_handle.value, name, value);
  ASSERT_EQ(made.code, rc::Success);
  Bytes seed = formula::received_seed(known, "IDENTITY", made.reply.secret);
  EXPECT_EQ(to_bytes(made.reply.credential_blob),
            formula::outer_wrap(known.pub, seed, name, wire::to_wire(wire::Digest(value))));
}

TEST_F(Credentials, ActivatedAsTpm2ToolsMakesThem) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  wire::Sensitive secret{.type = AlgId::KeyedHash,
                         .seed = wire::Auth(ByteView(Bytes(32, 7))),
                         .value = wire::PrivateValue(text_bytes("hmac key"))};
  unsigned count = 0;
  for (const tests::Record& record : tests::read_vectors("tpm2_tools.txt")) {
    if (record.text("kind") != "credential") continue;
    ++count;
    auto parent = wire::from_wire<wire::Public>(record.bytes("parent"));
    auto object = wire::from_wire<wire::Public>(record.bytes("object"));
    ASSERT_TRUE(parent && object);
    Made key = import_storage_key(tpm, root.handle, *parent, record.bytes("private"));
    auto loaded = tpm.run<LoadExternal>({}, {{secret}, *object, wire::Handle{rh::Null}});
    ASSERT_EQ(loaded.code, rc::Success);
    auto activated = activate(loaded.reply.object_handle.value, key.handle, record.bytes("blob"),
                              record.bytes("secret"));
    ASSERT_EQ(activated.code, rc::Success);
    EXPECT_EQ(to_bytes(activated.reply.cert_info.view()), record.bytes("plain"));
  }
  EXPECT_EQ(count, 2u);
}

TEST_F(Credentials, OnlyTheObjectAndTheKeyThatTheyAreForActivateThem) {
  Made object = create_primary(tpm, rh::Owner, attestation_key());
  Made other = create_primary(tpm, rh::Owner, ecdsa_key());
  for (const wire::Public& pub : {ecc_storage(), rsa_storage()}) {
    Made key = create_primary(tpm, rh::Endorsement, pub);
    Made other_key = create_primary(tpm, rh::Owner, pub);
    auto made = make(key.handle, object.name, value).reply;
    Bytes blob = to_bytes(made.credential_blob), secret = to_bytes(made.secret);
    EXPECT_EQ(activate(other.handle, key.handle, blob, secret).code, rc::Integrity.parameter(1));
    Rc by_another = activate(object.handle, other_key.handle, blob, secret).code;
    EXPECT_EQ(by_another,
              pub.type == AlgId::Rsa ? rc::Value.parameter(2) : rc::Integrity.parameter(1));
    for (size_t i = 0; i < blob.size(); ++i) {
      Bytes altered = blob;
      altered[i] ^= 0x10;
      EXPECT_EQ(activate(object.handle, key.handle, altered, secret).code,
                rc::Integrity.parameter(1));
    }
    for (size_t size = 0; size < blob.size(); ++size)
      EXPECT_EQ(activate(object.handle, key.handle, ByteView(blob).first(size), secret).code,
                rc::Integrity.parameter(1));
  }
}

// With a good integrity value, so that what is inside is looked at.
TEST_F(Credentials, WhatIsInsideMustBeATpm2bDigest) {
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  KnownStorageKey known = known_storage_key(tpm);
  Made key = import_storage_key(tpm, root.handle, known.pub, known.d);
  Made object = create_primary(tpm, rh::Owner, attestation_key());
  Bytes point = wire::to_wire(*known.pub.unique.get<wire::EccPoint>());
  Bytes seed = formula::received_seed(known, "IDENTITY", wire::EncryptedSecret(point));
  auto code = [&](const Bytes& inside) {
    return activate(object.handle, key.handle,
                    formula::outer_wrap(known.pub, seed, object.name, inside), point)
        .code;
  };
  EXPECT_EQ(code({0, 2, 7, 7}), rc::Success);
  EXPECT_EQ(code({0, 0}), rc::Success);
  EXPECT_EQ(code({0, 2, 7}), rc::Insufficient.parameter(1));
  EXPECT_EQ(code({0}), rc::Insufficient.parameter(1));
  EXPECT_EQ(code({}), rc::Insufficient.parameter(1));
  EXPECT_EQ(code({0, 2, 7, 7, 7}), rc::Size.parameter(1));
  EXPECT_EQ(code({0, 65}), rc::Size.parameter(1));
}

TEST_F(Credentials, SecretsThatAreNone) {
  Made object = create_primary(tpm, rh::Owner, attestation_key());
  Made ecc = create_primary(tpm, rh::Endorsement, ecc_storage());
  Made rsa = create_primary(tpm, rh::Endorsement, rsa_storage());
  Bytes blob = to_bytes(make(ecc.handle, object.name, value).reply.credential_blob);
  wire::EccPoint off{.x = wire::EccParameter(Bytes(32, 1)), .y = wire::EccParameter(Bytes(32, 2))};
  auto code = [&](const Made& key, const Bytes& secret) {
    return activate(object.handle, key.handle, blob, secret).code;
  };
  EXPECT_EQ(code(ecc, wire::to_wire(off)), rc::EccPoint.parameter(2));
  EXPECT_EQ(code(ecc, wire::to_wire(wire::EccPoint{})), rc::EccPoint.parameter(2));
  EXPECT_EQ(code(ecc, {}), rc::Insufficient.parameter(2));
  EXPECT_EQ(code(ecc, {0, 1}), rc::Insufficient.parameter(2));
  for (size_t size : {size_t{0}, size_t{255}, size_t{256}, size_t{257}})
    EXPECT_EQ(code(rsa, Bytes(size, 1)), rc::Value.parameter(2));
}

TEST_F(Credentials, KeysThatDoNotProtectThem) {
  Made object = create_primary(tpm, rh::Owner, attestation_key());
  for (const wire::Public& pub :
       {ecdsa_key(), decrypting(ecdsa_key()), unguarded(templates::cipher(templates::kStorageKey)),
        hmac_key()}) {
    Made key = create_primary(tpm, rh::Owner, pub);
    EXPECT_EQ(make(key.handle, object.name, value).code, rc::Type.handle(1));
    EXPECT_EQ(activate(object.handle, key.handle, {}, {}).code, rc::Type.handle(2));
  }
  EXPECT_EQ(make(0x80000019, object.name, value).code, rc::ReferenceH0);
  Made key = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(make(key.handle, object.name, Bytes(33)).code, rc::Size.parameter(1));
  EXPECT_EQ(activate(object.handle, 0x80000019, {}, {}).code, rc::ReferenceH0.plus(1));
}

TEST_F(Credentials, BothMustBeAuthorized) {
  Made object = create_primary(tpm, rh::Owner, attestation_key(), {1});
  Made key = create_primary(tpm, rh::Owner, ecc_storage(), {2});
  auto made = make(key.handle, object.name, value).reply;
  auto code = [&](Handle o, Handle k, const Bytes& one, const Bytes& two) {
    return activate(o, k, made.credential_blob, made.secret, {one, two}).code;
  };
  EXPECT_EQ(code(object.handle, key.handle, {1}, {2}), rc::Success);
  EXPECT_EQ(code(object.handle, key.handle, {2}, {2}), rc::BadAuth.session(1));
  EXPECT_EQ(code(object.handle, key.handle, {1}, {1}), rc::BadAuth.session(2));
  // Without the sensitive area of either there is nothing to authorize.
  Handle no_object = tpm.run<LoadExternal>({}, {.in_public = object.pub, .hierarchy = {rh::Null}})
                         .reply.object_handle.value;
  Handle no_key = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Null}})
                      .reply.object_handle.value;
  EXPECT_EQ(code(no_object, key.handle, {}, {2}), rc::AuthUnavailable);
  EXPECT_EQ(code(object.handle, no_key, {1}, {}), rc::AuthUnavailable);
}

// The object's ADMIN role, where the policy must be one for this command.
TEST_F(Credentials, AnObjectsPolicyMustNameTheCommand) {
  auto policy_for = [](wire::CommandCode code) {
    return formula::hash(
        AlgId::Sha256,
        {Bytes(32), wire::to_wire(wire::CommandCode::PolicyCommandCode), wire::to_wire(code)});
  };
  wire::Public pub = attestation_key();
  pub.attributes.set(ObjectBit::AdminWithPolicy);
  pub.auth_policy = wire::Digest(policy_for(wire::CommandCode::ActivateCredential));
  Made object = create_primary(tpm, rh::Owner, pub);
  Made key = create_primary(tpm, rh::Endorsement, ecc_storage());
  auto made = make(key.handle, object.name, value).reply;
  ActivateCredential::Params params{.credential_blob = made.credential_blob, .secret = made.secret};
  EXPECT_EQ(tpm.run<ActivateCredential>({object.handle, key.handle}, params).code,
            rc::AuthType.session(1));
  ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
  tpm.run<PolicyCommandCode>({session.handle}, {wire::CommandCode::ActivateCredential});
  auto answer = run_with<ActivateCredential>(tpm, {object.handle, key.handle}, params,
                                             {{.session = &session}, Use{}});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_bytes(answer.reply.cert_info.view()), value);
}

TEST_F(Credentials, TravelEncrypted) {
  Made object = create_primary(tpm, rh::Owner, attestation_key());
  Made key = create_primary(tpm, rh::Endorsement, ecc_storage());
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  Use use{.session = &session, .attributes = kContinue | kDecrypt | kEncrypt};
  auto made = run_with<MakeCredential>(
      tpm, {key.handle},
      {.credential = wire::SecretDigest(value), .object_name = wire::Name(object.name)}, {use});
  ASSERT_EQ(made.code, rc::Success);
  auto activated = run_with<ActivateCredential>(
      tpm, {object.handle, key.handle},
      {.credential_blob = made.reply.credential_blob, .secret = made.reply.secret},
      {Use{}, Use{}, use});
  ASSERT_EQ(activated.code, rc::Success);
  EXPECT_EQ(to_bytes(activated.reply.cert_info.view()), value);
}

}  // namespace
}  // namespace vtpm::engine
