// SPDX-License-Identifier: Apache-2.0
// Whether a secret decides what the program does or where it reads. Run under valgrind, to which a
// secret is declared uninitialized memory: it reports each branch and each address that depends on
// it. tests/e2e/constant_time.sh does so.
#include <valgrind/memcheck.h>

#include <gtest/gtest.h>

#include "base/declassify.h"
#include "engine/commands/clock.h"
#include "engine/commands/hierarchy.h"
#include "engine/crypto/ml_kem.h"
#include "engine/crypto/rsa_padding.h"
#include "tests/engine/client_session.h"

namespace vtpm {

// In the place of the one in base/declassify.cc.
uint32_t declassified(uint32_t value) {
  VALGRIND_MAKE_MEM_DEFINED(&value, sizeof value);
  return value;
}

namespace engine {
namespace {

using namespace testing;
namespace rh = wire::rh;

class Poisoned {
 public:
  explicit Poisoned(ByteView secret) : secret_(secret) {
    VALGRIND_MAKE_MEM_UNDEFINED(secret_.data(), secret_.size());
  }
  ~Poisoned() { VALGRIND_MAKE_MEM_DEFINED(secret_.data(), secret_.size()); }
  Poisoned(const Poisoned&) = delete;
  Poisoned& operator=(const Poisoned&) = delete;

 private:
  ByteView secret_;
};

template <class Run>
unsigned leaks(ByteView secret, Run&& run) {
  unsigned before = VALGRIND_COUNT_ERRORS;
  Poisoned poisoned(secret);
  run();
  return VALGRIND_COUNT_ERRORS - before;
}

class ConstantTime : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(RUNNING_ON_VALGRIND, 0u) << "run it under valgrind"; }

  const Bytes secret = {11, 22, 33, 44, 55, 66, 77, 88};
  const std::vector<Bytes> guesses = {
      secret, {1, 22, 33, 44, 55, 66, 77, 88}, {11, 22, 33, 44, 55, 66, 77, 8}, {11, 22}, {}};
};

TEST_F(ConstantTime, ALeakIsSeen) {
  volatile int outcome = 0;
  EXPECT_GT(leaks(secret,
                  [&] {
                    outcome = secret[3] == 44 ? 1 : 2;
                    if (secret[0] > 10) outcome = 3;
                  }),
            0u);
  static const uint8_t table[256] = {};
  EXPECT_GT(leaks(secret, [&] { outcome = table[secret[1]]; }), 0u);
}

TEST_F(ConstantTime, Comparisons) {
  for (const Bytes& guess : guesses) {
    EXPECT_EQ(leaks(secret, [&] { constant_time_equal(secret, guess); }), 0u);
    EXPECT_EQ(leaks(secret, [&] { equal_but_for_trailing_zeros(secret, guess); }), 0u);
  }
}

// ownerAuth, tried with passwords and in the HMAC of a session.
class Authorization : public ConstantTime {
 protected:
  Authorization() { tpm.run<HierarchyChangeAuth>({rh::Owner}, {wire::Auth(ByteView(secret))}); }

  // What the TPM does with each command, made and checked before anything is poisoned.
  unsigned leaks_of(const std::function<Rc(const Bytes& guess)>& run) {
    unsigned count = 0;
    for (const Bytes& guess : guesses) {
      State before = tpm.state;
      std::vector<Exchange> exchanges;
      tpm.record = &exchanges;
      Rc code = run(guess);
      tpm.record = nullptr;
      EXPECT_EQ(code == rc::Success, guess == secret);
      count += leaks(before.hierarchies->owner.auth.view(),
                     [&] { execute(before, {.command = exchanges.back().command}, tpm.ports); });
    }
    return count;
  }

  TestTpm tpm;
};

TEST_F(Authorization, Password) {
  EXPECT_EQ(leaks_of([&](const Bytes& guess) {
              return tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::NoChange}, {guess}).code;
            }),
            0u);
}

TEST_F(Authorization, HmacSession) {
  EXPECT_EQ(leaks_of([&](const Bytes& guess) {
              ClientSession session = start_session(tpm);
              return run_with<ClockRateAdjust>(tpm, {rh::Owner}, {ClockAdjust::NoChange},
                                               {{&session, guess}})
                  .code;
            }),
            0u);
}

// A block that decrypts well, and some that do not.
TEST_F(ConstantTime, OaepPadding) {
  FixedEntropy entropy(1);
  crypto::Random random(entropy);
  const Bytes label = {'L', 0};
  auto good = crypto::oaep_encode(256, crypto::HashAlg::Sha256, label, secret, random);
  ASSERT_TRUE(good);
  for (size_t change : {size_t{256}, size_t{0}, size_t{1}, size_t{100}, size_t{255}}) {
    Secret block = good->clone();
    if (change < block.size()) block.bytes()[change] ^= 1;
    ByteView bytes = block.view();
    EXPECT_EQ(leaks(bytes,
                    [&] {
                      static_cast<void>(
                          crypto::oaep_decode(crypto::HashAlg::Sha256, label, std::move(block)));
                    }),
              0u)
        << change;
  }
}

TEST_F(ConstantTime, Pkcs1Padding) {
  FixedEntropy entropy(1);
  crypto::Random random(entropy);
  auto good = crypto::pkcs1_encryption_block(256, secret, random);
  ASSERT_TRUE(good);
  for (size_t change : {size_t{256}, size_t{0}, size_t{1}, size_t{5}, size_t{256 - 9}}) {
    Secret block = good->clone();
    if (change < block.size()) block.bytes()[change] = change == 5 ? uint8_t{0} : uint8_t{9};
    EXPECT_EQ(leaks(block.view(),
                    [&] { static_cast<void>(crypto::pkcs1_decryption_message(block.view())); }),
              0u)
        << change;
  }
}

// FIPS 203, 6.3: z, the second half of the seed, is all that makes the secret of a ciphertext that
// is for another key. (From the first half comes the public key, too, so that OpenSSL may branch on
// what it computes of that.) OpenSSL tests each key that it imports with random numbers, which are
// of the seed here: that comparison is in both counts, and its outcome is no secret.
TEST_F(ConstantTime, ImplicitRejection) {
  if (!crypto::kHasMlKem) GTEST_SKIP() << "OpenSSL has no ML-KEM";
  FixedEntropy entropy(1);
  crypto::Random random(entropy);
  for (crypto::MlKemSet set : kMlKemSets) {
    Bytes seed(crypto::kMlKemSeedSize);
    random.fill(seed);
    const ByteView z = ByteView(seed).subspan(seed.size() / 2);
    auto made = crypto::ml_kem_encapsulate(set, crypto::ml_kem_public_key(set, seed), random);
    ASSERT_TRUE(made);
    const unsigned of_import = leaks(z, [&] { crypto::ml_kem_public_key(set, seed); });
    for (bool altered : {false, true}) {
      Bytes ciphertext = made->ciphertext;
      if (altered) ciphertext[5] ^= 1;
      auto decapsulate = [&] {
        auto shared = crypto::ml_kem_decapsulate(set, seed, ciphertext);
        wire::KemSecret answer(SharedSecret(*std::move(shared)));
        Secret response(ByteView(wire::to_wire(answer)));
      };
      EXPECT_EQ(leaks(z, decapsulate), of_import) << altered;
    }
  }
}

}  // namespace
}  // namespace engine
}  // namespace vtpm
