// SPDX-License-Identifier: Apache-2.0
// What the algorithm profile promises, wherever an algorithm can be named: each hash algorithm in
// Names, policies, schemes, sequences and tickets, each cipher for storage and for parameters.
#include "engine/algorithms.h"

#include "engine/commands/capability.h"
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/signing.h"
#include "engine/pcr.h"
#include "tests/engine/cipher_keys.h"
#include "tests/engine/client_session.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

// Storage keys whose nameAlg and cipher are these, and data under them.
wire::Public storage(AlgId hash, const wire::SymmetricObjectDefinition& cipher) {
  wire::Public pub = ecc_storage();
  pub.name_hash = hash;
  pub.parameters.get<wire::EccParameters>()->symmetric = cipher;
  return pub;
}

class EachHash : public ::testing::TestWithParam<AlgId> {
 protected:
  TestTpm tpm;
};
INSTANTIATE_TEST_SUITE_P(Hashes, EachHash, ::testing::ValuesIn(kHashes));

TEST_P(EachHash, NamesObjectsAndProtectsThem) {
  Made parent = create_primary(tpm, rh::Owner,
                               storage(GetParam(), cipher_definition(AlgId::Aes, 128, AlgId::Cfb)));
  EXPECT_EQ(parent.name.size(), 2 + digest_size(GetParam()));
  wire::Public data = sealed_data();
  data.name_hash = GetParam();
  Made child = create_child(tpm, parent, data, {}, {1, 2, 3});
  auto unsealed = tpm.run<Unseal>({child.handle}, {});
  ASSERT_EQ(unsealed.code, rc::Success);
  EXPECT_EQ(hex(unsealed.reply.out_data.view()), "010203");
}

TEST_P(EachHash, AuthorizesByHmacAndPolicy) {
  wire::Public data = sealed_data({ObjectBit::NoDa});
  data.name_hash = GetParam();
  ClientSession trial = start_session(
      tpm, {.type = wire::SessionType::Trial, .hash = GetParam(), .symmetric = aes_cfb(128)});
  tpm.run<PolicyCommandCode>({trial.handle}, {wire::CommandCode::Unseal});
  data.auth_policy = tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest;
  EXPECT_EQ(data.auth_policy.size(), digest_size(GetParam()));
  Made sealed = create_primary(tpm, rh::Owner, data, {9}, {4, 5});
  ClientSession policy = start_session(
      tpm, {.type = wire::SessionType::Policy, .hash = GetParam(), .symmetric = aes_cfb(128)});
  tpm.run<PolicyCommandCode>({policy.handle}, {wire::CommandCode::Unseal});
  auto unsealed =
      run_with<Unseal>(tpm, {sealed.handle}, {},
                       {{.session = &policy, .auth = {9}, .attributes = kContinue | kEncrypt}});
  ASSERT_EQ(unsealed.code, rc::Success);
  EXPECT_EQ(hex(unsealed.reply.out_data.view()), "0405");
}

TEST_P(EachHash, RunsInSequencesThatAreSaved) {
  Bytes message(700);
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<uint8_t>(i);
  auto started = tpm.run<HashSequenceStart>({}, {wire::Auth(), GetParam()});
  Handle sequence = started.reply.sequence.value;
  ByteView rest = message;
  for (size_t piece : {5u, 130u, 72u, 136u, 257u}) {
    tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(rest.first(piece))});
    rest = rest.subspan(piece);
    auto saved = tpm.run<ContextSave>({sequence}, {});
    ASSERT_EQ(saved.code, rc::Success);
    tpm.run<FlushContext>({}, {sequence});
    auto loaded = tpm.run<ContextLoad>({}, {saved.reply.context});
    ASSERT_EQ(loaded.code, rc::Success);
    sequence = loaded.reply.loaded_handle.value;
  }
  auto completed = tpm.run<SequenceComplete>({sequence}, {wire::MaxBuffer(rest), rh::Owner});
  ASSERT_EQ(completed.code, rc::Success);
  auto once = tpm.run<Hash>({}, {wire::MaxBuffer(message), GetParam(), rh::Owner});
  EXPECT_EQ(completed.reply.result, once.reply.out_hash);
  EXPECT_EQ(completed.reply.validation.digest, once.reply.validation.digest);
}

TEST_P(EachHash, GivesTheKnownDigest) {
  const std::map<AlgId, std::string> known = {
      {AlgId::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {AlgId::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {AlgId::Sha384,
       "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134"
       "c825a7"},
      {AlgId::Sha512,
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
       "feebbd454d4423643ce80e2a9ac94fa54ca49f"},
      {AlgId::Sm3_256, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
      {AlgId::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
      {AlgId::Sha3_384,
       "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228"
       "376d25"},
      {AlgId::Sha3_512,
       "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647"
       "e3934057340b4cf408d5a56592f8274eec53f0"}};
  auto answer = tpm.run<Hash>({}, {wire::MaxBuffer(text_bytes("abc")), GetParam(), rh::Null});
  EXPECT_EQ(hex(answer.reply.out_hash), known.at(GetParam()));
}

struct NamedCipher {
  AlgId algorithm;
  uint16_t bits;
};

TEST(EachCipher, ProtectsChildrenAndParameters) {
  TestTpm tpm;
  for (NamedCipher each :
       {NamedCipher{AlgId::Aes, 128}, NamedCipher{AlgId::Aes, 192}, NamedCipher{AlgId::Aes, 256},
        NamedCipher{AlgId::Camellia, 128}, NamedCipher{AlgId::Camellia, 192},
        NamedCipher{AlgId::Camellia, 256}, NamedCipher{AlgId::Sm4, 128}}) {
    if (!is_implemented(each.algorithm)) continue;
    auto definition = cipher_definition(each.algorithm, each.bits, AlgId::Cfb);
    Made parent = create_primary(tpm, rh::Owner, storage(AlgId::Sha256, definition));
    Made child = create_child(tpm, parent, sealed_data(), {}, {7, 8});
    wire::SymmetricDefinition parameters{.algorithm = {each.algorithm}};
    if (const auto* aes = definition.details.get<wire::AesDefinition>()) parameters.details = *aes;
    if (const auto* sm4 = definition.details.get<wire::Sm4Definition>()) parameters.details = *sm4;
    if (const auto* camellia = definition.details.get<wire::CamelliaDefinition>())
      parameters.details = *camellia;
    ClientSession session = start_session(tpm, {.symmetric = parameters});
    auto unsealed =
        run_with<Unseal>(tpm, {child.handle}, {}, {{.session = &session, .attributes = kEncrypt}});
    ASSERT_EQ(unsealed.code, rc::Success);
    EXPECT_EQ(hex(unsealed.reply.out_data.view()), "0708");
    for (Handle handle : {parent.handle, child.handle}) tpm.run<FlushContext>({}, {handle});
  }
}

TEST(EachCipher, IsAParentsInNoOtherModeThanCfb) {
  TestTpm tpm;
  for (AlgId mode : {AlgId::Cbc, AlgId::Ctr, AlgId::Cmac}) {
    auto answer = tpm.run<CreatePrimary>(
        {rh::Owner},
        {.in_public = storage(AlgId::Sha256, cipher_definition(AlgId::Camellia, 128, mode))});
    EXPECT_EQ(answer.code, rc::Symmetric.parameter(2));
  }
}

TEST(EachCipher, IsAParentsWithoutAModeToo) {
  TestTpm tpm;
  auto definition = cipher_definition(AlgId::Aes, 128, AlgId::Null);
  Made parent = create_primary(tpm, rh::Owner, storage(AlgId::Sha256, definition));
  Made child = create_child(tpm, parent, storage(AlgId::Sha256, definition));
  Made item = create_child(tpm, child, sealed_data(), {}, {7, 8});
  EXPECT_EQ(hex(tpm.run<Unseal>({item.handle}, {}).reply.out_data.view()), "0708");
  // What a child that may not be duplicated takes from its parent is the same in every field.
  auto other = tpm.run<Create>(
      {parent.handle},
      {.in_public = storage(AlgId::Sha256, cipher_definition(AlgId::Aes, 128, AlgId::Cfb))});
  EXPECT_EQ(other.code, rc::Symmetric.parameter(2));
}

Rc test_cipher(TestTpm& tpm, AlgId cipher, uint16_t bits, AlgId mode = AlgId::Null) {
  PublicParms parms{
      .type = AlgId::SymCipher,
      .parameters = wire::SymmetricCipherParameters{cipher_definition(cipher, bits, mode)}};
  return tpm.run<TestParms>({}, {parms}).code;
}

TEST(TestParms, KnowsTheCiphersAndTheirKeySizes) {
  TestTpm tpm;
  for (uint16_t bits : {uint16_t{128}, uint16_t{192}, uint16_t{256}}) {
    EXPECT_EQ(test_cipher(tpm, AlgId::Aes, bits), rc::Success);
    EXPECT_EQ(test_cipher(tpm, AlgId::Camellia, bits),
              is_implemented(AlgId::Camellia) ? rc::Success : rc::Symmetric.parameter(1));
    Rc sm4 = bits == 128 ? rc::Success : rc::Value.parameter(1);
    EXPECT_EQ(test_cipher(tpm, AlgId::Sm4, bits),
              is_implemented(AlgId::Sm4) ? sm4 : rc::Symmetric.parameter(1));
  }
  EXPECT_EQ(test_cipher(tpm, AlgId::Aes, 512), rc::Value.parameter(1));
  EXPECT_EQ(test_cipher(tpm, AlgId::Aes, 128, AlgId::Cmac), rc::Success);
  EXPECT_EQ(test_cipher(tpm, AlgId::Aes, 128, AlgId::Hmac), rc::Mode.parameter(1));
  PublicParms none{.type = AlgId::SymCipher, .parameters = wire::SymmetricCipherParameters{}};
  EXPECT_EQ(tpm.run<TestParms>({}, {none}).code, rc::Symmetric.parameter(1));
}

wire::DigestValues values_of(AlgId hash) {
  return {{{.algorithm = hash, .digest = wire::Digest(crypto::Digest(digest_size(hash)))}}};
}

// Their banks exist, and are empty (Part 1, 8.6.2).
TEST(HashesWithoutPcr, AreNoErrorWherePcrAreNamed) {
  TestTpm tpm;
  PcrBanks before = *tpm.state.pcrs;
  for (AlgId hash : kHashes) {
    if (is_pcr_bank(hash)) continue;
    EXPECT_EQ(tpm.run<PcrExtend>({3}, {values_of(hash)}).code, rc::Success);
    wire::PcrSelections selection{{{.hash = hash, .mask = 0xFFFFFF}}};
    auto read = tpm.run<PcrRead>({}, {selection});
    ASSERT_EQ(read.code, rc::Success);
    EXPECT_EQ(read.reply.selection.items.at(0).mask, 0u);
    EXPECT_TRUE(read.reply.values.items.empty());
    EXPECT_EQ(hex(pcr_digest(before, selection, AlgId::Sha256)),
              hex(crypto::hash(crypto::HashAlg::Sha256, ByteView())));
  }
  EXPECT_EQ(before.values, tpm.state.pcrs->values);
  EXPECT_EQ(before.update_counter, tpm.state.pcrs->update_counter);
}

TEST(HashesWithoutPcr, CannotBeAllocatedAny) {
  TestTpm tpm;
  PcrAllocation before = *tpm.state.pcr_allocation;
  for (AlgId hash : kHashes) {
    if (is_pcr_bank(hash)) continue;
    auto code = [&](uint32_t mask) {
      return tpm.run<PcrAllocate>({rh::Platform}, {{{{.hash = hash, .mask = mask}}}}).code;
    };
    EXPECT_EQ(code(1), rc::NoResult);
    EXPECT_EQ(tpm.state.lifecycle->restart_needed, false);
    EXPECT_EQ(before.masks, tpm.state.pcr_allocation->masks);
  }
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {{{{.hash = AlgId::Sha3_256, .mask = 0}}}}).code,
            rc::Success);
  EXPECT_EQ(before.masks, tpm.state.pcr_allocation->masks);
}

}  // namespace
}  // namespace vtpm::engine
