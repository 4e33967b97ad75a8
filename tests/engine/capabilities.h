// SPDX-License-Identifier: Apache-2.0
// What TPM2_GetCapability says, for tests of other things.
#pragma once

#include "engine/commands/capability.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {

// A TPM_PT that must be there.
inline uint32_t tpm_property(TestTpm& tpm, wire::PropertyTag tag) {
  auto answer =
      tpm.run<GetCapability>({}, {wire::Capability::TpmProperties, static_cast<uint32_t>(tag), 1});
  const auto* list = answer.reply.data.data.get<wire::TaggedProperties>();
  const bool found = list && list->items.size() == 1 && list->items[0].property == tag;
  EXPECT_TRUE(found) << static_cast<uint32_t>(tag);
  return found ? list->items[0].value : 0;
}

}  // namespace vtpm::engine::testing
