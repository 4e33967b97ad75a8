// SPDX-License-Identifier: Apache-2.0
// docs/conformance.md says which commands there are, and lies neither way.
#include <gtest/gtest.h>

#include "tests/conformance/command_table.h"

namespace vtpm::conformance {
namespace {

TEST(Conformance, TheTableOfCommandsIsTrue) {
  const std::filesystem::path root = VTPM_SOURCE_ROOT;
  EXPECT_EQ(table_in(read_file(root / "docs/conformance.md")), command_table(root))
      << "replace the table by what build/release/tests/conformance/print_command_table prints";
}

}  // namespace
}  // namespace vtpm::conformance
