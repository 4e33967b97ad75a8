// SPDX-License-Identifier: Apache-2.0
// MACs by block ciphers; those by hashes are in hash_test.cc.
#include "engine/commands/mac.h"

#include <random>

#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "tests/engine/cipher_keys.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using tests::Record;
using wire::Handle;
namespace rh = wire::rh;

const Bytes kKey(16, 0x42);

class Macs : public ::testing::Test {
 protected:
  Answer<Mac> mac(Handle key, ByteView data, AlgId scheme = AlgId::Null) {
    return tpm.run<Mac>({key}, {wire::MaxBuffer(data), scheme});
  }
  // The code that both TPM2_MAC and TPM2_MAC_Start give.
  Rc code(Handle key, AlgId scheme) {
    Rc code = mac(key, Bytes(3), scheme).code;
    auto started = tpm.run<MacStart>({key}, {wire::Auth(), scheme});
    EXPECT_EQ(started.code, code);
    if (started.code == rc::Success) tpm.run<FlushContext>({}, {started.reply.sequence.value});
    return code;
  }
  // Saves the sequence, forgets it, loads it again; its handle then.
  Handle carry(Handle sequence) {
    auto saved = tpm.run<ContextSave>({sequence}, {});
    EXPECT_EQ(saved.code, rc::Success);
    EXPECT_EQ(tpm.run<FlushContext>({}, {sequence}).code, rc::Success);
    auto loaded = tpm.run<ContextLoad>({}, {saved.reply.context});
    EXPECT_EQ(loaded.code, rc::Success);
    return loaded.reply.loaded_handle.value;
  }

  TestTpm tpm;
};

TEST_F(Macs, GiveKnownValues) {
  for (const Record& r : tests::read_vectors("../crypto/cmac.txt")) {
    auto cipher = static_cast<AlgId>(r.id("cipher"));
    if (!is_implemented(cipher)) continue;
    for (AlgId mode : {AlgId::Null, AlgId::Cmac}) {
      Handle key = cipher_handle(tpm, cipher, r.bytes("key"), mode, kSignOnly);
      auto answer = mac(key, r.bytes("message"), AlgId::Cmac);
      ASSERT_EQ(answer.code, rc::Success);
      EXPECT_EQ(hex(answer.reply.out_mac), r.text("mac"));
      tpm.run<FlushContext>({}, {key});
    }
  }
}

TEST_F(Macs, ASequenceInAnyPiecesEqualsOneShot) {
  std::mt19937 random(4);
  Handle key = cipher_handle(tpm, AlgId::Aes, kKey, AlgId::Cmac, kSignOnly);
  for (int round = 0; round < 20; ++round) {
    Bytes message(random() % 300);
    for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
    auto started = tpm.run<MacStart>({key}, {wire::Auth(), AlgId::Null});
    ASSERT_EQ(started.code, rc::Success);
    Handle sequence = started.reply.sequence.value;
    ByteView rest = message;
    for (int piece = 0; piece < 4; ++piece) {
      size_t size = std::min<size_t>(random() % 100, rest.size());
      EXPECT_EQ(tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(rest.first(size))}).code,
                rc::Success);
      rest = rest.subspan(size);
      if (random() % 2) sequence = carry(sequence);
    }
    auto completed = tpm.run<SequenceComplete>({sequence}, {wire::MaxBuffer(rest), rh::Owner});
    ASSERT_EQ(completed.code, rc::Success);
    EXPECT_EQ(completed.reply.result, mac(key, message).reply.out_mac);
    EXPECT_EQ(completed.reply.validation.hierarchy, rh::Null);
  }
}

// A sequence has a state of its own, the key included.
TEST_F(Macs, ASequenceOutlivesItsKey) {
  Handle key = cipher_handle(tpm, AlgId::Camellia, kKey, AlgId::Cmac, kSignOnly);
  wire::Digest expected = mac(key, Bytes(100, 1)).reply.out_mac;
  Bytes auth = {5};
  auto started = tpm.run<MacStart>({key}, {wire::Auth(ByteView(auth)), AlgId::Cmac});
  tpm.run<FlushContext>({}, {key});
  Handle sequence = started.reply.sequence.value;
  EXPECT_EQ(tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(Bytes(90, 1))}).code,
            rc::BadAuth.session(1));
  EXPECT_EQ(tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(Bytes(90, 1))}, {auth}).code,
            rc::Success);
  auto loaded = load(save_all(tpm.state, tpm.clock), tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  tpm.state = *loaded;
  auto completed =
      tpm.run<SequenceComplete>({sequence}, {wire::MaxBuffer(Bytes(10, 1)), rh::Owner}, {auth});
  EXPECT_EQ(completed.reply.result, expected);
}

// Part 3, table 82.
TEST_F(Macs, TheKeysSchemeOrModeDecides) {
  Handle fixed = cipher_handle(tpm, AlgId::Aes, kKey, AlgId::Cmac, kSignOnly);
  EXPECT_EQ(code(fixed, AlgId::Null), rc::Success);
  EXPECT_EQ(code(fixed, AlgId::Cmac), rc::Success);
  EXPECT_EQ(code(fixed, AlgId::Sha256), rc::Value.parameter(2));
  EXPECT_EQ(code(fixed, AlgId::Cfb), rc::Symmetric.parameter(2));

  Handle free_choice = cipher_handle(tpm, AlgId::Aes, kKey);
  EXPECT_EQ(code(free_choice, AlgId::Cmac), rc::Success);
  EXPECT_EQ(code(free_choice, AlgId::Null), rc::Value.parameter(2));
  EXPECT_EQ(code(free_choice, AlgId::Sha256), rc::Value.parameter(2));

  Handle encrypting = cipher_handle(tpm, AlgId::Aes, kKey, AlgId::Cfb, kSignOnly);
  EXPECT_EQ(code(encrypting, AlgId::Null), rc::Value.parameter(2));
  EXPECT_EQ(code(encrypting, AlgId::Cmac), rc::Value.parameter(2));

  wire::Public unfixed = templates::keyed_hash(kSignOnly);
  unfixed.parameters = wire::KeyedHashParameters{};
  Handle keyed_hash = load_symmetric(tpm, unfixed, kKey).reply.object_handle.value;
  for (AlgId hash : kHashes) EXPECT_EQ(code(keyed_hash, hash), rc::Success);
  EXPECT_EQ(code(keyed_hash, AlgId::Cmac), rc::Value.parameter(2));
  EXPECT_EQ(code(keyed_hash, AlgId::Null), rc::Value.parameter(2));
}

TEST_F(Macs, RefuseOtherKeys) {
  Made ecc = create_primary(tpm, rh::Owner, ecdsa_key());
  EXPECT_EQ(code(ecc.handle, AlgId::Sha256), rc::Type.handle(1));
  wire::Public restricted_pub = unguarded(templates::cipher(templates::kStorageKey));
  Made restricted = create_primary(tpm, rh::Owner, restricted_pub);
  EXPECT_EQ(code(restricted.handle, AlgId::Null), rc::Attributes.handle(1));
  Handle decrypting = cipher_handle(tpm, AlgId::Aes, kKey, AlgId::Null, kDecryptOnly);
  EXPECT_EQ(code(decrypting, AlgId::Cmac), rc::Key.handle(1));
}

// A mode for authentication has nothing to decrypt, and protects no children.
TEST_F(Macs, TheModeIsForSigningKeys) {
  EXPECT_EQ(load_cipher(tpm, AlgId::Aes, kKey, AlgId::Cmac, kBothUses).code,
            rc::Scheme.parameter(2));
  EXPECT_EQ(load_cipher(tpm, AlgId::Aes, kKey, AlgId::Cmac, kDecryptOnly).code,
            rc::Scheme.parameter(2));
  wire::Public parent = templates::storage_ecc();
  parent.parameters.get<wire::EccParameters>()->symmetric =
      cipher_definition(AlgId::Aes, 128, AlgId::Cmac);
  EXPECT_EQ(tpm.run<CreatePrimary>({rh::Owner}, {.in_public = parent}).code,
            rc::Symmetric.parameter(2));
  wire::Public key = templates::cipher(templates::kSigningKey, 256, AlgId::Cmac);
  Made made = create_primary(tpm, rh::Owner, unguarded(key));
  EXPECT_EQ(code(made.handle, AlgId::Null), rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
