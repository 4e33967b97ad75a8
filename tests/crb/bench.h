// SPDX-License-Identifier: Apache-2.0
// A test bench around the CRB machine: the five pages as the guest sees them, a front-end that sets
// START, and a device that carries out nothing but writes down what it was asked for.
#pragma once

#include <cstring>
#include <string>

#include "crb/crb.h"
#include "tests/crb/invariants.h"
#include "tests/machine/bench.h"

namespace vtpm::crb::testing {

using namespace vtpm::testing;

// LOC_CTRL.
inline constexpr uint32_t kRequest = 1, kRelinquish = 2, kSeize = 4, kResetEstablishment = 8;

struct Describe : DescribeEffect {
  using DescribeEffect::operator();
  std::string operator()(const Submit& e) const {
    return "Submit " + std::to_string(e.locality) + " " + std::to_string(e.offset) + "+" +
           std::to_string(e.capacity);
  }
  std::string operator()(const Deliver& e) const {
    return "Deliver " + std::to_string(e.locality) + " " + std::to_string(e.offset) + "+" +
           std::to_string(e.size);
  }
  std::string operator()(const StoreBuffer& e) const {
    char text[64];
    snprintf(text, sizeof text, "Store %u %#x+%u=%#llx", e.locality, e.offset, e.size,
             static_cast<unsigned long long>(e.value));
    return text;
  }
};

class Bench {
 public:
  explicit Bench(const RegisterOptions& options = {}) : regs_(power_on(options)) {
    for (uint8_t locality = 0; locality < kLocalities; ++locality) {
      const PageImage image = page_image(regs_, locality);
      std::memcpy(pages_[locality].data(), image.data(), sizeof image);
    }
  }

  const Regs& regs() const { return regs_; }

  Asked write(uint32_t address, uint8_t size, uint64_t value) {
    const Access access = Access::write(address, size, value);
    const uint8_t start_page = start_page_of(access);
    if (start_page != kNoLocality) pages_[start_page][kCtrlStart / 4] |= 1;
    return apply(on(regs_, access), false, start_page);
  }
  Asked write32(uint8_t locality, uint16_t offset, uint32_t value) {
    return write(locality * kPageSize + offset, 4, value);
  }
  template <class Event>
  Asked event(const Event& event) {
    constexpr bool answer =
        std::is_same_v<Event, ResponseReady> || std::is_same_v<Event, CommandFailed>;
    return apply(on(regs_, event), answer && outstanding(regs_), kNoLocality);
  }

  // What the guest reads: from the page, and the machine's own answer must agree with it.
  uint64_t read(uint32_t address, uint8_t size) {
    const Step step = on(regs_, Access::read(address, size));
    EXPECT_EQ(step.regs, regs_);
    EXPECT_TRUE(step.effects.empty());
    EXPECT_TRUE(step.changed.empty());
    EXPECT_EQ(step.reply.buffer_bytes, 0);
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      const uint32_t at = address + i;
      const uint32_t word = pages_[at / kPageSize][at % kPageSize / 4];
      value |= uint64_t{word >> 8 * (at % 4) & 0xFF} << 8 * i;
    }
    EXPECT_EQ(step.reply.value, value);
    return value;
  }
  uint32_t read32(uint8_t locality, uint16_t offset) {
    return static_cast<uint32_t>(read(locality * kPageSize + offset, 4));
  }

 private:
  Asked apply(const Step& step, bool answer, uint8_t start_page) {
    EXPECT_EQ(broken_step_rule(regs_, step, answer, start_page), "");
    regs_ = step.regs;
    bool start_seen = false;
    for_each_page_word(step, [&](const PageWord& word) {
      EXPECT_EQ(word.value & ~word.mask, 0u);
      EXPECT_FALSE(start_seen && word.offset != kCtrlStart) << "START must come last";
      start_seen |= word.offset == kCtrlStart;
      uint32_t& stored = pages_[word.locality][word.offset / 4];
      stored = (stored & ~word.mask) | word.value;
    });
    for (uint8_t locality = 0; locality < kLocalities; ++locality)
      EXPECT_EQ(pages_[locality], page_image(regs_, locality)) << "page " << int{locality};
    return described<Describe>(step.effects);
  }

  Regs regs_;
  std::array<PageImage, kLocalities> pages_{};
};

}  // namespace vtpm::crb::testing
