// SPDX-License-Identifier: Apache-2.0
// Dictionary attack protection (Part 1, 16.8): whoever guesses gets maxTries, however he treats the
// power and the time.
#include <algorithm>

#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hierarchy.h"
#include "tests/engine/life/life.h"

namespace vtpm::engine::testing {
namespace {

namespace rh = wire::rh;
using wire::PropertyTag;

constexpr wire::Handle kGuarded = 0x81000010;
const Bytes kAuth = {1, 2, 3}, kLockoutAuth = {7, 7}, kWrong = {9};

class LockoutExpectation final : public Expectation {
 public:
  explicit LockoutExpectation(Life& of) : Expectation(of) { set_up(); }

  void act() override {
    heal();
    switch (life.pick(9)) {
      case 0:
      case 1:
        expect_unsealing();
        break;
      case 2:
      case 3:
      case 4:
        guess();
        if (life.one_in(3)) life.crash();
        break;
      case 5:
        guess_lockout_auth();
        break;
      case 6:
        reset();
        break;
      case 7:
        configure();
        break;
      case 8:
        for (int i = 0; i < 5; ++i) guess();
        break;
    }
  }

  void check() override {
    heal();
    EXPECT_EQ(tpm_property(life.tpm, PropertyTag::LockoutCounter), failed_);
    EXPECT_EQ(tpm_property(life.tpm, PropertyTag::MaximumAuthFail), maximum_);
    constexpr auto kInLockout = static_cast<uint32_t>(wire::PermanentBit::InLockout);
    EXPECT_EQ((tpm_property(life.tpm, PropertyTag::Permanent) & kInLockout) != 0, locked());
  }

  // With the last command at the latest.
  void before_shutdown() override { heal(); }

  // A try between TPM2_Shutdown and the loss of power counts like any other.
  void before_power_loss() override {
    if (life.one_in(4)) guess();
  }

  void restarted(Restarting) override {
    healing_since_ = lockout_since_ = 0;
    if (lockout_recovery_ == 0) lockout_enabled_ = true;
  }

  void cleared() override {
    failed_ = 0;
    maximum_ = 32;
    recovery_ = 7200;
    lockout_recovery_ = 86400;
    lockout_enabled_ = true;
    set_up();
  }

 private:
  uint64_t time() const { return life.tpm.clock.now - life.powered_at; }
  bool locked() const { return failed_ >= maximum_; }

  void set_up() {
    life.keep(kGuarded, sealed_data({wire::ObjectBit::UserWithAuth}), kAuth, {5, 5});
    EXPECT_EQ(life.tpm.run<HierarchyChangeAuth>({rh::Lockout}, {wire::Auth(kLockoutAuth)}).code,
              rc::Success);
    healing_since_ = time();
  }

  // Part 1, 16.8.4: one less after each recoveryTime of power without a failure.
  void heal() {
    uint64_t step = uint64_t{recovery_} * 1000;
    uint64_t steps = failed_ == 0 ? 0 : (time() - healing_since_) / step;
    failed_ -= static_cast<uint32_t>(std::min<uint64_t>(steps, failed_));
    healing_since_ += steps * step;
    if (lockout_recovery_ != 0 && time() - lockout_since_ >= uint64_t{lockout_recovery_} * 1000)
      lockout_enabled_ = true;
  }

  Answer<Unseal> unseal(const Bytes& auth) { return life.tpm.run<Unseal>({kGuarded}, {}, {auth}); }
  void expect_unsealing() {
    auto answer = unseal(kAuth);
    EXPECT_EQ(answer.code, locked() ? rc::Lockout : rc::Success);
    EXPECT_EQ(to_bytes(answer.reply.out_data.view()), locked() ? Bytes{} : (Bytes{5, 5}));
  }
  void guess() {
    EXPECT_EQ(unseal(kWrong).code, locked() ? rc::Lockout : rc::AuthFail.session(1));
    if (locked()) return;
    ++failed_;
    healing_since_ = time();
  }
  void guess_lockout_auth() {
    auto code = life.tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {kWrong}).code;
    EXPECT_EQ(code, lockout_enabled_ ? rc::AuthFail.session(1) : rc::Lockout);
    if (lockout_enabled_) lockout_since_ = time();
    lockout_enabled_ = false;
  }
  void reset() {
    auto code = life.tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {kLockoutAuth}).code;
    EXPECT_EQ(code, lockout_enabled_ ? rc::Success : rc::Lockout);
    if (!lockout_enabled_) return;
    failed_ = 0;
    healing_since_ = time();
  }
  void configure() {
    uint32_t tries = static_cast<uint32_t>(2 + life.pick(8));
    uint32_t recovery = static_cast<uint32_t>(1 + life.pick(5000));
    uint32_t lockout = life.one_in(3) ? 0 : static_cast<uint32_t>(1 + life.pick(5000));
    auto code = life.tpm
                    .run<DictionaryAttackParameters>({rh::Lockout}, {tries, recovery, lockout},
                                                     {kLockoutAuth})
                    .code;
    EXPECT_EQ(code, lockout_enabled_ ? rc::Success : rc::Lockout);
    if (!lockout_enabled_) return;
    maximum_ = tries;
    recovery_ = recovery;
    lockout_recovery_ = lockout;
  }

  uint32_t failed_ = 0, maximum_ = 32, recovery_ = 7200, lockout_recovery_ = 86400;
  bool lockout_enabled_ = true;
  uint64_t healing_since_ = 0, lockout_since_ = 0;  // milliseconds of Time
};

}  // namespace

std::unique_ptr<Expectation> expect_lockout(Life& life) {
  return std::make_unique<LockoutExpectation>(life);
}

}  // namespace vtpm::engine::testing
