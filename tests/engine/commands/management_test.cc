// SPDX-License-Identifier: Apache-2.0
// TPM2_PP_Commands and the commands that need physical presence (Part 3, 26.2 and 5.6; Part 1,
// 16.3), and TPM2_SetAlgorithmSet (Part 3, 26.3).
#include "engine/commands/management.h"

#include "engine/commands/capability.h"
#include "engine/commands/clock.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/startup.h"
#include "engine/commands/table.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

class Presence : public PolicyTest {
 protected:
  Presence() { tpm.physical_presence = true; }

  Rc change(std::vector<CommandCode> set, std::vector<CommandCode> clear = {}) {
    return tpm.run<PpCommands>({rh::Platform}, {{std::move(set)}, {std::move(clear)}}).code;
  }
  std::vector<CommandCode> reported() {
    auto answer = tpm.run<GetCapability>(
        {}, {.capability = wire::Capability::PpCommands, .property = 0, .property_count = 1000});
    EXPECT_EQ(answer.code, rc::Success);
    return answer.reply.data.data.get<wire::CommandCodes>()->items;
  }
  Rc clear_control(Handle authority) {
    return tpm.run<ClearControl>({authority}, {uint8_t{authority == rh::Lockout}}).code;
  }
  const std::vector<CommandCode> at_first = {CommandCode::PpCommands};
};

TEST_F(Presence, IsNeededToChangeTheList) {
  tpm.physical_presence = false;
  EXPECT_EQ(change({CommandCode::Clear}), rc::Pp.session(1));
  EXPECT_EQ(reported(), at_first);
  tpm.physical_presence = true;
  EXPECT_EQ(change({CommandCode::Clear}), rc::Success);
  EXPECT_EQ(reported(), (std::vector{CommandCode::Clear, CommandCode::PpCommands}));
}

TEST_F(Presence, IsNeededForWhatIsInTheList) {
  ASSERT_EQ(change({CommandCode::ClearControl}), rc::Success);
  EXPECT_EQ(clear_control(rh::Platform), rc::Success);
  tpm.physical_presence = false;
  EXPECT_EQ(clear_control(rh::Platform), rc::Pp.session(1));
  // Only where the platform authorizes.
  EXPECT_EQ(clear_control(rh::Lockout), rc::Success);
  // It comes before the authorization itself (5.6).
  EXPECT_EQ(tpm.run<ClearControl>({rh::Platform}, {1}, {{1}}).code, rc::Pp.session(1));
  tpm.physical_presence = true;
  EXPECT_EQ(tpm.run<ClearControl>({rh::Platform}, {1}, {{1}}).code, rc::BadAuth.session(1));
  ASSERT_EQ(change({}, {CommandCode::ClearControl}), rc::Success);
  tpm.physical_presence = false;
  EXPECT_EQ(clear_control(rh::Platform), rc::Success);
}

TEST_F(Presence, IsNeededWithEachKindOfAuthorization) {
  wire::Digest authority(extended(AlgId::Sha256, zeros, CommandCode::PolicyCommandCode,
                                  {wire::to_wire(CommandCode::ClearControl)}));
  ASSERT_EQ(tpm.run<SetPrimaryPolicy>({rh::Platform}, {authority, {AlgId::Sha256}}).code,
            rc::Success);
  ASSERT_EQ(change({CommandCode::ClearControl}), rc::Success);
  ClientSession hmac = start_session(tpm), policy = start();
  ASSERT_EQ(tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::ClearControl}).code,
            rc::Success);
  for (ClientSession* session : {&hmac, &policy}) {
    auto run = [&] { return run_with<ClearControl>(tpm, {rh::Platform}, {0}, {{session}}).code; };
    tpm.physical_presence = false;
    EXPECT_EQ(run(), rc::Pp.session(1));
    tpm.physical_presence = true;
    EXPECT_EQ(run(), rc::Success);
  }
}

TEST_F(Presence, TheClearListComesLast) {
  ASSERT_EQ(change({CommandCode::Clear, CommandCode::ClockSet}, {CommandCode::ClockSet}),
            rc::Success);
  EXPECT_EQ(reported(), (std::vector{CommandCode::Clear, CommandCode::PpCommands}));
}

// Those that the platform may authorize can be listed; other codes are ignored.
TEST_F(Presence, OnlyCommandsOfThePlatform) {
  std::vector<CommandCode> possible;
  for (const CommandRow* row : all_commands())
    if (row->presence_possible) possible.push_back(row->code);
  std::vector<CommandCode> all;
  for (uint32_t code = 0x11F; code < 0x11F + 254; ++code)
    all.push_back(static_cast<CommandCode>(code));
  ASSERT_EQ(change(all), rc::Success);
  EXPECT_EQ(reported(), possible);
  for (CommandCode code :
       {CommandCode::EvictControl, CommandCode::HierarchyControl, CommandCode::ChangeEps,
        CommandCode::ChangePps, CommandCode::Clear, CommandCode::ClearControl,
        CommandCode::ClockSet, CommandCode::HierarchyChangeAuth, CommandCode::PcrAllocate,
        CommandCode::PpCommands, CommandCode::SetPrimaryPolicy, CommandCode::ClockRateAdjust,
        CommandCode::CreatePrimary})
    EXPECT_EQ(std::ranges::count(possible, code), 1) << static_cast<uint32_t>(code);
  for (CommandCode code : {CommandCode::DictionaryAttackLockReset, CommandCode::PcrExtend,
                           CommandCode::Sign, CommandCode::PolicySecret, CommandCode::GetRandom})
    EXPECT_EQ(std::ranges::count(possible, code), 0) << static_cast<uint32_t>(code);
  // This one cannot be taken off.
  ASSERT_EQ(change({}, all), rc::Success);
  EXPECT_EQ(reported(), at_first);
  tpm.physical_presence = false;
  EXPECT_EQ(change({}), rc::Pp.session(1));
}

TEST_F(Presence, TheListOutlivesPowerAndClear) {
  ASSERT_EQ(change({CommandCode::PcrAllocate}), rc::Success);
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  tpm.power_cycle();
  ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(reported(), (std::vector{CommandCode::PcrAllocate, CommandCode::PpCommands}));
  auto kept = load(save(tpm.state, nullptr), tpm.clock);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->physical_presence->commands, std::set{CommandCode::PcrAllocate});
}

TEST_F(Presence, TheListsAreBounded) {
  Bytes params;
  Writer out(params);
  out.put_be(uint32_t{255});
  params.resize(params.size() + 4 * 255 + 4);
  Bytes area = TestTpm::password_command<PpCommands>({rh::Platform}, {});
  Bytes sessions(area.begin() + 18, area.begin() + 27);
  EXPECT_EQ(
      TestTpm::parse<PpCommands>(
          tpm.execute(TestTpm::assemble(CommandCode::PpCommands, {rh::Platform}, sessions, params))
              .view())
          .code,
      rc::Size.parameter(1));
  EXPECT_EQ(tpm.run<PpCommands>({rh::Owner}, {}).code, rc::Value.handle(1));
}

TEST_F(Presence, NeverNeededForTheAlgorithmSet) {
  ASSERT_EQ(change({CommandCode::SetAlgorithmSet}), rc::Success);
  EXPECT_EQ(reported(), at_first);
}

// There is one set; and once it has been chosen, only TPM2_Startup(CLEAR) follows.
TEST(AlgorithmSet, IsTheWhole) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<SetAlgorithmSet>({rh::Platform}, {1}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
  ASSERT_EQ(tpm.run<SetAlgorithmSet>({rh::Platform}, {0}).code, rc::Success);
  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Type.parameter(1));
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
