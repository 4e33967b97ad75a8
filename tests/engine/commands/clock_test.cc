// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/clock.h"

#include "engine/clock.h"
#include "engine/commands/startup.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using testing::TestTpm;
namespace rh = wire::rh;

wire::TimeInfo read(TestTpm& tpm) {
  auto answer = tpm.run<ReadClock>({}, {});
  EXPECT_EQ(answer.code, rc::Success);
  return answer.reply.current_time;
}

TEST(ReadClock, CountsMillisecondsSinceInit) {
  TestTpm tpm;
  tpm.clock.now += 1234;
  auto now = read(tpm);
  EXPECT_EQ(now.time, 1234u);
  EXPECT_EQ(now.clock_info.clock, 1234u);
  EXPECT_EQ(now.clock_info.reset_count, tpm.state.clock_nv->reset_count);
  EXPECT_EQ(now.clock_info.restart_count, 0u);
  EXPECT_EQ(*now.clock_info.safe, 1);
}

TEST(ReadClock, ClockGoesOnAndTimeBeginsAgainAfterAReset) {
  TestTpm tpm;
  tpm.clock.now += 5000;
  tpm.run<Shutdown>({}, {wire::StartupType::Clear});
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  tpm.clock.now += 10;
  auto now = read(tpm);
  EXPECT_EQ(now.time, 10u);
  EXPECT_EQ(now.clock_info.clock, 5010u);
}

// Part 1, 33.3.3: NV Clock is not set from a Clock that may be a repeat.
TEST(ReadClock, StaysUnsafeOverAShutdownWhileItIs) {
  TestTpm tpm;
  tpm.clock.now += 5000;
  read(tpm);
  auto begin_again = [&] {
    tpm.power_cycle();
    tpm.run<Startup>({}, {wire::StartupType::Clear});
    auto now = read(tpm).clock_info;
    EXPECT_EQ(now.clock, kClockUpdateInterval - 1);
    EXPECT_EQ(*now.safe, 0);
  };
  begin_again();
  uint64_t in_nv = tpm.state.clock_nv->clock;
  for (wire::StartupType type : {wire::StartupType::Clear, wire::StartupType::State}) {
    ASSERT_EQ(tpm.run<Shutdown>({}, {type}).code, rc::Success);
    EXPECT_EQ(tpm.state.clock_nv->clock, in_nv);
    EXPECT_EQ(*read(tpm).clock_info.safe, 0);
    begin_again();
  }
  ASSERT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::Clear}).code, rc::Success);
  tpm.clock.now += 1;
  EXPECT_EQ(*read(tpm).clock_info.safe, 1);
  ASSERT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::Clear}).code, rc::Success);
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(read(tpm).clock_info.clock, kClockUpdateInterval);
  EXPECT_EQ(*read(tpm).clock_info.safe, 1);
}

TEST(ClockSet, OnlyAdvances) {
  TestTpm tpm;
  tpm.clock.now += 1000;
  EXPECT_EQ(tpm.run<ClockSet>({rh::Owner}, {999}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<ClockSet>({rh::Owner}, {1000}).code, rc::Success);
  EXPECT_EQ(tpm.run<ClockSet>({rh::Platform}, {50'000}).code, rc::Success);
  tpm.clock.now += 5;
  auto now = read(tpm);
  EXPECT_EQ(now.clock_info.clock, 50'005u);
  EXPECT_EQ(now.time, 1005u);
  EXPECT_EQ(tpm.run<ClockSet>({rh::Owner}, {0xFFFF'0000'0000'0001}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<ClockSet>({rh::Owner}, {0xFFFF'0000'0000'0000}).code, rc::Success);
}

TEST(ClockSet, WritesToNvWhenItCrossesAnInterval) {
  TestTpm tpm;
  auto before = tpm.state.clock_nv;
  EXPECT_EQ(tpm.run<ClockSet>({rh::Owner}, {kClockUpdateInterval - 1}).code, rc::Success);
  EXPECT_TRUE(tpm.state.clock_nv.same_as(before));
  EXPECT_EQ(tpm.run<ClockSet>({rh::Owner}, {3 * kClockUpdateInterval}).code, rc::Success);
  EXPECT_EQ(tpm.state.clock_nv->clock, 3 * kClockUpdateInterval);
}

TEST(ClockSet, NeedsOwnerOrPlatform) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<ClockSet>({rh::Endorsement}, {5000}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<ClockSet>({rh::Owner}, {5000}, {Bytes{1}}).code, rc::BadAuth.session(1));
}

TEST(ClockRateAdjust, ChangesTheRateOfTimeAndClock) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::CoarseFaster}).code, rc::Success);
  tpm.clock.now += 1'000'000;
  auto now = read(tpm);
  EXPECT_EQ(now.time, 1'010'000u);
  EXPECT_EQ(now.clock_info.clock, 1'010'000u);
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::CoarseSlower}).code, rc::Success);
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::MediumSlower}).code, rc::Success);
  tpm.clock.now += 1'000'000;
  EXPECT_EQ(read(tpm).time, 2'009'000u);
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::MediumFaster}).code, rc::Success);
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::FineFaster}).code, rc::Success);
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::NoChange}).code, rc::Success);
  tpm.clock.now += 1'000'000;
  EXPECT_EQ(read(tpm).time, 3'009'001u);
}

TEST(ClockRateAdjust, StaysWithin15Percent) {
  for (auto [adjust, rate] : {std::pair(ClockAdjust::CoarseFaster, 150'000),
                              std::pair(ClockAdjust::CoarseSlower, -150'000)}) {
    TestTpm tpm;
    for (int i = 0; i < 15; ++i)
      EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Platform}, {adjust}).code, rc::Success);
    EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Platform}, {adjust}).code, rc::Value.parameter(1));
    EXPECT_EQ(tpm.state.clock->rate, rate);
  }
}

TEST(ClockRateAdjust, RefusesAnUnknownStep) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {static_cast<ClockAdjust>(4)}).code,
            rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<ClockRateAdjust>({rh::Owner}, {static_cast<ClockAdjust>(-4)}).code,
            rc::Value.parameter(1));
}

}  // namespace
}  // namespace vtpm::engine
