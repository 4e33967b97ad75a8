// SPDX-License-Identifier: Apache-2.0
// Command headers, handle areas and modes (Part 3, 5.2 to 5.4; 6.1).
#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "engine/commands/self_test.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "engine/pipeline/response.h"
#include "tests/engine/client_session.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

Bytes get_random(uint16_t count = 8) {
  return TestTpm::password_command<GetRandom>({}, {count});
}

Bytes respond(TestTpm& tpm, const Bytes& command) {
  return to_bytes(tpm.execute(command).view());
}

Rc code_of(TestTpm& tpm, const Bytes& command) {
  Bytes response = respond(tpm, command);
  EXPECT_GE(response.size(), kHeaderSize);
  EXPECT_EQ(load_be<uint32_t>(ByteView(response).subspan(2)), response.size());
  return Rc(load_be<uint32_t>(ByteView(response).subspan(6)));
}

// Part 3, 6.1: with the tag that TPM 1.2 has for errors, edk2 would take this TPM for one.
TEST(Header, ABadTagIsNotAnsweredAsByTpm12) {
  TestTpm tpm;
  for (unsigned tag : {0x0000u, 0x00C1u, 0x8000u, 0x8003u, 0xFFFFu}) {
    Bytes command = get_random();
    store_be<uint16_t>(command, static_cast<uint16_t>(tag));
    EXPECT_EQ(hex(respond(tpm, command)), "80010000000a00000097") << tag;
  }
}

TEST(Header, OtherErrorsHaveTheTagWithoutSessions) {
  TestTpm tpm;
  Bytes command = get_random();
  store_be<uint32_t>(MutableByteView(command).subspan(6), 0x0000011E);
  EXPECT_EQ(hex(respond(tpm, command)), "80010000000a00000143");
}

TEST(Header, EveryTruncationIsACommandSizeError) {
  TestTpm tpm;
  Bytes command = get_random();
  for (size_t size = 0; size < command.size(); ++size)
    EXPECT_EQ(code_of(tpm, Bytes(command.begin(), command.begin() + static_cast<int>(size))),
              rc::CommandSize)
        << size;
}

TEST(Header, TheSizeMustBeThatOfTheCommand) {
  TestTpm tpm;
  for (uint32_t size : {0u, 9u, 10u, 11u, 13u, 0xFFFFFFFFu}) {
    Bytes command = get_random();
    store_be<uint32_t>(MutableByteView(command).subspan(2), size);
    EXPECT_EQ(code_of(tpm, command), rc::CommandSize) << size;
  }
  Bytes longer = get_random();
  longer.push_back(0);
  EXPECT_EQ(code_of(tpm, longer), rc::CommandSize);
}

TEST(Header, ACommandLargerThanTheBufferIsRefused) {
  TestTpm tpm;
  Bytes command = get_random();
  command.resize(kMaximumMessageSize + 1);
  store_be<uint32_t>(MutableByteView(command).subspan(2), kMaximumMessageSize + 1);
  EXPECT_EQ(code_of(tpm, command), rc::CommandSize);
}

TEST(Header, ACommandLargerThanTheTransportCarriesIsRefused) {
  TestTpm tpm;
  for (size_t size : {size_t{3968}, size_t{4000}, kMaximumMessageSize}) {
    Bytes command = get_random();
    command.resize(size);
    store_be<uint32_t>(MutableByteView(command).subspan(2), static_cast<uint32_t>(size));
    tpm.maximum_size = size;
    EXPECT_EQ(code_of(tpm, command), rc::Size);  // what follows the parameters
    tpm.maximum_size = size - 1;
    EXPECT_EQ(code_of(tpm, command), rc::CommandSize);
  }
}

TEST(Header, UnknownCommandCodes) {
  TestTpm tpm;
  for (uint32_t code : {0u, 0x11Eu, 0x12Fu, 0x15Au, 0x1ABu, 0x20000000u, 0xFFFFFFFFu}) {
    Bytes command = get_random();
    store_be<uint32_t>(MutableByteView(command).subspan(6), code);
    EXPECT_EQ(code_of(tpm, command), rc::CommandCode) << code;
  }
}

TEST(Header, ParametersLeftOverOrMissing) {
  TestTpm tpm;
  EXPECT_EQ(code_of(tpm, TestTpm::assemble(CommandCode::GetRandom, {}, {}, Bytes{0, 8, 0})),
            rc::Size);
  EXPECT_EQ(code_of(tpm, TestTpm::assemble(CommandCode::GetRandom, {}, {}, Bytes{0})),
            rc::Insufficient.parameter(1));
}

TEST(Mode, NothingWorksWithoutPower) {
  TestTpm tpm(false);
  tpm.state = manufacture(tpm.ports);
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Initialize);
  EXPECT_EQ(code_of(tpm, get_random()), rc::Initialize);
}

TEST(Mode, BeforeStartupAnUnknownCommandIsUnknownStill) {
  TestTpm tpm(false);
  Bytes command = get_random();
  store_be<uint32_t>(MutableByteView(command).subspan(6), 0x11E);
  EXPECT_EQ(code_of(tpm, command), rc::CommandCode);
  EXPECT_EQ(code_of(tpm, get_random()), rc::Initialize);
}

bool fails(crypto::SelfTest) noexcept {
  return false;
}

TEST(Mode, AFaultLeadsToFailureModeUntilTheNextInit) {
  TestTpm tpm;
  tpm.ports.self_test = &fails;
  EXPECT_EQ(code_of(tpm, get_random()), rc::Failure);
  EXPECT_EQ(tpm.state.lifecycle->mode, Mode::Failure);
  EXPECT_FALSE(tpm.state.lifecycle->fault.empty());
  EXPECT_EQ(tpm.run<ReadClock>({}, {}).code, rc::Failure);
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Failure);
  Bytes unknown = get_random();
  store_be<uint32_t>(MutableByteView(unknown).subspan(6), 0x11E);
  EXPECT_EQ(code_of(tpm, unknown), rc::Failure);
  EXPECT_EQ(tpm.run<GetTestResult>({}, {}).code, rc::Success);
  // Not with sessions, even those that need no cryptography (5.3).
  Bytes password = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
  EXPECT_EQ(code_of(tpm, TestTpm::assemble(CommandCode::GetTestResult, {}, password, {})),
            rc::Failure);
  tpm.ports.self_test = &crypto::run_self_test;
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(code_of(tpm, get_random()), rc::Success);
}

// A source of randomness that does not work is a fault in the middle of a command.
TEST(Mode, AFaultLeavesNothingHalfDone) {
  TestTpm tpm;
  Made key = create_primary(tpm, rh::Owner, ecdsa_key());
  State before = tpm.state;
  // An object whose areas do not belong together cannot come from any command.
  Object broken = *tpm.state.transient->slots[0].object;
  broken.sensitive->value = wire::PrivateValue(ByteView());
  tpm.state.transient.write().slots[0].object = std::make_shared<const Object>(broken);
  wire::Digest digest{crypto::Digest(32).view()};
  EXPECT_EQ(tpm.run<Sign>({key.handle}, {.digest = digest,
                                         .in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256),
                                         .validation = {{.tag = wire::StructureTag::HashCheck}}})
                .code,
            rc::Failure);
  EXPECT_EQ(tpm.state.lifecycle->mode, Mode::Failure);
  EXPECT_TRUE(tpm.state.hierarchies.same_as(before.hierarchies));
  EXPECT_TRUE(tpm.state.sessions.same_as(before.sessions));
}

TEST(Handles, AreNamedByTheirNumber) {
  TestTpm tpm;
  // The first of two is wrong, then the second.
  StartAuthSession::Params params{.nonce_caller = wire::Nonce(Bytes(16)),
                                  .auth_hash = AlgId::Sha256};
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Owner, rh::Null}, params).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, 0x40000000}, params).code, rc::Value.handle(2));
  EXPECT_EQ(tpm.run<StartAuthSession>({0x80000000, rh::Null}, params).code, rc::ReferenceH0);
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, 0x80000005}, params).code,
            rc::ReferenceH0.plus(1));
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, 0x81000000}, params).code, rc::Handle.handle(2));
  EXPECT_EQ(tpm.run<StartAuthSession>({rh::Null, wire::kPcrCount}, params).code,
            rc::Value.handle(2));
}

TEST(Handles, OfTheAreaAreMissing) {
  TestTpm tpm;
  Bytes command = TestTpm::assemble(CommandCode::StartAuthSession, {rh::Null}, {}, Bytes{0x40, 0});
  EXPECT_EQ(code_of(tpm, command), rc::Insufficient.handle(2));
  command = TestTpm::assemble(CommandCode::StartAuthSession, {}, {}, {});
  EXPECT_EQ(code_of(tpm, command), rc::Insufficient.handle(1));
}

// Part 2, 9.3: the type ends with TRANSIENT_LAST.
TEST(Handles, TransientsBeyondTheSlotsAreNone) {
  TestTpm tpm;
  for (Handle handle : {0x80000000u + static_cast<Handle>(TransientObjects::kSlots), 0x80FFFFFFu})
    EXPECT_EQ(tpm.run<ReadPublic>({handle}, {}).code, rc::Value.handle(1));
}

TEST(Handles, SessionsMustBeLoadedAndOfTheRightType) {
  TestTpm tpm;
  ClientSession hmac = start_session(tpm);
  EXPECT_EQ(tpm.run<PolicyGetDigest>({hmac.handle}, {}).code, rc::Value.handle(1));
  Handle as_policy = (hmac.handle & 0x00FFFFFF) | 0x03000000;
  EXPECT_EQ(tpm.run<PolicyGetDigest>({as_policy}, {}).code, rc::ReferenceH0);
  EXPECT_EQ(tpm.run<PolicyGetDigest>({0x03000005}, {}).code, rc::ReferenceH0);
  EXPECT_EQ(tpm.run<PolicyGetDigest>({0x03FFFFFF}, {}).code, rc::Value.handle(1));
  EXPECT_EQ(tpm.run<PolicyGetDigest>({rh::Null}, {}).code, rc::Value.handle(1));
}

TEST(Handles, OfADisabledHierarchy) {
  TestTpm tpm;
  create_primary(tpm, rh::Owner, ecc_storage());
  ASSERT_EQ(
      tpm.run<EvictControl>({rh::Owner, 0x80000000}, {.persistent_handle = {0x81000001}}).code,
      rc::Success);
  ASSERT_EQ(tpm.run<HierarchyControl>({rh::Platform}, {.enable = {rh::Owner}, .state = {0}}).code,
            rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({0x80000000}, {}).code, rc::ReferenceH0);
  EXPECT_EQ(tpm.run<ReadPublic>({0x81000001}, {}).code, rc::Handle.handle(1));
  EXPECT_EQ(tpm.run<HierarchyChangeAuth>({rh::Owner}, {}).code, rc::Hierarchy.handle(1));
  ASSERT_EQ(tpm.run<HierarchyControl>({rh::Platform}, {.enable = {rh::Owner}, .state = {1}}).code,
            rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({0x81000001}, {}).code, rc::Success);
}

TEST(Handles, AnEndorsementObjectNeedsBothHierarchies) {
  TestTpm tpm;
  create_primary(tpm, rh::Endorsement, ecc_storage());
  ASSERT_EQ(
      tpm.run<EvictControl>({rh::Owner, 0x80000000}, {.persistent_handle = {0x81010001}}).code,
      rc::Success);
  for (Handle hierarchy : {rh::Owner, rh::Endorsement}) {
    tpm.run<HierarchyControl>({rh::Platform}, {.enable = {hierarchy}, .state = {0}});
    EXPECT_EQ(tpm.run<ReadPublic>({0x81010001}, {}).code, rc::Handle.handle(1)) << hierarchy;
    tpm.run<HierarchyControl>({rh::Platform}, {.enable = {hierarchy}, .state = {1}});
    EXPECT_EQ(tpm.run<ReadPublic>({0x81010001}, {}).code, rc::Success) << hierarchy;
  }
}

}  // namespace
}  // namespace vtpm::engine
