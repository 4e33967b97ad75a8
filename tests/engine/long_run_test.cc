// SPDX-License-Identifier: Apache-2.0
// A TPM lives on through whatever is done to it. VTPM_LONG=1 makes it a campaign.
#include <cstdlib>
#include <string_view>

#include "tests/engine/life/life.h"

namespace vtpm::engine {
namespace {

bool long_campaign() {
  const char* value = std::getenv("VTPM_LONG");
  return value && std::string_view(value) != "0";
}

TEST(LongRun, EveryExpectationHolds) {
  uint64_t lives = long_campaign() ? 60 : 10;
  int steps = long_campaign() ? 2000 : 400;
  for (uint64_t seed = 1; seed <= lives; ++seed) {
    testing::Life life(seed);
    if (::testing::Test::HasFailure()) break;
    for (int step = 0; step < steps; ++step) {
      life.step();
      ASSERT_FALSE(::testing::Test::HasFailure()) << "life " << seed << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace vtpm::engine
