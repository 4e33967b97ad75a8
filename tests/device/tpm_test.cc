// SPDX-License-Identifier: Apache-2.0
#include "device/tpm.h"

#include <gtest/gtest.h>

#include "device/operator_error.h"
#include "tests/device/store/scripted_files.h"
#include "tests/device/temporary_directory.h"

namespace vtpm::device {
namespace {

constexpr uint32_t kStartup = 0x144, kShutdown = 0x145, kHierarchyChangeAuth = 0x129,
                   kOwner = 0x40000001;
constexpr uint32_t kLockReset = 0x139, kLockout = 0x4000000A;
constexpr uint32_t kRcInitialize = 0x100, kRcNvUnavailable = 0x923, kRcBadAuth = 0x9a2,
                   kRcCanceled = 0x909;

Bytes command(uint16_t tag, uint32_t code, ByteView body) {
  Bytes bytes;
  Writer writer(bytes);
  writer.put_be<uint16_t>(tag);
  writer.put_be<uint32_t>(static_cast<uint32_t>(10 + body.size()));
  writer.put_be<uint32_t>(code);
  writer.put(body);
  return bytes;
}

// A command with one handle, authorized with a password.
Bytes authorized(uint32_t code, uint32_t handle, const std::string& password,
                 ByteView parameters = {}) {
  Bytes body;
  Writer writer(body);
  writer.put_be<uint32_t>(handle);
  writer.put_be<uint32_t>(static_cast<uint32_t>(9 + password.size()));
  writer.put_be<uint32_t>(0x40000009);  // TPM_RS_PW
  writer.put_be<uint16_t>(0);
  writer.put_be<uint8_t>(0);
  writer.put_be<uint16_t>(static_cast<uint16_t>(password.size()));
  writer.put(text_bytes(password));
  writer.put(parameters);
  return command(0x8002, code, body);
}

// TPM2_HierarchyChangeAuth.
Bytes change_auth(uint32_t hierarchy, const std::string& from, const std::string& to) {
  Bytes parameters;
  Writer writer(parameters);
  writer.put_be<uint16_t>(static_cast<uint16_t>(to.size()));
  writer.put(text_bytes(to));
  return authorized(kHierarchyChangeAuth, hierarchy, from, parameters);
}
Bytes change_owner_auth(const std::string& from, const std::string& to) {
  return change_auth(kOwner, from, to);
}

// TPM2_CreatePrimary of an RSA-2048 storage key under the owner.
Bytes create_rsa_primary() {
  Bytes parameters = {0, 4, 0, 0, 0, 0};  // no authValue, no data
  Writer writer(parameters);
  const Bytes key = {0, 1, 0, 0x0B, 0, 3, 0, 0x72, 0, 0, 0, 6, 0, 128, 0, 0x43, 0, 0x10, 8, 0};
  writer.put_be<uint16_t>(static_cast<uint16_t>(key.size() + 6));
  writer.put(key);
  writer.put(Bytes(6));  // exponent, unique
  writer.put(Bytes(6));  // outsideInfo, creationPCR
  return authorized(0x131, kOwner, "", parameters);
}

class TpmTest : public testing::Test {
 protected:
  std::unique_ptr<Tpm> open(const std::optional<engine::Profile>& profile = {}) {
    auto store = std::make_unique<Store>(directory.path(), files, Store::Options());
    return std::make_unique<Tpm>(std::move(store), entropy, clock, profile);
  }
  std::unique_ptr<Tpm> started() {
    auto tpm = open();
    tpm->power_on();
    EXPECT_EQ(code(*tpm, command(0x8001, kStartup, Bytes{0, 0})), 0u);
    return tpm;
  }
  uint32_t code(Tpm& tpm, ByteView bytes, size_t maximum_size = kRegisterMessageSize) {
    auto response = tpm.execute(0, bytes, maximum_size, NeverCancelled());
    return load_be<uint32_t>(response.view().subspan(6));
  }

  TemporaryDirectory directory;
  ScriptedFiles files;
  HostEntropy entropy;
  HostClock clock;
};

TEST_F(TpmTest, EachFrontDoorHasItsMaximum) {
  constexpr uint32_t kCommandSize = 0x142;  // TPM_RC_COMMAND_SIZE
  auto tpm = started();
  const Bytes largest = command(0x8001, 0x17B, Bytes(kRegisterMessageSize - 10));
  EXPECT_NE(code(*tpm, largest), kCommandSize);
  EXPECT_EQ(code(*tpm, largest, kRegisterMessageSize - 1), kCommandSize);
  const Bytes larger = command(0x8001, 0x17B, Bytes(kRegisterMessageSize - 9));
  EXPECT_EQ(code(*tpm, larger), kCommandSize);
  EXPECT_NE(code(*tpm, larger, engine::kMaximumMessageSize), kCommandSize);
}

TEST_F(TpmTest, PowerComesBeforeStartup) {
  auto tpm = open();
  tpm->power_on();
  EXPECT_EQ(code(*tpm, change_owner_auth("", "new")), kRcInitialize);
}

TEST_F(TpmTest, AChangeOutlivesTheProcess) {
  EXPECT_EQ(code(*started(), change_owner_auth("", "first")), 0u);
  auto tpm = started();
  EXPECT_EQ(code(*tpm, change_owner_auth("", "second")), kRcBadAuth);
  EXPECT_EQ(code(*tpm, change_owner_auth("first", "second")), 0u);
}

// TPM2_Hash of nothing.
Bytes hash_with(uint16_t algorithm) {
  Bytes parameters;
  Writer writer(parameters);
  writer.put_be<uint16_t>(0);
  writer.put_be(algorithm);
  writer.put_be<uint32_t>(0x40000007);  // TPM_RH_NULL
  return command(0x8001, 0x17D, parameters);
}

TEST_F(TpmTest, AProfileIsChosenWhenTheTpmIsMade) {
  const engine::Profile no_sha1{.sha1 = false};
  open(no_sha1);
  auto tpm = started();
  constexpr uint16_t kSha1 = 0x0004, kSha256 = 0x000B;
  EXPECT_EQ(code(*tpm, hash_with(kSha256)), 0u);
  EXPECT_EQ(code(*tpm, hash_with(kSha1)), 0x2C3u);  // TPM_RC_HASH of the second parameter
  tpm.reset();
  EXPECT_NO_THROW(open(no_sha1));
  try {
    open(engine::Profile());
    ADD_FAILURE() << "another profile was taken";
  } catch (const OperatorError& error) {
    const std::string line = error.what();
    EXPECT_NE(line.find("was made with no-sha1"), std::string::npos) << line;
    EXPECT_NE(line.find(directory.path()), std::string::npos) << line;
  }
}

TEST_F(TpmTest, AChangeThatCannotBeStoredHasNotHappened) {
  {
    auto tpm = started();
    for (int budget = 0; budget < 3; ++budget) {
      files.schedule(budget, ScriptedFiles::Then::Fail);
      EXPECT_EQ(code(*tpm, change_owner_auth("", "lost")), kRcNvUnavailable);
    }
    EXPECT_EQ(code(*tpm, change_owner_auth("lost", "x")), kRcBadAuth);
    EXPECT_EQ(code(*tpm, change_owner_auth("", "kept")), 0u);
  }
  EXPECT_EQ(code(*started(), change_owner_auth("kept", "")), 0u);
}

// Otherwise a full disk would let an attacker try for ever: only the right one would succeed.
TEST_F(TpmTest, NoProtectedAuthIsTriedWhileFailuresCannotBeStored) {
  auto tpm = started();
  EXPECT_EQ(code(*tpm, change_auth(kLockout, "", "right")), 0u);
  files.schedule(0, ScriptedFiles::Then::Fail, 1000);
  for (const char* guess : {"wrong", "right", "wrong"})
    EXPECT_EQ(code(*tpm, authorized(kLockReset, kLockout, guess)), kRcNvUnavailable);
  files.schedule(0, ScriptedFiles::Then::Fail, 0);
  EXPECT_EQ(code(*tpm, authorized(kLockReset, kLockout, "right")), 0u);
}

TEST_F(TpmTest, WithoutAStoreItIsGoneWithTheObject) {
  for (int i = 0; i < 2; ++i) {
    Tpm tpm(nullptr, entropy, clock);
    tpm.power_on();
    EXPECT_EQ(code(tpm, command(0x8001, kStartup, Bytes{0, 0})), 0u);
    EXPECT_EQ(code(tpm, change_owner_auth("", "new")), 0u);
  }
}

TEST_F(TpmTest, AStateThatTheEngineCannotLoadIsRefused) {
  started();
  {
    Store store(directory.path(), files, Store::Options());
    store.append({make_section("HIER", text_bytes("nonsense"))});
  }
  try {
    open();
    FAIL();
  } catch (const OperatorError& error) {
    EXPECT_NE(std::string(error.what()).find(directory.path()), std::string::npos);
  }
}

TEST_F(TpmTest, OnlyASequenceAfterStartupEstablishes) {
  auto tpm = open();
  auto sequence = [&] {
    tpm->hash_start();
    tpm->hash_data(text_bytes("code"));
    tpm->hash_end();
  };
  tpm->power_on();
  sequence();
  EXPECT_FALSE(tpm->established());
  EXPECT_EQ(code(*tpm, command(0x8001, kStartup, Bytes{0, 0})), 0u);
  sequence();
  EXPECT_TRUE(tpm->established());
  EXPECT_FALSE(tpm->reset_established(2));
  EXPECT_TRUE(tpm->reset_established(4));
  EXPECT_FALSE(tpm->established());
}

// What TPM2_Shutdown(STATE) saved is no longer the TPM's, in the store either.
TEST_F(TpmTest, ASequenceAfterStartupVoidsTheStoredShutdown) {
  constexpr uint32_t kRcValueOfParameter1 = 0x1C4;
  const Bytes state = {0, 1};
  for (bool sequence : {false, true}) {
    {
      auto tpm = started();
      EXPECT_EQ(code(*tpm, command(0x8001, kShutdown, state)), 0u);
      if (sequence) {
        tpm->hash_start();
        tpm->hash_end();
      }
    }
    auto tpm = open();
    tpm->power_on();
    EXPECT_EQ(code(*tpm, command(0x8001, kStartup, state)), sequence ? kRcValueOfParameter1 : 0u);
  }
}

TEST_F(TpmTest, KeyGenerationIsKnownToTakeLong) {
  Tpm tpm(nullptr, entropy, clock);
  constexpr uint32_t kCreatePrimary = 0x131, kCreate = 0x153, kCreateLoaded = 0x191;
  for (uint32_t code : {kCreatePrimary, kCreate, kCreateLoaded})
    EXPECT_TRUE(tpm.may_take_long(command(0x8002, code, {}))) << code;
  EXPECT_FALSE(tpm.may_take_long(command(0x8001, kStartup, {})));
  EXPECT_FALSE(tpm.may_take_long(Bytes{1, 2, 3}));
}

TEST_F(TpmTest, WhatWaitsForAnotherCommandTakesLong) {
  // Asks while the TPM is at work on a key.
  struct Ask : engine::Cancellation {
    bool requested() const override {
      taken_long = tpm->may_take_long(command(0x8001, kStartup, {}));
      return true;
    }
    Tpm* tpm = nullptr;
    mutable bool taken_long = false;
  } ask;
  auto tpm = started();
  ask.tpm = tpm.get();
  auto response = tpm->execute(0, create_rsa_primary(), kRegisterMessageSize, ask);
  EXPECT_EQ(load_be<uint32_t>(response.view().subspan(6)), kRcCanceled);
  EXPECT_TRUE(ask.taken_long);
  EXPECT_FALSE(tpm->may_take_long(command(0x8001, kStartup, {})));
}

}  // namespace
}  // namespace vtpm::device
