// SPDX-License-Identifier: Apache-2.0
// Each known-answer test, failing alone (Part 1, 9.3 and 9.4; Part 3, clause 10).
#include "engine/commands/capability.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/random.h"
#include "engine/commands/self_test.h"
#include "engine/commands/startup.h"
#include "engine/commands/table.h"
#include "engine/self_tests.h"
#include "tests/engine/client_session.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using Kat = crypto::SelfTest;
using wire::Capability;
using wire::StartupType;
namespace rh = wire::rh;

// Ports::self_test is a plain function: which test fails, and which have run.
std::optional<Kat> failing;
std::vector<Kat> ran;

bool run_one(Kat test) noexcept {
  ran.push_back(test);
  return test != failing;
}

class SelfTestFailure : public ::testing::TestWithParam<Kat> {
 protected:
  SelfTestFailure() {
    failing = GetParam();
    ran.clear();
    tpm.ports.self_test = run_one;
  }
  // The first command that rests on all algorithms.
  void fail() { EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Failure); }

  TestTpm tpm;
};

std::vector<Kat> every_self_test() {
  std::vector<Kat> tests;
  for (unsigned i = 0; i <= static_cast<unsigned>(crypto::kLastSelfTest); ++i) {
    auto test = static_cast<Kat>(i);
    if ((all_tests() >> i & 1u) != 0) tests.push_back(test);
  }
  return tests;
}
INSTANTIATE_TEST_SUITE_P(All, SelfTestFailure, ::testing::ValuesIn(every_self_test()),
                         [](const auto& test) { return std::to_string(test.index); });

TEST_P(SelfTestFailure, LeavesGetTestResultAndGetCapabilityAlone) {
  fail();
  auto result = tpm.run<GetTestResult>({}, {});
  EXPECT_EQ(result.code, rc::Success);
  EXPECT_EQ(result.reply.test_result, rc::Failure.value());
  ByteView why = result.reply.out_data.view();
  EXPECT_EQ(std::string(why.begin(), why.end()),
            std::string("self test failed: ") + crypto::self_test_name(GetParam()));
  EXPECT_EQ(tpm.run<GetCapability>({}, {Capability::TpmProperties, 0x100, 1}).code, rc::Success);
  for (const CommandRow* row : all_commands()) {
    if (row->code == wire::CommandCode::GetTestResult ||
        row->code == wire::CommandCode::GetCapability)
      continue;
    for (const Bytes& sessions : {Bytes(), Bytes{0x40, 0, 0, 9, 0, 0, 1, 0, 0}})
      EXPECT_EQ(tpm.code_of(TestTpm::assemble(row->code, {}, sessions, {})), rc::Failure)
          << std::hex << static_cast<uint32_t>(row->code);
  }
  // Neither can be audited now (Part 1, clause 32), so that a session is refused.
  Bytes session = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
  EXPECT_EQ(tpm.code_of(TestTpm::assemble(wire::CommandCode::GetTestResult, {}, session, {})),
            rc::Failure);
  EXPECT_EQ(tpm.code_of(TestTpm::assemble(static_cast<wire::CommandCode>(0x20000001), {}, {}, {})),
            rc::Failure);
}

TEST_P(SelfTestFailure, LastsUntilTheNextInitAndChangesNothing) {
  State before = tpm.state;
  fail();
  EXPECT_EQ(save(tpm.state, &before).size(), 0u);
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Failure);
  failing.reset();
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{1}}).code, rc::Failure);
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Initialize);
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Success);
}

TEST_P(SelfTestFailure, IsFoundByEveryCommandThatTests) {
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{0}}).code, rc::Failure);
  TestTpm full;
  full.ports.self_test = run_one;
  EXPECT_EQ(full.run<SelfTest>({}, {uint8_t{1}}).code, rc::Failure);
  TestTpm authorized;
  authorized.ports.self_test = run_one;
  EXPECT_EQ(authorized.run<ClearControl>({rh::Platform}, {uint8_t{1}}).code, rc::Failure);
  EXPECT_FALSE(authorized.state.hierarchies->disable_clear);
}

// TPM2_IncrementalSelfTest finds it with those algorithms alone that rest on the test.
TEST_P(SelfTestFailure, IsOfTheAlgorithmsThatRestOnIt) {
  auto bit = SelfTests{1} << static_cast<unsigned>(GetParam());
  for (const Algorithm& algorithm : kAlgorithms) {
    TestTpm one;
    one.ports.self_test = run_one;
    Rc code = one.run<IncrementalSelfTest>({}, {{{algorithm.id}}}).code;
    bool rests = (tests_of(algorithm.id) & bit) != 0;
    EXPECT_EQ(code, rests ? rc::Failure : rc::Success)
        << std::hex << static_cast<unsigned>(algorithm.id);
  }
}

// Part 1, 9.3: before the first use, once, and again after each _TPM_Init.
TEST(SelfTestsRun, OnceEachBeforeTheFirstUse) {
  failing.reset();
  TestTpm tpm;
  tpm.ports.self_test = run_one;
  for (int power = 0; power < 2; ++power) {
    ran.clear();
    EXPECT_EQ(tpm.run<GetCapability>({}, {Capability::TpmProperties, 0x100, 1}).code, rc::Success);
    EXPECT_EQ(tpm.run<GetTestResult>({}, {}).reply.test_result, rc::NeedsTest.value());
    EXPECT_TRUE(ran.empty());
    EXPECT_EQ(tpm.run<Hash>({}, {wire::MaxBuffer(Bytes{1}), {AlgId::Sha256}, {rh::Null}}).code,
              rc::Success);
    EXPECT_EQ(ran, every_self_test());
    tpm.run<GetRandom>({}, {8});
    EXPECT_EQ(ran.size(), every_self_test().size());
    EXPECT_EQ(tpm.run<GetTestResult>({}, {}).reply.test_result, rc::Success.value());
    tpm.power_cycle();
    tpm.run<Startup>({}, {StartupType::Clear});
  }
}

// Every algorithm that TPM_CAP_ALGS reports has a test of this name in engine/crypto.
TEST(SelfTestsRun, CoverWhatIsReported) {
  SelfTests covered = 0;
  for (const Algorithm& algorithm : kAlgorithms) covered |= tests_of(algorithm.id);
  auto without_identifier = SelfTests{1} << static_cast<unsigned>(crypto::SelfTest::Random) |
                            SelfTests{1} << static_cast<unsigned>(crypto::SelfTest::Derivation);
  EXPECT_EQ(covered | without_identifier, all_tests());
  for (Kat test : every_self_test())
    EXPECT_TRUE(crypto::run_self_test(test)) << crypto::self_test_name(test);
}

}  // namespace
}  // namespace vtpm::engine
