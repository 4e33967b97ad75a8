// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/life/life.h"

#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"

namespace vtpm::engine::testing {

using wire::Handle;
using wire::StartupType;
namespace rh = wire::rh;

Life::Life(uint64_t seed) : tpm(false, seed), random_(seed), stored_(seed) {
  tpm.record = &passed_;
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
  powered_at = tpm.clock.now;
  started_ = true;
  // That of the handles comes first, because others make objects after TPM2_Clear.
  for (auto* expect : {&expect_handles, &expect_clock, &expect_lockout, &expect_indices,
                       &expect_measurements, &expect_hierarchies})
    expectations_.push_back(expect(*this));
  check();
}

void Life::step() {
  switch (pick(40)) {
    case 0:
    case 1:
    case 2:
      start(kAllRestarts[pick(std::size(kAllRestarts))], true);
      break;
    case 3:
      if (one_in(4)) clear();
      break;
    case 4:
      hardware_measurement(some_bytes(pick(60)));
      break;
    case 5:
      check();
      break;
    default:
      expectations_[pick(expectations_.size())]->act();
  }
  static constexpr uint64_t kPauses[] = {1, 500, 30'000, 700'000, 5'000'000};  // milliseconds
  if (one_in(3)) tpm.clock.now += pick(kPauses[pick(std::size(kPauses))]);
  follow();
  if (one_in(8)) stored_.move(pick(100'000));
}

void Life::follow() {
  for (const Exchange& exchange : passed_) stored_.replay(exchange);
  passed_.clear();
}

void Life::check() {
  for (auto& expectation : expectations_) expectation->check();
  follow();
}

Made Life::make(const wire::Public& pub, const Bytes& auth, const Bytes& data, Handle hierarchy) {
  Made made = create_primary(tpm, hierarchy, pub, auth, data);
  EXPECT_TRUE(transient.insert(made.handle).second);
  return made;
}

void Life::flush(Handle handle) {
  EXPECT_EQ(tpm.run<FlushContext>({}, {.flush_handle = {handle}}).code, rc::Success);
  EXPECT_EQ(transient.erase(handle) + loaded_sessions.erase(handle) + saved_sessions.erase(handle),
            1u);
}

Made Life::keep(Handle handle, const wire::Public& pub, const Bytes& auth, const Bytes& data) {
  Made made = make(pub, auth, data);
  EXPECT_EQ(tpm.run<EvictControl>({rh::Owner, made.handle}, {.persistent_handle = {handle}}).code,
            rc::Success);
  flush(made.handle);
  EXPECT_TRUE(persistent.insert(handle).second);
  made.handle = handle;
  return made;
}

void Life::hardware_measurement(ByteView data) {
  follow();
  tpm.state = hash_end(hash_data(hash_start(tpm.state, tpm.ports), data));
  stored_.measure(data);
  if (!started_) return;
  for (auto& expectation : expectations_) expectation->measured(data);
}

void Life::clear() {
  EXPECT_EQ(tpm.run<Clear>({rh::Platform}, {}, {platform_auth}).code, rc::Success);
  persistent.clear();
  indices.clear();
  for (auto& expectation : expectations_) expectation->cleared();
  check();
}

void Life::lose_power() {
  follow();
  tpm.clock.now += one_in(4) ? pick(100'000'000) : pick(2000);
  tpm.power_cycle();
  stored_.cycle_power(tpm.clock.now);
  powered_at = tpm.clock.now;
  started_ = false;
}

void Life::shut_down(Restarting kind) {
  if (kind != Restarting::DisorderlyReset) {
    bool state = kind == Restarting::Restart || kind == Restarting::Resume;
    EXPECT_EQ(tpm.run<Shutdown>({}, {state ? StartupType::State : StartupType::Clear}).code,
              rc::Success);
    for (auto& expectation : expectations_) expectation->before_power_loss();
  } else if (one_in(2)) {
    // A change of what TPM2_Shutdown has saved nullifies it (Part 3, 9.4.1).
    EXPECT_EQ(tpm.run<Shutdown>({}, {one_in(2) ? StartupType::State : StartupType::Clear}).code,
              rc::Success);
    EXPECT_EQ(tpm.run<PcrReset>({23}, {}).code, rc::Success);
  }
}

void Life::start(Restarting kind, bool announced) {
  if (announced) check();
  for (auto& expectation : expectations_) expectation->before_shutdown();
  if (announced) shut_down(kind);
  lose_power();
  if (one_in(6)) lose_power();
  if (kind != Restarting::Resume) {
    startup_locality = one_in(3) ? 3 : 0;
    hcrtm.reset();
    if (one_in(3)) hcrtm = some_bytes(pick(40));
  }
  // What it measures before a resume is forgotten for what was saved (Part 1, 31.3).
  if (hcrtm) hardware_measurement(kind == Restarting::Resume ? some_bytes(5) : *hcrtm);
  bool state = kind == Restarting::Restart || kind == Restarting::Resume;
  if (!state) {
    EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Value.parameter(1));
  }
  tpm.clock.now += pick(3000);
  tpm.locality = startup_locality;
  StartupType type = kind == Restarting::Resume ? StartupType::State : StartupType::Clear;
  EXPECT_EQ(tpm.run<Startup>({}, {type}).code, rc::Success);
  tpm.locality = 0;
  started_ = true;
  transient.clear();
  loaded_sessions.clear();
  if (!state) saved_sessions.clear();
  for (auto& expectation : expectations_) expectation->restarted(kind);
  check();
}

}  // namespace vtpm::engine::testing
