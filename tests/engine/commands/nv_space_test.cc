// SPDX-License-Identifier: Apache-2.0
// Part 3, 31.3 to 31.6, 31.15, 31.17, 31.18: indices as such.
#include "engine/commands/capability.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy.h"
#include "tests/engine/capabilities.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::PropertyTag;
namespace rh = wire::rh;

class NvSpace : public ::testing::Test {
 protected:
  Rc define_as(Handle authority, const wire::NvPublic& pub) {
    return tpm.run<NvDefineSpace>({authority}, {{}, pub}).code;
  }
  // A policy session that has asserted that one command, and the digest of such a policy.
  ClientSession for_command(CommandCode code, wire::SessionType type = wire::SessionType::Policy) {
    ClientSession session = start_session(tpm, {.type = type});
    tpm.run<PolicyCommandCode>({session.handle}, {code});
    return session;
  }
  wire::Digest command_policy(CommandCode code) {
    ClientSession trial = for_command(code, wire::SessionType::Trial);
    return tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest;
  }

  TestTpm tpm;
};

TEST_F(NvSpace, IsDefinedAndShownWithItsName) {
  wire::NvPublic pub = nv_public({NvBit::AuthRead}, NvType::Ordinary, 100);
  pub.auth_policy = wire::Digest(crypto::Digest(32, 7).view());
  ASSERT_EQ(define(tpm, pub, {1, 2, 3}), rc::Success);
  auto answer = tpm.run<NvReadPublic>({kIndex}, {});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(wire::to_wire(*answer.reply.nv_public), wire::to_wire(pub));
  Bytes expected = {0x00, 0x0B};
  append(expected, formula::hash(AlgId::Sha256, {wire::to_wire(pub)}));
  EXPECT_EQ(to_bytes(answer.reply.name), expected);
}

TEST_F(NvSpace, HasItsNameByItsOwnAlgorithm) {
  wire::NvPublic pub = nv_public();
  pub.name_hash = AlgId::Sha384;
  ASSERT_EQ(define(tpm, pub), rc::Success);
  Bytes expected = {0x00, 0x0C};
  append(expected, formula::hash(AlgId::Sha384, {wire::to_wire(pub)}));
  EXPECT_EQ(to_bytes(tpm.run<NvReadPublic>({kIndex}, {}).reply.name), expected);
}

TEST_F(NvSpace, ItsNameChangesWithTheFirstWriteAndWithLocks) {
  define(tpm, nv_public({NvBit::WriteStClear, NvBit::ReadStClear}));
  std::vector<Bytes> names;
  auto note = [&] {
    auto answer = tpm.run<NvReadPublic>({kIndex}, {});
    Bytes expected = {0x00, 0x0B};
    append(expected, formula::hash(AlgId::Sha256, {wire::to_wire(*answer.reply.nv_public)}));
    EXPECT_EQ(to_bytes(answer.reply.name), expected);
    names.push_back(expected);
  };
  note();
  nv_write(tpm, {1});
  note();
  nv_write(tpm, {2});
  note();
  tpm.run<NvWriteLock>({rh::Owner, kIndex}, {});
  note();
  tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
  note();
  EXPECT_NE(names[0], names[1]);
  EXPECT_EQ(names[1], names[2]);
  EXPECT_NE(names[2], names[3]);
  EXPECT_NE(names[3], names[4]);
}

// Part 3, 31.3.1.
TEST_F(NvSpace, AttributesMustAgree) {
  auto clear = [](wire::NvPublic pub, std::initializer_list<NvBit> bits) {
    for (NvBit bit : bits) pub.attributes.set(bit, false);
    return pub;
  };
  auto with_type = [](unsigned type) {
    wire::NvPublic pub = nv_public();
    pub.attributes.raw |= type << 4;
    return pub;
  };
  const Rc bad = rc::Attributes.parameter(2);
  for (unsigned reserved : {3u, 5u, 6u, 7u, 10u, 11u, 12u, 13u, 14u, 15u})
    EXPECT_EQ(define_as(rh::Owner, with_type(reserved)), bad) << reserved;
  for (NvBit bit : {NvBit::Written, NvBit::ReadLocked, NvBit::WriteLocked})
    EXPECT_EQ(define_as(rh::Owner, nv_public({bit})), bad);
  EXPECT_EQ(define_as(rh::Owner, clear(nv_public(), {NvBit::OwnerRead})), bad);
  EXPECT_EQ(define_as(rh::Owner, clear(nv_public(), {NvBit::OwnerWrite})), bad);
  EXPECT_EQ(define_as(rh::Owner, nv_public({NvBit::ClearStClear}, NvType::Counter)), bad);
  EXPECT_EQ(define_as(rh::Owner, nv_public({NvBit::AuthWrite}, NvType::PinPass)), bad);
  EXPECT_EQ(define_as(rh::Owner, nv_public({NvBit::AuthWrite}, NvType::PinFail)), bad);
  EXPECT_EQ(define_as(rh::Owner, clear(nv_public({}, NvType::PinFail), {NvBit::NoDa})), bad);
  EXPECT_EQ(define_as(rh::Owner, nv_public({NvBit::PolicyDelete})), bad);
  EXPECT_EQ(define_as(rh::Owner, nv_public({NvBit::PlatformCreate})), rc::Attributes.handle(1));
  EXPECT_EQ(define_as(rh::Platform, nv_public()), rc::Attributes.handle(1));
  for (uint32_t reserved : {1u << 8, 1u << 9, 1u << 20, 1u << 24}) {
    wire::NvPublic pub = nv_public();
    pub.attributes.raw |= reserved;
    EXPECT_EQ(define_as(rh::Owner, pub), rc::ReservedBits.parameter(2));
  }
  EXPECT_TRUE(handles_from(tpm, 0x01000000).empty());
  // Each way of reading and of writing is enough.
  Handle next = kIndex;
  for (NvBit read : {NvBit::PpRead, NvBit::OwnerRead, NvBit::AuthRead, NvBit::PolicyRead})
    for (NvBit write : {NvBit::PpWrite, NvBit::OwnerWrite, NvBit::AuthWrite, NvBit::PolicyWrite}) {
      wire::NvPublic pub = nv_public({}, NvType::Ordinary, 8, next++);
      pub.attributes = {read, write};
      EXPECT_EQ(define_as(rh::Owner, pub), rc::Success);
    }
}

TEST_F(NvSpace, SizesFollowFromTypes) {
  auto code = [&](NvType type, uint16_t size) {
    wire::NvPublic pub = nv_public({}, type, size);
    Rc result = define(tpm, pub);
    if (result == rc::Success) nv_undefine(tpm);
    return result;
  };
  const Rc bad = rc::Size.parameter(2);
  for (NvType type : {NvType::Counter, NvType::Bits, NvType::PinFail, NvType::PinPass}) {
    EXPECT_EQ(code(type, 8), rc::Success);
    EXPECT_EQ(code(type, 7), bad);
    EXPECT_EQ(code(type, 9), bad);
    EXPECT_EQ(code(type, 0), bad);
  }
  EXPECT_EQ(code(NvType::Extend, 32), rc::Success);
  EXPECT_EQ(code(NvType::Extend, 31), bad);
  EXPECT_EQ(code(NvType::Extend, 48), bad);
  EXPECT_EQ(code(NvType::Ordinary, 0), rc::Success);
  EXPECT_EQ(code(NvType::Ordinary, 2048), rc::Success);
  EXPECT_EQ(code(NvType::Ordinary, 2049), bad);
  EXPECT_EQ(code(NvType::Ordinary, 0xFFFF), bad);
}

TEST_F(NvSpace, AuthValueAndPolicyFitTheAlgorithm) {
  wire::NvPublic pub = nv_public();
  EXPECT_EQ(define(tpm, pub, Bytes(33, 1)), rc::Size.parameter(1));
  EXPECT_EQ(define(tpm, pub, Bytes(65, 1)), rc::Size.parameter(1));
  for (size_t size : {1u, 31u, 33u, 48u}) {
    pub.auth_policy = wire::Digest(Bytes(size, 1));
    EXPECT_EQ(define(tpm, pub), rc::Size.parameter(2));
  }
  pub.auth_policy = {};
  pub.name_hash = AlgId::Null;
  EXPECT_EQ(define(tpm, pub), rc::Hash.parameter(2));
  pub.name_hash = AlgId::Sha256;
  // Trailing zeros do not count.
  Bytes auth(32, 1);
  auth.resize(40);
  EXPECT_EQ(define(tpm, pub, auth), rc::Success);
}

TEST_F(NvSpace, AnIndexIsDefinedOnce) {
  ASSERT_EQ(define(tpm, nv_public()), rc::Success);
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Counter)), rc::NvDefined);
  // Also one that the owner cannot see.
  ASSERT_EQ(define(tpm, platform_public({}, kIndex + 1)), rc::Success);
  tpm.run<HierarchyControl>({rh::Platform}, {rh::PlatformNv, 0});
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Ordinary, 8, kIndex + 1)), rc::NvDefined);
}

TEST_F(NvSpace, EndsSomewhere) {
  // 64 KiB in all.
  Handle next = kIndex;
  for (unsigned i = 0; i < 32; ++i)
    ASSERT_EQ(define(tpm, nv_public({}, NvType::Ordinary, 2048, next++)), rc::Success);
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Ordinary, 1, next)), rc::NvSpace);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvCountersAvailable), 0u);
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Ordinary, 0, next)), rc::Success);
  nv_undefine(tpm);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvCountersAvailable), 128u - 32u);
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Ordinary, 2048)), rc::Success);
}

TEST_F(NvSpace, HoldsManyIndices) {
  Handle next = kIndex;
  for (size_t i = 0; i < NvIndices::kMaximum; ++i)
    ASSERT_EQ(define(tpm, nv_public({}, NvType::Counter, 8, next++)), rc::Success);
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Counter, 8, next)), rc::NvSpace);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvIndices), NvIndices::kMaximum);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvCounters), NvIndices::kMaximum);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvCountersAvailable), 0u);
  EXPECT_EQ(nv_undefine(tpm, kIndex + 50), rc::Success);
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Counter, 8, next)), rc::Success);
}

TEST_F(NvSpace, IsListedAndMeasured) {
  define(tpm, nv_public({}, NvType::Counter, 8, 0x01000005));
  define(tpm, platform_public({}, 0x01000003));
  define(tpm, nv_public({}, NvType::Ordinary, 8, 0x01FFFFFF));
  EXPECT_EQ(handles_from(tpm, 0x01000000),
            (std::vector<Handle>{0x01000003, 0x01000005, 0x01FFFFFF}));
  EXPECT_EQ(handles_from(tpm, 0x01000004), (std::vector<Handle>{0x01000005, 0x01FFFFFF}));
  EXPECT_TRUE(handles_from(tpm, 0x11000000).empty());
  EXPECT_TRUE(handles_from(tpm, 0x12000000).empty());
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvIndices), 3u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvCounters), 1u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvIndexMaximum), 2048u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvBufferMaximum), 2048u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvCountersMaximum), 0u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::OrderlyCount), 255u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::NvWriteRecovery), 0u);
}

TEST_F(NvSpace, HandlesAreOfTheirKinds) {
  for (Handle other : {Handle{0x00000001}, Handle{0x81000001}, rh::Owner, rh::Null}) {
    EXPECT_EQ(tpm.run<NvReadPublic>({other}, {}).code, rc::Value.handle(1));
    EXPECT_EQ(nv_undefine(tpm, other), rc::Value.handle(2));
    EXPECT_EQ(nv_write(tpm, {}, 0, {}, other), rc::Value.handle(2));
  }
  for (Handle other : {rh::Null, rh::Lockout, rh::Endorsement, Handle{0x80000000}}) {
    EXPECT_EQ(define_as(other, nv_public()), rc::Value.handle(1));
    EXPECT_EQ(nv_write(tpm, {}, 0, {other}), rc::Value.handle(1));
  }
  EXPECT_EQ(tpm.run<NvReadPublic>({kIndex}, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(nv_undefine(tpm), rc::Handle.handle(2));
  EXPECT_EQ(tpm.run<NvReadPublic>({0x11000000}, {}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<NvReadPublic2>({0x11000000}, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(tpm.run<NvReadPublic2>({0x12000000}, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(nv_undefine(tpm, 0x12000000), rc::Value.handle(2));
  wire::NvPublic pub = nv_public();
  pub.index = Handle{0x11000000};
  EXPECT_EQ(define_as(rh::Owner, pub), rc::Value.parameter(2));
}

TEST_F(NvSpace, IsOutOfReachWithItsHierarchy) {
  define(tpm, nv_public());
  define(tpm, platform_public({}, kIndex + 1));
  nv_write(tpm, {1});
  nv_write(tpm, {1}, 0, {rh::Platform}, kIndex + 1);

  tpm.run<HierarchyControl>({rh::Owner}, {rh::Owner, 0});
  EXPECT_EQ(tpm.run<NvReadPublic>({kIndex}, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(nv_read(tpm, 8, 0, by_index({})).code, rc::Handle.handle(1));
  EXPECT_EQ(tpm.run<NvUndefineSpace>({rh::Platform, kIndex}, {}).code, rc::Handle.handle(2));
  EXPECT_EQ(define_as(rh::Owner, nv_public()), rc::Hierarchy.handle(1));
  EXPECT_EQ(nv_read(tpm, 8, 0, {rh::Platform}, kIndex + 1).code, rc::Success);
  tpm.run<HierarchyControl>({rh::Platform}, {rh::Owner, 1});
  EXPECT_EQ(nv_read(tpm).code, rc::Success);

  tpm.run<HierarchyControl>({rh::Platform}, {rh::PlatformNv, 0});
  EXPECT_EQ(tpm.run<NvReadPublic>({kIndex + 1}, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(tpm.run<NvUndefineSpace>({rh::Platform, kIndex + 1}, {}).code, rc::Handle.handle(2));
  EXPECT_EQ(define(tpm, platform_public({}, kIndex + 2)), rc::Hierarchy.handle(1));
  EXPECT_EQ(nv_read(tpm).code, rc::Success);
  tpm.run<HierarchyControl>({rh::Platform}, {rh::PlatformNv, 1});
  // Independent of phEnable, but for the platform's authorization.
  tpm.run<HierarchyControl>({rh::Platform}, {rh::Platform, 0});
  EXPECT_EQ(tpm.run<NvReadPublic>({kIndex + 1}, {}).code, rc::Success);
  EXPECT_EQ(define(tpm, platform_public({}, kIndex + 2)), rc::Hierarchy.handle(1));
}

TEST_F(NvSpace, IsDeletedByWhoMay) {
  define(tpm, nv_public());
  define(tpm, platform_public({}, kIndex + 1));
  define(tpm, platform_public({NvBit::PolicyDelete}, kIndex + 2));
  EXPECT_EQ(nv_undefine(tpm, kIndex + 1), rc::NvAuthorization);
  EXPECT_EQ(tpm.run<NvUndefineSpace>({rh::Platform, kIndex + 2}, {}).code,
            rc::Attributes.handle(2));
  EXPECT_EQ(tpm.run<NvUndefineSpace>({rh::Platform, kIndex + 1}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<NvUndefineSpace>({rh::Platform, kIndex}, {}).code, rc::Success);
  EXPECT_EQ(handles_from(tpm, 0x01000000), std::vector<Handle>{kIndex + 2});
}

TEST_F(NvSpace, IsDeletedByItsPolicy) {
  wire::NvPublic pub = platform_public({NvBit::PolicyDelete});
  pub.auth_policy = command_policy(CommandCode::NvUndefineSpaceSpecial);
  ASSERT_EQ(define(tpm, pub, {4, 5}), rc::Success);
  std::vector<Handle> both{kIndex, rh::Platform};

  EXPECT_EQ(tpm.run<NvUndefineSpaceSpecial>(both, {}, {{4, 5}, {}}).code, rc::AuthType);
  ClientSession hmac = start_session(tpm);
  EXPECT_EQ(run_with<NvUndefineSpaceSpecial>(tpm, both, {}, {{&hmac, {4, 5}}, {}}).code,
            rc::AuthType);
  ClientSession empty = start_session(tpm, {.type = wire::SessionType::Policy});
  EXPECT_EQ(run_with<NvUndefineSpaceSpecial>(tpm, both, {}, {{&empty}, {}}).code,
            rc::PolicyFail.session(1));
  ClientSession other = for_command(CommandCode::NvWrite);
  EXPECT_EQ(run_with<NvUndefineSpaceSpecial>(tpm, both, {}, {{&other}, {}}).code,
            rc::PolicyCc.session(1));
  ClientSession right = for_command(CommandCode::NvUndefineSpaceSpecial);
  EXPECT_EQ(run_with<NvUndefineSpaceSpecial>(tpm, {kIndex, rh::Owner}, {}, {{&right}, {}}).code,
            rc::Value.handle(2));
  EXPECT_EQ(run_with<NvUndefineSpaceSpecial>(tpm, both, {}, {{&right}, {}}).code, rc::Success);
  EXPECT_EQ(tpm.run<NvReadPublic>({kIndex}, {}).code, rc::Handle.handle(1));
}

// The response's HMAC is computed with the Empty Buffer (Part 3, 31.5.1).
TEST_F(NvSpace, ADeletedIndexHasNoAuthValueInTheResponse) {
  ClientSession trial = start_session(tpm, {.type = wire::SessionType::Trial});
  tpm.run<PolicyCommandCode>({trial.handle}, {CommandCode::NvUndefineSpaceSpecial});
  tpm.run<PolicyAuthValue>({trial.handle}, {});
  wire::NvPublic pub = platform_public({NvBit::PolicyDelete});
  pub.auth_policy = tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest;
  ASSERT_EQ(define(tpm, pub, {4, 5}), rc::Success);
  ClientSession session = for_command(CommandCode::NvUndefineSpaceSpecial);
  tpm.run<PolicyAuthValue>({session.handle}, {});
  session.auth_value_needed = true;
  Use use{.session = &session, .auth = {4, 5}, .new_auth = Bytes{}};
  EXPECT_EQ(run_with<NvUndefineSpaceSpecial>(tpm, {kIndex, rh::Platform}, {}, {use, {}}).code,
            rc::Success);
}

TEST_F(NvSpace, OnlyThoseOfThePlatformForPolicyAreDeletedSo) {
  wire::NvPublic pub = platform_public();
  pub.auth_policy = command_policy(CommandCode::NvUndefineSpaceSpecial);
  define(tpm, pub);
  ClientSession session = for_command(CommandCode::NvUndefineSpaceSpecial);
  EXPECT_EQ(
      run_with<NvUndefineSpaceSpecial>(tpm, {kIndex, rh::Platform}, {}, {{&session}, {}}).code,
      rc::Attributes.handle(1));
}

TEST_F(NvSpace, ItsAuthValueIsChangedByPolicy) {
  wire::NvPublic pub = nv_public({NvBit::AuthRead});
  pub.auth_policy = command_policy(CommandCode::NvChangeAuth);
  define(tpm, pub, {1});
  nv_write(tpm, {9});
  wire::Auth next(ByteView(Bytes{2, 2, 0}));
  EXPECT_EQ(tpm.run<NvChangeAuth>({kIndex}, {next}, {{1}}).code, rc::AuthType);
  ClientSession session = for_command(CommandCode::NvChangeAuth);
  EXPECT_EQ(
      run_with<NvChangeAuth>(tpm, {kIndex}, {wire::Auth(ByteView(Bytes(33, 1)))}, {{&session}})
          .code,
      rc::Size.parameter(1));
  Bytes name = name_of(tpm, kIndex);
  EXPECT_EQ(run_with<NvChangeAuth>(tpm, {kIndex}, {next}, {{&session}}).code, rc::Success);
  EXPECT_EQ(nv_read(tpm, 1, 0, by_index({1})).code, rc::BadAuth.session(1));
  EXPECT_EQ(nv_read(tpm, 1, 0, by_index({2, 2})).code, rc::Success);
  EXPECT_EQ(name_of(tpm, kIndex), name);
  // It is durable.
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_read(tpm, 1, 0, by_index({2, 2})).code, rc::Success);
}

// Part 3, 31.15.1: the response is made with the new authValue.
TEST_F(NvSpace, TheNewAuthValueIsInTheResponse) {
  ClientSession trial = start_session(tpm, {.type = wire::SessionType::Trial});
  tpm.run<PolicyCommandCode>({trial.handle}, {CommandCode::NvChangeAuth});
  tpm.run<PolicyAuthValue>({trial.handle}, {});
  wire::NvPublic pub = nv_public({NvBit::Orderly});
  pub.auth_policy = tpm.run<PolicyGetDigest>({trial.handle}, {}).reply.policy_digest;
  define(tpm, pub, {1});
  nv_write(tpm, {9});
  ClientSession session = for_command(CommandCode::NvChangeAuth);
  tpm.run<PolicyAuthValue>({session.handle}, {});
  session.auth_value_needed = true;
  Use use{.session = &session, .auth = {1}, .new_auth = Bytes{7}};
  EXPECT_EQ(run_with<NvChangeAuth>(tpm, {kIndex}, {wire::Auth(ByteView(Bytes{7}))}, {use}).code,
            rc::Success);
}

TEST_F(NvSpace, ClearTakesTheOwnersOnly) {
  define(tpm, nv_public({}, NvType::Counter));
  define(tpm, platform_public({}, kIndex + 1));
  for (int i = 0; i < 5; ++i) nv_increment(tpm);
  nv_write(tpm, {1, 2}, 0, {rh::Platform}, kIndex + 1);
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(handles_from(tpm, 0x01000000), std::vector<Handle>{kIndex + 1});
  EXPECT_EQ(nv_read(tpm, 1, 1, {rh::Platform}, kIndex + 1).reply.data.view()[0], 2);
  // Counters go on above those that are gone.
  define(tpm, nv_public({}, NvType::Counter));
  nv_increment(tpm);
  EXPECT_EQ(nv_number(tpm), 6u);
}

TEST_F(NvSpace, ChangesOfSeedsTakeNone) {
  define(tpm, nv_public());
  define(tpm, platform_public({}, kIndex + 1));
  ASSERT_EQ(tpm.run<ChangePps>({rh::Platform}, {}).code, rc::Success);
  ASSERT_EQ(tpm.run<ChangeEps>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(handles_from(tpm, 0x01000000).size(), 2u);
}

}  // namespace
}  // namespace vtpm::engine
