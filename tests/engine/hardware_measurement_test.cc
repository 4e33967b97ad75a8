// SPDX-License-Identifier: Apache-2.0
// _TPM_Hash_Start, _TPM_Hash_Data and _TPM_Hash_End (Part 3, 22.9 to 22.11; Part 1, clause 31).
#include "engine/commands/capability.h"
#include "engine/commands/clock.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/startup.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::StartupType;

const Bytes kCode = {'c', 'o', 'd', 'e'}, kMore = {'m', 'o', 'r', 'e'};

class HardwareMeasurement : public ::testing::Test {
 protected:
  void begin() { tpm.state = hash_start(tpm.state, tpm.ports); }
  void data(const Bytes& bytes) { tpm.state = hash_data(tpm.state, bytes); }
  void end() { tpm.state = hash_end(tpm.state); }
  void measure(const Bytes& bytes = kCode) {
    begin();
    data(bytes);
    end();
  }
  Rc start(StartupType type = StartupType::Clear) { return tpm.run<Startup>({}, {type}).code; }

  Bytes pcr(unsigned number, AlgId bank = AlgId::Sha256) {
    auto answer = tpm.run<PcrRead>({}, {{{{.hash = {bank}, .mask = 1u << number}}}});
    EXPECT_EQ(answer.reply.values.items.size(), 1u);
    return answer.reply.values.items.empty() ? Bytes() : to_bytes(answer.reply.values.items[0]);
  }
  uint32_t updates() { return tpm.run<PcrRead>({}, {}).reply.update_counter; }
  wire::ClockInfo clock() { return tpm.run<ReadClock>({}, {}).reply.current_time.clock_info; }

  // H(initial || H(data)).
  static Bytes extended(Bytes initial, const Bytes& data, AlgId bank = AlgId::Sha256) {
    return formula::hash(bank, {initial, formula::hash(bank, {data})});
  }
  static Bytes hcrtm_value(const Bytes& data, AlgId bank = AlgId::Sha256) {
    Bytes initial(digest_size(bank));
    initial.back() = 4;
    return extended(initial, data, bank);
  }

  TestTpm tpm{false};
  const Bytes zeros = Bytes(32), ones = Bytes(32, 0xFF);
};

TEST_F(HardwareMeasurement, BeforeStartupGoesToPcr0) {
  begin();
  data(kCode);
  data({});
  data(kMore);
  end();
  ASSERT_EQ(start(), rc::Success);
  Bytes all = formula::concat({kCode, kMore});
  for (AlgId bank : {AlgId::Sha256, AlgId::Sha384, AlgId::Sha512})
    EXPECT_EQ(pcr(0, bank), hcrtm_value(all, bank));
  EXPECT_EQ(pcr(17), ones);
  EXPECT_EQ(pcr(1), zeros);
  EXPECT_EQ(clock().restart_count, 0u);
}

TEST_F(HardwareMeasurement, BeforeStartupMayMeasureNothing) {
  begin();
  end();
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0), hcrtm_value({}));
}

// Part 1, 31.3: each sequence sets PCR[0] back.
TEST_F(HardwareMeasurement, TheLastBeforeStartupCounts) {
  measure(kMore);
  measure(kCode);
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0), hcrtm_value(kCode));
}

TEST_F(HardwareMeasurement, TheLocalityOfStartupDoesNotShowAfterAnHcrtm) {
  measure();
  tpm.locality = 3;
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0), hcrtm_value(kCode));
}

TEST_F(HardwareMeasurement, ALossOfPowerForgetsIt) {
  measure();
  tpm.power_cycle();
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0), zeros);
}

TEST_F(HardwareMeasurement, AfterStartupIsADrtm) {
  ASSERT_EQ(start(), rc::Success);
  tpm.locality = 4;
  for (wire::Handle each : {17u, 18u}) tpm.run<PcrEvent>({each}, {wire::Event(kMore)});
  tpm.locality = 0;
  tpm.run<PcrEvent>({16}, {wire::Event(kMore)});
  Bytes debug = pcr(16);
  uint32_t before = updates();
  begin();
  data(kCode);
  EXPECT_EQ(tpm.state.pcrs->update_counter, before);
  data(kMore);
  end();
  Bytes all = formula::concat({kCode, kMore});
  for (AlgId bank : {AlgId::Sha256, AlgId::Sha384, AlgId::Sha512})
    EXPECT_EQ(pcr(17, bank), extended(Bytes(digest_size(bank)), all, bank));
  for (unsigned each = 18; each <= 22; ++each) EXPECT_EQ(pcr(each), zeros) << each;
  EXPECT_EQ(pcr(0), zeros);
  EXPECT_EQ(pcr(16), debug);
  EXPECT_EQ(pcr(23), zeros);
  EXPECT_GT(updates(), before);
}

// Part 3, 22.11.1 and Part 1, 33.5: the break in the dynamic chain shows.
TEST_F(HardwareMeasurement, ADrtmCountsAsARestart) {
  ASSERT_EQ(start(), rc::Success);
  uint32_t resets = clock().reset_count;
  measure();
  measure();
  EXPECT_EQ(clock().restart_count, 2u);
  EXPECT_EQ(clock().reset_count, resets);
  ASSERT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  ASSERT_EQ(start(StartupType::State), rc::Success);
  EXPECT_EQ(clock().restart_count, 3u);
}

TEST_F(HardwareMeasurement, ADrtmMayBeRepeated) {
  ASSERT_EQ(start(), rc::Success);
  measure(kMore);
  measure(kCode);
  EXPECT_EQ(pcr(17), extended(zeros, kCode));
}

// A policy that has looked at PCR must look again.
TEST_F(HardwareMeasurement, ADrtmEndsPoliciesThatHaveLookedAtPcr) {
  ASSERT_EQ(start(), rc::Success);
  ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
  wire::PcrSelections dynamic{{{.hash = {AlgId::Sha256}, .mask = 1u << 17}}};
  ASSERT_EQ(tpm.run<PolicyPcr>({session.handle}, {{}, dynamic}).code, rc::Success);
  measure();
  EXPECT_EQ(tpm.run<PolicyPcr>({session.handle}, {{}, dynamic}).code, rc::PcrChanged);
}

// Part 3, 9.4.1: the state that was saved is no longer the TPM's.
TEST_F(HardwareMeasurement, ADrtmNullifiesAShutdown) {
  for (StartupType type : {StartupType::State, StartupType::Clear}) {
    ASSERT_EQ(start(), rc::Success);
    ASSERT_EQ(tpm.run<Shutdown>({}, {type}).code, rc::Success);
    State before = tpm.state;
    measure();
    EXPECT_TRUE(durable_change(before, tpm.state));
    tpm.power_cycle();
    EXPECT_EQ(start(StartupType::State), rc::Value.parameter(1));
    ASSERT_EQ(start(), rc::Success);
    EXPECT_EQ(clock().restart_count, 0u);
    tpm.power_cycle();
  }
}

TEST_F(HardwareMeasurement, OneBeforeStartupKeepsTheShutdown) {
  measure();
  ASSERT_EQ(start(), rc::Success);
  ASSERT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  measure();
  EXPECT_EQ(start(StartupType::State), rc::Success);
}

// Part 1, 31.3: the start-up must be of the same kind, and then the saved values come back.
TEST_F(HardwareMeasurement, AResumeAfterOneRestoresPcr0) {
  measure(kCode);
  ASSERT_EQ(start(), rc::Success);
  tpm.run<PcrEvent>({0}, {wire::Event(kMore)});
  Bytes before = pcr(0);
  ASSERT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  EXPECT_EQ(start(StartupType::State), rc::Locality);
  measure(kMore);
  tpm.locality = 3;  // does not count
  ASSERT_EQ(start(StartupType::State), rc::Success);
  tpm.locality = 0;
  EXPECT_EQ(pcr(0), before);
}

TEST_F(HardwareMeasurement, NoneBeforeAResumeOfAStartWithoutOne) {
  ASSERT_EQ(start(), rc::Success);
  ASSERT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  measure();
  EXPECT_EQ(start(StartupType::State), rc::Locality);
  // The next TPM2_Startup may be another one.
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0), hcrtm_value(kCode));
}

// Part 1, 31.1: whatever comes between abandons it.
TEST_F(HardwareMeasurement, ACommandAbandonsIt) {
  ASSERT_EQ(start(), rc::Success);
  for (bool good : {true, false}) {
    begin();
    data(kCode);
    if (good)
      updates();
    else
      tpm.execute(Bytes{1, 2, 3});
    data(kMore);
    end();
    EXPECT_EQ(pcr(17), ones);
    EXPECT_EQ(clock().restart_count, 0u);
  }
}

// Part 3, 22.11.1: it must be complete before TPM2_Startup, or has no effect.
TEST_F(HardwareMeasurement, StartupAbandonsIt) {
  begin();
  data(kCode);
  ASSERT_EQ(start(), rc::Success);
  end();
  EXPECT_EQ(pcr(0), zeros);
  EXPECT_EQ(pcr(17), ones);
}

TEST_F(HardwareMeasurement, AStartupThatIsRefusedAbandonsItToo) {
  begin();
  data(kCode);
  EXPECT_EQ(start(StartupType::State), rc::Value.parameter(1));
  end();
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0), zeros);
}

TEST_F(HardwareMeasurement, AnotherBeginsAnew) {
  begin();
  data(kMore);
  measure(kCode);
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0), hcrtm_value(kCode));
  begin();
  data(kMore);
  measure(kCode);
  EXPECT_EQ(pcr(17), extended(zeros, kCode));
}

TEST_F(HardwareMeasurement, DataAndEndWithoutAStartAreIgnored) {
  data(kCode);
  end();
  ASSERT_EQ(start(), rc::Success);
  data(kCode);
  end();
  EXPECT_EQ(pcr(0), zeros);
  EXPECT_EQ(pcr(17), ones);
  EXPECT_EQ(clock().restart_count, 0u);
}

TEST_F(HardwareMeasurement, NothingIsMeasuredWithoutPowerOrInFailureMode) {
  State off = manufacture(tpm.ports);
  EXPECT_FALSE(hash_start(off, tpm.ports).lifecycle->hardware_sequence);
  tpm.state.lifecycle.write().mode = Mode::Failure;
  EXPECT_FALSE(hash_start(tpm.state, tpm.ports).lifecycle->hardware_sequence);
}

// Only the banks that exist have a PCR to extend.
TEST_F(HardwareMeasurement, OnlyAllocatedBanks) {
  ASSERT_EQ(start(), rc::Success);
  ASSERT_EQ(tpm.run<PcrAllocate>({wire::rh::Platform}, {{{{.hash = {AlgId::Sha1}, .mask = 0xFFFFFF},
                                                          {.hash = {AlgId::Sha384}, .mask = 0}}}})
                .code,
            rc::Success);
  tpm.power_cycle();
  measure();
  ASSERT_EQ(start(), rc::Success);
  EXPECT_EQ(pcr(0, AlgId::Sha1), hcrtm_value(kCode, AlgId::Sha1));
  auto none = tpm.run<PcrRead>({}, {{{{.hash = {AlgId::Sha384}, .mask = 1}}}});
  EXPECT_TRUE(none.reply.values.items.empty());
}

}  // namespace
}  // namespace vtpm::engine
