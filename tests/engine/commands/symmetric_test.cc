// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/symmetric.h"

#include "engine/commands/context.h"
#include "tests/engine/cipher_keys.h"
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

constexpr AlgId kCipherModes[] = {AlgId::Ctr, AlgId::Ofb, AlgId::Cbc, AlgId::Cfb, AlgId::Ecb};
const Bytes kAesKey = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                       0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};

bool takes_whole_blocks(AlgId mode) {
  return mode == AlgId::Cbc || mode == AlgId::Ecb;
}
wire::SecretMaxBuffer data_of(ByteView bytes) {
  return wire::SecretMaxBuffer(bytes);
}
wire::Iv iv_for(AlgId mode, uint8_t fill = 0x11) {
  return mode == AlgId::Ecb ? wire::Iv() : wire::Iv(Bytes(16, fill));
}

class Symmetric : public ::testing::Test {
 protected:
  Answer<EncryptDecrypt2> run(Handle key, bool decrypt, AlgId mode, const wire::Iv& iv,
                              ByteView data) {
    return tpm.run<EncryptDecrypt2>(
        {key}, {.in_data = data_of(data), .decrypt = uint8_t{decrypt}, .mode = mode, .iv_in = iv});
  }
  // The code that both commands give, each naming its own parameters.
  struct Codes {
    Rc first, second;
  };
  Codes codes(Handle key, bool decrypt, AlgId mode, const wire::Iv& iv, ByteView data) {
    auto older = tpm.run<EncryptDecrypt>(
        {key}, {.decrypt = uint8_t{decrypt}, .mode = mode, .iv_in = iv, .in_data = data_of(data)});
    return {.first = older.code, .second = run(key, decrypt, mode, iv, data).code};
  }
  void expect_codes(Rc first, Rc second, const Codes& codes) {
    EXPECT_EQ(codes.first, first);
    EXPECT_EQ(codes.second, second);
  }
  void expect_codes(Rc both, const Codes& codes) { expect_codes(both, both, codes); }

  TestTpm tpm;
};

// Vectors whose cipher this build has.
std::vector<Record> vectors(const std::string& file) {
  std::vector<Record> records = tests::read_vectors(file);
  std::erase_if(
      records, [](const Record& r) { return !is_implemented(static_cast<AlgId>(r.id("cipher"))); });
  return records;
}

TEST_F(Symmetric, GivesKnownValues) {
  for (const char* file : {"../crypto/symmetric.txt", "../crypto/symmetric_published.txt"})
    for (const Record& r : vectors(file)) {
      auto mode = static_cast<AlgId>(r.id("mode"));
      Handle key = cipher_handle(tpm, static_cast<AlgId>(r.id("cipher")), r.bytes("key"));
      wire::Iv iv(r.bytes("iv"));
      auto encrypted = run(key, false, mode, iv, r.bytes("plain"));
      ASSERT_EQ(encrypted.code, rc::Success);
      EXPECT_EQ(hex(encrypted.reply.out_data.view()), r.text("encrypted"));
      EXPECT_EQ(encrypted.reply.iv_out.size(), iv.size());
      auto decrypted = run(key, true, mode, iv, encrypted.reply.out_data.view());
      EXPECT_EQ(hex(decrypted.reply.out_data.view()), r.text("plain"));

      EncryptDecrypt::Params older{.mode = mode, .iv_in = iv, .in_data = data_of(r.bytes("plain"))};
      auto by_older = tpm.run<EncryptDecrypt>({key}, older);
      ASSERT_EQ(by_older.code, rc::Success);
      EXPECT_EQ(by_older.reply.out_data, encrypted.reply.out_data);
      EXPECT_EQ(by_older.reply.iv_out, encrypted.reply.iv_out);
      tpm.run<FlushContext>({}, {key});
    }
}

TEST_F(Symmetric, EveryKeySizeOfEveryCipher) {
  for (AlgId cipher : {AlgId::Aes, AlgId::Camellia, AlgId::Sm4}) {
    if (!is_implemented(cipher)) continue;
    for (size_t size : {16u, 24u, 32u}) {
      Bytes key_bytes(size, 0x5a);
      auto loaded = load_cipher(tpm, cipher, key_bytes);
      if (cipher == AlgId::Sm4 && size != 16) {
        EXPECT_EQ(loaded.code, rc::Value.parameter(2));
        continue;
      }
      ASSERT_EQ(loaded.code, rc::Success);
      Handle key = loaded.reply.object_handle.value;
      for (AlgId mode : kCipherModes) {
        Bytes plain(1024, 0x33);
        auto encrypted = run(key, false, mode, iv_for(mode), plain);
        ASSERT_EQ(encrypted.code, rc::Success);
        auto decrypted = run(key, true, mode, iv_for(mode), encrypted.reply.out_data.view());
        EXPECT_EQ(hex(decrypted.reply.out_data.view()), hex(plain));
      }
      tpm.run<FlushContext>({}, {key});
    }
  }
}

// Part 3, table 64: ivOut is what the next buffer begins with.
TEST_F(Symmetric, IvOutContinuesTheText) {
  Handle key = cipher_handle(tpm, AlgId::Aes, kAesKey);
  Bytes text(1024);
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<uint8_t>(i * 7);
  for (AlgId mode : kCipherModes) {
    auto whole = run(key, false, mode, iv_for(mode, 0xFF), text);
    for (bool decrypt : {false, true}) {
      Bytes source = decrypt ? to_bytes(whole.reply.out_data.view()) : text;
      Bytes expected = decrypt ? text : to_bytes(whole.reply.out_data.view());
      wire::Iv iv = iv_for(mode, 0xFF);
      Bytes joined;
      for (size_t at = 0; at < source.size(); at += 256) {
        auto part = run(key, decrypt, mode, iv, ByteView(source).subspan(at, 256));
        append(joined, part.reply.out_data.view());
        iv = part.reply.iv_out;
      }
      EXPECT_EQ(hex(joined), hex(expected));
    }
  }
}

TEST_F(Symmetric, IvOutIsWhatTheModeSays) {
  Handle key = cipher_handle(tpm, AlgId::Aes, kAesKey);
  Bytes blocks(64, 0x77);
  auto counted = run(key, false, AlgId::Ctr, wire::Iv(Bytes(16)), blocks);
  EXPECT_EQ(hex(counted.reply.iv_out), "00000000000000000000000000000004");
  // The whole of it is one number that wraps around; a block begun counts.
  counted = run(key, false, AlgId::Ctr, wire::Iv(Bytes(16, 0xFF)), Bytes(17));
  EXPECT_EQ(hex(counted.reply.iv_out), "00000000000000000000000000000001");
  for (AlgId mode : {AlgId::Cbc, AlgId::Cfb}) {
    auto answer = run(key, false, mode, iv_for(mode), blocks);
    EXPECT_EQ(hex(answer.reply.iv_out), hex(answer.reply.out_data.view().last(16)));
    auto back = run(key, true, mode, iv_for(mode), answer.reply.out_data.view());
    EXPECT_EQ(back.reply.iv_out, answer.reply.iv_out);
  }
  auto feedback = run(key, false, AlgId::Ofb, iv_for(AlgId::Ofb), blocks);
  Bytes last = to_bytes(feedback.reply.out_data.view().last(16));
  for (uint8_t& byte : last) byte ^= 0x77;
  EXPECT_EQ(hex(feedback.reply.iv_out), hex(last));
  EXPECT_TRUE(run(key, false, AlgId::Ecb, {}, blocks).reply.iv_out.empty());
}

TEST_F(Symmetric, NoDataIsNoError) {
  Handle key = cipher_handle(tpm, AlgId::Aes, kAesKey);
  for (AlgId mode : kCipherModes) {
    auto answer = run(key, false, mode, iv_for(mode), {});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_TRUE(answer.reply.out_data.empty());
    EXPECT_EQ(answer.reply.iv_out, iv_for(mode));
  }
}

TEST_F(Symmetric, TheKeysModeIsTheOnlyOne) {
  Handle key = cipher_handle(tpm, AlgId::Aes, kAesKey, AlgId::Ofb);
  auto by_default = run(key, false, AlgId::Null, iv_for(AlgId::Ofb), Bytes(20));
  EXPECT_EQ(by_default.code, rc::Success);
  auto named = run(key, false, AlgId::Ofb, iv_for(AlgId::Ofb), Bytes(20));
  EXPECT_EQ(named.reply.out_data, by_default.reply.out_data);
  expect_codes(rc::Mode.parameter(2), rc::Mode.parameter(3),
               codes(key, false, AlgId::Cfb, iv_for(AlgId::Cfb), Bytes(16)));

  Handle free_choice = cipher_handle(tpm, AlgId::Aes, kAesKey);
  expect_codes(rc::Mode.parameter(2), rc::Mode.parameter(3),
               codes(free_choice, false, AlgId::Null, iv_for(AlgId::Cfb), Bytes(16)));
  for (AlgId no_mode : {AlgId::Cmac, AlgId::Aes})
    expect_codes(rc::Mode.parameter(2), rc::Mode.parameter(3),
                 codes(free_choice, false, no_mode, iv_for(AlgId::Cfb), Bytes(16)));

  Handle authenticating = cipher_handle(tpm, AlgId::Aes, kAesKey, AlgId::Cmac, kSignOnly);
  for (AlgId mode : {AlgId::Null, AlgId::Cfb})
    expect_codes(rc::Mode.handle(1),
                 codes(authenticating, false, mode, iv_for(AlgId::Cfb), Bytes(16)));
}

TEST_F(Symmetric, SizesFitTheMode) {
  Handle key = cipher_handle(tpm, AlgId::Aes, kAesKey);
  for (AlgId mode : kCipherModes) {
    for (size_t size : {0u, 1u, 15u, 16u}) {
      if (size == iv_for(mode).size()) continue;
      expect_codes(rc::Size.parameter(3), rc::Size.parameter(4),
                   codes(key, false, mode, wire::Iv(Bytes(size)), Bytes(16)));
    }
    for (size_t size : {1u, 15u, 17u, 1023u}) {
      if (takes_whole_blocks(mode))
        expect_codes(rc::Size.parameter(4), rc::Size.parameter(1),
                     codes(key, true, mode, iv_for(mode), Bytes(size)));
      else
        expect_codes(rc::Success, codes(key, true, mode, iv_for(mode), Bytes(size)));
    }
  }
}

// What does not even unmarshal.
TEST_F(Symmetric, RefusesLargerBuffers) {
  Handle key = cipher_handle(tpm, AlgId::Aes, kAesKey);
  Bytes session = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
  auto code = [&](const Bytes& parameters) {
    Bytes command =
        TestTpm::assemble(wire::CommandCode::EncryptDecrypt2, {key}, session, parameters);
    return TestTpm::parse<EncryptDecrypt2>(tpm.execute(command).view()).code;
  };
  Bytes large = {0x04, 0x01};
  large.resize(2 + 1025 + 1 + 2 + 2 + 16);
  EXPECT_EQ(code(large), rc::Size.parameter(1));
  Bytes long_iv = {0, 0, 0, 0x00, 0x43, 0, 17};
  long_iv.resize(7 + 17);
  EXPECT_EQ(code(long_iv), rc::Size.parameter(4));
  EXPECT_EQ(code({0, 0, 2, 0x00, 0x43, 0, 0}), rc::Value.parameter(2));
}

TEST_F(Symmetric, NeedsTheAttributeOfTheDirection) {
  Handle encrypting = cipher_handle(tpm, AlgId::Aes, kAesKey, AlgId::Cfb, kSignOnly);
  Handle decrypting = cipher_handle(tpm, AlgId::Aes, kAesKey, AlgId::Cfb, kDecryptOnly);
  wire::Iv iv = iv_for(AlgId::Cfb);
  expect_codes(rc::Success, codes(encrypting, false, AlgId::Null, iv, Bytes(3)));
  expect_codes(rc::Success, codes(decrypting, true, AlgId::Null, iv, Bytes(3)));
  expect_codes(rc::Attributes.handle(1), codes(encrypting, true, AlgId::Null, iv, Bytes(3)));
  expect_codes(rc::Attributes.handle(1), codes(decrypting, false, AlgId::Null, iv, Bytes(3)));
}

TEST_F(Symmetric, RefusesOtherKeys) {
  wire::Iv iv = iv_for(AlgId::Cfb);
  Made hmac = create_primary(tpm, rh::Owner, hmac_key());
  expect_codes(rc::Key.handle(1), codes(hmac.handle, false, AlgId::Cfb, iv, Bytes(3)));
  Made storage =
      create_primary(tpm, rh::Owner, unguarded(templates::cipher(templates::kStorageKey)));
  expect_codes(rc::Attributes.handle(1), codes(storage.handle, true, AlgId::Cfb, iv, Bytes(3)));
  expect_codes(rc::Value.handle(1), codes(rh::Owner, true, AlgId::Cfb, iv, Bytes(3)));

  wire::Public pub = templates::cipher(kBothUses);
  pub.unique = wire::Digest(Bytes(32, 1));
  Handle only_public = tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = rh::Null})
                           .reply.object_handle.value;
  expect_codes(rc::AuthUnavailable, codes(only_public, false, AlgId::Cfb, iv, Bytes(3)));
}

TEST_F(Symmetric, NeedsAuthorization) {
  Made key = create_primary(tpm, rh::Owner, unguarded(templates::cipher(templates::kSigningKey)),
                            {1, 2, 3});
  EncryptDecrypt2::Params params{
      .in_data = data_of(Bytes(5)), .mode = AlgId::Cfb, .iv_in = iv_for(AlgId::Cfb)};
  EXPECT_EQ(tpm.run<EncryptDecrypt2>({key.handle}, params).code, rc::BadAuth.session(1));
  EXPECT_EQ(tpm.run<EncryptDecrypt2>({key.handle}, params, {{1, 2, 3}}).code, rc::Success);
}

// The clear text is the first parameter of the one command and of its response, so that sessions
// can hide it.
TEST_F(Symmetric, ParametersMayBeEncrypted) {
  Handle key = cipher_handle(tpm, AlgId::Camellia, Bytes(32, 3));
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128)});
  EncryptDecrypt2::Params params{
      .in_data = data_of(Bytes(40, 9)), .mode = AlgId::Ctr, .iv_in = iv_for(AlgId::Ctr)};
  auto hidden = run_with<EncryptDecrypt2>(
      tpm, {key}, params, {{.session = &session, .attributes = kContinue | kDecrypt | kEncrypt}});
  ASSERT_EQ(hidden.code, rc::Success);
  EXPECT_EQ(hidden.reply.out_data, tpm.run<EncryptDecrypt2>({key}, params).reply.out_data);
}

}  // namespace
}  // namespace vtpm::engine
