// SPDX-License-Identifier: Apache-2.0
// A test bench around the FIFO machine: the five pages as the guest sees them, a front-end that
// moves the bytes of the FIFO as docs/protocol.md, 7, says, and a device that carries out nothing
// but responses and writes down what it was asked for.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "protocol/vhost_user_tpm.h"
#include "tests/machine/bench.h"
#include "tests/tis/invariants.h"

namespace vtpm::tis::testing {

// ACCESS.
inline constexpr uint32_t kRequestUse = 0x02, kSeize = 0x08, kBeenSeized = 0x10, kActive = 0x20;
// STS.
inline constexpr uint32_t kRetry = 0x02, kExpect = 0x08, kDataAvail = 0x10, kGo = 0x20,
                          kReady = 0x40, kValid = 0x80, kCancel = 0x01000000,
                          kResetEstablishment = 0x02000000, kFamily = 0x04000000;
constexpr uint32_t burst(uint32_t count) {
  return count << 8;
}

struct Describe : DescribeEffect {
  using DescribeEffect::operator();
  std::string operator()(const Submit& e) const {
    return "Submit " + std::to_string(e.locality) + " " + std::to_string(e.size);
  }
  std::string operator()(const Deliver& e) const { return "Deliver " + std::to_string(e.size); }
  std::string operator()(const DeliverFailure&) const { return "DeliverFailure"; }
};

// The beginning of a command whose header says `size`, of this length.
inline Bytes command_bytes(uint32_t size, size_t length) {
  Bytes bytes(std::max<size_t>(length, 6), 0xC0);
  store_be<uint16_t>(MutableByteView(bytes), uint16_t{0x8001});
  store_be<uint32_t>(MutableByteView(bytes).subspan(2), size);
  bytes.resize(length);
  return bytes;
}

// The byte of a response of this size that a bench's device delivers.
constexpr uint8_t response_byte(uint32_t size, uint32_t at) {
  return static_cast<uint8_t>(size + 3 * at + (at >> 8));
}

class Bench {
 public:
  explicit Bench(const RegisterOptions& options = {}) : regs_(power_on(options)) {
    for (uint8_t locality = 0; locality < kLocalities; ++locality)
      for (uint16_t i = 0; i < kPageSize / 4; ++i)
        pages_[locality][i] = page_word(regs_, locality, static_cast<uint16_t>(4 * i));
  }

  const Regs& regs() const { return regs_; }

  // --- registers ---

  Asked write(uint32_t address, uint8_t size, uint64_t value) {
    return apply(on(regs_, Access::write(address, size, value)), false);
  }
  Asked write32(uint8_t locality, uint16_t offset, uint32_t value) {
    return write(locality * kPageSize + offset, 4, value);
  }
  template <class Event>
  Asked event(const Event& event) {
    constexpr bool answer =
        std::is_same_v<Event, ResponseReady> || std::is_same_v<Event, CommandFailed>;
    return apply(on(regs_, event), answer && outstanding(regs_));
  }
  // What the guest reads of a register; of STS, with an access of so many bytes.
  uint32_t read32(uint8_t locality, uint16_t offset, unsigned size = 4) {
    const uint32_t word = pages_[locality][offset / 4];
    if (offset != kSts) return word;
    follow_generation();
    return vut_tis_sts(word, written_, read_, size);
  }
  uint32_t sts(uint8_t locality) { return read32(locality, kSts); }

  // --- bytes of the FIFO ---

  // The guest writes these; how many were taken.
  size_t put(uint8_t locality, ByteView bytes) {
    size_t taken = 0;
    while (taken < bytes.size() && put(locality, bytes[taken])) ++taken;
    return taken;
  }
  bool put(uint8_t locality, uint8_t byte) {
    follow_generation();
    if (!active(locality) || written_ >= regs_.fifo.write_limit) return false;
    command_[written_++] = byte;
    if (written_ == regs_.fifo.write_limit)
      told_ = event(
          FifoWritten{generation_, written_, load_be<uint32_t>(ByteView(command_).subspan(2))});
    return true;
  }
  uint8_t get(uint8_t locality) {
    follow_generation();
    if (!active(locality) || read_ >= regs_.fifo.read_limit) return VUT_TIS_NO_BYTE;
    const uint8_t byte = response_[read_++];
    if (read_ == regs_.fifo.read_limit) told_ = event(FifoRead{generation_, read_});
    return byte;
  }
  // What the device was asked for when a position reached its limit last.
  const Asked& told() const { return told_; }
  ByteView command() const { return command_; }

 private:
  bool active(uint8_t locality) const { return (pages_[locality][kAccess] & kActive) != 0; }

  void follow_generation() {
    if (regs_.fifo.generation == generation_) return;
    generation_ = regs_.fifo.generation;
    written_ = read_ = 0;
  }

  void deliver(uint32_t size) {
    for (uint32_t i = 0; i < size; ++i) response_[i] = response_byte(size, i);
  }

  Asked apply(const Step& step, bool answer) {
    EXPECT_EQ(broken_step_rule(regs_, step, answer), "");
    regs_ = step.regs;
    for (const Effect& effect : step.effects) {
      if (const auto* response = std::get_if<Deliver>(&effect)) deliver(response->size);
      if (std::holds_alternative<DeliverFailure>(effect)) deliver(kFailureSize);
    }
    bool sts_seen = false;
    for_each_page_word(step, [&](const PageWord& word) {
      EXPECT_EQ(word.mask, ~0u);
      EXPECT_FALSE(sts_seen && word.offset != kSts) << "STS must come last";
      sts_seen |= word.offset == kSts;
      pages_[word.locality][word.offset / 4] = word.value;
    });
    // The words from XDATA_FIFO on do not change.
    for (uint8_t locality = 0; locality < kLocalities; ++locality)
      for (uint16_t i = 0; i < kXDataFifo / 4; ++i)
        EXPECT_EQ(pages_[locality][i], page_word(regs_, locality, static_cast<uint16_t>(4 * i)))
            << "page " << int{locality} << " word " << i;
    return described<Describe>(step.effects);
  }

  Regs regs_;
  std::array<std::array<uint32_t, kPageSize / 4>, kLocalities> pages_{};
  std::array<uint8_t, kFifoSize> command_{}, response_{};
  uint32_t generation_ = 0, written_ = 0, read_ = 0;
  Asked told_;
};

// A bench whose locality owns the interface, in the state asked for: the command, its response.
inline Bench bench_in(State state, uint8_t locality = 0, const RegisterOptions& options = {}) {
  Bench bench(options);
  bench.write32(locality, kAccess, kRequestUse);
  if (state >= State::Ready) bench.write32(locality, kSts, kReady);
  if (state >= State::Reception) bench.put(locality, command_bytes(12, 12));
  if (state >= State::Execution) bench.write32(locality, kSts, kGo);
  if (state >= State::Completion) bench.event(ResponseReady{10});
  EXPECT_EQ(bench.regs().state, state);
  return bench;
}

inline constexpr std::array kStates{State::Idle, State::Ready, State::Reception, State::Execution,
                                    State::Completion};

}  // namespace vtpm::tis::testing

#define EXPECT_STS(locality, value) EXPECT_EQ(bench.sts(locality), kFamily | (value))
