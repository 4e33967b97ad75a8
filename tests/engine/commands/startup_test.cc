// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/startup.h"

#include "engine/commands/random.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using testing::TestTpm;
using wire::StartupType;

TEST(Startup, MustComeFirstAndOnlyOnce) {
  TestTpm tpm(false);
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Initialize);
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Initialize);
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).reply.random_bytes.size(), 8u);
}

TEST(Startup, StateNeedsAShutdownThatPreservedIt) {
  TestTpm tpm;
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Success);
}

TEST(Startup, CountsResetsAndRestarts) {
  TestTpm tpm;
  uint32_t resets = tpm.state.clock_nv->reset_count;
  tpm.run<Shutdown>({}, {StartupType::State});
  tpm.power_cycle();
  tpm.run<Startup>({}, {StartupType::Clear});
  EXPECT_EQ(tpm.state.clock_nv->reset_count, resets);
  EXPECT_EQ(tpm.state.clock_nv->restart_count, 1u);
  tpm.power_cycle();
  tpm.run<Startup>({}, {StartupType::Clear});
  EXPECT_EQ(tpm.state.clock_nv->reset_count, resets + 1);
  EXPECT_EQ(tpm.state.clock_nv->restart_count, 0u);
}

TEST(Startup, RefusesAnUnknownType) {
  TestTpm tpm(false);
  EXPECT_EQ(tpm.run<Startup>({}, {static_cast<StartupType>(2)}).code, rc::Value.parameter(1));
}

}  // namespace
}  // namespace vtpm::engine
