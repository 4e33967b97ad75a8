// SPDX-License-Identifier: Apache-2.0
// What a TPM's profile leaves out it does not have, wherever it can be named; what it adds works.
#include "engine/profile.h"

#include "engine/commands/create_loaded.h"
#include "engine/commands/hash.h"
#include "engine/commands/object.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/self_test.h"
#include "engine/commands/session.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "engine/ticket.h"
#include "tests/engine/capabilities.h"
#include "tests/engine/client_session.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Capability;
namespace rh = wire::rh;

constexpr Profile kNoSha1{.sha1 = false};

bool lists(TestTpm& tpm, AlgId id) {
  return std::ranges::count(listed<wire::AlgorithmProperties>(tpm, Capability::Algs), id,
                            &wire::AlgorithmProperty::algorithm) == 1;
}
bool lists(TestTpm& tpm, CurveId id) {
  return std::ranges::count(listed<wire::Curves>(tpm, Capability::EccCurves), id) == 1;
}

wire::Public weak_rsa() {
  return unguarded(templates::rsa(templates::kSigningKey, 1024));
}

TEST(UsualProfile, HasSha1AndNoWeakKeys) {
  TestTpm tpm;
  EXPECT_TRUE(lists(tpm, AlgId::Sha1));
  EXPECT_FALSE(lists(tpm, CurveId::NistP192));
  auto code = [&](const wire::Public& pub) {
    return tpm.run<CreatePrimary>({rh::Owner}, {.in_public = pub}).code;
  };
  EXPECT_EQ(code(weak_rsa()), rc::Value.parameter(2));
  EXPECT_EQ(code(ecdsa_key(CurveId::NistP192)), rc::Curve.parameter(2));
  auto from_template = tpm.run<CreateLoaded>(
      {rh::Owner}, {.in_public = wire::Template(wire::to_wire(ecdsa_key(CurveId::NistP192)))});
  EXPECT_EQ(from_template.code, rc::Curve.parameter(2));
}

// Public keys that others have made, too.
TEST(UsualProfile, LoadsNoWeakKeys) {
  TestTpm maker(true, 1, kWholeProfile), tpm;
  auto expect_only_there = [&](const wire::Public& form, Rc refusal) {
    wire::Public pub = create_primary(maker, rh::Owner, form).pub;
    const LoadExternal::Params params{.in_public = pub, .hierarchy = {rh::Owner}};
    EXPECT_EQ(tpm.run<LoadExternal>({}, params).code, refusal);
    EXPECT_EQ(maker.run<LoadExternal>({}, params).code, rc::Success);
  };
  expect_only_there(weak_rsa(), rc::Value.parameter(2));
  expect_only_there(ecdsa_key(CurveId::NistP192), rc::Curve.parameter(2));
}

TEST(WholeProfile, SignsWithWeakKeys) {
  TestTpm tpm(true, 1, kWholeProfile);
  EXPECT_TRUE(lists(tpm, CurveId::NistP192));
  const wire::Digest digest(crypto::hash(crypto::HashAlg::Sha256, text_bytes("a message")));
  auto expect_signature = [&](const wire::Public& form, AlgId scheme) {
    Made key = create_primary(tpm, rh::Owner, form);
    auto answer =
        tpm.run<Sign>({key.handle}, {.digest = digest,
                                     .in_scheme = signature_scheme(scheme, AlgId::Sha256),
                                     .validation = null_ticket<wire::StructureTag::HashCheck>()});
    ASSERT_EQ(answer.code, rc::Success);
    EXPECT_EQ(tpm.run<VerifySignature>({key.handle}, {digest, answer.reply.signature}).code,
              rc::Success);
  };
  expect_signature(weak_rsa(), AlgId::RsaSsa);
  expect_signature(weak_rsa(), AlgId::RsaPss);
  expect_signature(ecdsa_key(CurveId::NistP192), AlgId::EcDsa);
}

class WithoutSha1 : public ::testing::Test {
 protected:
  TestTpm tpm{true, 1, kNoSha1};
  const wire::Digest digest{crypto::Digest(20)};
};

TEST_F(WithoutSha1, NothingCanBeHashed) {
  EXPECT_EQ(tpm.run<Hash>({}, {.hash = {AlgId::Sha1}, .hierarchy = {rh::Null}}).code,
            rc::Hash.parameter(2));
  EXPECT_EQ(tpm.run<HashSequenceStart>({}, {.hash = {AlgId::Sha1}}).code, rc::Hash.parameter(2));
  StartAuthSession::Params session{.nonce_caller = wire::Nonce(crypto::Digest(20)),
                                   .session_type = {wire::SessionType::Hmac},
                                   .auth_hash = {AlgId::Sha1}};
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, rh::Null}, session).code, rc::Hash.parameter(5));
}

TEST_F(WithoutSha1, ObjectsAndSchemesCannotNameIt) {
  wire::Public named = ecdsa_key();
  named.name_hash = AlgId::Sha1;
  EXPECT_EQ(tpm.run<CreatePrimary>({rh::Owner}, {.in_public = named}).code, rc::Hash.parameter(2));
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  EXPECT_EQ(
      tpm.run<Sign>({key.handle}, {.digest = digest,
                                   .in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha1),
                                   .validation = null_ticket<wire::StructureTag::HashCheck>()})
          .code,
      rc::Hash.parameter(2));
  wire::Signature signature{.algorithm = AlgId::EcDsa,
                            .details = wire::EccSignature{.hash = {AlgId::Sha1},
                                                          .r = wire::EccParameter(Bytes{1}),
                                                          .s = wire::EccParameter(Bytes{1})}};
  EXPECT_EQ(tpm.run<VerifySignature>({key.handle}, {digest, signature}).code,
            rc::Hash.parameter(2));
}

TEST_F(WithoutSha1, NoPcrIsKeptWithIt) {
  EXPECT_FALSE(lists(tpm, AlgId::Sha1));
  auto items = listed<wire::PcrSelections>(tpm, Capability::Pcrs);
  ASSERT_EQ(items.size(), kPcrBanks.size() - 1);
  EXPECT_EQ(*items.front().hash, AlgId::Sha256);
  wire::PcrSelections selection{{{.hash = AlgId::Sha1, .mask = 1}}};
  EXPECT_EQ(tpm.run<PcrAllocate>({rh::Platform}, {selection}).code, rc::Hash.parameter(1));
  EXPECT_EQ(tpm.run<PcrRead>({}, {selection}).code, rc::Hash.parameter(1));
  EXPECT_EQ(tpm.run<PcrExtend>({0}, {{{{.algorithm = AlgId::Sha1, .digest = digest}}}}).code,
            rc::Hash.parameter(1));
}

TEST_F(WithoutSha1, EventsHaveNoDigestOfIt) {
  for (wire::Handle pcr : {wire::Handle{3}, rh::Null}) {
    auto event = tpm.run<PcrEvent>({pcr}, {wire::Event(Bytes{1})});
    ASSERT_EQ(event.code, rc::Success);
    EXPECT_EQ(event.reply.digests.items.size(), kPcrBanks.size() - 1);
    EXPECT_EQ(event.reply.digests.items.front().algorithm, AlgId::Sha256);
    auto sequence = tpm.run<HashSequenceStart>({}, {.hash = {AlgId::Null}});
    ASSERT_EQ(sequence.code, rc::Success);
    auto complete = tpm.run<EventSequenceComplete>({pcr, sequence.reply.sequence.value},
                                                   {wire::MaxBuffer(Bytes{1})});
    ASSERT_EQ(complete.code, rc::Success);
    EXPECT_EQ(complete.reply.results, event.reply.digests);
  }
}

TEST_F(WithoutSha1, ItIsNotTested) {
  EXPECT_EQ(tpm.run<IncrementalSelfTest>({}, {{{AlgId::Sha1}}}).code, rc::Value.parameter(1));
  auto to_do = tpm.run<IncrementalSelfTest>({}, {});
  ASSERT_EQ(to_do.code, rc::Success);
  EXPECT_FALSE(contains(to_do.reply.to_do.items, AlgId::Sha1));
}

TEST_F(WithoutSha1, NoKeyWithSuchANameApproves) {
  ClientSession trial = start_session(tpm, {.type = wire::SessionType::Trial});
  Bytes name = {0, static_cast<uint8_t>(AlgId::Sha1)};
  name.resize(2 + 20);
  wire::VerifiedTicket ticket;
  ticket.tag = wire::StructureTag::Verified;
  auto approve = [&](TestTpm& by) {
    return by
        .run<PolicyAuthorize>({trial.handle},
                              {.key_sign = wire::Name(ByteView(name)), .check_ticket = ticket})
        .code;
  };
  EXPECT_EQ(approve(tpm), rc::Hash.parameter(3));
  TestTpm usual;
  start_session(usual, {.type = wire::SessionType::Trial});
  EXPECT_EQ(approve(usual), rc::Success);
}

TEST(WithoutSha3, NothingNamesIt) {
  TestTpm tpm(true, 1, {.sha3 = false}), usual;
  for (AlgId id : {AlgId::Sha3_256, AlgId::Sha3_384, AlgId::Sha3_512}) {
    EXPECT_TRUE(lists(usual, id));
    EXPECT_FALSE(lists(tpm, id));
    EXPECT_EQ(tpm.run<Hash>({}, {.hash = {id}, .hierarchy = {rh::Null}}).code,
              rc::Hash.parameter(2));
    wire::Public named = ecdsa_key();
    named.name_hash = id;
    EXPECT_EQ(tpm.run<CreatePrimary>({rh::Owner}, {.in_public = named}).code,
              rc::Hash.parameter(2));
    EXPECT_EQ(tpm.run<IncrementalSelfTest>({}, {{{id}}}).code, rc::Value.parameter(1));
  }
}

TEST(AnyProfile, Stays) {
  for (const ProfileChange& change : kProfileChanges) {
    SCOPED_TRACE(change.name);
    Profile profile;
    profile.*change.member = change.value;
    TestTpm tpm(true, 1, profile);
    tpm.power_cycle();
    EXPECT_EQ(*tpm.state.profile, profile);
    auto loaded = load(save(tpm.state, nullptr), tpm.clock);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded->profile, profile);
    auto carried = load(save_all(tpm.state, tpm.clock), tpm.clock);
    ASSERT_TRUE(carried);
    EXPECT_EQ(*carried->profile, profile);
  }
}

}  // namespace
}  // namespace vtpm::engine
