// SPDX-License-Identifier: Apache-2.0
// Part 3, 14.2 to 14.6.
#include "engine/commands/asymmetric.h"

#include "engine/crypto/ecc.h"
#include "engine/crypto/rsa.h"
#include "tests/engine/client_session.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

const wire::ObjectAttributes kDecryptionKey = {
    ObjectBit::FixedTpm,     ObjectBit::FixedParent, ObjectBit::SensitiveDataOrigin,
    ObjectBit::UserWithAuth, ObjectBit::Decrypt,     ObjectBit::NoDa};
const wire::ObjectAttributes kOfCaller = {ObjectBit::UserWithAuth, ObjectBit::Decrypt,
                                          ObjectBit::NoDa};

wire::RsaDecryptScheme padding(AlgId scheme, AlgId hash = AlgId::Sha256) {
  if (scheme != AlgId::Oaep) return {.scheme = {wire::RsaDecryptOrNull(scheme)}};
  return {.scheme = {AlgId::Oaep}, .details = wire::HashScheme{.hash = hash}};
}

wire::Public rsa_key(AlgId scheme = AlgId::Null) {
  wire::Public pub = templates::rsa(kDecryptionKey);
  wire::RsaScheme& own = pub.parameters.get<wire::RsaParameters>()->scheme;
  own.scheme = wire::RsaSchemeOrNull(scheme);
  if (scheme == AlgId::Oaep) own.details = wire::HashScheme{.hash = AlgId::Sha384};
  return pub;
}

class Rsa : public ::testing::Test {
 protected:
  Answer<RsaEncrypt> encrypt(Handle key, const Bytes& message,
                             const wire::RsaDecryptScheme& scheme = {}, const Bytes& label = {}) {
    return tpm.run<RsaEncrypt>({key}, {.message = RsaMessage(ByteView(message)),
                                       .in_scheme = scheme,
                                       .label = wire::Data(label)});
  }
  Answer<RsaDecrypt> decrypt(Handle key, ByteView cipher_text,
                             const wire::RsaDecryptScheme& scheme = {}, const Bytes& label = {}) {
    return tpm.run<RsaDecrypt>({key}, {.cipher_text = wire::RsaBytes(cipher_text),
                                       .in_scheme = scheme,
                                       .label = wire::Data(label)});
  }
  void expect_round_trip(Handle key, const Bytes& message, const wire::RsaDecryptScheme& scheme,
                         const Bytes& label = {}) {
    auto encrypted = encrypt(key, message, scheme, label);
    ASSERT_EQ(encrypted.code, rc::Success);
    EXPECT_EQ(encrypted.reply.out_data.size(), 256u);
    auto decrypted = decrypt(key, encrypted.reply.out_data, scheme, label);
    ASSERT_EQ(decrypted.code, rc::Success);
    EXPECT_EQ(to_bytes(decrypted.reply.message.view()), message);
  }

  const Bytes text = {'t', 'e', 'x', 't'};
  const Bytes l = {'l', 0};
  TestTpm tpm;
};

TEST_F(Rsa, EveryPaddingComesOffAgain) {
  Handle key = create_primary(tpm, rh::Owner, rsa_key()).handle;
  for (const Bytes& message : {text, Bytes(), Bytes{0, 0, 7}}) {
    expect_round_trip(key, message, padding(AlgId::RsaEs));
    for (AlgId hash : kHashes) {
      expect_round_trip(key, message, padding(AlgId::Oaep, hash));
      expect_round_trip(key, message, padding(AlgId::Oaep, hash), l);
    }
  }
}

TEST_F(Rsa, WithoutPaddingItIsTheBareOperation) {
  Made key = create_primary(tpm, rh::Owner, rsa_key());
  Bytes modulus = to_bytes(*key.pub.unique.get<wire::RsaBytes>());
  auto pub = crypto::RsaPublicKey::create(modulus, 65537);
  auto encrypted = encrypt(key.handle, text);
  ASSERT_EQ(encrypted.code, rc::Success);
  EXPECT_EQ(to_bytes(encrypted.reply.out_data), *pub->raw(text));
  auto decrypted = decrypt(key.handle, encrypted.reply.out_data);
  ASSERT_EQ(decrypted.code, rc::Success);
  Bytes expected(252);
  append(expected, text);
  EXPECT_EQ(to_bytes(decrypted.reply.message.view()), expected);
  // Table 43: a number below the modulus, of no more octets.
  Bytes below = modulus;
  below.back() = static_cast<uint8_t>(below.back() - 1);
  EXPECT_EQ(encrypt(key.handle, below).code, rc::Success);
  EXPECT_EQ(encrypt(key.handle, modulus).code, rc::Value.parameter(1));
  EXPECT_EQ(encrypt(key.handle, Bytes(257)).code, rc::Value.parameter(1));
}

TEST_F(Rsa, DecryptsWycheproofsOaep) {
  auto records = tests::read_vectors("oaep.txt");
  wire::Public pub = templates::rsa(kOfCaller);
  pub.unique = wire::RsaBytes(records.at(0).bytes("modulus"));
  wire::Sensitive secret{.type = AlgId::Rsa,
                         .value = wire::PrivateValue(ByteView(records.at(0).bytes("private")))};
  auto loaded = tpm.run<LoadExternal>({}, {{secret}, pub, wire::Handle{rh::Null}});
  ASSERT_EQ(loaded.code, rc::Success);
  for (size_t i = 1; i < records.size(); ++i) {
    auto answer = decrypt(loaded.reply.object_handle.value, records[i].bytes("output"),
                          padding(AlgId::Oaep), records[i].bytes("label"));
    if (records[i].text("kind") == "invalid") {
      EXPECT_EQ(answer.code, rc::Value.parameter(1));
      continue;
    }
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(to_bytes(answer.reply.message.view()), records[i].bytes("message"));
  }
}

TEST_F(Rsa, MessagesAreAsLongAsThePaddingAllows) {
  Handle key = create_primary(tpm, rh::Owner, rsa_key()).handle;
  auto longest = [&](const wire::RsaDecryptScheme& scheme, size_t size) {
    expect_round_trip(key, Bytes(size, 0x55), scheme);
    EXPECT_EQ(encrypt(key, Bytes(size + 1, 0x55), scheme).code, rc::Value.parameter(1));
  };
  longest(padding(AlgId::RsaEs), 256 - 11);
  longest(padding(AlgId::Oaep, AlgId::Sha1), 256 - 2 * 20 - 2);
  longest(padding(AlgId::Oaep, AlgId::Sha512), 256 - 2 * 64 - 2);
}

// Table 42.
TEST_F(Rsa, AKeysOwnSchemeApplies) {
  Handle rsaes = create_primary(tpm, rh::Owner, rsa_key(AlgId::RsaEs)).handle;
  Handle oaep = create_primary(tpm, rh::Owner, rsa_key(AlgId::Oaep)).handle;
  expect_round_trip(rsaes, text, {});
  expect_round_trip(rsaes, text, padding(AlgId::RsaEs));
  expect_round_trip(oaep, text, {}, l);
  expect_round_trip(oaep, text, padding(AlgId::Oaep, AlgId::Sha384), l);
  Rc scheme = rc::Scheme.parameter(2);
  Bytes block(256, 1);
  EXPECT_EQ(encrypt(rsaes, text, padding(AlgId::Oaep)).code, scheme);
  EXPECT_EQ(decrypt(rsaes, block, padding(AlgId::Oaep)).code, scheme);
  EXPECT_EQ(encrypt(oaep, text, padding(AlgId::RsaEs)).code, scheme);
  EXPECT_EQ(encrypt(oaep, text, padding(AlgId::Oaep, AlgId::Sha256)).code, scheme);
  EXPECT_EQ(decrypt(oaep, block, padding(AlgId::RsaEs)).code, scheme);
  // A scheme that only signs is no padding for a message.
  wire::Public signing = rsa_signing_key();
  signing.parameters.get<wire::RsaParameters>()->scheme = {
      .scheme = {AlgId::RsaSsa}, .details = wire::HashScheme{.hash = AlgId::Sha256}};
  Handle signer = create_primary(tpm, rh::Owner, signing).handle;
  EXPECT_EQ(encrypt(signer, text).code, scheme);
  EXPECT_EQ(encrypt(signer, text, padding(AlgId::Oaep)).code, scheme);
}

TEST_F(Rsa, LabelsEndWithZeroAndCount) {
  Handle key = create_primary(tpm, rh::Owner, rsa_key()).handle;
  auto oaep = padding(AlgId::Oaep);
  Bytes block = to_bytes(encrypt(key, text, oaep, l).reply.out_data);
  EXPECT_EQ(decrypt(key, block, oaep, {'m', 0}).code, rc::Value.parameter(1));
  EXPECT_EQ(decrypt(key, block, oaep).code, rc::Value.parameter(1));
  // Zeros within are part of the label, which does not end there.
  block = to_bytes(encrypt(key, text, oaep, {'l', 0, 'm', 0}).reply.out_data);
  EXPECT_EQ(decrypt(key, block, oaep, l).code, rc::Value.parameter(1));
  EXPECT_EQ(decrypt(key, block, oaep, {'l', 0, 'm', 0}).code, rc::Success);
  // Checked whether the scheme has a label or not.
  for (AlgId scheme : {AlgId::Null, AlgId::RsaEs, AlgId::Oaep}) {
    EXPECT_EQ(encrypt(key, text, padding(scheme), {'l'}).code, rc::Value.parameter(3));
    EXPECT_EQ(decrypt(key, block, padding(scheme), {'l'}).code, rc::Value.parameter(3));
  }
}

TEST_F(Rsa, WrongPaddingIsOneErrorWhateverItIs) {
  Made key = create_primary(tpm, rh::Owner, rsa_key());
  auto pub = *crypto::RsaPublicKey::create(*key.pub.unique.get<wire::RsaBytes>(), 65537);
  auto code = [&](const Bytes& block, AlgId scheme) {
    return decrypt(key.handle, *pub.raw(block), padding(scheme)).code;
  };
  Bytes good(256, 0x77);
  good[0] = 0;
  good[1] = 2;
  good[200] = 0;
  EXPECT_EQ(code(good, AlgId::RsaEs), rc::Success);
  auto with = [&](size_t at, uint8_t value) {
    Bytes changed = good;
    changed[at] = value;
    return changed;
  };
  for (const Bytes& bad : {with(0, 1), with(1, 1), with(9, 0), with(2, 0), with(200, 1)})
    EXPECT_EQ(code(bad, AlgId::RsaEs), rc::Value.parameter(1));
  EXPECT_EQ(code(good, AlgId::Oaep), rc::Value.parameter(1));
}

TEST_F(Rsa, CipherTextsAreAsLongAsTheModulusAndBelowIt) {
  Made key = create_primary(tpm, rh::Owner, rsa_key());
  for (AlgId scheme : {AlgId::Null, AlgId::RsaEs, AlgId::Oaep}) {
    for (size_t size : {0u, 1u, 255u, 257u})
      EXPECT_EQ(decrypt(key.handle, Bytes(size, 1), padding(scheme)).code, rc::Size.parameter(1));
    EXPECT_EQ(decrypt(key.handle, *key.pub.unique.get<wire::RsaBytes>(), padding(scheme)).code,
              rc::Value.parameter(1));
  }
}

TEST_F(Rsa, KeysThatDoNot) {
  Handle ecc = create_primary(tpm, rh::Owner, ecdsa_key()).handle;
  EXPECT_EQ(encrypt(ecc, text).code, rc::Key.handle(1));
  EXPECT_EQ(decrypt(ecc, Bytes(256)).code, rc::Key.handle(1));
  // For the public operation attributes do not count (14.2.1).
  Handle signer = create_primary(tpm, rh::Owner, rsa_signing_key()).handle;
  Handle storage = create_primary(tpm, rh::Owner, rsa_storage()).handle;
  for (Handle key : {signer, storage}) {
    EXPECT_EQ(encrypt(key, text, padding(AlgId::Oaep)).code, rc::Success);
    EXPECT_EQ(decrypt(key, Bytes(256)).code, rc::Attributes.handle(1));
  }
  Made guarded = create_primary(tpm, rh::Owner, rsa_key(), {3});
  EXPECT_EQ(decrypt(guarded.handle, Bytes(256)).code, rc::BadAuth.session(1));
  Handle half = tpm.run<LoadExternal>({}, {.in_public = guarded.pub, .hierarchy = {rh::Null}})
                    .reply.object_handle.value;
  EXPECT_EQ(encrypt(half, text).code, rc::Success);
  EXPECT_EQ(decrypt(half, Bytes(256)).code, rc::AuthUnavailable);
}

TEST_F(Rsa, MessagesTravelEncrypted) {
  Handle key = create_primary(tpm, rh::Owner, rsa_key(AlgId::Oaep)).handle;
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  auto encrypted =
      run_with<RsaEncrypt>(tpm, {key}, {.message = RsaMessage(ByteView(text))},
                           {{.session = &session, .attributes = kContinue | kDecrypt}});
  ASSERT_EQ(encrypted.code, rc::Success);
  auto decrypted =
      run_with<RsaDecrypt>(tpm, {key}, {.cipher_text = encrypted.reply.out_data},
                           {Use{}, {.session = &session, .attributes = kContinue | kEncrypt}});
  ASSERT_EQ(decrypted.code, rc::Success);
  EXPECT_EQ(to_bytes(decrypted.reply.message.view()), text);
}

class Ecdh : public ::testing::Test {
 protected:
  static wire::Public exchange_key(CurveId curve = CurveId::NistP256) {
    return templates::ecc(kDecryptionKey, curve);
  }
  Answer<EcdhZGen> z_gen(Handle key, const wire::EccPoint& point) {
    return tpm.run<EcdhZGen>({key}, {.in_point = point});
  }
  TestTpm tpm{true, 1, kWholeProfile};
};

TEST_F(Ecdh, BothSidesShareThePoint) {
  for (CurveId curve : kCurves) {
    Made key = create_primary(tpm, rh::Owner, exchange_key(curve));
    auto ephemeral = tpm.run<EcdhKeyGen>({key.handle}, {});
    ASSERT_EQ(ephemeral.code, rc::Success);
    auto shared = z_gen(key.handle, *ephemeral.reply.pub_point);
    ASSERT_EQ(shared.code, rc::Success);
    EXPECT_EQ(shared.reply.out_point->x, ephemeral.reply.z_point->x);
    EXPECT_EQ(shared.reply.out_point->y, ephemeral.reply.z_point->y);
    size_t size = crypto::curve_size(static_cast<crypto::Curve>(curve));
    EXPECT_EQ(ephemeral.reply.pub_point->x.size(), size);
    EXPECT_EQ(shared.reply.out_point->x.size(), size);
    // Another time it is another key.
    EXPECT_FALSE(*tpm.run<EcdhKeyGen>({key.handle}, {}).reply.pub_point ==
                 *ephemeral.reply.pub_point);
  }
}

TEST_F(Ecdh, GivesNistsSharedSecrets) {
  unsigned count = 0;
  for (const tests::Record& record : tests::read_vectors("ecdh.txt")) {
    if (record.text("kind") != "ecdh") continue;
    ++count;
    auto point = [&](const char* x, const char* y) {
      return wire::EccPoint{wire::EccParameter(record.bytes(x)),
                            wire::EccParameter(record.bytes(y))};
    };
    wire::Public pub = templates::ecc(kOfCaller, static_cast<CurveId>(record.id("curve")));
    pub.unique = point("qx", "qy");
    wire::Sensitive secret{.type = AlgId::Ecc,
                           .value = wire::PrivateValue(ByteView(record.bytes("d")))};
    auto loaded = tpm.run<LoadExternal>({}, {{secret}, pub, wire::Handle{rh::Null}});
    ASSERT_EQ(loaded.code, rc::Success);
    auto answer = z_gen(loaded.reply.object_handle.value, point("x", "y"));
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(to_bytes(answer.reply.out_point->x.view()), record.bytes("z"));
    EXPECT_EQ(to_bytes(answer.reply.out_point->y.view()), record.bytes("zy"));
  }
  EXPECT_EQ(count, 2u);
}

TEST_F(Ecdh, PointsThatAreNone) {
  Made key = create_primary(tpm, rh::Owner, exchange_key());
  wire::EccPoint off{wire::EccParameter(Bytes(32, 1)), wire::EccParameter(Bytes(32, 2))};
  EXPECT_EQ(z_gen(key.handle, off).code, rc::EccPoint.parameter(1));
  EXPECT_EQ(z_gen(key.handle, {}).code, rc::EccPoint.parameter(1));
  Made p384 = create_primary(tpm, rh::Owner, exchange_key(CurveId::NistP384));
  EXPECT_EQ(z_gen(key.handle, *p384.pub.unique.get<wire::EccPoint>()).code,
            rc::EccPoint.parameter(1));
  // The structure itself.
  auto raw = [&](const Bytes& params) {
    Bytes command = TestTpm::password_command<EcdhZGen>({key.handle}, {});
    command.resize(command.size() - 6);
    append(command, params);
    store_be<uint32_t>(MutableByteView(command).subspan(2), static_cast<uint32_t>(command.size()));
    return TestTpm::parse<EcdhZGen>(tpm.execute(command).view()).code;
  };
  EXPECT_EQ(raw({0, 0}), rc::Size.parameter(1));
  EXPECT_EQ(raw({0, 4, 0, 0, 0, 0}), rc::EccPoint.parameter(1));
  EXPECT_EQ(raw({0, 5, 0, 0, 0, 0, 0}), rc::Size.parameter(1));
  EXPECT_EQ(raw({0, 2, 0, 0}), rc::Insufficient.parameter(1));
}

TEST_F(Ecdh, KeysThatDoNot) {
  Handle rsa = create_primary(tpm, rh::Owner, rsa_signing_key()).handle;
  EXPECT_EQ(tpm.run<EcdhKeyGen>({rsa}, {}).code, rc::Key.handle(1));
  EXPECT_EQ(z_gen(rsa, {}).code, rc::Key.handle(1));
  Handle signer = create_primary(tpm, rh::Owner, ecdsa_key()).handle;
  Handle storage = create_primary(tpm, rh::Owner, ecc_storage()).handle;
  for (Handle key : {signer, storage}) {
    EXPECT_EQ(tpm.run<EcdhKeyGen>({key}, {}).code, rc::Success);
    EXPECT_EQ(z_gen(key, {}).code, rc::Attributes.handle(1));
  }
  wire::Public pub = exchange_key();
  pub.parameters.get<wire::EccParameters>()->scheme = {
      .scheme = {AlgId::Ecdh}, .details = wire::HashScheme{.hash = AlgId::Sha256}};
  Made ecdh = create_primary(tpm, rh::Owner, pub, {4});
  EXPECT_EQ(z_gen(ecdh.handle, {}).code, rc::BadAuth.session(1));
  EXPECT_EQ(
      tpm.run<EcdhZGen>({ecdh.handle}, {.in_point = *ecdh.pub.unique.get<wire::EccPoint>()}, {{4}})
          .code,
      rc::Success);
}

TEST_F(Ecdh, TheSharedPointTravelsEncrypted) {
  Made key = create_primary(tpm, rh::Owner, exchange_key());
  ClientSession session =
      start_session(tpm, {.symmetric = xor_with(AlgId::Sha256), .bind = rh::Owner});
  auto ephemeral = run_with<EcdhKeyGen>(
      tpm, {key.handle}, {}, {{.session = &session, .attributes = kContinue | kEncrypt}});
  ASSERT_EQ(ephemeral.code, rc::Success);
  auto shared = z_gen(key.handle, *ephemeral.reply.pub_point);
  EXPECT_EQ(shared.reply.out_point->x, ephemeral.reply.z_point->x);
}

TEST(EccParameters, AreThoseOfTheRegistry) {
  TestTpm tpm;
  unsigned count = 0;
  for (const tests::Record& record : tests::read_vectors("ecdh.txt")) {
    if (record.text("kind") != "curve") continue;
    ++count;
    auto curve = static_cast<CurveId>(record.id("curve"));
    auto answer = tpm.run<EccParameters>({}, {.curve = curve});
    ASSERT_EQ(answer.code, rc::Success);
    const wire::EccDetail& detail = answer.reply.parameters;
    EXPECT_EQ(detail.curve, curve);
    EXPECT_EQ(detail.key_size, curve == CurveId::NistP256 ? 256 : 384);
    EXPECT_EQ(*detail.kdf.scheme, AlgId::Kdf1Sp800_56a);
    EXPECT_EQ(*detail.kdf.details.get<wire::HashScheme>()->hash,
              curve == CurveId::NistP256 ? AlgId::Sha256 : AlgId::Sha384);
    EXPECT_EQ(*detail.sign.scheme, AlgId::Null);
    EXPECT_EQ(to_bytes(detail.p), record.bytes("p"));
    EXPECT_EQ(to_bytes(detail.a), record.bytes("a"));
    EXPECT_EQ(to_bytes(detail.b), record.bytes("b"));
    EXPECT_EQ(to_bytes(detail.gx), record.bytes("gx"));
    EXPECT_EQ(to_bytes(detail.gy), record.bytes("gy"));
    EXPECT_EQ(to_bytes(detail.n), record.bytes("n"));
    EXPECT_EQ(to_bytes(detail.h), Bytes{1});
  }
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(tpm.run<EccParameters>({}, {.curve = CurveId::NistP192}).code, rc::Curve.parameter(1));
  EXPECT_EQ(tpm.run<EccParameters>({}, {.curve = CurveId::None}).code, rc::Curve.parameter(1));
}

}  // namespace
}  // namespace vtpm::engine
