// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/pcr.h"

#include "engine/commands/startup.h"
#include "engine/pcr.h"
#include "tests/engine/hex.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using testing::hex;
using testing::TestTpm;
using wire::Handle;
namespace rh = wire::rh;

wire::DigestValues zeros(std::initializer_list<AlgId> hashes) {
  wire::DigestValues digests;
  for (AlgId hash : hashes)
    digests.items.push_back(
        {.algorithm = hash, .digest = wire::Digest(crypto::Digest(digest_size(hash)))});
  return digests;
}

std::string value(const TestTpm& tpm, AlgId hash, unsigned pcr) {
  return hex(pcr_value(*tpm.state.pcrs, hash, pcr));
}

// The response code to PCR_Extend with these bytes as parameters.
Rc extend_raw(TestTpm& tpm, ByteView parameters) {
  Bytes session = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
  return TestTpm::parse<PcrExtend>(
             tpm.execute(TestTpm::assemble(wire::CommandCode::PcrExtend, {10}, session, parameters))
                 .view())
      .code;
}

TEST(PcrExtend, GivesKnownValues) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<PcrExtend>({10}, {zeros({AlgId::Sha256, AlgId::Sha384, AlgId::Sha512})}).code,
            rc::Success);
  EXPECT_EQ(value(tpm, AlgId::Sha256, 10),
            "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
  EXPECT_EQ(value(tpm, AlgId::Sha384, 10),
            "f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0e"
            "b6eb8503db0ffd6a39ddd00cd07d8317");
  EXPECT_EQ(value(tpm, AlgId::Sha512, 10),
            "ab942f526272e456ed68a979f50202905ca903a141ed98443567b11ef0bf25a5"
            "52d639051a01be58558122c58e3de07d749ee59ded36acf0c55cd91924d6ba11");
}

TEST(PcrExtend, LeavesOtherBanksAndPcrsAlone) {
  TestTpm tpm;
  PcrBanks before = *tpm.state.pcrs;
  EXPECT_EQ(tpm.run<PcrExtend>({3}, {zeros({AlgId::Sha256})}).code, rc::Success);
  before.values[bank_index(AlgId::Sha256)][3] =
      tpm.state.pcrs->values[bank_index(AlgId::Sha256)][3];
  EXPECT_EQ(before.values, tpm.state.pcrs->values);
  // SHA-1 has no bank, which is no error.
  EXPECT_EQ(tpm.run<PcrExtend>({3}, {zeros({AlgId::Sha1})}).code, rc::Success);
  EXPECT_EQ(before.values, tpm.state.pcrs->values);
  EXPECT_EQ(tpm.state.pcrs->update_counter, before.update_counter + 1);
}

TEST(PcrExtend, ChecksButDoesNothingForTheNullHandle) {
  TestTpm tpm;
  PcrBanks before = *tpm.state.pcrs;
  EXPECT_EQ(tpm.run<PcrExtend>({rh::Null}, {zeros({AlgId::Sha256})}).code, rc::Success);
  EXPECT_EQ(before.values, tpm.state.pcrs->values);
  EXPECT_EQ(before.update_counter, tpm.state.pcrs->update_counter);
}

TEST(PcrExtend, RefusesMalformedParameters) {
  TestTpm tpm;
  Bytes no_hash = {0, 0, 0, 1, 0x00, 0x05};  // TPM_ALG_HMAC
  no_hash.resize(no_hash.size() + 32);
  EXPECT_EQ(extend_raw(tpm, no_hash), rc::Hash.parameter(1));
  Bytes too_many = {0, 0, 0, static_cast<uint8_t>(kHashes.size() + 1)};
  EXPECT_EQ(extend_raw(tpm, too_many), rc::Size.parameter(1));
  Bytes shortened = {0, 0, 0, 1, 0x00, 0x0B, 1, 2, 3};
  EXPECT_EQ(extend_raw(tpm, shortened), rc::Insufficient.parameter(1));
  Bytes left_over = {0, 0, 0, 0, 0xFF};
  EXPECT_EQ(extend_raw(tpm, left_over), rc::Size);
  Bytes empty_list = {0, 0, 0, 0};
  EXPECT_EQ(extend_raw(tpm, empty_list), rc::Success);
}

TEST(PcrExtend, RefusesOtherHandlesAndMissingAuthorization) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<PcrExtend>({24}, {}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<PcrExtend>({rh::Owner}, {}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<PcrExtend>({10}, {}, {Bytes{1}}).code, rc::BadAuth.session(1));
  Bytes command = TestTpm::assemble(wire::CommandCode::PcrExtend, {10}, {}, Bytes{0, 0, 0, 0});
  EXPECT_EQ(TestTpm::parse<PcrExtend>(tpm.execute(command).view()).code, rc::AuthMissing);
}

// PC Client Platform TPM Profile, PCR attributes: which localities may extend, as bits.
constexpr uint8_t extend_localities(unsigned pcr) {
  switch (pcr) {
    case 17:
    case 18:
      return 0x1C;
    case 19:
      return 0x0C;
    case 20:
      return 0x0E;
    case 21:
    case 22:
      return 0x04;
    default:
      return 0x1F;
  }
}

TEST(PcrExtend, ObeysTheLocality) {
  TestTpm tpm;
  for (unsigned pcr = 0; pcr < wire::kPcrCount; ++pcr)
    for (uint8_t locality : std::initializer_list<uint8_t>{0, 1, 2, 3, 4, 32, 255}) {
      tpm.locality = locality;
      bool allowed = locality < 5 && (extend_localities(pcr) >> locality & 1) != 0;
      Rc expected = allowed ? rc::Success : rc::Locality;
      EXPECT_EQ(tpm.run<PcrExtend>({pcr}, {zeros({AlgId::Sha256})}).code, expected);
      EXPECT_EQ(tpm.run<PcrEvent>({pcr}, {}).code, expected);
      EXPECT_EQ(tpm.run<PcrExtend>({rh::Null}, {}).code, rc::Success);
    }
}

TEST(PcrEvent, HashesForEachBankAndExtends) {
  TestTpm tpm;
  auto answer = tpm.run<PcrEvent>({8}, {wire::Event(text_bytes("measured"))});
  ASSERT_EQ(answer.code, rc::Success);
  ASSERT_EQ(answer.reply.digests.items.size(), 3u);
  EXPECT_EQ(answer.reply.digests.items[0].algorithm, AlgId::Sha256);
  EXPECT_EQ(hex(answer.reply.digests.items[0].digest),
            "6a5cc68c4c3410fedb035486291349f57104fe7592f91c6ba052f983000244f6");
  EXPECT_EQ(value(tpm, AlgId::Sha256, 8),
            "5c568aed04de9ad56d19382e8873b622b0504722ed421065adfaca2b98943f4b");
  EXPECT_EQ(value(tpm, AlgId::Sha384, 8),
            "df83904fb4d44181dbaad7a3acd7d068a3b558480d90b3932a2a9e631f49065d"
            "997b41bf73251bdc71ce53c0f95dd72e");
}

TEST(PcrEvent, GivesADigestForEveryBankWithTheNullHandle) {
  TestTpm tpm;
  PcrBanks before = *tpm.state.pcrs;
  auto answer = tpm.run<PcrEvent>({rh::Null}, {});
  EXPECT_EQ(answer.reply.digests.items.size(), kPcrBanks.size());
  EXPECT_EQ(before.values, tpm.state.pcrs->values);
}

TEST(PcrEvent, TakesUpTo1024Octets) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<PcrEvent>({8}, {wire::Event(ByteView(Bytes(1024)))}).code, rc::Success);
  Bytes params(2 + 1025);
  store_be<uint16_t>(params, 1025);
  Bytes session = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
  Bytes command = TestTpm::assemble(wire::CommandCode::PcrEvent, {8}, session, params);
  EXPECT_EQ(TestTpm::parse<PcrEvent>(tpm.execute(command).view()).code, rc::Size.parameter(1));
}

TEST(PcrRead, GivesAtMostEightValuesInOrder) {
  TestTpm tpm;
  tpm.run<PcrExtend>({5}, {zeros({AlgId::Sha256})});
  wire::PcrSelections all;
  all.items = {{.hash = AlgId::Sha256, .mask = 0xFFFFFF}, {.hash = AlgId::Sha512, .mask = 0x3}};
  // As a caller that wants everything goes on: what has come is taken off the selection.
  std::vector<std::string> values;
  for (int round = 0; round < 4; ++round) {
    auto answer = tpm.run<PcrRead>({}, {all});
    ASSERT_EQ(answer.code, rc::Success);
    ASSERT_EQ(answer.reply.selection.items.size(), 2u);
    size_t expected = 0;
    for (size_t i = 0; i < 2; ++i) {
      uint32_t got = answer.reply.selection.items[i].mask;
      EXPECT_EQ(got & ~all.items[i].mask, 0u);
      all.items[i].mask &= ~got;
      expected += static_cast<size_t>(std::popcount(got));
    }
    EXPECT_EQ(answer.reply.values.items.size(), expected);
    EXPECT_LE(expected, 8u);
    for (const auto& digest : answer.reply.values.items) values.push_back(hex(digest));
  }
  ASSERT_EQ(values.size(), 26u);
  for (unsigned pcr = 0; pcr < 24; ++pcr) EXPECT_EQ(values[pcr], value(tpm, AlgId::Sha256, pcr));
  EXPECT_EQ(values[25], value(tpm, AlgId::Sha512, 1));
}

TEST(PcrRead, KeepsTheSelectorOfABankWithoutPcrs) {
  TestTpm tpm;
  wire::PcrSelections sha1;
  sha1.items = {{.hash = AlgId::Sha1, .mask = 0xFF}};
  auto answer = tpm.run<PcrRead>({}, {sha1});
  EXPECT_EQ(answer.code, rc::Success);
  ASSERT_EQ(answer.reply.selection.items.size(), 1u);
  EXPECT_EQ(answer.reply.selection.items[0].mask, 0u);
  EXPECT_TRUE(answer.reply.values.items.empty());
}

TEST(PcrRead, RefusesASelectionOfAnotherSize) {
  TestTpm tpm;
  Bytes params = {0, 0, 0, 1, 0x00, 0x0B, 4, 0xFF, 0xFF, 0xFF, 0xFF};
  Bytes command = TestTpm::assemble(wire::CommandCode::PcrRead, {}, {}, params);
  EXPECT_EQ(TestTpm::parse<PcrRead>(tpm.execute(command).view()).code, rc::Value.parameter(1));
}

TEST(PcrRead, ReportsTheUpdateCounter) {
  TestTpm tpm;
  uint32_t start = tpm.run<PcrRead>({}, {}).reply.update_counter;
  tpm.run<PcrExtend>({0}, {zeros({AlgId::Sha256, AlgId::Sha384})});
  EXPECT_EQ(tpm.run<PcrRead>({}, {}).reply.update_counter, start + 2);
  tpm.run<PcrExtend>({23}, {zeros({AlgId::Sha256})});
  tpm.run<PcrReset>({23}, {});
  EXPECT_EQ(tpm.run<PcrRead>({}, {}).reply.update_counter, start + 2);
}

TEST(PcrRead, UpdateCounterGoesOnWhileSavedSessionsLive) {
  TestTpm tpm;
  tpm.run<PcrExtend>({0}, {zeros({AlgId::Sha256})});
  uint32_t before = tpm.run<PcrRead>({}, {}).reply.update_counter;
  for (wire::StartupType type : {wire::StartupType::State, wire::StartupType::Clear}) {
    tpm.run<Shutdown>({}, {wire::StartupType::State});
    tpm.power_cycle();
    tpm.run<Startup>({}, {type});
    EXPECT_EQ(tpm.run<PcrRead>({}, {}).reply.update_counter, ++before);
  }
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(tpm.run<PcrRead>({}, {}).reply.update_counter, 0u);
}

TEST(PcrAllocate, TakesEffectAtTheNextInit) {
  TestTpm tpm;
  wire::PcrSelections sha1_instead;
  sha1_instead.items = {{.hash = AlgId::Sha1, .mask = 0xFFFFFF},
                        {.hash = AlgId::Sha256, .mask = 0},
                        {.hash = AlgId::Sha384, .mask = 0},
                        {.hash = AlgId::Sha512, .mask = 0}};
  auto answer = tpm.run<PcrAllocate>({rh::Platform}, {sha1_instead});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(*answer.reply.success, 1);
  EXPECT_EQ(answer.reply.maximum_pcr, 24u);
  EXPECT_EQ(answer.reply.size_needed, 24u * 20);
  EXPECT_EQ(answer.reply.size_available, 24u * (20 + 32 + 48 + 64));
  EXPECT_FALSE(is_allocated(*tpm.state.pcrs, AlgId::Sha1, 0));
  EXPECT_TRUE(is_allocated(*tpm.state.pcrs, AlgId::Sha256, 0));

  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Type.parameter(1));
  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::Clear}).code, rc::Success);
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_TRUE(is_allocated(*tpm.state.pcrs, AlgId::Sha1, 0));
  EXPECT_FALSE(is_allocated(*tpm.state.pcrs, AlgId::Sha256, 0));
  tpm.run<PcrExtend>({0}, {zeros({AlgId::Sha1})});
  EXPECT_EQ(value(tpm, AlgId::Sha1, 0), "b80de5d138758541c5f05265ad144ab9fa86d1db");
  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
}

TEST(PcrAllocate, TakesTheLastOfTwoSelectionsOfABank) {
  TestTpm tpm;
  wire::PcrSelections twice;
  twice.items = {{.hash = AlgId::Sha512, .mask = 0}, {.hash = AlgId::Sha512, .mask = 0x20001}};
  auto answer = tpm.run<PcrAllocate>({rh::Platform}, {twice});
  EXPECT_EQ(answer.reply.size_needed, 24u * (32 + 48) + 2 * 64);
  EXPECT_EQ(tpm.state.pcr_allocation->masks[bank_index(AlgId::Sha512)], 0x20001u);
}

TEST(PcrAllocate, KeepsThePcrsOfTheRootsOfTrust) {
  TestTpm tpm;
  wire::PcrSelections none;
  for (AlgId hash : kHashes) none.items.push_back({.hash = hash, .mask = 0});
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {none}).code, rc::Pcr);
  none.items[1].mask = 0x000001;
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {none}).code, rc::Pcr);
  none.items[1].mask = 0x020000;
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {none}).code, rc::Pcr);
  none.items[2].mask = 0x000001;
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {none}).code, rc::Success);
}

// Even where nothing changes (Part 3, 22.5.1).
TEST(PcrAllocate, LeavesNoStateToComeBackTo) {
  TestTpm tpm;
  ASSERT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
  ASSERT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Type.parameter(1));
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Value.parameter(1));
}

TEST(PcrAllocate, NeedsThePlatform) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Owner}, {}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {}, {Bytes{1}}).code, rc::BadAuth.session(1));
}

TEST(PcrReset, ObeysTheLocality) {
  TestTpm tpm;
  for (unsigned pcr = 0; pcr < wire::kPcrCount; ++pcr)
    for (uint8_t locality : std::initializer_list<uint8_t>{0, 1, 2, 3, 4, 32}) {
      tpm.locality = locality;
      EXPECT_EQ(tpm.run<PcrReset>({pcr}, {}).code,
                may_reset(pcr, locality) ? rc::Success : rc::Locality);
    }
  tpm.locality = 0;
  EXPECT_EQ(tpm.run<PcrReset>({0}, {}).code, rc::Locality);
  EXPECT_EQ(tpm.run<PcrReset>({17}, {}).code, rc::Locality);
  EXPECT_EQ(tpm.run<PcrReset>({24}, {}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<PcrReset>({rh::Null}, {}).code, rc::Value.handle(1));
}

TEST(PcrReset, ClearsEveryBank) {
  TestTpm tpm;
  tpm.run<PcrExtend>({16}, {zeros({AlgId::Sha256, AlgId::Sha512})});
  EXPECT_EQ(tpm.run<PcrReset>({16}, {}).code, rc::Success);
  EXPECT_EQ(value(tpm, AlgId::Sha256, 16), std::string(64, '0'));
  EXPECT_EQ(value(tpm, AlgId::Sha512, 16), std::string(128, '0'));
}

}  // namespace
}  // namespace vtpm::engine
