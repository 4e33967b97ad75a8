// SPDX-License-Identifier: Apache-2.0
// Audit sessions and their exclusiveness (Part 1, clause 17).
#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/random.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

class Audit : public ::testing::Test {
 protected:
  Use audit(ClientSession& session, uint8_t more = 0) {
    return {.session = &session, .attributes = static_cast<uint8_t>(kContinue | kAudit | more)};
  }
  Rc get_random(Use use) { return run_with<GetRandom>(tpm, {}, {8}, {use}).code; }
  // The audit digest in the TPM is that of the caller.
  void expect_digest(const ClientSession& session) {
    const auto& digest = tpm.state.sessions->slots[session_slot(session.handle)].loaded->audit;
    ASSERT_TRUE(digest && session.audit);
    EXPECT_EQ(to_bytes(*digest), *session.audit);
  }
  bool exclusive(const ClientSession& session) {
    return tpm.state.sessions->exclusive_audit == session.handle;
  }

  TestTpm tpm;
};

TEST_F(Audit, TheDigestIsExtendedByEachCommand) {
  for (AlgId hash : kHashes) {
    ClientSession session = start_session(tpm, {.hash = hash, .bind = rh::Owner});
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(get_random(audit(session)), rc::Success);
      expect_digest(session);
    }
    EXPECT_EQ(run_with<PcrRead>(tpm, {}, {}, {audit(session)}).code, rc::Success);
    expect_digest(session);
    EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {audit(session)}).code, rc::Success);
    expect_digest(session);
  }
}

TEST_F(Audit, OnlyWithTheAttribute) {
  ClientSession session = start_session(tpm);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {{&session}}).code, rc::Success);
  expect_digest(session);
}

TEST_F(Audit, OfEncryptedParametersTakesThemEncrypted) {
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  EXPECT_EQ(get_random(audit(session, kEncrypt)), rc::Success);
  expect_digest(session);
}

TEST_F(Audit, AFailureChangesNothing) {
  ClientSession session = start_session(tpm);
  Use use = audit(session);
  EXPECT_EQ(run_with<PcrReset>(tpm, {0}, {}, {use}).code, rc::Locality);
  EXPECT_FALSE(tpm.state.sessions->slots[session_slot(session.handle)].loaded->audit);
  EXPECT_FALSE(tpm.state.sessions->exclusive_audit);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  State before = tpm.state;
  EXPECT_EQ(run_with<PcrReset>(tpm, {0}, {}, {use}).code, rc::Locality);
  expect_digest(session);
  EXPECT_TRUE(exclusive(session));
  EXPECT_TRUE(tpm.state.sessions.same_as(before.sessions));
}

TEST_F(Audit, ResetBeginsAnew) {
  ClientSession session = start_session(tpm);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  EXPECT_EQ(get_random(audit(session, kAuditReset)), rc::Success);
  expect_digest(session);
}

TEST_F(Audit, ExclusiveFromTheFirstUseUntilAnotherCommand) {
  ClientSession session = start_session(tpm);
  // Not yet exclusive in the command that begins (15.6.4).
  EXPECT_EQ(get_random(audit(session, kAuditExclusive)), rc::Exclusive);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  EXPECT_TRUE(exclusive(session));
  EXPECT_EQ(get_random(audit(session, kAuditExclusive)), rc::Success);
  EXPECT_EQ(tpm.run<GetRandom>({}, {8}).code, rc::Success);
  EXPECT_FALSE(exclusive(session));
  EXPECT_EQ(get_random(audit(session, kAuditExclusive)), rc::Exclusive);
  // It does not come back by itself, but by a reset.
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  EXPECT_FALSE(exclusive(session));
  EXPECT_EQ(get_random(audit(session, kAuditReset)), rc::Success);
  EXPECT_TRUE(exclusive(session));
}

TEST_F(Audit, AFailingCommandDoesNotEndExclusiveness) {
  ClientSession session = start_session(tpm);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  EXPECT_EQ(tpm.run<PcrReset>({0}, {}).code, rc::Locality);
  EXPECT_TRUE(exclusive(session));
}

TEST_F(Audit, CommandsThatTakeNoSessionsDoNotCount) {
  ClientSession session = start_session(tpm), other = start_session(tpm);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  auto saved = tpm.run<ContextSave>({other.handle}, {});
  EXPECT_TRUE(exclusive(session));
  tpm.run<ContextLoad>({}, {saved.reply.context});
  tpm.run<FlushContext>({}, {.flush_handle = {other.handle}});
  EXPECT_TRUE(exclusive(session));
}

// The caller may put the exclusive session aside, as those commands take no sessions.
TEST_F(Audit, ASavedSessionStaysExclusive) {
  ClientSession session = start_session(tpm);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  auto saved = tpm.run<ContextSave>({session.handle}, {});
  ASSERT_EQ(saved.code, rc::Success);
  ASSERT_EQ(tpm.run<ContextLoad>({}, {saved.reply.context}).code, rc::Success);
  EXPECT_EQ(get_random(audit(session, kAuditExclusive)), rc::Success);
  expect_digest(session);
}

TEST_F(Audit, AnotherSessionEndsIt) {
  ClientSession one = start_session(tpm), two = start_session(tpm);
  EXPECT_EQ(get_random(audit(one)), rc::Success);
  EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {{&two}}).code, rc::Success);
  EXPECT_FALSE(exclusive(one));
  EXPECT_EQ(get_random(audit(two)), rc::Success);
  EXPECT_TRUE(exclusive(two));
  EXPECT_EQ(get_random(audit(one)), rc::Success);
  EXPECT_FALSE(exclusive(two));
  EXPECT_FALSE(exclusive(one));
}

TEST_F(Audit, TheExclusiveSessionWithoutTheAttributeDoesNotAudit) {
  ClientSession session = start_session(tpm);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {{&session}}).code, rc::Success);
  EXPECT_FALSE(exclusive(session));
}

TEST_F(Audit, EndsWithTheSession) {
  ClientSession session = start_session(tpm);
  EXPECT_EQ(get_random(audit(session)), rc::Success);
  tpm.run<FlushContext>({}, {.flush_handle = {session.handle}});
  EXPECT_FALSE(tpm.state.sessions->exclusive_audit);
  ClientSession next = start_session(tpm);
  Use last{.session = &next, .attributes = kAudit};
  EXPECT_EQ(get_random(last), rc::Success);
  EXPECT_FALSE(tpm.state.sessions->exclusive_audit);
}

// The response tells (15.6.4).
TEST_F(Audit, TheResponseTellsExclusiveness) {
  ClientSession session = start_session(tpm);
  auto attributes = [&](uint8_t more) {
    Secret response = tpm.execute(prepare<GetRandom>(tpm, {}, {8}, {audit(session, more)}).command);
    // Without a key the block ends with the attributes and an empty HMAC.
    return response.view()[response.size() - 3];
  };
  EXPECT_EQ(attributes(0), kContinue | kAudit | kAuditExclusive);
  tpm.run<GetRandom>({}, {8});
  EXPECT_EQ(attributes(0), kContinue | kAudit);
  EXPECT_EQ(attributes(kAuditReset), kContinue | kAudit | kAuditReset | kAuditExclusive);
}

}  // namespace
}  // namespace vtpm::engine
