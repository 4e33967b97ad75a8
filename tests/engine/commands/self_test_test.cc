// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/self_test.h"

#include "engine/commands/random.h"
#include "engine/self_tests.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using testing::TestTpm;

bool sha256_fails(crypto::SelfTest test) noexcept {
  return test != crypto::SelfTest::Sha256;
}

uint32_t test_result(TestTpm& tpm) {
  auto answer = tpm.run<GetTestResult>({}, {});
  EXPECT_EQ(answer.code, rc::Success);
  return answer.reply.test_result;
}

TEST(SelfTest, TestsEverythingOnce) {
  TestTpm tpm;
  tpm.ports.self_test = crypto::run_self_test;
  EXPECT_EQ(test_result(tpm), rc::NeedsTest.value());
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{0}}).code, rc::Success);
  EXPECT_EQ(test_result(tpm), rc::Success.value());
  EXPECT_EQ(untested(tpm.state, all_tests()), 0u);
  // Nothing is left to test, except when a full test is asked for.
  tpm.ports.self_test = sha256_fails;
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{0}}).code, rc::Success);
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{1}}).code, rc::Failure);
  TestTpm other;
  EXPECT_EQ(other.run<SelfTest>({}, {uint8_t{2}}).code, rc::Value.parameter(1));
}

TEST(SelfTest, AFailingTestLeadsToFailureModeUntilTheNextInit) {
  TestTpm tpm;
  tpm.ports.self_test = sha256_fails;
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{1}}).code, rc::Failure);
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Failure);
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{0}}).code, rc::Failure);
  auto answer = tpm.run<GetTestResult>({}, {});
  EXPECT_EQ(answer.reply.test_result, rc::Failure.value());
  ByteView why = answer.reply.out_data.view();
  EXPECT_NE(std::string(why.begin(), why.end()).find("SHA-256"), std::string::npos)
      << std::string(why.begin(), why.end());
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Initialize);
}

TEST(SelfTest, ComesBeforeTheFirstUseOfAnAlgorithm) {
  TestTpm tpm;
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Success);
  EXPECT_EQ(test_result(tpm), rc::Success.value());
  TestTpm broken;
  broken.ports.self_test = sha256_fails;
  EXPECT_EQ(test_result(broken), rc::NeedsTest.value());
  EXPECT_EQ(broken.run<GetRandom>({}, {8}).code, rc::Failure);
  EXPECT_EQ(broken.state.lifecycle->mode, Mode::Failure);
}

TEST(SelfTest, CanBeCanceled) {
  TestTpm tpm;
  tpm.cancellation.request = true;
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{1}}).code, rc::Canceled);
  EXPECT_EQ(test_result(tpm), rc::NeedsTest.value());
  tpm.cancellation.request = false;
  EXPECT_EQ(tpm.run<SelfTest>({}, {uint8_t{1}}).code, rc::Success);
}

TEST(IncrementalSelfTest, TestsWhatIsAskedForAndListsTheRest) {
  TestTpm tpm;
  auto nothing = tpm.run<IncrementalSelfTest>({}, {});
  ASSERT_EQ(nothing.code, rc::Success);
  EXPECT_EQ(nothing.reply.to_do.items.size(), kAlgorithms.size());
  auto some = tpm.run<IncrementalSelfTest>({}, {{{AlgId::Sha256, AlgId::Cfb}}});
  EXPECT_FALSE(contains(some.reply.to_do.items, AlgId::Sha256));
  EXPECT_FALSE(contains(some.reply.to_do.items, AlgId::Aes));
  EXPECT_TRUE(contains(some.reply.to_do.items, AlgId::Rsa));
  AlgorithmList all;
  for (const Algorithm& algorithm : kAlgorithms) all.items.push_back(algorithm.id);
  EXPECT_TRUE(tpm.run<IncrementalSelfTest>({}, {all}).reply.to_do.items.empty());
}

TEST(IncrementalSelfTest, NothingThatIsNotThere) {  // TDES
  TestTpm tpm;
  EXPECT_EQ(tpm.run<IncrementalSelfTest>({}, {{{AlgId::Sha256, static_cast<AlgId>(0x0003)}}}).code,
            rc::Value.parameter(1));
}

TEST(IncrementalSelfTest, OnlyWhatIsAskedForCanFail) {
  TestTpm tpm;
  tpm.ports.self_test = sha256_fails;
  EXPECT_EQ(tpm.run<IncrementalSelfTest>({}, {{{AlgId::Sha512}}}).code, rc::Success);
  EXPECT_EQ(tpm.run<IncrementalSelfTest>({}, {{{AlgId::Sha256}}}).code, rc::Failure);
}

TEST(IncrementalSelfTest, BoundsTheList) {
  TestTpm tpm;
  Bytes too_many = {0, 0, 0, 129};
  Bytes command = TestTpm::assemble(wire::CommandCode::IncrementalSelfTest, {}, {}, too_many);
  EXPECT_EQ(TestTpm::parse<IncrementalSelfTest>(tpm.execute(command).view()).code,
            rc::Size.parameter(1));
}

TEST(SelfTests, CoverEveryAlgorithm) {
  for (const Algorithm& algorithm : kAlgorithms) EXPECT_NE(tests_of(algorithm.id), 0u);
  EXPECT_EQ(tests_of(AlgId::Null), 0u);
  EXPECT_EQ(tests_of(AlgId::Null), 0u);
}

}  // namespace
}  // namespace vtpm::engine
