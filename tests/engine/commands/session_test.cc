// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 11. What sessions do once started is tested with the pipeline.
#include "engine/commands/session.h"

#include "engine/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "engine/crypto/ecc.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
using wire::SessionType;
namespace rh = wire::rh;

StartAuthSession::Params parameters(size_t nonce_size = 16, AlgId hash = AlgId::Sha256) {
  return {.nonce_caller = wire::Nonce(Bytes(nonce_size, 7)), .auth_hash = {hash}};
}

TEST(StartAuthSession, GivesHandlesByTypeFromOneRange) {
  TestTpm tpm;
  auto params = parameters();
  std::vector<Handle> handles;
  for (SessionType type : {SessionType::Hmac, SessionType::Policy, SessionType::Trial}) {
    params.session_type = type;
    auto answer = tpm.run<StartAuthSession>({rh::Null, rh::Null}, params);
    ASSERT_EQ(answer.code, rc::Success);
    handles.push_back(answer.reply.session_handle.value);
  }
  EXPECT_EQ(handles, (std::vector<Handle>{0x02000000, 0x03000001, 0x03000002}));
}

TEST(StartAuthSession, TheNonceIsAsLongAsTheCallers) {
  TestTpm tpm;
  for (AlgId hash : kHashes) {
    size_t digest = digest_size(hash);
    for (size_t size : {size_t{16}, digest}) {
      auto answer = tpm.run<StartAuthSession>({rh::Null, rh::Null}, parameters(size, hash));
      ASSERT_EQ(answer.code, rc::Success);
      EXPECT_EQ(answer.reply.nonce_tpm.size(), size);
    }
    // A nonce longer than the longest digest does not even unmarshal.
    for (size_t size : {size_t{0}, size_t{15}, std::min(digest + 1, kMaximumDigestSize)}) {
      if (size == digest) continue;
      Rc expected = rc::Size.parameter(1);
      EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, rh::Null}, parameters(size, hash)).code,
                expected)
          << size;
    }
  }
}

TEST(StartAuthSession, RefusesParametersByNumber) {
  TestTpm tpm;
  auto run = [&](const StartAuthSession::Params& params) {
    return tpm.run<StartAuthSession>({rh::Null, rh::Null}, params).code;
  };
  auto params = parameters();
  params.encrypted_salt = wire::EncryptedSecret(Bytes(1));
  EXPECT_EQ(run(params), rc::Value.parameter(2));
  params = parameters();
  params.session_type = {static_cast<SessionType>(2)};
  EXPECT_EQ(run(params), rc::Value.parameter(3));
  params = parameters();
  params.symmetric = aes_cfb(128);
  params.symmetric.details.get<wire::AesDefinition>()->mode = AlgId::Cbc;
  EXPECT_EQ(run(params), rc::Mode.parameter(4));
  params.symmetric = {.algorithm = {AlgId::Hmac}};
  EXPECT_EQ(run(params), rc::Symmetric.parameter(4));
  params.symmetric = aes_cfb(100);
  EXPECT_EQ(run(params), rc::Value.parameter(4));
  params.symmetric = xor_with(AlgId::Aes);
  EXPECT_EQ(run(params), rc::Hash.parameter(4));
  params = parameters();
  params.auth_hash = {AlgId::Null};
  EXPECT_EQ(run(params), rc::Hash.parameter(5));
}

TEST(StartAuthSession, TheSaltKeyMustDecrypt) {
  TestTpm tpm;
  Made signer = create_primary(tpm, rh::Owner, ecdsa_key());
  Made data = create_primary(tpm, rh::Owner, sealed_data(), {}, {1});
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  auto run = [&](Handle key) {
    return tpm.run<StartAuthSession>({key, rh::Null}, parameters()).code;
  };
  EXPECT_EQ(run(signer.handle), rc::Attributes.handle(1));
  EXPECT_EQ(run(data.handle), rc::Key.handle(1));
  auto sequence = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).reply.sequence;
  EXPECT_EQ(run(sequence.value), rc::Key.handle(1));
  EXPECT_EQ(run(storage.handle), rc::Value.parameter(2));
  auto only_public = tpm.run<LoadExternal>({}, {.in_public = storage.pub, .hierarchy = {rh::Null}});
  ASSERT_EQ(only_public.code, rc::Success);
  EXPECT_EQ(run(only_public.reply.object_handle.value), rc::Handle.handle(1));
}

// nameAlg would say how long the salt may be, and with what it is encrypted.
TEST(StartAuthSession, AKeyWithoutNameAlgTakesNoSalt) {
  TestTpm tpm;
  const wire::ObjectAttributes attributes{ObjectBit::Decrypt, ObjectBit::UserWithAuth};
  auto rsa = crypto::generate_rsa_key(2048, 65537, tpm.random, tpm.cancellation);
  auto ecc = crypto::generate_ecc_key(crypto::Curve::P256, tpm.random);
  wire::EccPoint point{.x = wire::EccParameter(ecc.q.x), .y = wire::EccParameter(ecc.q.y)};
  wire::Public rsa_area = templates::rsa(attributes), ecc_area = templates::ecc(attributes);
  rsa_area.unique = wire::RsaBytes(rsa->modulus);
  ecc_area.unique = point;
  auto code = [&](wire::Public pub, ByteView value, const Bytes& salt) {
    pub.name_hash = AlgId::Null;
    wire::Sensitive sensitive{.type = pub.type.value, .value = wire::PrivateValue(value)};
    auto key = tpm.run<LoadExternal>({}, {{sensitive}, pub, {rh::Null}});
    EXPECT_EQ(key.code, rc::Success);
    auto params = parameters();
    params.encrypted_salt = wire::EncryptedSecret(salt);
    return tpm.run<StartAuthSession>({key.reply.object_handle.value, rh::Null}, params).code;
  };
  EXPECT_EQ(code(rsa_area, rsa->prime.view(), Bytes(256, 1)), rc::Value.parameter(2));
  EXPECT_EQ(code(ecc_area, ecc.d.view(), wire::to_wire(point)), rc::Value.parameter(2));
}

TEST(StartAuthSession, TheSchemeOfAnRsaSaltKeyIsOaepOrNone) {
  TestTpm tpm;
  wire::ObjectAttributes decrypting = templates::kSigningKey;
  decrypting.set(ObjectBit::Sign, false);
  decrypting.set(ObjectBit::Decrypt);
  wire::Public pub = templates::rsa(decrypting);
  auto& parameters_of_key = *pub.parameters.get<wire::RsaParameters>();
  parameters_of_key.scheme = {.scheme = {AlgId::RsaEs}};
  Made rsaes = create_primary(tpm, rh::Owner, pub);
  EXPECT_EQ(tpm.run<StartAuthSession>({rsaes.handle, rh::Null}, parameters()).code,
            rc::Value.handle(1));
  parameters_of_key.scheme = {.scheme = {AlgId::Oaep},
                              .details = wire::HashScheme{.hash = AlgId::Sha1}};
  Made oaep = create_primary(tpm, rh::Owner, pub);
  ClientSession session = start_session(tpm, {.salt_key = oaep.handle});
  EXPECT_EQ(run_with<Unseal>(tpm, {oaep.handle}, {}, {{&session}}).code, rc::Type.handle(1));
}

TEST(StartAuthSession, SaltsThatAreNone) {
  TestTpm tpm;
  Made ecc = create_primary(tpm, rh::Owner, ecc_storage());
  Made rsa = create_primary(tpm, rh::Owner, rsa_storage());
  auto run = [&](const Made& key, const Bytes& salt) {
    auto params = parameters();
    params.encrypted_salt = wire::EncryptedSecret(salt);
    return tpm.run<StartAuthSession>({key.handle, rh::Null}, params).code;
  };
  const Rc expected = rc::Value.parameter(2);
  for (size_t size : {size_t{0}, size_t{1}, size_t{255}, size_t{257}})
    EXPECT_EQ(run(rsa, Bytes(size, 1)), expected) << size;
  EXPECT_EQ(run(rsa, Bytes(256, 0xFF)), expected);
  EXPECT_EQ(run(rsa, Bytes(256, 1)), expected);
  wire::EccPoint off_the_curve{.x = wire::EccParameter(Bytes(32, 1)),
                               .y = wire::EccParameter(Bytes(32, 2))};
  EXPECT_EQ(run(ecc, wire::to_wire(off_the_curve)), expected);
  EXPECT_EQ(run(ecc, wire::to_wire(wire::EccPoint{})), expected);
  Bytes longer = wire::to_wire(*ecc.pub.unique.get<wire::EccPoint>());
  EXPECT_EQ(run(ecc, longer), rc::Success);
  longer.push_back(0);
  EXPECT_EQ(run(ecc, longer), expected);
}

TEST(StartAuthSession, TheBoundObjectNeedsItsSensitiveArea) {
  TestTpm tpm;
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  auto only_public = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Null}});
  EXPECT_EQ(
      tpm.run<StartAuthSession>({rh::Null, only_public.reply.object_handle.value}, parameters())
          .code,
      rc::Handle.handle(2));
  // A PCR and a sequence have an authValue.
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, 5}, parameters()).code, rc::Success);
}

TEST(StartAuthSession, ThereAreSoManyHandles) {
  TestTpm tpm;
  std::vector<Handle> handles;
  for (size_t i = 0; i < kMaximumSessions; ++i)
    handles.push_back(
        tpm.run<StartAuthSession>({rh::Null, rh::Null}, parameters()).reply.session_handle.value);
  State before = tpm.state;
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, rh::Null}, parameters()).code, rc::SessionHandles);
  EXPECT_TRUE(tpm.state.sessions.same_as(before.sessions));
  // A saved session keeps its handle; an ended one gives it back.
  auto saved = tpm.run<ContextSave>({handles[10]}, {});
  ASSERT_EQ(saved.code, rc::Success);
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, rh::Null}, parameters()).code, rc::SessionHandles);
  ASSERT_EQ(tpm.run<FlushContext>({}, {.flush_handle = {handles[10]}}).code, rc::Success);
  EXPECT_EQ(
      tpm.run<StartAuthSession>({rh::Null, rh::Null}, parameters()).reply.session_handle.value,
      handles[10]);
  EXPECT_EQ(tpm.run<ContextLoad>({}, {saved.reply.context}).code, rc::Handle.parameter(1));
}

// Every session that is active may be loaded: TPM_RC_SESSION_MEMORY does not occur.
TEST(StartAuthSession, AllOfThemMayBeLoadedAtOnce) {
  TestTpm tpm;
  std::vector<ClientSession> sessions;
  for (size_t i = 0; i < kMaximumSessions; ++i)
    sessions.push_back(
        start_session(tpm, {.hash = kHashes[i % kHashes.size()], .bind = rh::Owner}));
  for (ClientSession& session : sessions) {
    Use use{.session = &session, .attributes = kContinue | kAudit};
    EXPECT_EQ(run_with<GetRandom>(tpm, {}, {8}, {use}).code, rc::Success);
  }
  std::vector<wire::Context> contexts;
  for (const ClientSession& session : sessions) {
    auto saved = tpm.run<ContextSave>({session.handle}, {});
    ASSERT_EQ(saved.code, rc::Success);
    contexts.push_back(saved.reply.context);
  }
  for (const wire::Context& context : contexts)
    EXPECT_EQ(tpm.run<ContextLoad>({}, {context}).code, rc::Success);
}

// contextIDs are 64 bits wide and kept so: TPM_RC_CONTEXT_GAP does not occur.
TEST(StartAuthSession, NoSavedSessionIsEverTooOld) {
  TestTpm tpm;
  ClientSession old = start_session(tpm, {.bind = rh::Owner});
  auto saved = tpm.run<ContextSave>({old.handle}, {});
  ASSERT_EQ(saved.code, rc::Success);
  tpm.state.sessions.write().context_counter += uint64_t{kMaximumContextGap} + 2;
  ClientSession young = start_session(tpm);
  auto saved_young = tpm.run<ContextSave>({young.handle}, {});
  ASSERT_EQ(saved_young.code, rc::Success);
  EXPECT_GT(saved_young.reply.context.sequence - saved.reply.context.sequence, kMaximumContextGap);
  EXPECT_EQ(tpm.run<ContextLoad>({}, {saved_young.reply.context}).code, rc::Success);
  EXPECT_EQ(tpm.run<ContextLoad>({}, {saved.reply.context}).code, rc::Success);
  Use use{.session = &old, .attributes = kContinue | kAudit};
  EXPECT_EQ(run_with<GetRandom>(tpm, {}, {8}, {use}).code, rc::Success);
}

// Of every kind with every hash algorithm, and every cipher that encrypts parameters.
TEST(StartAuthSession, EveryHashAndEverySymmetricDefinition) {
  TestTpm tpm;
  std::vector<wire::SymmetricDefinition> definitions;
  for (uint16_t bits : kAesKeyBits) definitions.push_back(aes_cfb(bits));
  for (AlgId hash : kHashes) definitions.push_back(xor_with(hash));
  for (AlgId hash : kHashes)
    for (const auto& definition : definitions)
      for (SessionType type : {SessionType::Hmac, SessionType::Policy, SessionType::Trial}) {
        ClientSession session = start_session(
            tpm, {.type = type, .hash = hash, .symmetric = definition, .bind = rh::Owner});
        Use use{.session = &session, .attributes = kEncrypt};
        EXPECT_EQ(run_with<GetRandom>(tpm, {}, {8}, {use}).code, rc::Success);
      }
}

TEST(StartAuthSession, MayItselfBeAuditedAndEncrypted) {
  TestTpm tpm;
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(256), .bind = rh::Owner});
  Use use{.session = &session, .attributes = kContinue | kAudit | kDecrypt | kEncrypt};
  auto answer = run_with<StartAuthSession>(tpm, {rh::Null, rh::Null}, parameters(), {use});
  ASSERT_EQ(answer.code, rc::Success);
  const SessionPtr& started = tpm.state.sessions->slots[1].loaded;
  ASSERT_TRUE(started);
  EXPECT_EQ(answer.reply.nonce_tpm, started->nonce_tpm);
}

TEST(PolicyRestart, BringsTheBeginningBack) {
  TestTpm tpm;
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy});
  tpm.run<PolicyLocality>({policy.handle}, {{1}});
  tpm.run<PolicyPcr>({policy.handle}, {});
  tpm.run<PolicyCommandCode>({policy.handle}, {wire::CommandCode::Unseal});
  tpm.run<PolicyAuthValue>({policy.handle}, {});
  tpm.clock.now += 1000;
  ASSERT_EQ(tpm.run<PolicyRestart>({policy.handle}, {}).code, rc::Success);
  const Session& session = *tpm.state.sessions->slots[session_slot(policy.handle)].loaded;
  EXPECT_EQ(to_bytes(session.policy.digest), Bytes(32));
  EXPECT_FALSE(session.policy.locality);
  EXPECT_FALSE(session.policy.pcr_update_counter);
  EXPECT_FALSE(session.policy.command);
  EXPECT_FALSE(session.policy.auth_value_needed);
  // Not the nonce and not the time (11.2.1).
  EXPECT_EQ(to_bytes(session.nonce_tpm), policy.nonce_tpm);
  EXPECT_EQ(session.start_time, tpm_time(tpm.state, tpm.ports) - 1000);
}

TEST(PolicyRestart, TakesPolicySessionsOnly) {
  TestTpm tpm;
  ClientSession hmac = start_session(tpm);
  EXPECT_EQ(tpm.run<PolicyRestart>({hmac.handle}, {}).code, rc::Value.handle(1));
  ClientSession trial = start_session(tpm, {.type = SessionType::Trial});
  EXPECT_EQ(tpm.run<PolicyRestart>({trial.handle}, {}).code, rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
