// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/self_test.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace vtpm::engine::crypto {
namespace {

TEST(SelfTests, AllPass) {
  std::set<std::string> names;
  for (uint8_t i = 0; i <= static_cast<uint8_t>(kLastSelfTest); ++i) {
    EXPECT_TRUE(run_self_test(SelfTest{i})) << self_test_name(SelfTest{i});
    names.insert(self_test_name(SelfTest{i}));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kLastSelfTest) + 1);
}

TEST(SelfTests, UnknownOneFails) {
  EXPECT_FALSE(run_self_test(SelfTest{200}));
}

}  // namespace
}  // namespace vtpm::engine::crypto
