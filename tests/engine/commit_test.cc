// SPDX-License-Identifier: Apache-2.0
// The private keys of split operations: each found again once, by its counter, until it is too old.
#include "engine/commit.h"

#include "engine/commands/startup.h"
#include "engine/crypto/ecc.h"
#include "engine/crypto/kdf.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;

class Commitments : public ::testing::Test {
 protected:
  Commitment commit() { return new_commitment(tpm.state, CurveId::NistP256); }
  Rc take(uint16_t counter) {
    auto taken = take_commitment(tpm.state, CurveId::NistP256, counter);
    return taken ? rc::Success : taken.error();
  }
  void restart(wire::StartupType shutdown, wire::StartupType startup) {
    EXPECT_EQ(tpm.run<Shutdown>({}, {shutdown}).code, rc::Success);
    tpm.power_cycle();
    EXPECT_EQ(tpm.run<Startup>({}, {startup}).code, rc::Success);
  }

  TestTpm tpm;
};

Object key_of(CurveId curve, AlgId name_hash) {
  Object key{.pub = ecdsa_key(curve)};
  key.pub.name_hash = name_hash;
  key.name = compute_name(key.pub);
  return key;
}

TEST_F(Commitments, ComeBackOnceEach) {
  Commitment first = commit(), second = commit();
  EXPECT_EQ(first.counter, 0);
  EXPECT_EQ(second.counter, 1);
  EXPECT_NE(hex(first.r.view()), hex(second.r.view()));
  auto taken = take_commitment(tpm.state, CurveId::NistP256, second.counter);
  ASSERT_TRUE(taken);
  EXPECT_EQ(hex(taken->view()), hex(second.r.view()));
  EXPECT_EQ(take(second.counter), rc::Value);
  taken = take_commitment(tpm.state, CurveId::NistP256, first.counter);
  ASSERT_TRUE(taken);
  EXPECT_EQ(hex(taken->view()), hex(first.r.view()));
  EXPECT_EQ(take(first.counter), rc::Value);
}

TEST_F(Commitments, OnlyCountersThatWereGivenOut) {
  EXPECT_EQ(take(0), rc::Range);
  commit();
  EXPECT_EQ(take(1), rc::Range);
  EXPECT_EQ(take(0x8000), rc::Range);
  // Within the window, but from before the first.
  EXPECT_EQ(take(0xFFFF), rc::Value);
  EXPECT_EQ(take(0), rc::Success);
}

TEST_F(Commitments, AsManyAsThePropertySays) {
  for (uint32_t i = 0; i < kMaximumCommitments + 1; ++i) commit();
  EXPECT_EQ(take(0), rc::Range);
  for (uint16_t counter = 1; counter <= kMaximumCommitments; ++counter)
    EXPECT_EQ(take(counter), rc::Success) << counter;
  EXPECT_EQ(take(1), rc::Value);
}

TEST_F(Commitments, TheCounterWrapsAround) {
  tpm.state.commits.write().count = 0xFFFF;
  Commitment last = commit(), first = commit();
  EXPECT_EQ(last.counter, 0xFFFF);
  EXPECT_EQ(first.counter, 0);
  EXPECT_EQ(hex(take_commitment(tpm.state, CurveId::NistP256, 0xFFFF)->view()), hex(last.r.view()));
  EXPECT_EQ(hex(take_commitment(tpm.state, CurveId::NistP256, 0)->view()), hex(first.r.view()));
}

// Part 1, equation 60, with a 64-bit count.
TEST_F(Commitments, AreDerivedFromTheKeysName) {
  for (CurveId curve : kCurves)
    for (AlgId hash : {AlgId::Sha256, AlgId::Sha384, AlgId::Null}) {
      Object key = key_of(curve, hash);
      uint8_t count[8];
      store_be(count, tpm.state.commits->count);
      Secret expected(crypto::curve_size(static_cast<crypto::Curve>(curve)));
      crypto::kdfa(to_crypto(hash == AlgId::Null ? kIntegrityHash : hash),
                   tpm.state.commits->nonce.view(), text_bytes("ECDAA Commit"), key.name, count,
                   expected.bytes());
      Commitment made = new_commitment(tpm.state, key);
      EXPECT_EQ(hex(made.r.view()), hex(expected.view()));
      auto taken = take_commitment(tpm.state, key, made.counter);
      ASSERT_TRUE(taken);
      EXPECT_EQ(hex(taken->view()), hex(expected.view()));
    }
}

TEST_F(Commitments, AnotherKeyOrCurveFindsAnotherNumber) {
  Object key = key_of(CurveId::NistP256, AlgId::Sha256);
  Object other = key_of(CurveId::NistP256, AlgId::Sha512);
  Commitment made = new_commitment(tpm.state, key);
  State before = tpm.state;
  EXPECT_NE(hex(take_commitment(tpm.state, other, made.counter)->view()), hex(made.r.view()));
  tpm.state = before;
  EXPECT_NE(hex(take_commitment(tpm.state, CurveId::NistP256, made.counter)->view()),
            hex(made.r.view()));
}

TEST_F(Commitments, SurviveAnOrderlyShutdownButNoReset) {
  Commitment made = commit();
  restart(wire::StartupType::State, wire::StartupType::State);
  restart(wire::StartupType::State, wire::StartupType::Clear);
  State before = tpm.state;
  auto taken = take_commitment(tpm.state, CurveId::NistP256, made.counter);
  ASSERT_TRUE(taken);
  EXPECT_EQ(hex(taken->view()), hex(made.r.view()));
  EXPECT_EQ(commit().counter, 1);

  tpm.state = before;
  restart(wire::StartupType::Clear, wire::StartupType::Clear);
  EXPECT_EQ(take(made.counter), rc::Range);
  EXPECT_NE(hex(tpm.state.commits->nonce.view()), hex(before.commits->nonce.view()));
  EXPECT_EQ(commit().counter, 0);
}

TEST_F(Commitments, AreCarriedAlong) {
  commit();
  Commitment made = commit();
  EXPECT_EQ(take(0), rc::Success);
  auto loaded = load(save_all(tpm.state, tpm.clock), tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  tpm.state = *loaded;
  EXPECT_EQ(take(0), rc::Value);
  EXPECT_EQ(hex(take_commitment(tpm.state, CurveId::NistP256, 1)->view()), hex(made.r.view()));
}

}  // namespace
}  // namespace vtpm::engine
