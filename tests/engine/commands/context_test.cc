// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/context.h"

#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_bound.h"
#include "engine/commands/startup.h"
#include "engine/object/context.h"
#include "engine/saved_contexts.h"
#include "tests/engine/client_session.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine {
namespace {

using namespace testing::templates;
using testing::TestTpm;
using wire::Handle;
using wire::StartupType;
namespace rh = wire::rh;

wire::Context save(TestTpm& tpm, Handle handle) {
  auto answer = tpm.run<ContextSave>({handle}, {});
  EXPECT_EQ(answer.code, rc::Success);
  return answer.reply.context;
}

testing::Answer<ContextLoad> load(TestTpm& tpm, const wire::Context& context) {
  return tpm.run<ContextLoad>({}, {context});
}

Rc flush(TestTpm& tpm, Handle handle) {
  return tpm.run<FlushContext>({}, {handle}).code;
}

Handle begin_session(TestTpm& tpm, wire::SessionType type = wire::SessionType::Hmac) {
  return testing::start_session(tpm, {.type = type}).handle;
}

void restart(TestTpm& tpm, StartupType shutdown, StartupType startup) {
  EXPECT_EQ(tpm.run<Shutdown>({}, {shutdown}).code, rc::Success);
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {startup}).code, rc::Success);
}

TEST(ObjectContext, ComesBackAsOftenAsWanted) {
  TestTpm tpm;
  for (const Public& pub : {storage_rsa(), storage_ecc(), mac_key(), cipher(kSigningKey)}) {
    Handle handle = primary(tpm, pub);
    auto before = tpm.run<ReadPublic>({handle}, {});
    wire::Context context = save(tpm, handle);
    EXPECT_EQ(context.saved_handle, 0x80000000);
    EXPECT_EQ(context.hierarchy, rh::Owner);
    EXPECT_EQ(flush(tpm, handle), rc::Success);
    for (int i = 0; i < 2; ++i) {
      auto loaded = load(tpm, context);
      ASSERT_EQ(loaded.code, rc::Success);
      auto after = tpm.run<ReadPublic>({loaded.reply.loaded_handle.value}, {});
      EXPECT_EQ(wire::to_wire(after.reply.out_public), wire::to_wire(before.reply.out_public));
      EXPECT_EQ(after.reply.name, before.reply.name);
      EXPECT_EQ(after.reply.qualified_name, before.reply.qualified_name);
    }
    for (Handle slot : {0x80000000, 0x80000001}) EXPECT_EQ(flush(tpm, slot), rc::Success);
  }
}

TEST(ObjectContext, StillAuthorizesAndHasChildren) {
  TestTpm tpm;
  Handle handle =
      make_primary(tpm, storage_ecc(), rh::Owner, sensitive("pass")).reply.object_handle.value;
  wire::Context context = save(tpm, handle);
  flush(tpm, handle);
  Handle again = load(tpm, context).reply.loaded_handle.value;
  auto create = [&](std::string_view word) {
    return tpm.run<Create>({again}, {.in_public = ecc(kSigningKey)}, {password(word)}).code;
  };
  EXPECT_EQ(create("pass"), rc::Success);
  EXPECT_EQ(create("word"), rc::AuthFail.session(1));
}

TEST(ObjectContext, IsRefusedWithAnyOctetAltered) {
  TestTpm tpm;
  wire::Context context = save(tpm, primary(tpm, storage_ecc()));
  Bytes blob = to_bytes(context.blob);
  for (size_t i = 0; i < blob.size(); ++i) {
    Bytes altered = blob;
    altered[i] ^= 1;
    wire::Context changed = context;
    changed.blob = wire::ContextData(altered);
    ASSERT_EQ(load(tpm, changed).code, rc::Integrity.parameter(1)) << i;
  }
  for (size_t size : {size_t{0}, size_t{1}, size_t{66}, size_t{82}, blob.size() - 1}) {
    wire::Context changed = context;
    changed.blob = wire::ContextData(ByteView(blob).first(size));
    EXPECT_EQ(load(tpm, changed).code, rc::Integrity.parameter(1));
  }
  auto changed = [&](auto change) {
    wire::Context copy = context;
    change(copy);
    return load(tpm, copy).code;
  };
  EXPECT_EQ(changed([](auto& c) { c.sequence = 0; }), rc::Integrity.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.sequence += 1; }), rc::Value.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.saved_handle = 0x80000001; }), rc::Integrity.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.saved_handle = 0x80000002; }), rc::Integrity.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.saved_handle = 0x80000003; }), rc::Value.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.saved_handle = 0x81000000; }), rc::Value.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.saved_handle = 0x02000040; }), rc::Value.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.hierarchy = rh::Null; }), rc::Integrity.parameter(1));
  EXPECT_EQ(changed([](auto& c) { c.hierarchy = rh::Lockout; }), rc::Value.parameter(1));
  EXPECT_EQ(load(tpm, context).code, rc::Success);
}

// Part 2, 14.6.1: of sessions and objects each has its own numbers.
TEST(ObjectContext, ANumberThatWasNeverGivenOut) {
  TestTpm tpm;
  wire::Context object = save(tpm, primary(tpm, storage_ecc()));
  wire::Context session = save(tpm, start_session(tpm).handle);
  object.sequence += 1;
  session.sequence += 1;
  EXPECT_EQ(load(tpm, object).code, rc::Value.parameter(1));
  EXPECT_EQ(load(tpm, session).code, rc::Value.parameter(1));
  save(tpm, primary(tpm, storage_ecc()));
  EXPECT_EQ(load(tpm, object).code, rc::Integrity.parameter(1));
  EXPECT_EQ(load(tpm, session).code, rc::Value.parameter(1));
  save(tpm, start_session(tpm).handle);
  EXPECT_EQ(load(tpm, session).code, rc::Integrity.parameter(1));
}

TEST(ObjectContext, LastsUntilATpmReset) {
  TestTpm tpm;
  wire::Context context = save(tpm, primary(tpm, storage_ecc()));
  restart(tpm, StartupType::State, StartupType::State);
  EXPECT_EQ(load(tpm, context).code, rc::Success);
  restart(tpm, StartupType::State, StartupType::Clear);
  EXPECT_EQ(load(tpm, context).code, rc::Success);
  restart(tpm, StartupType::Clear, StartupType::Clear);
  save(tpm, primary(tpm, storage_ecc()));
  EXPECT_EQ(load(tpm, context).code, rc::Integrity.parameter(1));
}

TEST(ObjectContext, OfAnStClearObjectOrItsChildLastsUntilATpmRestart) {
  TestTpm tpm;
  Handle parent = primary(tpm, with(storage_ecc(), ObjectBit::StClear));
  auto created = tpm.run<Create>({parent}, {.in_public = mac_key()});
  auto child = tpm.run<Load>({parent}, {created.reply.out_private, created.reply.out_public});
  wire::Context contexts[] = {save(tpm, parent), save(tpm, child.reply.object_handle.value)};
  for (const auto& context : contexts) EXPECT_EQ(context.saved_handle, 0x80000002);
  restart(tpm, StartupType::State, StartupType::State);
  for (const auto& context : contexts) EXPECT_EQ(load(tpm, context).code, rc::Success);
  restart(tpm, StartupType::State, StartupType::Clear);
  for (const auto& context : contexts)
    EXPECT_EQ(load(tpm, context).code, rc::Integrity.parameter(1));
}

TEST(ObjectContext, NeedsItsHierarchyAndASlot) {
  TestTpm tpm;
  wire::Context context = save(tpm, primary(tpm, storage_ecc()));
  for (size_t i = 1; i < TransientObjects::kSlots; ++i)
    EXPECT_EQ(load(tpm, context).code, rc::Success);
  EXPECT_EQ(load(tpm, context).code, rc::ObjectMemory);
  EXPECT_EQ(tpm.run<HierarchyControl>({rh::Owner}, {rh::Owner, 0}).code, rc::Success);
  EXPECT_EQ(load(tpm, context).code, rc::Hierarchy.parameter(1));
}

TEST(ObjectContext, DiesWithItsSeed) {
  TestTpm tpm;
  wire::Context owner = save(tpm, primary(tpm, storage_ecc()));
  wire::Context endorsement = save(tpm, primary(tpm, storage_ecc(), rh::Endorsement));
  wire::Context platform = save(tpm, primary(tpm, storage_ecc(), rh::Platform));
  EXPECT_EQ(tpm.run<Clear>({rh::Lockout}, {}).code, rc::Success);
  EXPECT_EQ(load(tpm, owner).code, rc::Integrity.parameter(1));
  EXPECT_EQ(load(tpm, endorsement).code, rc::Integrity.parameter(1));
  EXPECT_EQ(load(tpm, platform).code, rc::Success);
}

TEST(SequenceContext, GoesOnWhereItWas) {
  TestTpm tpm;
  auto start = tpm.run<HashSequenceStart>({}, {{}, wire::HashAlgorithmOrNull{AlgId::Sha256}});
  Handle handle = start.reply.sequence.value;
  auto update = [&](Handle sequence, std::string_view text) {
    return tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(text_bytes(text))}).code;
  };
  EXPECT_EQ(update(handle, "one"), rc::Success);
  wire::Context context = save(tpm, handle);
  EXPECT_EQ(context.saved_handle, 0x80000001);
  EXPECT_EQ(context.hierarchy, rh::Null);
  EXPECT_EQ(update(handle, "other"), rc::Success);
  auto loaded = load(tpm, context);
  ASSERT_EQ(loaded.code, rc::Success);
  auto complete = tpm.run<SequenceComplete>({loaded.reply.loaded_handle.value},
                                            {wire::MaxBuffer(text_bytes("two")), rh::Owner});
  ASSERT_EQ(complete.code, rc::Success);
  EXPECT_TRUE(
      std::ranges::equal(complete.reply.result.view(),
                         crypto::hash(crypto::HashAlg::Sha256, text_bytes("onetwo")).view()));
  auto events = tpm.run<HashSequenceStart>({}, {{}, wire::HashAlgorithmOrNull{AlgId::Null}});
  EXPECT_EQ(load(tpm, save(tpm, events.reply.sequence.value)).code, rc::Success);
}

TEST(SessionContext, LeavesTheTpmAndComesBackOnce) {
  TestTpm tpm;
  for (auto type : {wire::SessionType::Hmac, wire::SessionType::Policy, wire::SessionType::Trial}) {
    Handle handle = begin_session(tpm, type);
    wire::Context context = save(tpm, handle);
    EXPECT_EQ(context.saved_handle, handle);
    EXPECT_EQ(context.hierarchy, rh::Null);
    EXPECT_EQ(tpm.run<ContextSave>({handle}, {}).code, rc::ReferenceH0);
    auto loaded = load(tpm, context);
    EXPECT_EQ(loaded.code, rc::Success);
    EXPECT_EQ(loaded.reply.loaded_handle.value, handle);
    EXPECT_EQ(load(tpm, context).code, rc::Handle.parameter(1));
    wire::Context newer = save(tpm, handle);
    EXPECT_EQ(load(tpm, context).code, rc::Handle.parameter(1));
    EXPECT_EQ(load(tpm, newer).code, rc::Success);
    EXPECT_EQ(flush(tpm, handle), rc::Success);
    EXPECT_EQ(load(tpm, newer).code, rc::Handle.parameter(1));
  }
}

TEST(SessionContext, KeepsItsKeysAndNonces) {
  TestTpm tpm;
  Handle key =
      make_primary(tpm, storage_ecc(), rh::Owner, sensitive("pass")).reply.object_handle.value;
  auto session = testing::start_session(tpm, {.symmetric = testing::aes_cfb(128),
                                              .salt_key = key,
                                              .bind = key,
                                              .bind_auth = password("pass")});
  Create::Params params{.in_sensitive = sensitive("inner", ""), .in_public = ecc(kSigningKey)};
  uint8_t both = testing::kContinue | testing::kDecrypt | testing::kEncrypt;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(load(tpm, save(tpm, session.handle)).code, rc::Success);
    auto answer = testing::run_with<Create>(
        tpm, {key}, params, {{.session = &session, .auth = password("pass"), .attributes = both}});
    EXPECT_EQ(answer.code, rc::Success);
  }
}

TEST(SessionContext, KeepsEveryFieldOfASession) {
  Session session{
      .type = wire::SessionType::Policy,
      .hash = AlgId::Sha384,
      .symmetric = testing::xor_with(AlgId::Sha256),
      .key = SharedSecret(Secret(text_bytes("key"))),
      .nonce_tpm = wire::Nonce(text_bytes("nonce")),
      .bound_name = wire::Name(text_bytes("name")),
      .bound_auth = SharedSecret(Secret(text_bytes("auth"))),
      .is_bound = true,
      .bound_to_protected = true,
      .bound_to_lockout = true,
      .start_time = 0x0102030405060708,
      .audit = wire::Digest(text_bytes("audit")),
      .policy = {.digest = wire::Digest(text_bytes("policy")),
                 .binding = {PolicyBinding::To::Parameters, wire::Digest(text_bytes("parameters"))},
                 .command = wire::CommandCode::Unseal,
                 .locality = 3,
                 .pcr_update_counter = 77,
                 .timeout = 0x1122334455667788,
                 .auth_value_needed = true,
                 .password_needed = true,
                 .presence_needed = true,
                 .channel_needed = true,
                 .nv_written = false}};
  Bytes bytes = wire::to_wire(to_saved(session));
  auto saved = wire::from_wire<SavedSession>(bytes);
  ASSERT_TRUE(saved);
  auto restored = from_saved(*saved);
  ASSERT_TRUE(restored);
  EXPECT_EQ(wire::to_wire(to_saved(*restored)), bytes);
  EXPECT_EQ(restored->bound_name, session.bound_name);
  EXPECT_EQ(restored->policy.command, session.policy.command);
  EXPECT_EQ(restored->policy.timeout, session.policy.timeout);
  EXPECT_EQ(restored->policy.locality, session.policy.locality);
  EXPECT_EQ(restored->policy.binding, session.policy.binding);
  EXPECT_EQ(restored->policy.nv_written, session.policy.nv_written);
  EXPECT_TRUE(restored->policy.presence_needed && restored->policy.channel_needed);
  EXPECT_EQ(restored->audit, session.audit);
  EXPECT_TRUE(restored->bound_to_lockout && restored->policy.password_needed);
  EXPECT_TRUE(std::ranges::equal(restored->key.view(), session.key.view()));
  saved->policy.conditions = 4;
  EXPECT_FALSE(from_saved(*saved));
  saved->policy.conditions = 3;
  saved->policy.binding.to = 5;
  EXPECT_FALSE(from_saved(*saved));
}

// Whatever its policy has collected is there again, and binds as before.
TEST(SessionContext, KeepsWhatItsPolicyHasCollected) {
  TestTpm tpm;
  Bytes name_hash = testing::formula::hash(AlgId::Sha256, {wire::to_wire(rh::Owner)});
  auto policy = testing::start_session(tpm, {.type = wire::SessionType::Policy});
  tpm.run<PolicyNameHash>({policy.handle}, {wire::Digest(name_hash)});
  tpm.run<PolicyPhysicalPresence>({policy.handle}, {});
  tpm.run<PolicyPassword>({policy.handle}, {});
  tpm.run<PolicyNvWritten>({policy.handle}, {1});
  tpm.run<PolicyTransportSpdm>({policy.handle}, {});
  auto secret = tpm.run<PolicySecret>(
      {rh::Owner, policy.handle},
      {.nonce_tpm = wire::Nonce(policy.nonce_tpm), .expiration = Expiration{60}});
  ASSERT_EQ(secret.code, rc::Success);
  SessionPtr loaded = tpm.state.sessions->slots[session_slot(policy.handle)].loaded;
  Bytes before = wire::to_wire(to_saved(*loaded));
  auto saved = tpm.run<ContextSave>({policy.handle}, {});
  ASSERT_EQ(saved.code, rc::Success);
  ASSERT_EQ(tpm.run<ContextLoad>({}, {saved.reply.context}).code, rc::Success);
  loaded = tpm.state.sessions->slots[session_slot(policy.handle)].loaded;
  EXPECT_EQ(wire::to_wire(to_saved(*loaded)), before);
  const PolicyState& state = loaded->policy;
  EXPECT_EQ(state.binding, (PolicyBinding{PolicyBinding::To::Names, wire::Digest(name_hash)}));
  EXPECT_EQ(state.timeout, loaded->start_time + 60000);
  EXPECT_TRUE(state.presence_needed && state.password_needed && state.nv_written == true);
  EXPECT_TRUE(state.channel_needed);
  EXPECT_EQ(tpm.run<PolicyNvWritten>({policy.handle}, {0}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<PolicyNameHash>({policy.handle}, {wire::Digest(name_hash)}).code, rc::CpHash);
}

TEST(SessionContext, SurvivesARestartButNoResetAndNoClear) {
  TestTpm tpm;
  Handle handle = begin_session(tpm);
  wire::Context context = save(tpm, handle);
  restart(tpm, StartupType::State, StartupType::Clear);
  EXPECT_EQ(load(tpm, context).code, rc::Success);
  context = save(tpm, handle);
  wire::Context other = save(tpm, begin_session(tpm));
  EXPECT_EQ(tpm.run<Clear>({rh::Lockout}, {}).code, rc::Success);
  EXPECT_EQ(load(tpm, context).code, rc::Integrity.parameter(1));
  restart(tpm, StartupType::Clear, StartupType::Clear);
  // The numbers begin anew.
  EXPECT_EQ(load(tpm, other).code, rc::Value.parameter(1));
  while (save(tpm, begin_session(tpm)).sequence < other.sequence) continue;
  EXPECT_EQ(load(tpm, other).code, rc::Integrity.parameter(1));
}

TEST(FlushContext, ForgetsSessionsLoadedOrNot) {
  TestTpm tpm;
  Handle hmac = begin_session(tpm);
  Handle policy = begin_session(tpm, wire::SessionType::Policy);
  save(tpm, policy);
  // The type in a session's handle does not count.
  EXPECT_EQ(flush(tpm, hmac ^ 0x01000000), rc::Success);
  EXPECT_EQ(flush(tpm, hmac), rc::Handle.parameter(1));
  EXPECT_EQ(flush(tpm, policy), rc::Success);
  EXPECT_EQ(flush(tpm, policy), rc::Handle.parameter(1));
  EXPECT_EQ(flush(tpm, 0x0200003F), rc::Handle.parameter(1));
  EXPECT_EQ(flush(tpm, 0x02000040), rc::Value.parameter(1));
}

TEST(FlushContext, ForgetsLoadedObjectsOnly) {
  TestTpm tpm;
  Handle handle = primary(tpm, storage_ecc());
  EXPECT_EQ(flush(tpm, handle), rc::Success);
  EXPECT_EQ(flush(tpm, handle), rc::Handle.parameter(1));
  EXPECT_EQ(flush(tpm, 0x8000001F), rc::Handle.parameter(1));
  EXPECT_EQ(flush(tpm, 0x80000020), rc::Value.parameter(1));
  EXPECT_EQ(flush(tpm, 0x81000000), rc::Value.parameter(1));
  EXPECT_EQ(flush(tpm, rh::Owner), rc::Value.parameter(1));
}

TEST(ContextCommands, TakeNoSessions) {
  TestTpm tpm;
  Handle handle = primary(tpm, storage_ecc());
  auto command = TestTpm::password_command<ContextSave>({handle}, {}, {Bytes()});
  Secret response = tpm.execute(command);
  EXPECT_EQ(TestTpm::parse<ContextSave>(response.view()).code, rc::AuthContext);
  EXPECT_EQ(tpm.run<ContextSave>({rh::Owner}, {}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<ContextSave>({0x0200003F}, {}).code, rc::ReferenceH0);
  EXPECT_EQ(tpm.run<ContextSave>({0x02000040}, {}).code, rc::Value.handle(1));
}

}  // namespace
}  // namespace vtpm::engine
