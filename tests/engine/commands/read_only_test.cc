// SPDX-License-Identifier: Apache-2.0
// TPM2_ReadOnlyControl and Read-Only mode (Part 3, 24.9; Part 1, clause 42).
#include "engine/commands/capability.h"
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/table.h"
#include "engine/saved_state.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

class ReadOnlyTest : public PolicyTest {
 protected:
  void control(bool on) {
    ASSERT_EQ(tpm.run<ReadOnlyControl>({rh::Platform}, {on}).code, rc::Success);
  }
  bool shown() {
    auto answer =
        tpm.run<GetCapability>({}, {wire::Capability::TpmProperties,
                                    static_cast<uint32_t>(wire::PropertyTag::StartupClear), 1});
    return (answer.reply.data.data.get<wire::TaggedProperties>()->items.at(0).value & 0x10) != 0;
  }
};

// Part 3, table 207: the commands that it does not permit, of those that there are.
TEST_F(ReadOnlyTest, TheCommandsOfTheTable) {
  const std::set<CommandCode> refused = {CommandCode::Create,
                                         CommandCode::ObjectChangeAuth,
                                         CommandCode::CreateLoaded,
                                         CommandCode::SetCommandCodeAuditStatus,
                                         CommandCode::PcrAllocate,
                                         CommandCode::PcrSetAuthPolicy,
                                         CommandCode::PcrSetAuthValue,
                                         CommandCode::CreatePrimary,
                                         CommandCode::HierarchyControl,
                                         CommandCode::SetPrimaryPolicy,
                                         CommandCode::ChangePps,
                                         CommandCode::ChangeEps,
                                         CommandCode::Clear,
                                         CommandCode::ClearControl,
                                         CommandCode::HierarchyChangeAuth,
                                         CommandCode::DictionaryAttackParameters,
                                         CommandCode::PpCommands,
                                         CommandCode::SetAlgorithmSet,
                                         CommandCode::EvictControl,
                                         CommandCode::ClockSet,
                                         CommandCode::ClockRateAdjust,
                                         CommandCode::NvDefineSpace,
                                         CommandCode::NvUndefineSpace,
                                         CommandCode::NvUndefineSpaceSpecial,
                                         CommandCode::NvIncrement,
                                         CommandCode::NvGlobalWriteLock,
                                         CommandCode::NvChangeAuth,
                                         CommandCode::NvDefineSpace2};
  std::set<CommandCode> found;
  for (const CommandRow* row : all_commands())
    if (row->read_only == ReadOnlyMode::Refused) found.insert(row->code);
  EXPECT_EQ(found, refused);
}

TEST_F(ReadOnlyTest, RefusesBeforeItAsksForAuthorization) {
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  define(tpm, nv_public({NvBit::AuthRead}));
  EXPECT_FALSE(shown());
  control(true);
  EXPECT_TRUE(shown());
  const State before = tpm.state;
  EXPECT_EQ(tpm.run<HierarchyChangeAuth>({rh::Owner}, {}, {{1, 2}}).code, rc::ReadOnly);
  EXPECT_EQ(tpm.run<Clear>({rh::Lockout}, {}, {{1}}).code, rc::ReadOnly);
  EXPECT_EQ(tpm.run<CreatePrimary>({rh::Null}, {}).code, rc::ReadOnly);
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Ordinary, 8, kIndex + 1)), rc::ReadOnly);
  EXPECT_EQ(nv_write(tpm, {1}), rc::ReadOnly);
  EXPECT_EQ(tpm.run<NvReadLock>({rh::Owner, kIndex}, {}).code, rc::ReadOnly);
  EXPECT_EQ(tpm.run<EvictControl>({rh::Owner, key.handle}, {{0x81000001}}).code, rc::ReadOnly);
  EXPECT_FALSE(durable_change(before, tpm.state));
  // What no handle names is told first.
  EXPECT_EQ(nv_write(tpm, {1}, 0, {}, kIndex + 7), rc::Handle.handle(2));
  control(false);
  EXPECT_FALSE(shown());
  EXPECT_EQ(nv_write(tpm, {1}), rc::Success);
}

TEST_F(ReadOnlyTest, LetsUse) {
  Made item = create_primary(tpm, rh::Owner, sealed_data(), {}, {1});
  control(true);
  EXPECT_EQ(tpm.run<Unseal>({item.handle}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<PcrEvent>({0}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<ReadOnlyControl>({rh::Platform}, {uint8_t{2}}).code, rc::Value.parameter(1));
}

TEST_F(ReadOnlyTest, LetsWriteWhatIsGoneWithThePower) {
  auto writes = [&](std::initializer_list<NvBit> bits) {
    EXPECT_EQ(define(tpm, nv_public(bits)), rc::Success);
    control(true);
    Rc code = nv_write(tpm, {1});
    control(false);
    EXPECT_EQ(nv_undefine(tpm), rc::Success);
    return code;
  };
  EXPECT_EQ(writes({NvBit::Orderly, NvBit::ClearStClear}), rc::Success);
  EXPECT_EQ(writes({NvBit::Orderly}), rc::ReadOnly);
  EXPECT_EQ(writes({NvBit::ClearStClear}), rc::ReadOnly);
}

TEST_F(ReadOnlyTest, CountsNoPin) {
  ASSERT_EQ(define(tpm, nv_public({NvBit::AuthRead}, NvType::PinPass), {1}), rc::Success);
  ASSERT_EQ(nv_write(tpm, {0, 0, 0, 0, 0, 0, 0, 5}), rc::Success);
  ClientSession policy = start();
  control(true);
  EXPECT_EQ(tpm.run<PolicySecret>({kIndex, policy.handle}, {}, {{1}}).code, rc::ReadOnly);
  EXPECT_EQ(tpm.run<PolicySecret>({rh::Owner, policy.handle}, {}).code, rc::Success);
  control(false);
  EXPECT_EQ(tpm.run<PolicySecret>({kIndex, policy.handle}, {}, {{1}}).code, rc::Success);
}

TEST_F(ReadOnlyTest, OnlyAResumeKeepsIt) {
  for (Restarting kind : kAllRestarts) {
    control(true);
    restart(tpm, kind);
    EXPECT_EQ(shown(), kind == Restarting::Resume);
    control(false);
  }
}

}  // namespace
}  // namespace vtpm::engine
