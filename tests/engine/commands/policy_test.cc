// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 23: digests against the formulas, and refusals. That a policy authorizes is tested
// with the pipeline.
#include "engine/commands/policy.h"

#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/pcr.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::SessionType;
namespace rh = wire::rh;

class EachHashAndType : public ::testing::TestWithParam<std::tuple<AlgId, SessionType>> {
 protected:
  EachHashAndType()
      : hash(std::get<0>(GetParam())),
        trial(std::get<1>(GetParam()) == SessionType::Trial),
        session(start_session(tpm, {.type = std::get<1>(GetParam()), .hash = hash})),
        expected(digest_size(hash)) {}

  Bytes digest() {
    auto answer = tpm.run<PolicyGetDigest>({session.handle}, {});
    EXPECT_EQ(answer.code, rc::Success);
    return to_bytes(answer.reply.policy_digest);
  }
  // The formula that all assertions share.
  void extend(CommandCode code, std::initializer_list<ByteView> parts) {
    expected = formula::hash(hash, {expected, wire::to_wire(code), formula::concat(parts)});
  }
  template <class C>
  Rc assert_policy(const typename C::Params& params) {
    return tpm.run<C>({session.handle}, params).code;
  }

  // A trial takes every assertion for true (23.1).
  Rc unless_trial(Rc code) const { return trial ? rc::Success : code; }

  TestTpm tpm;
  AlgId hash;
  bool trial;
  ClientSession session;
  Bytes expected;
};
INSTANTIATE_TEST_SUITE_P(Sessions, EachHashAndType,
                         ::testing::Combine(::testing::ValuesIn(kHashes),
                                            ::testing::Values(SessionType::Policy,
                                                              SessionType::Trial)));

TEST_P(EachHashAndType, BeginsWithZeros) {
  EXPECT_EQ(digest(), expected);
}

TEST_P(EachHashAndType, AuthValueAndPasswordExtendAlike) {
  EXPECT_EQ(assert_policy<PolicyAuthValue>({}), rc::Success);
  extend(CommandCode::PolicyAuthValue, {});
  EXPECT_EQ(digest(), expected);
  EXPECT_EQ(assert_policy<PolicyPassword>({}), rc::Success);
  extend(CommandCode::PolicyAuthValue, {});
  EXPECT_EQ(digest(), expected);
}

TEST_P(EachHashAndType, CommandCode) {
  EXPECT_EQ(assert_policy<PolicyCommandCode>({CommandCode::Unseal}), rc::Success);
  extend(CommandCode::PolicyCommandCode, {wire::to_wire(CommandCode::Unseal)});
  EXPECT_EQ(digest(), expected);
  // The same again extends again; another is refused (23.11.1).
  EXPECT_EQ(assert_policy<PolicyCommandCode>({CommandCode::Unseal}), rc::Success);
  extend(CommandCode::PolicyCommandCode, {wire::to_wire(CommandCode::Unseal)});
  EXPECT_EQ(assert_policy<PolicyCommandCode>({CommandCode::Sign}),
            unless_trial(rc::Value.parameter(1)));
  if (trial) extend(CommandCode::PolicyCommandCode, {wire::to_wire(CommandCode::Sign)});
  EXPECT_EQ(digest(), expected);
}

// A trial computes the policy of any TPM, one that has the command included (23.1).
TEST_P(EachHashAndType, CommandCodeOfNoCommand) {
  for (uint32_t code : {0u, 0x11Eu, 0x20000000u}) {
    EXPECT_EQ(assert_policy<PolicyCommandCode>({static_cast<wire::CommandCode>(code)}),
              unless_trial(rc::PolicyCc.parameter(1)));
    if (trial) extend(CommandCode::PolicyCommandCode, {wire::to_wire(code)});
  }
  EXPECT_EQ(digest(), expected);
}

TEST_P(EachHashAndType, LocalityNarrows) {
  for (uint8_t locality : {uint8_t{0x1F}, uint8_t{0x07}, uint8_t{0x06}}) {
    EXPECT_EQ(assert_policy<PolicyLocality>({{locality}}), rc::Success);
    extend(CommandCode::PolicyLocality, {ByteView(&locality, 1)});
    EXPECT_EQ(digest(), expected);
  }
  for (uint8_t none : {uint8_t{0x18}, uint8_t{0}, uint8_t{32}}) {
    EXPECT_EQ(assert_policy<PolicyLocality>({{none}}), unless_trial(rc::Range.parameter(1)));
    if (trial) extend(CommandCode::PolicyLocality, {ByteView(&none, 1)});
  }
  EXPECT_EQ(digest(), expected);
}

TEST_P(EachHashAndType, AnExtendedLocalityIsAlone) {
  EXPECT_EQ(assert_policy<PolicyLocality>({{200}}), rc::Success);
  EXPECT_EQ(assert_policy<PolicyLocality>({{200}}), rc::Success);
  EXPECT_EQ(assert_policy<PolicyLocality>({{201}}), unless_trial(rc::Range.parameter(1)));
  EXPECT_EQ(assert_policy<PolicyLocality>({{1}}), unless_trial(rc::Range.parameter(1)));
}

TEST_P(EachHashAndType, Or) {
  wire::Digest other{crypto::Digest(digest_size(hash), 9).view()};
  wire::Digest present{ByteView(expected)};
  // Sizes other than the policy's do no harm and do not match (23.6.1).
  wire::Digest short_one{crypto::Digest(5, 1).view()};
  EXPECT_EQ(assert_policy<PolicyOr>({{{other, short_one, present}}}), rc::Success);
  expected.assign(digest_size(hash), 0);
  extend(CommandCode::PolicyOr, {other, short_one, present});
  EXPECT_EQ(digest(), expected);
  Rc refused = trial ? rc::Success : rc::Value.parameter(1);
  EXPECT_EQ(assert_policy<PolicyOr>({{{other, short_one}}}), refused);
  if (!trial) {
    EXPECT_EQ(digest(), expected);
  }
}

TEST_P(EachHashAndType, OrOfTwoToEight) {
  wire::Digest present{ByteView(expected)};
  EXPECT_EQ(assert_policy<PolicyOr>({}), rc::Size.parameter(1));
  EXPECT_EQ(assert_policy<PolicyOr>({{{present}}}), rc::Size.parameter(1));
  std::vector<wire::Digest> nine(9, present);
  EXPECT_EQ(assert_policy<PolicyOr>({{nine}}), rc::Size.parameter(1));
  std::vector<wire::Digest> eight(8, present);
  EXPECT_EQ(assert_policy<PolicyOr>({{eight}}), rc::Success);
}

TEST_P(EachHashAndType, PcrWithTheirPresentValues) {
  tpm.run<PcrEvent>({7}, {wire::Event(Bytes{1, 2, 3})});
  wire::PcrSelections pcrs{{{.hash = {AlgId::Sha256}, .mask = 1u << 7 | 1u << 17},
                            {.hash = {AlgId::Sha384}, .mask = 1}}};
  Bytes values = formula::concat({pcr_value(*tpm.state.pcrs, AlgId::Sha256, 7),
                                  pcr_value(*tpm.state.pcrs, AlgId::Sha256, 17),
                                  pcr_value(*tpm.state.pcrs, AlgId::Sha384, 0)});
  Bytes pcr_digest = formula::hash(hash, {values});
  EXPECT_EQ(assert_policy<PolicyPcr>({{}, pcrs}), rc::Success);
  extend(CommandCode::PolicyPcr, {wire::to_wire(pcrs), pcr_digest});
  EXPECT_EQ(digest(), expected);
  EXPECT_EQ(assert_policy<PolicyPcr>({wire::Digest(pcr_digest), pcrs}), rc::Success);
  extend(CommandCode::PolicyPcr, {wire::to_wire(pcrs), pcr_digest});
  EXPECT_EQ(digest(), expected);
}

TEST_P(EachHashAndType, PcrWithOtherValues) {
  wire::PcrSelections pcrs{{{.hash = {AlgId::Sha256}, .mask = 1}}};
  wire::Digest other{crypto::Digest(digest_size(hash), 3).view()};
  if (!trial) {
    EXPECT_EQ(assert_policy<PolicyPcr>({other, pcrs}), rc::Value.parameter(1));
    EXPECT_EQ(digest(), expected);
    return;
  }
  EXPECT_EQ(assert_policy<PolicyPcr>({other, pcrs}), rc::Success);
  extend(CommandCode::PolicyPcr, {wire::to_wire(pcrs), other});
  EXPECT_EQ(digest(), expected);
}

// SHA-1 has no bank: its PCR are not there, and the selection says so.
TEST_P(EachHashAndType, PcrThatDoNotExist) {
  wire::PcrSelections asked{{{.hash = {AlgId::Sha1}, .mask = 0xFF}}};
  wire::PcrSelections none{{{.hash = {AlgId::Sha1}, .mask = 0}}};
  EXPECT_EQ(assert_policy<PolicyPcr>({{}, asked}), rc::Success);
  // A trial takes the selection as it is (23.7.1).
  extend(CommandCode::PolicyPcr, {wire::to_wire(trial ? asked : none), formula::hash(hash, {})});
  EXPECT_EQ(digest(), expected);
}

TEST_P(EachHashAndType, PcrMustNotChangeBetweenTwoChecks) {
  EXPECT_EQ(assert_policy<PolicyPcr>({}), rc::Success);
  tpm.run<PcrEvent>({7}, {wire::Event(Bytes{1})});
  EXPECT_EQ(assert_policy<PolicyPcr>({}), trial ? rc::Success : rc::PcrChanged);
  // The debug PCR does not count.
  assert_policy<PolicyRestart>({});
  EXPECT_EQ(assert_policy<PolicyPcr>({}), rc::Success);
  tpm.run<PcrEvent>({16}, {wire::Event(Bytes{1})});
  EXPECT_EQ(assert_policy<PolicyPcr>({}), rc::Success);
}

TEST(Policy, WellKnownDigests) {
  TestTpm tpm;
  ClientSession trial = start_session(tpm, {.type = SessionType::Trial});
  tpm.run<PolicyAuthValue>({trial.handle}, {});
  // TCG EK Credential Profile, the policy of TPM2_PolicyAuthValue alone, SHA-256.
  EXPECT_EQ(to_bytes(tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest),
            formula::hash(AlgId::Sha256, {Bytes(32), Bytes{0, 0, 1, 0x6B}}));
}

TEST(Policy, OneThatClearEnds) {
  TestTpm tpm;
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
  tpm.run<PolicyPcr>({policy.handle}, {});
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<PolicyPcr>({policy.handle}, {}).code, rc::PcrChanged);
}

TEST(Policy, AnAuditedAssertion) {
  TestTpm tpm;
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
  ClientSession audit = start_session(tpm, {.bind = rh::Owner});
  Use use{.session = &audit, .attributes = kContinue | kAudit};
  EXPECT_EQ(run_with<PolicyAuthValue>(tpm, {policy.handle}, {}, {use}).code, rc::Success);
  EXPECT_EQ(run_with<PolicyGetDigest>(tpm, {policy.handle}, {}, {use}).code, rc::Success);
}

// A salted policy session may protect its own assertions; what it asserts stays.
TEST(Policy, AnAssertionUnderItsOwnSession) {
  TestTpm tpm;
  ClientSession policy = start_session(
      tpm, {.type = SessionType::Policy, .symmetric = aes_cfb(128), .bind = rh::Owner});
  Use use{.session = &policy, .attributes = kContinue | kDecrypt};
  ASSERT_EQ(run_with<PolicyPcr>(tpm, {policy.handle}, {}, {use}).code, rc::Success);
  Use reading{.session = &policy, .attributes = kContinue | kEncrypt};
  auto answer = run_with<PolicyGetDigest>(tpm, {policy.handle}, {}, {reading});
  ASSERT_EQ(answer.code, rc::Success);
  wire::PcrSelections none;
  EXPECT_EQ(to_bytes(answer.reply.policy_digest),
            formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(CommandCode::PolicyPcr),
                                          wire::to_wire(none), formula::hash(AlgId::Sha256, {})}));
}

}  // namespace
}  // namespace vtpm::engine
