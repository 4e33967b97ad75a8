// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 25. The protection itself is tested with the pipeline.
#include "engine/commands/dictionary_attack.h"

#include "engine/commands/startup.h"
#include "tests/engine/client_session.h"

namespace vtpm::engine {
namespace {

using namespace testing;
namespace rh = wire::rh;

TEST(DictionaryAttackParameters, AreSetAndSurvive) {
  TestTpm tpm;
  ASSERT_EQ(tpm.run<DictionaryAttackParameters>({rh::Lockout}, {11, 22, 0xFFFFFFFF}).code,
            rc::Success);
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  const DictionaryAttack& da = *tpm.state.dictionary_attack;
  EXPECT_EQ(da.maximum_tries, 11u);
  EXPECT_EQ(da.recovery_time, 22u);
  EXPECT_EQ(da.lockout_recovery, 0xFFFFFFFFu);
}

TEST(DictionaryAttackParameters, LeaveTheCountAlone) {
  TestTpm tpm;
  tpm.state.dictionary_attack.write().failed_tries = 5;
  ASSERT_EQ(tpm.run<DictionaryAttackParameters>({rh::Lockout}, {3, 100, 100}).code, rc::Success);
  EXPECT_EQ(tpm.state.dictionary_attack->failed_tries, 5u);
}

TEST(DictionaryAttackParameters, LockoutAuthorizesAlone) {
  TestTpm tpm;
  for (wire::Handle handle : {rh::Owner, rh::Platform, rh::Null}) {
    EXPECT_EQ(tpm.run<DictionaryAttackParameters>({handle}, {1, 1, 1}).code, rc::Value.handle(1));
    EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({handle}, {}).code, rc::Value.handle(1));
  }
  Bytes password = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
  Bytes short_by_one = TestTpm::assemble(wire::CommandCode::DictionaryAttackParameters,
                                         {rh::Lockout}, password, Bytes(11));
  EXPECT_EQ(TestTpm::parse<DictionaryAttackParameters>(tpm.execute(short_by_one).view()).code,
            rc::Insufficient.parameter(3));
}

TEST(DictionaryAttackLockReset, ByAnHmacSession) {
  TestTpm tpm;
  tpm.state.dictionary_attack.write().failed_tries = 32;
  ClientSession session = start_session(tpm, {.bind = rh::Lockout});
  EXPECT_EQ(run_with<DictionaryAttackLockReset>(tpm, {rh::Lockout}, {}, {{&session}}).code,
            rc::Success);
  EXPECT_EQ(tpm.state.dictionary_attack->failed_tries, 0u);
}

}  // namespace
}  // namespace vtpm::engine
