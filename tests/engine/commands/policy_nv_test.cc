// SPDX-License-Identifier: Apache-2.0
// Part 3, 23.9 and 23.22: TPM2_PolicyNV, TPM2_PolicyAuthorizeNV.
#include "engine/commands/policy_nv.h"

#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_bound.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::Relation;
using wire::SessionType;
namespace rh = wire::rh;

class NvInPolicy : public ::testing::Test {
 protected:
  Bytes digest(const ClientSession& session) {
    return to_bytes(tpm.run<PolicyGetDigest>({session.handle}, {}).reply.policy_digest);
  }
  ClientSession start(SessionType type = SessionType::Policy, AlgId hash = AlgId::Sha256) {
    return start_session(tpm, {.type = type, .hash = hash});
  }
  Rc policy_nv(const ClientSession& session, Relation operation, const Bytes& b,
               uint16_t offset = 0, const By& by = {}) {
    return tpm
        .run<PolicyNv>({by.authority, kIndex, session.handle},
                       {wire::Operand(b), offset, {operation}}, {by.password})
        .code;
  }
  Rc authorize_nv(const ClientSession& session, const By& by = {}) {
    return tpm.run<PolicyAuthorizeNv>({by.authority, kIndex, session.handle}, {}, {by.password})
        .code;
  }

  TestTpm tpm;
};

TEST_F(NvInPolicy, ExtendsByWhatIsComparedAndTheName) {
  define(tpm, nv_public());
  nv_write(tpm, {1, 2, 3, 4});
  for (AlgId hash : kHashes)
    for (SessionType type : {SessionType::Policy, SessionType::Trial}) {
      ClientSession session = start(type, hash);
      ASSERT_EQ(policy_nv(session, Relation::UnsignedGreaterOrEqual, {2, 3}, 1), rc::Success);
      Bytes args = formula::hash(hash, {Bytes{2, 3}, Bytes{0, 1}, Bytes{0, 7}});
      EXPECT_EQ(digest(session),
                formula::hash(hash, {Bytes(digest_size(hash)), wire::to_wire(CommandCode::PolicyNv),
                                     args, name_of(tpm, kIndex)}));
      tpm.run<PolicyRestart>({session.handle}, {});
      EXPECT_EQ(digest(session), Bytes(digest_size(hash)));
    }
}

// Part 2, 6.8: two's complement, the most significant octet first.
TEST_F(NvInPolicy, ComparesAsTheOperationSays) {
  define(tpm, nv_public({}, NvType::Ordinary, 2));
  ClientSession session = start();
  struct Row {
    uint16_t a, b;
    bool equal, signed_greater, unsigned_greater, bits_set, bits_clear;
  };
  constexpr Row kRows[] = {
      {0x0000, 0x0000, true, false, false, true, true},
      {0x0001, 0x0000, false, true, true, true, true},
      {0x0100, 0x00FF, false, true, true, false, true},
      {0x7FFF, 0x8000, false, true, false, false, true},
      {0x8000, 0x7FFF, false, false, true, false, true},
      {0xFFFF, 0x8000, false, true, true, true, false},
      {0xFFFE, 0xFFFF, false, false, false, false, false},
      {0xFFFF, 0x0001, false, false, true, true, false},
      {0x1234, 0x1234, true, false, false, true, false},
      {0xF0F0, 0x0F0F, false, false, true, false, true},
  };
  auto bytes = [](uint16_t value) { return wire::to_wire(value); };
  for (const Row& row : kRows) {
    nv_write(tpm, bytes(row.a));
    bool signed_less = !row.equal && !row.signed_greater;
    bool unsigned_less = !row.equal && !row.unsigned_greater;
    const bool expected[] = {row.equal,           !row.equal,
                             row.signed_greater,  row.unsigned_greater,
                             signed_less,         unsigned_less,
                             !signed_less,        !unsigned_less,
                             !row.signed_greater, !row.unsigned_greater,
                             row.bits_set,        row.bits_clear};
    for (uint16_t operation = 0; operation < std::size(expected); ++operation) {
      Bytes before = digest(session);
      EXPECT_EQ(policy_nv(session, static_cast<Relation>(operation), bytes(row.b)),
                expected[operation] ? rc::Success : rc::Policy)
          << row.a << " " << operation << " " << row.b;
      EXPECT_EQ(digest(session) != before, expected[operation]);
    }
  }
  EXPECT_EQ(policy_nv(session, static_cast<Relation>(12), {}), rc::Value.parameter(3));
}

TEST_F(NvInPolicy, ComparesNothingWithNothing) {
  define(tpm, nv_public());
  nv_write(tpm, {1});
  ClientSession session = start();
  EXPECT_EQ(policy_nv(session, Relation::Equal, {}, 8), rc::Success);
  EXPECT_EQ(policy_nv(session, Relation::SignedGreater, {}), rc::Policy);
}

TEST_F(NvInPolicy, MustBeReadable) {
  define(tpm, nv_public({NvBit::AuthRead, NvBit::ReadStClear}), {1});
  ClientSession session = start(), trial = start(SessionType::Trial);
  EXPECT_EQ(policy_nv(session, Relation::Equal, {0}), rc::NvUninitialized);
  EXPECT_EQ(policy_nv(session, Relation::Equal, {0}, 0, by_index({1})), rc::NvUninitialized);
  // A trial needs the authorization and nothing else (23.9.1).
  EXPECT_EQ(policy_nv(trial, Relation::Equal, {0}), rc::Success);
  EXPECT_EQ(policy_nv(trial, Relation::Equal, {0}, 0, by_index({1})), rc::Success);
  EXPECT_EQ(policy_nv(trial, Relation::Equal, {0}, 0, by_index({2})), rc::BadAuth.session(1));
  nv_write(tpm, {7});
  EXPECT_EQ(policy_nv(session, Relation::Equal, Bytes(9)), rc::NvRange);
  EXPECT_EQ(policy_nv(session, Relation::Equal, {0}, 8), rc::NvRange);
  EXPECT_EQ(policy_nv(session, Relation::Equal, {7}, 0, by_index({1})), rc::Success);
  EXPECT_EQ(policy_nv(session, Relation::Equal, {7}, 0, by_index({2})), rc::BadAuth.session(1));
  EXPECT_EQ(policy_nv(session, Relation::Equal, {7}, 0, {rh::Platform}), rc::NvAuthorization);
  tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
  EXPECT_EQ(policy_nv(session, Relation::Equal, {7}), rc::NvLocked);
  EXPECT_EQ(policy_nv(trial, Relation::Equal, {9}, 100), rc::Success);
  EXPECT_EQ(policy_nv(trial, Relation::Equal, {9}, 0, {rh::Platform}), rc::NvAuthorization);
  EXPECT_EQ(policy_nv(trial, Relation::Equal, {9}, 0, by_index({2})), rc::BadAuth.session(1));
}

TEST_F(NvInPolicy, TakesAPolicySessionOnly) {
  define(tpm, nv_public());
  nv_write(tpm, {7});
  ClientSession hmac = start(SessionType::Hmac);
  EXPECT_EQ(policy_nv(hmac, Relation::Equal, {7}), rc::Value.handle(3));
  EXPECT_EQ(authorize_nv(hmac), rc::Value.handle(3));
}

// A counter in a policy revokes what it authorizes.
TEST_F(NvInPolicy, AuthorizesUntilACounterMoves) {
  define(tpm, nv_public({}, NvType::Counter));
  nv_increment(tpm);
  Bytes one{0, 0, 0, 0, 0, 0, 0, 1};
  ClientSession trial = start(SessionType::Trial);
  policy_nv(trial, Relation::UnsignedLessOrEqual, one);
  wire::NvPublic pub = nv_public({NvBit::PolicyRead}, NvType::Ordinary, 8, kIndex + 1);
  pub.auth_policy = wire::Digest(digest(trial));
  define(tpm, pub);
  nv_write(tpm, {5}, 0, {}, kIndex + 1);
  ClientSession session = start();
  EXPECT_EQ(policy_nv(session, Relation::UnsignedLessOrEqual, one), rc::Success);
  EXPECT_EQ(run_with<NvRead>(tpm, {kIndex + 1, kIndex + 1}, {1, 0}, {{.session = &session}}).code,
            rc::Success);
  nv_increment(tpm);
  EXPECT_EQ(policy_nv(session, Relation::UnsignedLessOrEqual, one), rc::Policy);
}

// ---- TPM2_PolicyAuthorizeNV

class ApprovedPolicy : public NvInPolicy {
 protected:
  ApprovedPolicy() {
    define(tpm, nv_public({NvBit::AuthRead, NvBit::ReadStClear}, NvType::Ordinary, 40));
  }
  void approve(AlgId hash, const Bytes& policy) {
    Bytes content = wire::to_wire(hash);
    append(content, policy);
    ASSERT_EQ(nv_write(tpm, content), rc::Success);
  }
};

TEST_F(ApprovedPolicy, ReplacesTheDigest) {
  ClientSession session = start();
  tpm.run<PolicyAuthValue>({session.handle}, {});
  approve(AlgId::Sha256, digest(session));
  ASSERT_EQ(authorize_nv(session), rc::Success);
  EXPECT_EQ(digest(session),
            formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(CommandCode::PolicyAuthorizeNv),
                                          name_of(tpm, kIndex)}));
  // What was asserted before still holds.
  EXPECT_TRUE(
      tpm.state.sessions->slots[session_slot(session.handle)].loaded->policy.auth_value_needed);
}

TEST_F(ApprovedPolicy, AnyInATrial) {
  ClientSession trial = start(SessionType::Trial);
  EXPECT_EQ(authorize_nv(trial, by_index({})), rc::Success);
  nv_write(tpm, {});
  ASSERT_EQ(authorize_nv(trial), rc::Success);
  EXPECT_EQ(digest(trial),
            formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(CommandCode::PolicyAuthorizeNv),
                                          name_of(tpm, kIndex)}));
  EXPECT_EQ(authorize_nv(trial, {rh::Platform}), rc::NvAuthorization);
}

TEST_F(ApprovedPolicy, Refusals) {
  ClientSession session = start();
  EXPECT_EQ(authorize_nv(session), rc::NvUninitialized);
  approve(AlgId::Sha256, Bytes(32, 1));
  EXPECT_EQ(authorize_nv(session), rc::Value);
  approve(AlgId::Sha1, Bytes(20));
  EXPECT_EQ(authorize_nv(session), rc::Hash);
  approve(AlgId::Aes, Bytes(32));
  EXPECT_EQ(authorize_nv(session), rc::Hash);
  approve(AlgId::Sha384, Bytes(38));
  EXPECT_EQ(authorize_nv(session), rc::Insufficient);
  approve(AlgId::Sha256, Bytes(32));
  EXPECT_EQ(authorize_nv(session, {rh::Platform}), rc::NvAuthorization);
  EXPECT_EQ(authorize_nv(session), rc::Success);
  tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
  EXPECT_EQ(authorize_nv(session), rc::NvLocked);
  nv_undefine(tpm);
  define(tpm, nv_public({}, NvType::Ordinary, 1));
  nv_write(tpm, {0});
  EXPECT_EQ(authorize_nv(session), rc::Insufficient);
}

// TPM2_PolicyNvWritten, when the policy is used (Part 3, 23.20).
TEST_F(NvInPolicy, MayDependOnWhetherTheIndexIsWritten) {
  ClientSession trial = start(SessionType::Trial);
  tpm.run<PolicyNvWritten>({trial.handle}, {0});
  wire::NvPublic pub = nv_public({NvBit::PolicyWrite});
  pub.auth_policy = wire::Digest(digest(trial));
  define(tpm, pub);
  auto write_once = [&] {
    ClientSession session = start();
    tpm.run<PolicyNvWritten>({session.handle}, {0});
    wire::MaxNvBuffer data{ByteView(Bytes(8, 1))};
    return run_with<NvWrite>(tpm, {kIndex, kIndex}, {data, 0}, {{.session = &session}}).code;
  };
  EXPECT_EQ(write_once(), rc::Success);
  EXPECT_EQ(write_once(), rc::PolicyFail.session(1));
}

// Part 3, 23.2.5: the use of a PIN is not to be had twice.
TEST_F(NvInPolicy, ASecretThatIsAPinGivesNoTicket) {
  const Bytes pin = {1, 2, 3, 4};
  for (NvType type : {NvType::PinPass, NvType::PinFail}) {
    define(tpm, nv_public({NvBit::AuthRead}, type), pin);
    nv_write(tpm, {0, 0, 0, 0, 0, 0, 0, 9});
    auto answer =
        tpm.run<PolicySecret>({kIndex, start().handle}, {.expiration = Expiration{-100}}, {pin});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(answer.reply.policy_ticket.digest.empty(), type == NvType::PinPass);
    nv_undefine(tpm);
  }
}

TEST_F(NvInPolicy, ATicketForAPlatformIndexIsOfThePlatform) {
  wire::NvPublic pub = platform_public({NvBit::AuthRead, NvBit::NoDa});
  define(tpm, pub);
  auto answer = tpm.run<PolicySecret>({kIndex, start().handle}, {.expiration = Expiration{-100}});
  EXPECT_EQ(answer.code, rc::Success);
  EXPECT_EQ(answer.reply.policy_ticket.hierarchy, rh::Platform);
}

}  // namespace
}  // namespace vtpm::engine
