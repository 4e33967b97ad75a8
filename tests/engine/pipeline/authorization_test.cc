// SPDX-License-Identifier: Apache-2.0
// Authorization by password and HMAC session, and the roles (Part 3, 5.6; Part 1, clause 16).
#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::SessionType;
namespace rh = wire::rh;

const Bytes kAuth = {'o', 'w', 'n', 'e', 'r'};

void set_auth(TestTpm& tpm, Handle hierarchy, const Bytes& auth, const Bytes& old = {}) {
  ASSERT_EQ(tpm.run<HierarchyChangeAuth>({hierarchy}, {wire::Auth(ByteView(auth))}, {old}).code,
            rc::Success);
}

const SetPrimaryPolicy::Params kNoPolicy = {.hash = {AlgId::Null}};

// Any command that an owner authorizes and that changes nothing of importance.
template <class... Uses>
Rc use_owner(TestTpm& tpm, Uses... uses) {
  return run_with<SetPrimaryPolicy>(tpm, {rh::Owner}, kNoPolicy, {uses...}).code;
}

TEST(Password, MatchesUpToTrailingZeros) {
  TestTpm tpm;
  Bytes padded = kAuth;
  padded.resize(20);
  set_auth(tpm, rh::Owner, padded);
  EXPECT_EQ(use_owner(tpm, Use{.auth = kAuth}), rc::Success);
  EXPECT_EQ(use_owner(tpm, Use{.auth = padded}), rc::Success);
  EXPECT_EQ(use_owner(tpm, Use{.auth = {'o', 'w', 'n', 'e'}}), rc::BadAuth.session(1));
  EXPECT_EQ(use_owner(tpm, Use{}), rc::BadAuth.session(1));
  Bytes zero_first = {0, 'o'};
  EXPECT_EQ(use_owner(tpm, Use{.auth = zero_first}), rc::BadAuth.session(1));
}

TEST(Password, OfZerosIsTheEmptyOne) {
  TestTpm tpm;
  EXPECT_EQ(use_owner(tpm, Use{.auth = Bytes(8)}), rc::Success);
}

class EveryHash : public ::testing::TestWithParam<AlgId> {};
INSTANTIATE_TEST_SUITE_P(Hashes, EveryHash, ::testing::ValuesIn(kHashes));

TEST_P(EveryHash, AnUnboundSessionAuthorizes) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession session = start_session(tpm, {.hash = GetParam()});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
  EXPECT_EQ(use_owner(tpm, Use{&session, Bytes{1}}), rc::BadAuth.session(1));
  // A failure changes no nonce.
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
}

TEST_P(EveryHash, ABoundSessionAuthorizesItsOwnAndOtherEntities) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  set_auth(tpm, rh::Platform, {1, 2, 3});
  ClientSession session =
      start_session(tpm, {.hash = GetParam(), .bind = rh::Owner, .bind_auth = kAuth});
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
  EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {{&session, {1, 2, 3}}}).code,
            rc::Success);
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
}

TEST_P(EveryHash, ASaltedSessionAuthorizes) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  Made key = create_primary(tpm, rh::Endorsement, ecc_storage());
  ClientSession session = start_session(tpm, {.hash = GetParam(), .salt_key = key.handle});
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
  ClientSession bound = start_session(
      tpm, {.hash = GetParam(), .salt_key = key.handle, .bind = rh::Owner, .bind_auth = kAuth});
  EXPECT_EQ(use_owner(tpm, Use{&bound, kAuth}), rc::Success);
}

// Part 1, 44.5.3: KDFe takes coordinates at their full length.
TEST(Hmac, ASaltUnderAShortEphemeralPointAuthorizes) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  Made key = create_primary(tpm, rh::Endorsement, ecc_storage());
  ClientSession session = start_session(tpm, {.salt_key = key.handle, .short_salt_point = true});
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
}

TEST(Hmac, ASessionSaltedWithAnRsaKeyAuthorizes) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  Made key = create_primary(tpm, rh::Endorsement, rsa_storage());
  ClientSession session = start_session(tpm, {.salt_key = key.handle});
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
}

// Part 1, 16.6.16.
TEST(Hmac, WithoutAnyKeyItMayBeLeftOutOrGiven) {
  TestTpm tpm;
  ClientSession session = start_session(tpm);
  EXPECT_EQ(use_owner(tpm, Use{&session}), rc::Success);
  EXPECT_EQ(use_owner(tpm, Use{.session = &session, .hmac_under_empty_key = true}), rc::Success);
  Sent sent = prepare<SetPrimaryPolicy>(tpm, {rh::Owner}, kNoPolicy,
                                        {{.session = &session, .hmac_under_empty_key = true}});
  sent.command[14 + 4 + 4 + 2 + 32 + 1 + 2] ^= 1;
  EXPECT_EQ(deliver<SetPrimaryPolicy>(tpm, sent).code, rc::BadAuth.session(1));
}

TEST(Hmac, MayNotBeLeftOutWithAKey) {
  TestTpm tpm;
  ClientSession session = start_session(tpm, {.bind = rh::Owner});
  Bytes area;
  Writer out(area);
  out.put_be(session.handle);
  out.put_be(uint16_t{0});
  out.put_be(uint8_t{1});
  out.put_be(uint16_t{0});
  Bytes command = TestTpm::assemble(CommandCode::SetPrimaryPolicy, {rh::Owner}, area,
                                    TestTpm::marshal_params<SetPrimaryPolicy>(kNoPolicy));
  EXPECT_EQ(TestTpm::parse<SetPrimaryPolicy>(tpm.execute(command).view()).code,
            rc::BadAuth.session(1));
}

TEST(Hmac, CoversEveryByteOfTheCommandAndOfTheSession) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession session = start_session(tpm);
  wire::Digest policy{crypto::Digest(32, 7).view()};
  Sent sent =
      prepare<SetPrimaryPolicy>(tpm, {rh::Owner}, {policy, {AlgId::Sha256}}, {{&session, kAuth}});
  const size_t area = 18, nonce = area + 6, attributes = nonce + 32, hmac = attributes + 3;
  const size_t parameters = hmac + 32;
  for (size_t at :
       {nonce, nonce + 31, attributes, hmac, hmac + 31, parameters + 2, sent.command.size() - 3}) {
    Bytes changed = sent.command;
    changed[at] ^= 1;
    EXPECT_EQ(TestTpm::parse<SetPrimaryPolicy>(tpm.execute(changed).view()).code,
              rc::BadAuth.session(1))
        << at;
  }
  // Another entity: Owner's HMAC does not authorize Endorsement.
  Bytes changed = sent.command;
  store_be<uint32_t>(MutableByteView(changed).subspan(10), rh::Endorsement);
  EXPECT_EQ(TestTpm::parse<SetPrimaryPolicy>(tpm.execute(changed).view()).code,
            rc::BadAuth.session(1));
  EXPECT_EQ(deliver<SetPrimaryPolicy>(tpm, sent).code, rc::Success);
  // Nor twice.
  EXPECT_EQ(TestTpm::parse<SetPrimaryPolicy>(tpm.execute(sent.command).view()).code,
            rc::BadAuth.session(1));
}

TEST(Hmac, NoncesOfEverySizeUpToTheFirst) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession session = start_session(tpm, {.nonce_size = 16});
  for (size_t size : {size_t{0}, size_t{1}, size_t{16}}) {
    session.nonce_size = size;
    EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success) << size;
  }
}

TEST(Hmac, OfThreeSessionsWithTheNoncesOfTheOthers) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession authorizing = start_session(tpm);
  ClientSession decrypting =
      start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner, .bind_auth = kAuth});
  ClientSession auditing = start_session(tpm, {.hash = AlgId::Sha384, .bind = rh::Platform});
  Use authorize{&authorizing, kAuth};
  Use decrypt{.session = &decrypting, .attributes = kContinue | kDecrypt};
  Use audit{.session = &auditing, .attributes = kContinue | kAudit};
  for (auto uses : {std::vector{authorize, decrypt, audit}, std::vector{authorize, audit, decrypt}})
    EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {rh::Owner}, kNoPolicy, uses).code, rc::Success);
  // A session taken out of the command is missed by the first one's HMAC (Part 1, 16.6.3.4).
  Sent sent = prepare<SetPrimaryPolicy>(tpm, {rh::Owner}, kNoPolicy, {authorize, decrypt});
  Bytes first = Bytes(sent.session_area.begin(), sent.session_area.begin() + 73);
  Bytes command =
      TestTpm::assemble(CommandCode::SetPrimaryPolicy, {rh::Owner}, first, sent.parameters);
  EXPECT_EQ(TestTpm::parse<SetPrimaryPolicy>(tpm.execute(command).view()).code,
            rc::BadAuth.session(1));
}

TEST(Hmac, TheFailingSessionIsNamed) {
  TestTpm tpm;
  ClientSession authorizing = start_session(tpm);
  ClientSession auditing = start_session(tpm, {.bind = rh::Platform});
  Use audit{.session = &auditing, .attributes = kContinue | kAudit};
  auditing.key[0] ^= 1;
  EXPECT_EQ(use_owner(tpm, Use{&authorizing}, audit), rc::BadAuth.session(2));
  EXPECT_EQ(run_with<GetRandom>(tpm, {}, {8}, {audit}).code, rc::BadAuth.session(1));
  auditing.key[0] ^= 1;
  EXPECT_EQ(run_with<GetRandom>(tpm, {}, {8}, {audit}).code, rc::Success);
}

// Part 1, 16.6.10: with another authValue the entity is not the one that the session is bound to.
TEST(Bound, ASessionLosesItsEntityWithTheAuthValue) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession session = start_session(tpm, {.bind = rh::Owner, .bind_auth = kAuth});
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
  set_auth(tpm, rh::Owner, {9}, kAuth);
  Use without = {&session, kAuth};
  EXPECT_EQ(use_owner(tpm, without), rc::BadAuth.session(1));
  EXPECT_EQ(use_owner(tpm, Use{&session, {9}}), rc::Success);
  set_auth(tpm, rh::Owner, kAuth, {9});
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
}

// Part 3, 24.8.1, and Part 1, 16.6.10: the response proves the new authValue, but not to a session
// that was bound to the entity when the command came.
TEST(Bound, ChangingTheAuthValueOfTheBoundEntity) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession session = start_session(tpm, {.bind = rh::Owner, .bind_auth = kAuth});
  Bytes next = {1, 2, 3, 4};
  EXPECT_EQ(run_with<HierarchyChangeAuth>(tpm, {rh::Owner}, {wire::Auth(ByteView(next))},
                                          {{&session, kAuth, next}})
                .code,
            rc::Success);
  EXPECT_EQ(use_owner(tpm, Use{&session, next}), rc::Success);
}

TEST(Bound, AnUnboundSessionSeesTheNewAuthValueInTheResponse) {
  TestTpm tpm;
  ClientSession session = start_session(tpm);
  Bytes next = {1, 2, 3, 4};
  for (const Bytes& change : {next, kAuth, Bytes(), next}) {
    Bytes old = to_bytes(tpm.state.hierarchies->owner.auth.view());
    EXPECT_EQ(run_with<HierarchyChangeAuth>(tpm, {rh::Owner}, {wire::Auth(ByteView(change))},
                                            {{&session, old, change}})
                  .code,
              rc::Success);
  }
}

TEST(Bound, AuditEndsTheBinding) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession session = start_session(tpm, {.bind = rh::Owner, .bind_auth = kAuth});
  Use audit{&session, kAuth};
  audit.attributes = kContinue | kAudit;
  EXPECT_EQ(use_owner(tpm, audit), rc::Success);
  EXPECT_FALSE(session.bound);
  EXPECT_EQ(use_owner(tpm, Use{&session, kAuth}), rc::Success);
}

TEST(Continue, AClearBitEndsTheSessionOnSuccessOnly) {
  TestTpm tpm;
  set_auth(tpm, rh::Owner, kAuth);
  ClientSession session = start_session(tpm);
  Use last{&session, Bytes{7}};
  last.attributes = 0;
  EXPECT_EQ(use_owner(tpm, last), rc::BadAuth.session(1));
  last.auth = kAuth;
  EXPECT_EQ(use_owner(tpm, last), rc::Success);
  EXPECT_EQ(use_owner(tpm, last), rc::ReferenceS0);
  EXPECT_EQ(tpm.run<FlushContext>({}, {.flush_handle = {session.handle}}).code,
            rc::Handle.parameter(1));
  // Its slot is free again.
  EXPECT_EQ(start_session(tpm).handle, session.handle);
}

TEST(Roles, ObjectsWithoutSensitiveAuthorizeNothing) {
  TestTpm tpm;
  wire::Public pub = create_primary(tpm, rh::Owner, ecdsa_key()).pub;
  auto loaded = tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = {rh::Null}});
  ASSERT_EQ(loaded.code, rc::Success);
  EXPECT_EQ(tpm.run<Unseal>({loaded.reply.object_handle.value}, {}).code,
            rc::AuthUnavailable.session(1));
}

TEST(Roles, UserNeedsUserWithAuthUnlessByPolicy) {
  TestTpm tpm;
  Made item = create_primary(tpm, rh::Owner, sealed_data({ObjectBit::NoDa}), {}, {1});
  EXPECT_EQ(tpm.run<Unseal>({item.handle}, {}).code, rc::PolicyFail.session(1));
  ClientSession session = start_session(tpm);
  EXPECT_EQ(run_with<Unseal>(tpm, {item.handle}, {}, {{&session}}).code, rc::PolicyFail.session(1));
}

struct Family {
  Made parent;
  Made child;
};

Family make_family(TestTpm& tpm, const wire::Public& child) {
  Family family{.parent = create_primary(tpm, rh::Owner, ecc_storage())};
  family.child = create_child(tpm, family.parent, child);
  return family;
}

TEST(Roles, AdminByPolicyOnlyAndOnlyForTheCommandOfThePolicy) {
  TestTpm tpm;
  wire::Public child = ecdsa_key();
  child.attributes.set(ObjectBit::AdminWithPolicy);
  child.auth_policy = wire::Digest(command_code_policy(CommandCode::ObjectChangeAuth));
  Family family = make_family(tpm, child);
  std::vector<Handle> handles = {family.child.handle, family.parent.handle};
  EXPECT_EQ(tpm.run<ObjectChangeAuth>(handles, {}).code, rc::AuthType.session(1));
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
  EXPECT_EQ(run_with<ObjectChangeAuth>(tpm, handles, {}, {{&policy}}).code,
            rc::PolicyFail.session(1));
  ASSERT_EQ(tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::ObjectChangeAuth}).code,
            rc::Success);
  EXPECT_EQ(run_with<ObjectChangeAuth>(tpm, handles, {}, {{&policy}}).code, rc::Success);
  // Afterwards it is as new.
  EXPECT_EQ(run_with<ObjectChangeAuth>(tpm, handles, {}, {{&policy}}).code,
            rc::PolicyFail.session(1));
}

TEST(Roles, AdminByAuthValueWhereThePolicyIsNotDemanded) {
  TestTpm tpm;
  Family family = make_family(tpm, ecdsa_key());
  std::vector<Handle> handles = {family.child.handle, family.parent.handle};
  ClientSession session = start_session(tpm);
  EXPECT_EQ(run_with<ObjectChangeAuth>(tpm, handles, {}, {{&session}}).code, rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
