// SPDX-License-Identifier: Apache-2.0
// What the test benches of the register machines have in common: effects as texts, and the words
// in which a test is written.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "base/register_machine.h"

namespace vtpm::testing {

// The effects that all machines have.
struct DescribeEffect {
  std::string operator()(const Cancel&) const { return "Cancel"; }
  std::string operator()(const Irq& e) const { return e.level ? "Irq 1" : "Irq 0"; }
  std::string operator()(const HashStart&) const { return "HashStart"; }
  std::string operator()(const HashData& e) const {
    std::string text = "HashData";
    for (unsigned i = 0; i < e.size; ++i) text += " " + std::to_string(e.bytes[i]);
    return text;
  }
  std::string operator()(const HashEnd&) const { return "HashEnd"; }
  std::string operator()(const ResetEstablished& e) const {
    return "ResetEstablished " + std::to_string(e.locality);
  }
};

using Asked = std::vector<std::string>;

template <class Describe, class Effects>
Asked described(const Effects& effects) {
  Asked asked;
  for (const auto& effect : effects) asked.push_back(std::visit(Describe{}, effect));
  return asked;
}

inline std::vector<uint8_t> localities(std::initializer_list<uint8_t> list) {
  return list;
}

}  // namespace vtpm::testing

// The tests are scripts of a guest's accesses: a write with the effects that it must cause, a read
// with the value that it must give, an event from the device.
#define EXPECT_WRITE32(locality, offset, value, ...) \
  EXPECT_EQ(bench.write32(locality, offset, value), (Asked{__VA_ARGS__}))
#define EXPECT_WRITE(address, size, value, ...) \
  EXPECT_EQ(bench.write(address, size, value), (Asked{__VA_ARGS__}))
#define EXPECT_READ32(locality, offset, value) EXPECT_EQ(bench.read32(locality, offset), value)
#define EXPECT_EVENT(what, ...) EXPECT_EQ(bench.event(what), (Asked{__VA_ARGS__}))
