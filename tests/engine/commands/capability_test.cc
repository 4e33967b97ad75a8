// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/capability.h"

#include "engine/commands/hash.h"
#include "engine/commands/pcr.h"
#include "engine/commands/self_test.h"
#include "engine/commands/startup.h"
#include "engine/commands/table.h"
#include "engine/identity.h"
#include "engine/object/slots.h"
#include "engine/pipeline/response.h"
#include "engine/properties.h"
#include "tests/engine/capabilities.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using testing::Answer;
using testing::TestTpm;
using wire::Capability;
using wire::Handle;
using wire::PropertyTag;
namespace rh = wire::rh;

constexpr uint32_t kAll = 1000;

Answer<GetCapability> get(TestTpm& tpm, Capability capability, uint32_t property = 0,
                          uint32_t count = kAll) {
  return tpm.run<GetCapability>({}, {capability, property, count});
}

// The list of an answer, which must be of that type.
template <class List>
std::vector<typename List::Item> items(const Answer<GetCapability>& answer) {
  EXPECT_EQ(answer.code, rc::Success);
  const List* list = answer.reply.data.data.get<List>();
  EXPECT_NE(list, nullptr);
  return list ? list->items : std::vector<typename List::Item>();
}

bool more(const Answer<GetCapability>& answer) {
  return *answer.reply.more_data == 1;
}

std::vector<Handle> handles(TestTpm& tpm, uint32_t first, uint32_t count = kAll) {
  return items<wire::HandleList>(get(tpm, Capability::Handles, first, count));
}

TEST(GetCapability, ListsTheAlgorithmsInOrder) {
  TestTpm tpm;
  auto all = items<wire::AlgorithmProperties>(get(tpm, Capability::Algs));
  ASSERT_EQ(all.size(), kAlgorithms.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].algorithm, kAlgorithms[i].id);
    EXPECT_TRUE(i == 0 || all[i - 1].algorithm < all[i].algorithm);
  }
}

TEST(GetCapability, PagesWithoutGapOrRepetition) {
  TestTpm tpm;
  for (uint32_t step : {1u, 2u, 7u}) {
    std::vector<AlgId> seen;
    uint32_t next = 0;
    for (bool again = true; again;) {
      auto answer = get(tpm, Capability::Algs, next, step);
      auto page = items<wire::AlgorithmProperties>(answer);
      ASSERT_FALSE(page.empty());
      ASSERT_LE(page.size(), step);
      for (const auto& entry : page) seen.push_back(entry.algorithm);
      next = static_cast<uint32_t>(page.back().algorithm) + 1;
      again = more(answer);
    }
    EXPECT_EQ(seen.size(), kAlgorithms.size());
    EXPECT_TRUE(std::ranges::is_sorted(seen));
  }
}

TEST(GetCapability, SaysWhetherThereIsMore) {
  TestTpm tpm;
  auto count = static_cast<uint32_t>(kAlgorithms.size());
  EXPECT_FALSE(more(get(tpm, Capability::Algs, 0, count)));
  EXPECT_TRUE(more(get(tpm, Capability::Algs, 0, count - 1)));
  auto none_wanted = get(tpm, Capability::Algs, 0, 0);
  EXPECT_TRUE(more(none_wanted));
  EXPECT_TRUE(items<wire::AlgorithmProperties>(none_wanted).empty());
  auto beyond = get(tpm, Capability::Algs, 0xFFFF);
  EXPECT_FALSE(more(beyond));
  EXPECT_TRUE(items<wire::AlgorithmProperties>(beyond).empty());
  // What does not exist stands for the next that does.
  auto next = items<wire::AlgorithmProperties>(get(tpm, Capability::Algs, 2, 1));
  EXPECT_EQ(next.at(0).algorithm, AlgId::Sha1);
}

TEST(GetCapability, ListsTheCommandsWithTheirAttributes) {
  TestTpm tpm;
  auto all = items<wire::CommandAttributesList>(get(tpm, Capability::Commands));
  ASSERT_EQ(all.size(), all_commands().size());
  auto attributes = [&](wire::CommandCode code) {
    for (const auto& entry : all)
      if ((entry.raw & 0xFFFF) == static_cast<uint32_t>(code)) return entry.raw;
    return 0u;
  };
  // Part 2, 8.9: commandIndex, nv 22, flushed 24, cHandles 25 to 27, rHandle 28.
  EXPECT_EQ(attributes(wire::CommandCode::PcrExtend), 0x182u | 1u << 22 | 1u << 25);
  EXPECT_EQ(attributes(wire::CommandCode::GetCapability), 0x17Au);
  EXPECT_EQ(attributes(wire::CommandCode::HashSequenceStart), 0x186u | 1u << 28);
  EXPECT_EQ(attributes(wire::CommandCode::EventSequenceComplete),
            0x185u | 1u << 22 | 1u << 24 | 2u << 25);
  auto from = items<wire::CommandAttributesList>(
      get(tpm, Capability::Commands, static_cast<uint32_t>(wire::CommandCode::GetRandom), 1));
  EXPECT_EQ(from.at(0).raw & 0xFFFF, static_cast<uint32_t>(wire::CommandCode::GetRandom));
  EXPECT_EQ(tpm_property(tpm, PropertyTag::TotalCommands), all_commands().size());
}

TEST(GetCapability, ListsCommandsUnderAuditAndUnderPhysicalPresence) {
  TestTpm tpm;
  tpm.state.command_audit.write().audited = {wire::CommandCode::Clear, wire::CommandCode::Quote};
  auto audited = items<wire::CommandCodes>(get(tpm, Capability::AuditCommands));
  // The command that chooses them is always one (Part 3, 21.1).
  EXPECT_EQ(audited,
            (std::vector{wire::CommandCode::Clear, wire::CommandCode::SetCommandCodeAuditStatus,
                         wire::CommandCode::Quote}));
  auto presence = items<wire::CommandCodes>(get(tpm, Capability::PpCommands));
  EXPECT_EQ(presence, (std::vector{wire::CommandCode::PpCommands}));
}

TEST(GetCapability, ReportsTheAllocationInForce) {
  TestTpm tpm;
  auto banks = items<wire::PcrSelections>(get(tpm, Capability::Pcrs));
  ASSERT_EQ(banks.size(), kPcrBanks.size());
  EXPECT_EQ(banks[0].hash, AlgId::Sha1);
  EXPECT_EQ(banks[0].mask, 0u);
  EXPECT_EQ(banks[1].mask, 0xFFFFFFu);
  wire::PcrSelections with_sha1;
  with_sha1.items = {{.hash = AlgId::Sha1, .mask = 0xFFFFFF}};
  tpm.run<PcrAllocate>({rh::Platform}, {with_sha1});
  EXPECT_EQ(items<wire::PcrSelections>(get(tpm, Capability::Pcrs))[0].mask, 0u);
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(items<wire::PcrSelections>(get(tpm, Capability::Pcrs))[0].mask, 0xFFFFFFu);
  EXPECT_EQ(get(tpm, Capability::Pcrs, 1).code, rc::Value.parameter(2));
}

TEST(GetCapability, ReportsThePcrsProperties) {
  TestTpm tpm;
  auto all = items<wire::TaggedPcrProperties>(get(tpm, Capability::PcrProperties));
  ASSERT_EQ(all.size(), 15u);
  auto mask = [&](uint32_t tag) {
    for (const auto& entry : all)
      if (static_cast<uint32_t>(entry.property) == tag) return entry.mask;
    return 0xFFFFFFFFu;
  };
  EXPECT_EQ(mask(0x00), 0x00FFFFu);  // saved
  EXPECT_EQ(mask(0x01), 0x81FFFFu);  // extendable from locality 0
  EXPECT_EQ(mask(0x02), 0x810000u);  // resettable from locality 0
  EXPECT_EQ(mask(0x03), 0x91FFFFu);
  EXPECT_EQ(mask(0x05), 0xFFFFFFu);
  EXPECT_EQ(mask(0x06), 0xF10000u);
  EXPECT_EQ(mask(0x0A) & 0x7E0000u, 0x7E0000u);
  EXPECT_EQ(mask(0x12), 0x7E0000u);  // reset by D-RTM
  auto from = get(tpm, Capability::PcrProperties, 0x0B, 1);
  EXPECT_EQ(items<wire::TaggedPcrProperties>(from).at(0).property,
            wire::PcrPropertyTag::NoIncrement);
  EXPECT_TRUE(more(from));
  auto beyond = get(tpm, Capability::PcrProperties, 0x15);
  EXPECT_TRUE(items<wire::TaggedPcrProperties>(beyond).empty());
}

TEST(GetCapability, ListsTheCurves) {
  TestTpm tpm;
  auto curves = items<wire::Curves>(get(tpm, Capability::EccCurves));
  EXPECT_EQ(kCurves.front(), CurveId::NistP192);
  EXPECT_TRUE(std::ranges::equal(curves, std::span(kCurves).subspan(1)));
  EXPECT_TRUE(std::ranges::is_sorted(curves));
  EXPECT_EQ(tpm_property(tpm, PropertyTag::LoadedCurves), kCurves.size() - 1);
}

TEST(GetCapability, ReportsTheHierarchiesPolicies) {
  TestTpm tpm;
  wire::Digest policy{crypto::Digest(32, 7)};
  auto& owner = tpm.state.hierarchies.write().owner;
  owner.policy_hash = AlgId::Sha256;
  owner.policy = policy;
  auto all = items<wire::TaggedPolicies>(get(tpm, Capability::AuthPolicies, rh::Owner));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].handle, rh::Owner);
  EXPECT_EQ(all[0].hash, AlgId::Sha256);
  EXPECT_EQ(all[0].digest, policy);
  EXPECT_EQ(all[1].handle, rh::Lockout);
  EXPECT_EQ(all[1].hash, AlgId::Null);
  EXPECT_EQ(get(tpm, Capability::AuthPolicies, 0x80000000).code, rc::Value.parameter(2));
}

TEST(GetCapability, KnowsGroupsThatAreEmptyHere) {
  TestTpm tpm;
  auto timers = get(tpm, Capability::Act, 0x40000110);
  EXPECT_TRUE(items<wire::NoEntries>(timers).empty());
  EXPECT_FALSE(more(timers));
  EXPECT_EQ(get(tpm, Capability::Act, 0x80000000).code, rc::Value.parameter(2));
  EXPECT_TRUE(items<wire::NoEntries>(get(tpm, Capability::PublicKeys)).empty());
  EXPECT_TRUE(items<wire::NoEntries>(get(tpm, Capability::SpdmSessionInfo)).empty());
}

TEST(GetCapability, RefusesUnknownGroups) {
  TestTpm tpm;
  EXPECT_EQ(get(tpm, static_cast<Capability>(13)).code, rc::Value.parameter(1));
  EXPECT_EQ(get(tpm, static_cast<Capability>(0x100)).code, rc::Value.parameter(1));
  EXPECT_EQ(get(tpm, static_cast<Capability>(0xFFFFFFFF)).code, rc::Value.parameter(1));
}

TEST(GetCapability, ListsHandlesOfOneType) {
  TestTpm tpm;
  EXPECT_EQ(handles(tpm, 0x00000000).size(), wire::kPcrCount);
  EXPECT_EQ(handles(tpm, 0x00000017), std::vector<Handle>{23});
  auto permanent = handles(tpm, 0x40000000);
  EXPECT_TRUE(std::ranges::is_sorted(permanent));
  EXPECT_EQ(permanent.front(), rh::Owner);
  EXPECT_EQ(permanent.back(), rh::PlatformNv);
  EXPECT_TRUE(handles(tpm, 0x01000000).empty());
  EXPECT_TRUE(handles(tpm, 0x90000000).empty());
  EXPECT_EQ(get(tpm, Capability::Handles, 0x05000000).code, rc::Handle.parameter(2));
  EXPECT_EQ(get(tpm, Capability::Handles, 0xFF000000).code, rc::Handle.parameter(2));
}

TEST(GetCapability, PagesThroughTransientHandles) {
  TestTpm tpm;
  std::vector<Handle> made;
  for (int i = 0; i < 4; ++i)
    made.push_back(
        tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).reply.sequence.value);
  remove_transient(tpm.state, made[1]);
  made.erase(made.begin() + 1);
  EXPECT_EQ(handles(tpm, 0x80000000), made);
  std::vector<Handle> seen;
  for (uint32_t next = 0x80000000; seen.size() < made.size(); next = seen.back() + 1) {
    auto answer = get(tpm, Capability::Handles, next, 1);
    ASSERT_EQ(items<wire::HandleList>(answer).size(), 1u);
    seen.push_back(items<wire::HandleList>(answer)[0]);
    EXPECT_EQ(more(answer), seen.size() < made.size());
  }
  EXPECT_EQ(seen, made);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::TransientAvailable), TransientObjects::kSlots - 3);
}

TEST(GetCapability, ListsLoadedAndSavedSessions) {
  TestTpm tpm;
  auto& slots = tpm.state.sessions.write().slots;
  slots[1].loaded = std::make_shared<Session>();
  slots[2].loaded = std::make_shared<Session>(Session{.type = wire::SessionType::Policy});
  slots[5].saved_context = 1;
  slots[5].policy = true;
  EXPECT_EQ(handles(tpm, 0x02000000), (std::vector<Handle>{0x02000001, 0x03000002}));
  EXPECT_EQ(handles(tpm, 0x02000002), (std::vector<Handle>{0x03000002}));
  EXPECT_EQ(handles(tpm, 0x03000000), (std::vector<Handle>{0x02000005}));
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Loaded), 2u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::LoadedAvailable), kMaximumSessions - 2);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Active), 3u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::ActiveAvailable), kMaximumSessions - 3);
}

TEST(GetCapability, ListsPersistentHandles) {
  TestTpm tpm;
  auto object = std::make_shared<Object>();
  tpm.state.persistent.write().objects = {{0x81000001, object}, {0x81010001, object}};
  EXPECT_EQ(handles(tpm, 0x81000000), (std::vector<Handle>{0x81000001, 0x81010001}));
  EXPECT_EQ(handles(tpm, 0x81000002), (std::vector<Handle>{0x81010001}));
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Persistent), 2u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::PersistentAvailable), PersistentObjects::kMaximum - 2);
}

TEST(GetCapability, ReportsPropertiesOfOneGroupOnly) {
  TestTpm tpm;
  auto fixed = get(tpm, Capability::TpmProperties, 0x100);
  EXPECT_FALSE(more(fixed));
  auto list = items<wire::TaggedProperties>(fixed);
  EXPECT_EQ(list.front().property, PropertyTag::FamilyIndicator);
  EXPECT_LT(static_cast<uint32_t>(list.back().property), 0x200u);
  EXPECT_EQ(items<wire::TaggedProperties>(get(tpm, Capability::TpmProperties, 0)).size(),
            list.size());
  auto variable = items<wire::TaggedProperties>(get(tpm, Capability::TpmProperties, 0x200));
  EXPECT_EQ(variable.front().property, PropertyTag::Permanent);
  EXPECT_EQ(list.size() + variable.size(), all_properties().size());
  EXPECT_TRUE(items<wire::TaggedProperties>(get(tpm, Capability::TpmProperties, 0x300)).empty());
  EXPECT_TRUE(items<wire::TaggedProperties>(get(tpm, Capability::TpmProperties, ~0u)).empty());
}

TEST(GetCapability, ReportsWhatTheTransportCarries) {
  TestTpm tpm;
  for (uint32_t size : {3968u, 4096u, static_cast<uint32_t>(kMaximumMessageSize)}) {
    tpm.maximum_size = size;
    EXPECT_EQ(tpm_property(tpm, PropertyTag::MaximumCommandSize), size);
    EXPECT_EQ(tpm_property(tpm, PropertyTag::MaximumResponseSize), size);
  }
}

TEST(GetCapability, ReportsWhatTheTpmIs) {
  TestTpm tpm;
  EXPECT_EQ(tpm_property(tpm, PropertyTag::FamilyIndicator), 0x322E3000u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Level), 0u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Revision), 185u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Year), 0u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Manufacturer), kManufacturer);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::PlatformFamily), 1u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::InputBuffer), 1024u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::MaximumDigest), 64u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::PcrCount), 24u);
}

TEST(GetCapability, ReportsThePermanentAndStartupFlags) {
  TestTpm tpm;
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Permanent), 1u << 10);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::StartupClear), 0xFu);
  auto& hierarchies = tpm.state.hierarchies.write();
  hierarchies.owner.auth = wire::Auth(text_bytes("owner"));
  hierarchies.disable_clear = true;
  tpm.state.dictionary_attack.write().failed_tries = 32;
  tpm.state.platform.write().platform_nv_enabled = false;
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Permanent), 1u << 10 | 1u << 9 | 1u << 8 | 1u << 0);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::StartupClear), 0x7u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::LockoutCounter), 32u);
  tpm.run<Shutdown>({}, {wire::StartupType::Clear});
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(tpm_property(tpm, PropertyTag::StartupClear), 0x8000000Fu);
}

TEST(GetCapability, AnswersItsIdentityInFailureMode) {
  TestTpm tpm;
  tpm.ports.self_test = [](crypto::SelfTest) noexcept { return false; };
  ASSERT_EQ(tpm.run<SelfTest>({}, {uint8_t{1}}).code, rc::Failure);
  auto list = items<wire::TaggedProperties>(get(tpm, Capability::TpmProperties, 0x100));
  ASSERT_EQ(list.size(), 8u);
  EXPECT_EQ(list.front().property, PropertyTag::Manufacturer);
  EXPECT_EQ(list.back().property, PropertyTag::FirmwareVersion2);
  auto beyond = get(tpm, Capability::TpmProperties, 0x10D);
  EXPECT_TRUE(items<wire::TaggedProperties>(beyond).empty());
  EXPECT_FALSE(more(beyond));
  auto commands = get(tpm, Capability::Commands);
  EXPECT_TRUE(items<wire::CommandAttributesList>(commands).empty());
  EXPECT_FALSE(more(commands));
}

TEST(TestParms, AcceptsWhatUnmarshals) {
  TestTpm tpm(true, 1, kWholeProfile);
  PublicParms rsa{.type = AlgId::Rsa,
                  .parameters = wire::RsaParameters{.key_bits = uint16_t{2048}}};
  rsa.parameters.get<wire::RsaParameters>()->scheme.scheme = AlgId::Null;
  EXPECT_EQ(tpm.run<TestParms>({}, {rsa}).code, rc::Success);
  rsa.parameters.get<wire::RsaParameters>()->key_bits = uint16_t{1000};
  EXPECT_EQ(tpm.run<TestParms>({}, {rsa}).code, rc::Value.parameter(1));
  for (uint16_t bits : kRsaKeyBits) {
    rsa.parameters.get<wire::RsaParameters>()->key_bits = bits;
    EXPECT_EQ(tpm.run<TestParms>({}, {rsa}).code, rc::Success);
  }
  for (CurveId curve : kCurves) {
    PublicParms known{.type = AlgId::Ecc, .parameters = wire::EccParameters{.curve = curve}};
    EXPECT_EQ(tpm.run<TestParms>({}, {known}).code, rc::Success);
  }
  PublicParms ecc{.type = AlgId::Ecc,
                  .parameters = wire::EccParameters{.curve = static_cast<CurveId>(0x0006)}};
  EXPECT_EQ(tpm.run<TestParms>({}, {ecc}).code, rc::Curve.parameter(1));
}

}  // namespace
}  // namespace vtpm::engine
