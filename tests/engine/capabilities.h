// SPDX-License-Identifier: Apache-2.0
// What TPM2_GetCapability says, for tests of other things.
#pragma once

#include "engine/commands/capability.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {

// All that there is of a capability from `first` on, which must be a list of this type.
template <class List>
std::vector<typename List::Item> listed(TestTpm& tpm, wire::Capability capability,
                                        uint32_t first = 0) {
  auto answer = tpm.run<GetCapability>({}, {capability, first, 1000});
  EXPECT_EQ(answer.code, rc::Success);
  const List* list = answer.reply.data.data.get<List>();
  EXPECT_NE(list, nullptr);
  return list ? list->items : std::vector<typename List::Item>();
}

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
