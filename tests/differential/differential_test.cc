// SPDX-License-Identifier: Apache-2.0
// The same commands, good and broken, to this engine and to Debian's swtpm: the outcomes agree, but
// for those that docs/conformance.md lists with the reason why ours is right.
#include <set>

#include <gtest/gtest.h>

#include "tests/differential/known_differences.h"
#include "tests/differential/scenarios.h"

namespace vtpm::differential {
namespace {

// Which rows of the table have been met, over all scenarios.
std::set<std::string> met;

const std::vector<KnownDifference>& known() {
  static const auto table = read_known_differences(VTPM_CONFORMANCE);
  return table;
}

bool is_known(const std::string& where, const std::string& ours, const std::string& theirs) {
  for (const KnownDifference& row : known()) {
    if (!matches(row.where, where) || !matches(row.ours, ours) || !matches(row.theirs, theirs))
      continue;
    met.insert(row.where);
    return true;
  }
  return false;
}

Transcript transcript_of(Peer& peer, const Scenario& scenario) {
  Client client(peer);
  scenario.run(client);
  return client.transcript();
}

class Differential : public ::testing::TestWithParam<Scenario> {
 protected:
  static void TearDownTestSuite() {
    if (::testing::GTEST_FLAG(filter) != "*") return;  // needs all scenarios
    for (const KnownDifference& row : known())
      EXPECT_EQ(met.count(row.where), 1u) << "nothing differs any more: " << row.where;
  }
};
INSTANTIATE_TEST_SUITE_P(Scenarios, Differential, ::testing::ValuesIn(scenarios()),
                         [](const auto& scenario) { return std::string(scenario.param.name); });

TEST_P(Differential, OursAnswersAsSwtpm) {
  OurTpm our_tpm;
  Transcript ours = transcript_of(our_tpm, GetParam());
  Swtpm swtpm;
  Transcript theirs = transcript_of(swtpm, GetParam());
  for (const auto& [where, outcome] : theirs) EXPECT_EQ(ours.count(where), 1u) << where;
  for (const auto& [where, outcome] : ours) {
    ASSERT_EQ(theirs.count(where), 1u) << where;
    const std::string& other = theirs[where];
    if (outcome == other || is_known(where, outcome, other)) continue;
    ADD_FAILURE() << where << ": ours " << outcome << ", swtpm " << other;
  }
}

}  // namespace
}  // namespace vtpm::differential
