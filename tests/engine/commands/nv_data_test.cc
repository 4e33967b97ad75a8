// SPDX-License-Identifier: Apache-2.0
// Part 3, 31.7 to 31.10 and 31.13: what indices hold, and who may read and write it.
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

class NvContent : public ::testing::Test {
 protected:
  Rc extend(const Bytes& data, Handle index = kIndex) {
    return tpm.run<NvExtend>({rh::Owner, index}, {wire::MaxNvBuffer(ByteView(data))}).code;
  }
  Rc set_bits(uint64_t bits) { return tpm.run<NvSetBits>({rh::Owner, kIndex}, {bits}).code; }
  uint32_t tries() const { return tpm.state.dictionary_attack->failed_tries; }

  TestTpm tpm;
};

TEST_F(NvContent, IsWrittenInPartsAndReadInParts) {
  define(tpm, nv_public());
  EXPECT_EQ(nv_write(tpm, {1, 2, 3}, 2), rc::Success);
  EXPECT_EQ(nv_data(tpm), (Bytes{0, 0, 1, 2, 3, 0, 0, 0}));
  EXPECT_EQ(nv_write(tpm, {7}, 7), rc::Success);
  EXPECT_EQ(nv_write(tpm, {}, 8), rc::Success);
  EXPECT_EQ(nv_data(tpm), (Bytes{0, 0, 1, 2, 3, 0, 0, 7}));
  EXPECT_EQ(to_bytes(nv_read(tpm, 2, 3).reply.data.view()), (Bytes{2, 3}));
  EXPECT_EQ(nv_read(tpm, 0, 8).reply.data.size(), 0u);
  EXPECT_TRUE(nv_attributes(tpm).has(NvBit::Written));
}

TEST_F(NvContent, ANothingThatIsWrittenCounts) {
  define(tpm, nv_public());
  EXPECT_EQ(nv_read(tpm, 0).code, rc::NvUninitialized);
  EXPECT_EQ(nv_write(tpm, {}), rc::Success);
  EXPECT_EQ(nv_data(tpm), Bytes(8));
}

TEST_F(NvContent, HasARange) {
  define(tpm, nv_public());
  EXPECT_EQ(nv_write(tpm, Bytes(9)), rc::NvRange);
  EXPECT_EQ(nv_write(tpm, {1}, 8), rc::NvRange);
  EXPECT_EQ(nv_write(tpm, {}, 9), rc::NvRange);
  EXPECT_EQ(nv_write(tpm, {1}, 0xFFFF), rc::NvRange);
  EXPECT_EQ(nv_write(tpm, Bytes(2049)), rc::Size.parameter(1));
  EXPECT_FALSE(nv_attributes(tpm).has(NvBit::Written));
  nv_write(tpm, {1});
  EXPECT_EQ(nv_read(tpm, 9).code, rc::NvRange);
  EXPECT_EQ(nv_read(tpm, 1, 8).code, rc::NvRange);
  EXPECT_EQ(nv_read(tpm, 0xFFFF, 0xFFFF).code, rc::NvRange);
}

TEST_F(NvContent, TheLargestIsWrittenAndReadAtOnce) {
  define(tpm, nv_public({NvBit::WriteAll}, NvType::Ordinary, 2048));
  Bytes data(2048, 0x5A);
  EXPECT_EQ(nv_write(tpm, data), rc::Success);
  EXPECT_EQ(nv_data(tpm, 2048), data);
}

TEST_F(NvContent, WriteAllAllowsNothingLess) {
  define(tpm, nv_public({NvBit::WriteAll}));
  EXPECT_EQ(nv_write(tpm, Bytes(7, 1)), rc::NvRange);
  EXPECT_EQ(nv_write(tpm, {}), rc::NvRange);
  EXPECT_EQ(nv_write(tpm, Bytes(8, 1)), rc::Success);
}

TEST_F(NvContent, EachTypeHasItsCommand) {
  const Rc wrong = rc::Attributes.handle(2);
  auto counter = [&] { return nv_increment(tpm); };
  for (NvType type : {NvType::Ordinary, NvType::Counter, NvType::Bits, NvType::Extend,
                      NvType::PinPass, NvType::PinFail}) {
    uint16_t size = type == NvType::Extend ? 32 : 8;
    define(tpm, nv_public({}, type, size));
    bool by_write = type == NvType::Ordinary || type == NvType::PinPass || type == NvType::PinFail;
    EXPECT_EQ(nv_write(tpm, {1}), by_write ? rc::Success : wrong);
    EXPECT_EQ(counter(), type == NvType::Counter ? rc::Success : wrong);
    EXPECT_EQ(set_bits(1), type == NvType::Bits ? rc::Success : wrong);
    EXPECT_EQ(extend({1}), type == NvType::Extend ? rc::Success : wrong);
    nv_undefine(tpm);
  }
}

TEST_F(NvContent, BitsAreOnlySet) {
  define(tpm, nv_public({}, NvType::Bits));
  EXPECT_EQ(nv_read(tpm).code, rc::NvUninitialized);
  EXPECT_EQ(set_bits(0), rc::Success);
  EXPECT_EQ(nv_number(tpm), 0u);
  EXPECT_EQ(set_bits(0x8000000000000001), rc::Success);
  EXPECT_EQ(set_bits(0x10), rc::Success);
  EXPECT_EQ(nv_number(tpm), 0x8000000000000011);
}

TEST_F(NvContent, AnExtendIndexWorksLikeAPcr) {
  for (AlgId hash : kHashes) {
    wire::NvPublic pub = nv_public({}, NvType::Extend, static_cast<uint16_t>(digest_size(hash)));
    pub.name_hash = hash;
    ASSERT_EQ(define(tpm, pub), rc::Success);
    Bytes expected(digest_size(hash));
    for (const Bytes& data : {Bytes{}, Bytes{1, 2, 3}, Bytes(2048, 7)}) {
      ASSERT_EQ(extend(data), rc::Success);
      expected = formula::hash(hash, {expected, data});
      EXPECT_EQ(nv_data(tpm, static_cast<uint16_t>(expected.size())), expected);
    }
    nv_undefine(tpm);
  }
}

TEST_F(NvContent, ACounterNeverGoesBack) {
  define(tpm, nv_public({}, NvType::Counter));
  EXPECT_EQ(nv_read(tpm).code, rc::NvUninitialized);
  EXPECT_EQ(nv_increment(tpm), rc::Success);
  EXPECT_EQ(nv_number(tpm), 1u);
  for (int i = 0; i < 9; ++i) nv_increment(tpm);
  nv_undefine(tpm);
  // Above the largest that was ever deleted, whatever its Name was.
  define(tpm, nv_public({NvBit::AuthRead}, NvType::Counter, 8, kIndex + 1));
  nv_increment(tpm, kIndex + 1);
  EXPECT_EQ(nv_number(tpm, kIndex + 1), 11u);
  define(tpm, nv_public({}, NvType::Counter));
  nv_increment(tpm);
  nv_undefine(tpm);
  nv_undefine(tpm, kIndex + 1);
  // Not lowered by one that was never used, and kept without power.
  define(tpm, nv_public({}, NvType::Counter));
  nv_undefine(tpm);
  restart(tpm, Restarting::DisorderlyReset);
  define(tpm, nv_public({}, NvType::Counter));
  nv_increment(tpm);
  EXPECT_EQ(nv_number(tpm), 12u);
}

TEST_F(NvContent, ReachesNvWithTheCommand) {
  define(tpm, nv_public());
  State before = tpm.state;
  nv_write(tpm, {1, 2});
  EXPECT_TRUE(durable_change(before, tpm.state));
  // What changes nothing writes nothing.
  before = tpm.state;
  EXPECT_EQ(nv_write(tpm, {1, 2}), rc::Success);
  EXPECT_FALSE(durable_change(before, tpm.state));
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_data(tpm, 2), (Bytes{1, 2}));
}

// ---- Authority

struct Right {
  NvBit read, write;
  Handle authority;
};

class NvAuthority : public NvContent, public ::testing::WithParamInterface<Right> {};
INSTANTIATE_TEST_SUITE_P(Passwords, NvAuthority,
                         ::testing::Values(Right{NvBit::PpRead, NvBit::PpWrite, rh::Platform},
                                           Right{NvBit::OwnerRead, NvBit::OwnerWrite, rh::Owner},
                                           Right{NvBit::AuthRead, NvBit::AuthWrite, kIndex}));

// Only the attribute of the authority that is given counts.
TEST_P(NvAuthority, ReadsAndWritesByItsAttributes) {
  const Right right = GetParam();
  const bool index = right.authority == kIndex;
  const Rc refused = index ? rc::AuthUnavailable : rc::NvAuthorization;
  const Bytes auth{1, 2};
  const By by{right.authority, index ? auth : Bytes()};
  for (bool read : {true, false})
    for (bool write : {true, false}) {
      wire::NvPublic pub = nv_public({NvBit::ReadStClear, NvBit::WriteStClear});
      pub.attributes.raw |= 0x000F000F & ~static_cast<uint32_t>(NvBit::PolicyWrite);
      pub.attributes.set(right.read, read);
      pub.attributes.set(right.write, write);
      ASSERT_EQ(define(tpm, pub, auth), rc::Success);
      EXPECT_EQ(nv_write(tpm, {1}, 0, by), write ? rc::Success : refused);
      if (!write) {
        EXPECT_EQ(nv_write(tpm, {1}, 0, index ? By{} : by_index(auth)), rc::Success);
      }
      EXPECT_EQ(nv_read(tpm, 1, 0, by).code, read ? rc::Success : refused);
      std::vector<Handle> handles{right.authority, kIndex};
      EXPECT_EQ(tpm.run<NvReadLock>(handles, {}, {by.password}).code, read ? rc::Success : refused);
      EXPECT_EQ(tpm.run<NvWriteLock>(handles, {}, {by.password}).code,
                write ? rc::Success : refused);
      nv_undefine(tpm);
    }
}

TEST_F(NvContent, AnIndexAuthorizesItselfOnly) {
  define(tpm, nv_public({NvBit::AuthRead, NvBit::AuthWrite}), {1});
  define(tpm, nv_public({NvBit::AuthRead, NvBit::AuthWrite}, NvType::Ordinary, 8, kIndex + 1), {1});
  nv_write(tpm, {1});
  nv_write(tpm, {1}, 0, {}, kIndex + 1);
  EXPECT_EQ(nv_read(tpm, 1, 0, by_index({1}), kIndex + 1).code, rc::NvAuthorization);
  EXPECT_EQ(nv_write(tpm, {1}, 0, by_index({1}), kIndex + 1), rc::NvAuthorization);
  EXPECT_EQ(nv_read(tpm, 1, 0, by_index({1})).code, rc::Success);
}

TEST_F(NvContent, APolicyReadsAndWritesByItsAttributes) {
  ClientSession trial = start_session(tpm, {.type = wire::SessionType::Trial});
  tpm.run<PolicyLocality>({trial.handle}, {{1}});
  wire::Digest policy = tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest;
  auto session = [&] {
    ClientSession made = start_session(tpm, {.type = wire::SessionType::Policy});
    tpm.run<PolicyLocality>({made.handle}, {{1}});
    return made;
  };
  for (bool read : {true, false})
    for (bool write : {true, false}) {
      wire::NvPublic pub = nv_public({NvBit::AuthRead, NvBit::AuthWrite});
      pub.attributes.set(NvBit::PolicyRead, read);
      pub.attributes.set(NvBit::PolicyWrite, write);
      pub.auth_policy = policy;
      ASSERT_EQ(define(tpm, pub), rc::Success);
      ClientSession writer = session(), reader = session();
      std::vector<Handle> both{kIndex, kIndex};
      EXPECT_EQ(run_with<NvWrite>(tpm, both, {wire::MaxNvBuffer(ByteView(Bytes{1})), 0},
                                  {{.session = &writer, .attributes = 0}})
                    .code,
                write ? rc::Success : rc::AuthUnavailable);
      nv_write(tpm, {1});
      EXPECT_EQ(run_with<NvRead>(tpm, both, {1, 0}, {{.session = &reader, .attributes = 0}}).code,
                read ? rc::Success : rc::AuthUnavailable);
      nv_undefine(tpm);
      if (!write) tpm.run<FlushContext>({}, {.flush_handle = {writer.handle}});
      if (!read) tpm.run<FlushContext>({}, {.flush_handle = {reader.handle}});
    }
}

TEST_F(NvContent, APolicyMustBeMet) {
  wire::NvPublic pub = nv_public({NvBit::PolicyWrite});
  define(tpm, pub);
  ClientSession session = start_session(tpm, {.type = wire::SessionType::Policy});
  // An Empty Policy is never met.
  EXPECT_EQ(run_with<NvWrite>(tpm, {kIndex, kIndex}, {}, {{&session}}).code,
            rc::PolicyFail.session(1));
}

// Part 3, 31.1: reading what was never written fails before an authValue is looked at.
TEST_F(NvContent, AnUnwrittenIndexCountsNoFailure) {
  wire::NvPublic pub = nv_public({NvBit::AuthRead, NvBit::AuthWrite});
  pub.attributes.set(NvBit::NoDa, false);
  define(tpm, pub, {1});
  EXPECT_EQ(nv_read(tpm, 8, 0, by_index({9})).code, rc::NvUninitialized);
  EXPECT_EQ(nv_read(tpm, 8, 0, by_index({1})).code, rc::NvUninitialized);
  EXPECT_EQ(nv_read(tpm).code, rc::NvUninitialized);
  EXPECT_EQ(tries(), 0u);
}

TEST_F(NvContent, DictionaryAttackProtectionFollowsTheAttribute) {
  wire::NvPublic pub = nv_public({NvBit::AuthRead, NvBit::AuthWrite});
  define(tpm, pub, {1});
  pub.attributes.set(NvBit::NoDa, false);
  pub.index = kIndex + 1;
  define(tpm, pub, {1});
  nv_write(tpm, {1});
  nv_write(tpm, {1}, 0, {}, kIndex + 1);
  auto read = [&](Handle index, uint8_t password) {
    return nv_read(tpm, 1, 0, by_index({password}, index), index).code;
  };
  EXPECT_EQ(read(kIndex, 9), rc::BadAuth.session(1));
  EXPECT_EQ(tries(), 0u);
  EXPECT_EQ(read(kIndex + 1, 9), rc::AuthFail.session(1));
  EXPECT_EQ(nv_write(tpm, {1}, 0, by_index({9}, kIndex + 1), kIndex + 1), rc::AuthFail.session(1));
  EXPECT_EQ(tries(), 2u);
  tpm.run<DictionaryAttackParameters>({rh::Lockout}, {2, 1000, 1000});
  EXPECT_EQ(read(kIndex + 1, 1), rc::Lockout);
  EXPECT_EQ(read(kIndex, 1), rc::Success);
  // The owner is not in lockout.
  EXPECT_EQ(nv_read(tpm, 1, 0, {}, kIndex + 1).code, rc::Success);
}

// ---- Sessions

TEST_F(NvContent, TravelsEncrypted) {
  define(tpm, nv_public({NvBit::AuthRead, NvBit::AuthWrite}), {1, 2, 3});
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  Use use{.session = &session, .auth = {1, 2, 3}, .attributes = kContinue | kDecrypt};
  Bytes secret{8, 7, 6, 5, 4, 3, 2, 1};
  EXPECT_EQ(
      run_with<NvWrite>(tpm, {kIndex, kIndex}, {wire::MaxNvBuffer(ByteView(secret)), 0}, {use})
          .code,
      rc::Success);
  EXPECT_EQ(nv_data(tpm), secret);
  use.attributes = kContinue | kEncrypt;
  auto answer = run_with<NvRead>(tpm, {kIndex, kIndex}, {8, 0}, {use});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_bytes(answer.reply.data.view()), secret);
  // The public area, too.
  use = {.session = &session, .attributes = kContinue | kEncrypt};
  auto shown = run_with<NvReadPublic>(tpm, {kIndex}, {}, {use});
  EXPECT_EQ(*shown.reply.nv_public->data_size, 8u);
}

// The first write changes the Name, and with it what a session is bound to (Part 1, 16.6.12;
// Part 3, 5.9).
TEST_F(NvContent, AFirstWriteByABoundSession) {
  define(tpm, nv_public({NvBit::AuthRead, NvBit::AuthWrite}), {1, 2});
  ClientSession session = start_session(tpm, {.bind = kIndex, .bind_auth = {1, 2}});
  Use use{.session = &session, .auth = {1, 2}};
  wire::MaxNvBuffer data(ByteView(Bytes{3}));
  EXPECT_EQ(run_with<NvWrite>(tpm, {kIndex, kIndex}, {data, 0}, {use}).code, rc::Success);
  EXPECT_EQ(run_with<NvWrite>(tpm, {kIndex, kIndex}, {data, 1}, {use}).code, rc::Success);
  EXPECT_EQ(run_with<NvRead>(tpm, {kIndex, kIndex}, {2, 0}, {use}).code, rc::Success);
}

// A session that was bound to an index does not know the authValue of the next one with its Name.
TEST_F(NvContent, ASquatterGetsNowhere) {
  wire::NvPublic pub = nv_public({NvBit::AuthRead, NvBit::AuthWrite});
  define(tpm, pub, {1});
  ClientSession session = start_session(tpm, {.bind = kIndex, .bind_auth = {1}});
  nv_undefine(tpm);
  define(tpm, pub, {2});
  Use use{.session = &session, .auth = {1}};
  EXPECT_EQ(run_with<NvWrite>(tpm, {kIndex, kIndex}, {}, {use}).code, rc::BadAuth.session(1));
  use.auth = {2};
  session.bound_auth = {1};
  EXPECT_EQ(run_with<NvWrite>(tpm, {kIndex, kIndex}, {}, {use}).code, rc::Success);
}

TEST_F(NvContent, AStaleNameIsNoProof) {
  define(tpm, nv_public({NvBit::AuthRead, NvBit::AuthWrite}), {1});
  ClientSession session = start_session(tpm);
  Use use{.session = &session, .auth = {1}};
  Sent prepared =
      prepare<NvWrite>(tpm, {kIndex, kIndex}, {wire::MaxNvBuffer(ByteView(Bytes{3})), 0}, {use});
  nv_write(tpm, {1});
  EXPECT_EQ(deliver<NvWrite>(tpm, prepared).code, rc::BadAuth.session(1));
}

}  // namespace
}  // namespace vtpm::engine
