// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/key_exchange.h"

#include "engine/commands/startup.h"
#include "engine/commit.h"
#include "engine/crypto/ecc.h"
#include "engine/crypto/key_exchange.h"
#include "engine/object/ecc_key.h"
#include "tests/engine/client_session.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using tests::Record;
using wire::Handle;
namespace rh = wire::rh;

using Point = wire::Sized<wire::EccPoint>;

wire::Public decryption_key(CurveId curve = CurveId::NistP256, AlgId scheme = AlgId::Null,
                            AlgId hash = AlgId::Sha256) {
  wire::Public pub = decrypting(ecdsa_key(curve));
  if (scheme != AlgId::Null)
    pub.parameters.get<wire::EccParameters>()->scheme = {.scheme = {scheme},
                                                         .details = wire::HashScheme{.hash = hash}};
  return pub;
}

// Party B, outside of the TPM.
struct Party {
  Party(CurveId curve, crypto::Random& random)
      : fixed(crypto::generate_ecc_key(to_crypto_curve(curve), random)),
        ephemeral(crypto::generate_ecc_key(to_crypto_curve(curve), random)) {}
  crypto::EccKeyPair fixed, ephemeral;
};

class KeyExchange : public ::testing::Test {
 protected:
  Answer<EcEphemeral> ephemeral(CurveId curve = CurveId::NistP256) {
    auto answer = tpm.run<EcEphemeral>({}, {{curve}});
    EXPECT_EQ(answer.code, rc::Success);
    return answer;
  }
  ZGen2Phase::Params params(const Party& b, AlgId scheme, uint16_t counter) {
    return {.static_b = to_wire_point(b.fixed.q),
            .ephemeral_b = to_wire_point(b.ephemeral.q),
            .scheme = {scheme},
            .counter = counter};
  }

  TestTpm tpm{true, 1, kWholeProfile};
};

TEST_F(KeyExchange, EphemeralPointsAreOnTheCurveAndCounted) {
  uint16_t expected = 0;
  for (CurveId curve : kCurves) {
    auto first = ephemeral(curve), second = ephemeral(curve);
    for (const auto& answer : {first, second}) {
      EXPECT_TRUE(crypto::is_on_curve(to_crypto_curve(curve), to_crypto_point(*answer.reply.q)));
      EXPECT_EQ(answer.reply.q->x.size(), crypto::curve_size(to_crypto_curve(curve)));
      EXPECT_EQ(answer.reply.counter, expected++);
    }
    EXPECT_FALSE(first.reply.q == second.reply.q);
  }
  TestTpm usual;
  EXPECT_EQ(usual.run<EcEphemeral>({}, {{CurveId::NistP192}}).code, rc::Curve.parameter(1));
}

// Both parties come to the same points, party B by its own computation.
TEST_F(KeyExchange, FullUnifiedModel) {
  for (CurveId curve : kCurves)
    for (AlgId scheme : {AlgId::Null, AlgId::Ecdh}) {
      Made key = create_primary(tpm, rh::Owner, decryption_key(curve, scheme));
      Party b(curve, tpm.caller_random);
      auto a = ephemeral(curve);
      auto answer = tpm.run<ZGen2Phase>({key.handle}, params(b, AlgId::Ecdh, a.reply.counter));
      ASSERT_EQ(answer.code, rc::Success);
      const auto& q = *key.pub.unique.get<wire::EccPoint>();
      auto z1 = crypto::ecdh(to_crypto_curve(curve), b.fixed.d.view(), to_crypto_point(q));
      auto z2 =
          crypto::ecdh(to_crypto_curve(curve), b.ephemeral.d.view(), to_crypto_point(*a.reply.q));
      EXPECT_EQ(*answer.reply.z1, take_secret_point(*z1));
      EXPECT_EQ(*answer.reply.z2, take_secret_point(*z2));
    }
}

// One point comes out, the same for both parties; party B's by its own computation.
TEST_F(KeyExchange, MqvAndSm2) {
  for (AlgId scheme : {AlgId::EcMqv, AlgId::Sm2}) {
    if (!is_implemented(scheme)) continue;
    auto exchange = scheme == AlgId::EcMqv ? crypto::mqv : crypto::sm2_exchange;
    for (CurveId curve : kCurves) {
      Made key = create_primary(tpm, rh::Owner, decryption_key(curve, scheme));
      Party b(curve, tpm.caller_random);
      auto a = ephemeral(curve);
      auto answer = tpm.run<ZGen2Phase>({key.handle}, params(b, scheme, a.reply.counter));
      ASSERT_EQ(answer.code, rc::Success);
      const crypto::EccPoint static_a = to_crypto_point(*key.pub.unique.get<wire::EccPoint>());
      const crypto::EccPoint ephemeral_a = to_crypto_point(*a.reply.q);
      auto z = exchange(to_crypto_curve(curve),
                        {b.fixed.d.view(), b.ephemeral.d.view(), static_a, ephemeral_a});
      ASSERT_TRUE(z);
      EXPECT_EQ(*answer.reply.z1, take_secret_point(*z));
      // The Empty Point.
      EXPECT_TRUE(answer.reply.z2->x.empty() && answer.reply.z2->y.empty());
    }
  }
}

TEST_F(KeyExchange, AnEphemeralKeyServesOnce) {
  Made key = create_primary(tpm, rh::Owner, decryption_key());
  Party b(CurveId::NistP256, tpm.caller_random);
  auto a = ephemeral();
  auto good = params(b, AlgId::Ecdh, a.reply.counter);
  // What fails does not use it up.
  auto bad = good;
  bad.static_b->y = wire::EccParameter(Bytes(32, 1));
  EXPECT_EQ(tpm.run<ZGen2Phase>({key.handle}, bad).code, rc::EccPoint.parameter(1));
  EXPECT_EQ(tpm.run<ZGen2Phase>({key.handle}, good).code, rc::Success);
  EXPECT_EQ(tpm.run<ZGen2Phase>({key.handle}, good).code, rc::Value.parameter(4));
  good.counter = static_cast<uint16_t>(a.reply.counter + 1);
  EXPECT_EQ(tpm.run<ZGen2Phase>({key.handle}, good).code, rc::Range.parameter(4));
}

// A number that was given out after the shutdown could come back after the restart, and be used
// twice.
TEST_F(KeyExchange, AnEphemeralKeyVoidsTheShutdown) {
  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
  ephemeral();
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
}

TEST_F(KeyExchange, RefusesOtherKeysAndPoints) {
  Party b(CurveId::NistP256, tpm.caller_random);
  uint16_t counter = ephemeral().reply.counter;
  auto code = [&](const wire::Public& pub, const ZGen2Phase::Params& with) {
    Made key = create_primary(tpm, rh::Owner, pub);
    return tpm.run<ZGen2Phase>({key.handle}, with).code;
  };
  auto good = params(b, AlgId::Ecdh, counter);
  EXPECT_EQ(code(hmac_key(), good), rc::Key.handle(1));
  EXPECT_EQ(code(ecc_storage(), good), rc::Attributes.handle(1));
  EXPECT_EQ(code(ecdsa_key(), good), rc::Attributes.handle(1));
  EXPECT_EQ(code(decryption_key(CurveId::NistP256, AlgId::EcMqv), good), rc::Scheme.parameter(3));
  auto wrong = good;
  wrong.scheme = {AlgId::EcDsa};
  EXPECT_EQ(code(decryption_key(), wrong), rc::Scheme.parameter(3));
  wrong.scheme = {AlgId::Null};
  EXPECT_EQ(code(decryption_key(), wrong), rc::Scheme.parameter(3));
  wrong = good;
  wrong.ephemeral_b = Point();
  EXPECT_EQ(code(decryption_key(), wrong), rc::EccPoint.parameter(2));
  EXPECT_EQ(code(decryption_key(CurveId::NistP384), good), rc::EccPoint.parameter(1));
  // Of another curve the counter is good, and gives a number that is no use to anybody.
  Party other(CurveId::NistP384, tpm.caller_random);
  EXPECT_EQ(code(decryption_key(CurveId::NistP384), params(other, AlgId::Ecdh, counter)),
            rc::Success);
}

TEST_F(KeyExchange, NeedsAuthorization) {
  Made key = create_primary(tpm, rh::Owner, decryption_key(), {1});
  Party b(CurveId::NistP256, tpm.caller_random);
  auto with = params(b, AlgId::Ecdh, ephemeral().reply.counter);
  EXPECT_EQ(tpm.run<ZGen2Phase>({key.handle}, with).code, rc::BadAuth.session(1));
  EXPECT_EQ(tpm.run<ZGen2Phase>({key.handle}, with, {{1}}).code, rc::Success);
}

// ---- TPM2_ECC_Encrypt, TPM2_ECC_Decrypt

wire::KdfScheme kdf2(AlgId hash) {
  return {.scheme = wire::KdfOrNull{AlgId::Kdf2}, .details = wire::HashScheme{.hash = hash}};
}

class EccEncryption : public KeyExchange {
 protected:
  Answer<EccEncrypt> encrypt(Handle key, ByteView text, const wire::KdfScheme& scheme) {
    return tpm.run<EccEncrypt>({key},
                               {.plain_text = wire::SecretMaxBuffer(text), .scheme = scheme});
  }
  Answer<EccDecrypt> decrypt(Handle key, const EccEncrypt::Reply& sealed,
                             const wire::KdfScheme& scheme) {
    return tpm.run<EccDecrypt>(
        {key}, {.c1 = sealed.c1, .c2 = sealed.c2, .c3 = sealed.c3, .scheme = scheme});
  }
};

TEST_F(EccEncryption, ComesBackWithEveryCurveAndHash) {
  for (CurveId curve : kCurves) {
    Made key = create_primary(tpm, rh::Owner, decryption_key(curve));
    for (AlgId hash : kHashes)
      for (size_t size : {0u, 1u, 1024u}) {
        Bytes text(size, 0x42);
        auto sealed = encrypt(key.handle, text, kdf2(hash));
        ASSERT_EQ(sealed.code, rc::Success);
        EXPECT_EQ(sealed.reply.c2.size(), size);
        EXPECT_EQ(sealed.reply.c3.size(), digest_size(hash));
        auto opened = decrypt(key.handle, sealed.reply, kdf2(hash));
        ASSERT_EQ(opened.code, rc::Success);
        EXPECT_EQ(hex(opened.reply.plain_text.view()), hex(text));
      }
  }
}

TEST_F(EccEncryption, DecryptsKnownValues) {
  unsigned used = 0;
  for (const Record& r : tests::read_vectors("../crypto/ecc_encryption.txt")) {
    auto curve = static_cast<CurveId>(r.id("curve"));
    if (!contains(kCurves, curve)) continue;
    wire::Public pub = decryption_key(curve);
    for (ObjectBit bit :
         {ObjectBit::FixedTpm, ObjectBit::FixedParent, ObjectBit::SensitiveDataOrigin})
      pub.attributes.set(bit, false);
    pub.unique = to_wire_point(*crypto::public_point(to_crypto_curve(curve), r.bytes("d")));
    wire::Sensitive sensitive{.type = AlgId::Ecc, .value = wire::PrivateValue(r.bytes("d"))};
    auto loaded = tpm.run<LoadExternal>({}, {{sensitive}, pub, rh::Null});
    ASSERT_EQ(loaded.code, rc::Success);
    auto opened = decrypt(loaded.reply.object_handle.value,
                          {.c1 = to_wire_point({r.bytes("c1_x"), r.bytes("c1_y")}),
                           .c2 = wire::MaxBuffer(r.bytes("c2")),
                           .c3 = wire::Digest(r.bytes("c3"))},
                          kdf2(static_cast<AlgId>(r.id("hash"))));
    ASSERT_EQ(opened.code, rc::Success);
    EXPECT_EQ(hex(opened.reply.plain_text.view()), r.text("text"));
    ++used;
  }
  EXPECT_GE(used, 2u);
}

TEST_F(EccEncryption, NoticesEveryAlteration) {
  Made key = create_primary(tpm, rh::Owner, decryption_key());
  const auto sealed = encrypt(key.handle, Bytes(20, 7), kdf2(AlgId::Sha256)).reply;
  auto code = [&](const EccEncrypt::Reply& altered, AlgId hash = AlgId::Sha256) {
    return decrypt(key.handle, altered, kdf2(hash)).code;
  };
  EXPECT_EQ(code(sealed), rc::Success);
  auto altered = sealed;
  altered.c1->y = wire::EccParameter(Bytes(32, 3));
  EXPECT_EQ(code(altered), rc::EccPoint.parameter(1));
  altered = sealed;
  altered.c2 = wire::MaxBuffer(Bytes(20, 1));
  EXPECT_EQ(code(altered), rc::Value.parameter(3));
  altered = sealed;
  altered.c3 = wire::Digest(sealed.c3.view().first(31));
  EXPECT_EQ(code(altered), rc::Value.parameter(3));
  EXPECT_EQ(code(sealed, AlgId::Sm3_256), rc::Value.parameter(3));
}

TEST_F(EccEncryption, RefusesOtherKeysAndSchemes) {
  Made hmac = create_primary(tpm, rh::Owner, hmac_key());
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  Made signer = create_primary(tpm, rh::Owner, ecdsa_key());
  Made key = create_primary(tpm, rh::Owner, decryption_key());
  EXPECT_EQ(encrypt(hmac.handle, {}, kdf2(AlgId::Sha256)).code, rc::Key.handle(1));
  // The public part of any key may serve (14.8.1).
  auto sealed = encrypt(storage.handle, {}, kdf2(AlgId::Sha256));
  EXPECT_EQ(sealed.code, rc::Success);
  EXPECT_EQ(decrypt(hmac.handle, sealed.reply, kdf2(AlgId::Sha256)).code, rc::Key.handle(1));
  EXPECT_EQ(decrypt(storage.handle, sealed.reply, kdf2(AlgId::Sha256)).code,
            rc::Attributes.handle(1));
  EXPECT_EQ(decrypt(signer.handle, sealed.reply, kdf2(AlgId::Sha256)).code,
            rc::Attributes.handle(1));
  wire::KdfScheme other{.scheme = wire::KdfOrNull{AlgId::Mgf1},
                        .details = wire::HashScheme{.hash = AlgId::Sha256}};
  for (const wire::KdfScheme& scheme : {wire::KdfScheme{}, other}) {
    EXPECT_EQ(encrypt(key.handle, {}, scheme).code, rc::Scheme.parameter(2));
    EXPECT_EQ(decrypt(key.handle, sealed.reply, scheme).code, rc::Scheme.parameter(4));
  }
}

// Encryption asks for no authorization, and what it hides may be hidden on the way, too.
TEST_F(EccEncryption, ParametersMayBeEncrypted) {
  Made key = create_primary(tpm, rh::Owner, decryption_key(), {4});
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(256)});
  auto sealed = run_with<EccEncrypt>(
      tpm, {key.handle},
      {.plain_text = wire::SecretMaxBuffer(Bytes{1, 2, 3}), .scheme = kdf2(AlgId::Sha256)},
      {{.session = &session, .attributes = kContinue | kDecrypt | kEncrypt}});
  ASSERT_EQ(sealed.code, rc::Success);
  EccDecrypt::Params open{.c1 = sealed.reply.c1,
                          .c2 = sealed.reply.c2,
                          .c3 = sealed.reply.c3,
                          .scheme = kdf2(AlgId::Sha256)};
  auto opened = run_with<EccDecrypt>(
      tpm, {key.handle}, open,
      {{.session = &session, .auth = {4}, .attributes = kContinue | kDecrypt | kEncrypt}});
  ASSERT_EQ(opened.code, rc::Success);
  EXPECT_EQ(hex(opened.reply.plain_text.view()), "010203");
}

}  // namespace
}  // namespace vtpm::engine
