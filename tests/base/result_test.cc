// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace vtpm {
namespace {

enum class Problem { Odd, Large };

Result<int, Problem> half(int value) {
  if (value % 2 != 0) return Problem::Odd;
  return value / 2;
}

Result<void, Problem> small(int value) {
  if (value > 10) return Problem::Large;
  return ok;
}

Result<std::string, Problem> quarter(int value, int& reached) {
  TRY(small(value));
  reached = 1;
  const int twice = TRY(half(value));
  reached = 2;
  return std::to_string(TRY(half(twice)));
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_TRUE(half(4));
  EXPECT_EQ(*half(4), 2);
  EXPECT_FALSE(half(3));
  EXPECT_EQ(half(3).error(), Problem::Odd);
  EXPECT_TRUE(small(1));
  EXPECT_EQ(small(11).error(), Problem::Large);
}

TEST(Result, TryReturnsTheFirstError) {
  int reached = 0;
  EXPECT_EQ(quarter(12, reached).error(), Problem::Large);
  EXPECT_EQ(reached, 0);
  EXPECT_EQ(quarter(7, reached).error(), Problem::Odd);
  EXPECT_EQ(reached, 1);
  EXPECT_EQ(quarter(6, reached).error(), Problem::Odd);
  EXPECT_EQ(reached, 2);
  auto whole = quarter(8, reached);
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, "2");
  EXPECT_EQ(whole->size(), 1u);
}

using Owned = Result<std::unique_ptr<int>, Problem>;

Owned passed_on(Owned result) {
  return TRY(std::move(result));
}

TEST(Result, MovesWhatCannotBeCopied) {
  auto result = passed_on(std::make_unique<int>(5));
  ASSERT_TRUE(result);
  std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
  EXPECT_EQ(passed_on(Problem::Large).error(), Problem::Large);
}

}  // namespace
}  // namespace vtpm
