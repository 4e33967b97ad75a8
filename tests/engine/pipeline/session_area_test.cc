// SPDX-License-Identifier: Apache-2.0
// The authorization area as such (Part 3, 5.5; Part 1, 15.6).
#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/object.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "engine/commands/startup.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

const Bytes kGetEightBytes = {0, 8};

// A block with nothing in it that a key would be needed for.
Bytes block(Handle handle, uint8_t attributes = kContinue, const Bytes& nonce = {},
            const Bytes& hmac = {}) {
  Bytes bytes;
  Writer out(bytes);
  out.put_be(handle);
  wire::marshal(out, wire::Nonce(nonce));
  out.put_be(attributes);
  wire::marshal(out, wire::Nonce(hmac));
  return bytes;
}

Rc get_random(TestTpm& tpm, const std::vector<Bytes>& blocks) {
  Bytes area;
  for (const Bytes& each : blocks) append(area, each);
  return tpm.code_of(TestTpm::assemble(CommandCode::GetRandom, {}, area, kGetEightBytes));
}

// HierarchyControl of the owner's, which needs one authorization.
Rc clear_control(TestTpm& tpm, const std::vector<Bytes>& blocks) {
  Bytes area;
  for (const Bytes& each : blocks) append(area, each);
  return tpm.code_of(TestTpm::assemble(CommandCode::ClearControl, {rh::Platform}, area, Bytes{1}));
}

TEST(SessionArea, MissingOrNotAllowed) {
  TestTpm tpm;
  EXPECT_EQ(clear_control(tpm, {}), rc::AuthMissing);
  Bytes password = block(rh::Password);
  Bytes flush = wire::to_wire(Handle{0x80000000});
  EXPECT_EQ(tpm.code_of(TestTpm::assemble(CommandCode::FlushContext, {}, password, flush)),
            rc::AuthContext);
  TestTpm fresh(false);
  EXPECT_EQ(fresh.code_of(TestTpm::assemble(CommandCode::Startup, {}, password, Bytes{0, 0})),
            rc::AuthContext);
}

TEST(SessionArea, TheSizeMustFit) {
  TestTpm tpm;
  Bytes command =
      TestTpm::assemble(CommandCode::ClearControl, {rh::Platform}, block(rh::Password), Bytes{1});
  constexpr size_t kSizeAt = 14;
  for (uint32_t size : {0u, 1u, 8u, 11u, 0xFFFFFFFFu}) {
    Bytes changed = command;
    store_be<uint32_t>(MutableByteView(changed).subspan(kSizeAt), size);
    EXPECT_EQ(tpm.code_of(changed), rc::AuthSize) << size;
  }
  // The area swallows the parameter: what is behind the first block is no block.
  Bytes changed = command;
  store_be<uint32_t>(MutableByteView(changed).subspan(kSizeAt), 10);
  EXPECT_EQ(tpm.code_of(changed), rc::Insufficient.session(2));
  EXPECT_EQ(tpm.code_of(command), rc::Success);
}

TEST(SessionArea, TheSizeIsCutOff) {
  TestTpm tpm;
  for (size_t kept = 0; kept < 4; ++kept) {
    Bytes command = TestTpm::assemble(CommandCode::ClearControl, {rh::Platform}, {}, Bytes(kept));
    store_be<uint16_t>(command, 0x8002);
    EXPECT_EQ(tpm.code_of(command), rc::AuthSize) << kept;
  }
}

TEST(SessionArea, HoldsThreeSessionsAtMost) {
  TestTpm tpm;
  std::vector<Bytes> blocks(4, block(rh::Password));
  EXPECT_EQ(clear_control(tpm, blocks), rc::AuthSize);
}

TEST(SessionArea, BlocksThatAreMalformed) {
  TestTpm tpm;
  Bytes oversized = block(rh::Password);
  store_be<uint16_t>(MutableByteView(oversized).subspan(4), 65);
  EXPECT_EQ(clear_control(tpm, {oversized}), rc::Size.session(1));
  Bytes truncated = block(rh::Password);
  store_be<uint16_t>(MutableByteView(truncated).subspan(4), 64);
  EXPECT_EQ(clear_control(tpm, {truncated}), rc::Insufficient.session(1));
  EXPECT_EQ(clear_control(tpm, {block(rh::Password, 0x08)}), rc::ReservedBits.session(1));
  EXPECT_EQ(clear_control(tpm, {block(rh::Password), block(rh::Password, 0x10)}),
            rc::ReservedBits.session(2));
}

TEST(SessionArea, HandlesOfTheWrongType) {
  TestTpm tpm;
  for (Handle handle : {Handle{0}, rh::Owner, rh::Null, Handle{0x80000000}, Handle{0x81000000}})
    EXPECT_EQ(clear_control(tpm, {block(handle)}), rc::Handle.session(1)) << handle;
  EXPECT_EQ(clear_control(tpm, {block(rh::Password), block(rh::Owner)}), rc::Handle.session(2));
}

TEST(SessionArea, SessionsThatAreNotLoaded) {
  TestTpm tpm;
  ClientSession session = start_session(tpm);
  Handle other_type = (session.handle & 0x00FFFFFF) | 0x03000000;
  for (Handle handle : {Handle{0x02000001}, Handle{0x02FFFFFF}, Handle{0x03000000}, other_type})
    EXPECT_EQ(clear_control(tpm, {block(handle)}), rc::ReferenceS0) << handle;
  EXPECT_EQ(clear_control(tpm, {block(rh::Password), block(0x02000001, kAudit)}),
            rc::ReferenceS0.plus(1));
  EXPECT_EQ(clear_control(tpm, {block(rh::Password), block(session.handle, kAudit),
                                block(0x02000001, kAudit)}),
            rc::ReferenceS0.plus(2));
}

TEST(SessionArea, ASavedSessionIsNotLoaded) {
  TestTpm tpm;
  ClientSession session = start_session(tpm);
  auto saved = tpm.run<ContextSave>({session.handle}, {});
  ASSERT_EQ(saved.code, rc::Success);
  EXPECT_EQ(clear_control(tpm, {block(session.handle)}), rc::ReferenceS0);
  ASSERT_EQ(tpm.run<ContextLoad>({}, {saved.reply.context}).code, rc::Success);
  EXPECT_EQ(run_with<ClearControl>(tpm, {rh::Platform}, {1}, {{&session}}).code, rc::Success);
}

TEST(SessionArea, ASessionComesOnceAndAPasswordOften) {
  TestTpm tpm;
  ClientSession session = start_session(tpm);
  EXPECT_EQ(clear_control(tpm, {block(session.handle), block(session.handle, kAudit)}),
            rc::Handle.session(2));
  // A password authorizes something or is not there.
  EXPECT_EQ(clear_control(tpm, {block(rh::Password), block(rh::Password)}), rc::Handle.session(2));
  EXPECT_EQ(get_random(tpm, {block(rh::Password)}), rc::Handle.session(1));
}

TEST(SessionArea, PasswordBlocksHaveNoNonceAndNoAttributes) {
  TestTpm tpm;
  EXPECT_EQ(clear_control(tpm, {block(rh::Password, kContinue, {1})}), rc::Nonce.session(1));
  for (uint8_t attribute : {kDecrypt, kEncrypt, kAudit, kAuditExclusive, kAuditReset})
    EXPECT_EQ(clear_control(tpm, {block(rh::Password, attribute)}), rc::Attributes.session(1))
        << int{attribute};
  EXPECT_EQ(clear_control(tpm, {block(rh::Password, 0)}), rc::Success);
}

TEST(SessionArea, ASessionHasAPurpose) {
  TestTpm tpm;
  ClientSession session = start_session(tpm);
  EXPECT_EQ(get_random(tpm, {block(session.handle)}), rc::Attributes.session(1));
  EXPECT_EQ(get_random(tpm, {block(session.handle, kContinue | kAudit)}), rc::Success);
}

TEST(SessionArea, EachAttributeOnce) {
  TestTpm tpm;
  ClientSession a = start_session(tpm, {.symmetric = aes_cfb(128)});
  ClientSession b = start_session(tpm, {.symmetric = aes_cfb(128)});
  for (uint8_t attribute : {kEncrypt, kAudit})
    EXPECT_EQ(get_random(tpm, {block(a.handle, attribute), block(b.handle, attribute)}),
              rc::Attributes.session(2))
        << int{attribute};
  Bytes area = block(a.handle, kDecrypt);
  append(area, block(b.handle, kDecrypt));
  EXPECT_EQ(tpm.code_of(TestTpm::assemble(CommandCode::StirRandom, {}, area, Bytes{0, 1, 7})),
            rc::Attributes.session(2));
}

TEST(SessionArea, EncryptionNeedsAnAlgorithmAndASizedParameter) {
  TestTpm tpm;
  ClientSession none = start_session(tpm);
  EXPECT_EQ(get_random(tpm, {block(none.handle, kEncrypt)}), rc::Symmetric.session(1));
  ClientSession aes = start_session(tpm, {.symmetric = aes_cfb(128)});
  EXPECT_EQ(get_random(tpm, {block(aes.handle, kDecrypt)}), rc::Attributes.session(1));
  Bytes area = block(aes.handle, kEncrypt);
  EXPECT_EQ(tpm.code_of(TestTpm::assemble(CommandCode::ReadClock, {}, area, {})),
            rc::Attributes.session(1));
  EXPECT_EQ(tpm.code_of(TestTpm::assemble(CommandCode::StirRandom, {}, area, Bytes{0, 0})),
            rc::Attributes.session(1));
  EXPECT_EQ(get_random(tpm, {block(none.handle, kAudit), block(aes.handle, kDecrypt)}),
            rc::Attributes.session(2));
}

TEST(SessionArea, PolicySessionsDoNotAudit) {
  TestTpm tpm;
  for (auto type : {wire::SessionType::Policy, wire::SessionType::Trial}) {
    ClientSession session = start_session(tpm, {.type = type});
    EXPECT_EQ(get_random(tpm, {block(session.handle, kAudit)}), rc::Attributes.session(1));
  }
}

TEST(SessionArea, TrialSessionsAuthorizeNothing) {
  TestTpm tpm;
  ClientSession trial = start_session(tpm, {.type = wire::SessionType::Trial});
  EXPECT_EQ(clear_control(tpm, {block(trial.handle)}), rc::Attributes.session(1));
}

TEST(SessionArea, AuditDetailsNeedAudit) {
  TestTpm tpm;
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128)});
  for (uint8_t attribute : {kAuditExclusive, kAuditReset})
    EXPECT_EQ(get_random(tpm, {block(session.handle, static_cast<uint8_t>(kEncrypt | attribute))}),
              rc::Attributes.session(1));
}

// TPM2_EventSequenceComplete has two handles to authorize.
class TwoAuthorizations : public ::testing::Test {
 protected:
  TwoAuthorizations() {
    sequence =
        tpm.run<HashSequenceStart>({}, {.auth = wire::Auth(ByteView(auth)), .hash = {AlgId::Null}})
            .reply.sequence.value;
  }
  Rc complete(std::vector<Use> uses) {
    return run_with<EventSequenceComplete>(tpm, {Handle{3}, sequence}, {}, std::move(uses)).code;
  }

  const Bytes auth = {1, 2, 3};
  TestTpm tpm;
  Handle sequence = 0;
};

TEST_F(TwoAuthorizations, TheSecondIsMissing) {
  EXPECT_EQ(complete({Use{}}), rc::AuthMissing);
  ClientSession session = start_session(tpm);
  EXPECT_EQ(complete({Use{&session}}), rc::AuthMissing);
}

TEST_F(TwoAuthorizations, TheSecondFails) {
  EXPECT_EQ(complete({Use{}, Use{}}), rc::BadAuth.session(2));
  ClientSession session = start_session(tpm);
  EXPECT_EQ(complete({Use{}, Use{&session, {9}}}), rc::BadAuth.session(2));
  EXPECT_EQ(complete({Use{.auth = {9}}, Use{.auth = auth}}), rc::BadAuth.session(1));
}

TEST_F(TwoAuthorizations, ByPasswordAndBySessions) {
  ClientSession one = start_session(tpm), two = start_session(tpm, {.bind = rh::Owner});
  ClientSession decrypting = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  Use decrypt{.session = &decrypting, .attributes = kContinue | kDecrypt};
  EXPECT_EQ(complete({Use{&one}, Use{&two, auth}, decrypt}), rc::Success);
}

TEST_F(TwoAuthorizations, TheSecondSessionDecryptsAndTheFirstVouchesForIt) {
  ClientSession one = start_session(tpm);
  ClientSession two = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  Use decrypt{&two, auth};
  decrypt.attributes = kContinue | kDecrypt;
  EXPECT_EQ(complete({Use{&one}, decrypt}), rc::Success);
}

// Passwords may repeat where each authorizes something (Part 1, 15.6.3).
TEST_F(TwoAuthorizations, TwoPasswords) {
  EXPECT_EQ(complete({Use{}, Use{.auth = auth}}), rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
