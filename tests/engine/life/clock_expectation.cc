// SPDX-License-Identifier: Apache-2.0
// Time, Clock and the counters (Part 1, clause 33).
#include "engine/commands/clock.h"
#include "tests/engine/life/life.h"

namespace vtpm::engine::testing {
namespace {

namespace rh = wire::rh;

class ClockExpectation final : public Expectation {
 public:
  explicit ClockExpectation(Life& of)
      : Expectation(of),
        since_(of.powered_at),
        interval_(tpm_property(of.tpm, wire::PropertyTag::ClockUpdate)) {}

  void act() override {
    uint64_t next = now() + life.pick(10'000'000);
    EXPECT_EQ(life.tpm.run<ClockSet>({rh::Owner}, {next}).code, rc::Success);
    clock_ = next;
    since_ = life.tpm.clock.now;
    if (next > 0) {
      EXPECT_EQ(life.tpm.run<ClockSet>({rh::Owner}, {next - 1}).code, rc::Value.parameter(1));
    }
  }

  void check() override {
    auto time = read();
    EXPECT_EQ(time.clock_info.clock, now());
    EXPECT_GE(time.clock_info.clock, reported_);
    EXPECT_EQ(*time.clock_info.safe != 0, now() >= safe_from_);
    reported_ = time.clock_info.clock;
  }

  void before_shutdown() override {
    safe_at_shutdown_ = now() >= safe_from_;
    clock_ = now();
  }

  void restarted(Restarting kind) override {
    bool reset = kind == Restarting::Reset || kind == Restarting::DisorderlyReset;
    if (reset) ++resets_;
    restarts_ = reset ? 0 : restarts_ + 1;
    since_ = life.powered_at;
    if (kind == Restarting::DisorderlyReset) {
      // How far Clock is advanced is the TPM's choice, within one interval.
      uint64_t resumed = read().clock_info.clock - (life.tpm.clock.now - since_);
      EXPECT_GE(resumed, clock_);
      EXPECT_LE(resumed, clock_ + interval_);
      clock_ = resumed;
    }
    // Safe again when Clock rolls over (Part 1, 33.3.4).
    bool safe = kind != Restarting::DisorderlyReset && safe_at_shutdown_;
    safe_from_ = safe ? 0 : (clock_ / interval_ + 1) * interval_;
  }

  // A new owner's Clock begins anew (Part 3, 24.6.1).
  void cleared() override {
    clock_ = reported_ = safe_from_ = 0;
    since_ = life.tpm.clock.now;
    resets_ = restarts_ = 0;
  }

  // Part 3, 22.11.1.
  void measured(ByteView) override { ++restarts_; }

 private:
  uint64_t now() const { return clock_ + (life.tpm.clock.now - since_); }

  wire::TimeInfo read() {
    auto answer = life.tpm.run<ReadClock>({}, {});
    EXPECT_EQ(answer.code, rc::Success);
    wire::TimeInfo time = answer.reply.current_time;
    EXPECT_EQ(time.time, life.tpm.clock.now - life.powered_at);
    EXPECT_EQ(time.clock_info.reset_count, resets_);
    EXPECT_EQ(time.clock_info.restart_count, restarts_);
    return time;
  }

  uint64_t clock_ = 0;  // Clock when the port's time was `since_`
  uint64_t since_;
  uint64_t interval_;
  uint64_t reported_ = 0;
  uint64_t safe_from_ = 0;
  bool safe_at_shutdown_ = true;
  uint32_t resets_ = 1, restarts_ = 0;
};

}  // namespace

std::unique_ptr<Expectation> expect_clock(Life& life) {
  return std::make_unique<ClockExpectation>(life);
}

}  // namespace vtpm::engine::testing
