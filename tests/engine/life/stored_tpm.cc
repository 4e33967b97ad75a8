// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/life/stored_tpm.h"

#include "base/section.h"
#include "tests/engine/hex.h"

namespace vtpm::engine::testing {
namespace {

bool all_pass(crypto::SelfTest) noexcept {
  return true;
}

}  // namespace

StoredTpm::StoredTpm(uint64_t seed)
    : entropy_(seed), random_(entropy_), ports_{clock_, random_, cancellation_, all_pass} {
  adopt(manufacture(ports_), true);
  state_ = power_on(state_, ports_);
}

void StoredTpm::adopt(State next, bool durable) {
  if (durable) {
    for (Section& section : save(next, sections_.empty() ? nullptr : &stored_state_))
      sections_[section.tag] = section;
    stored_state_ = next;
  }
  state_ = std::move(next);
}

std::vector<Section> StoredTpm::stored() const {
  std::vector<Section> sections;
  for (const auto& [tag, section] : sections_) sections.push_back(section);
  return sections;
}

void StoredTpm::replay(const Exchange& exchange) {
  set_time(exchange.milliseconds);
  Outcome outcome =
      execute(state_, {.locality = exchange.locality, .command = exchange.command}, ports_);
  EXPECT_EQ(hex(outcome.response.view()), hex(exchange.response)) << hex(exchange.command);
  EXPECT_NE(outcome.state.lifecycle->mode, Mode::Failure) << outcome.state.lifecycle->fault;
  adopt(std::move(outcome.state), outcome.durable);
}

void StoredTpm::cycle_power(uint64_t milliseconds) {
  set_time(milliseconds);
  auto loaded = load(stored(), clock_);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  EXPECT_EQ(loaded->lifecycle->mode, Mode::Off);
  stored_state_ = *loaded;
  state_ = power_on(*loaded, ports_);
}

void StoredTpm::move(uint64_t elsewhere) {
  Secret carried = encode_sections(save_all(state_, clock_));
  auto sections = decode_sections(carried.view());
  ASSERT_TRUE(sections);
  ahead_ += elsewhere - clock_.now;
  clock_.now = elsewhere;
  auto loaded = load(*sections, clock_);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  Secret again = encode_sections(save_all(*loaded, clock_));
  EXPECT_TRUE(std::ranges::equal(again.view(), carried.view()));
  // The store of the place that it comes to has its durable part.
  sections_.clear();
  adopt(*std::move(loaded), true);
}

void StoredTpm::measure(ByteView data) {
  state_ = hash_start(state_, ports_);
  state_ = hash_data(state_, data);
  adopt(hash_end(state_), true);
}

}  // namespace vtpm::engine::testing
