// SPDX-License-Identifier: Apache-2.0
// The TPM's properties (Part 2, 6.13), each with where its value comes from.
#pragma once

#include <span>

#include "engine/pipeline/context.h"
#include "engine/wire/capability.h"

namespace vtpm::engine {

struct Property {
  using OfTpm = uint32_t (*)(const State& state);
  using OfTransport = uint32_t (*)(size_t maximum_size);
  constexpr Property(wire::PropertyTag its_tag, OfTpm source, bool failing_too = false)
      : tag(its_tag), in_failure_mode(failing_too), of_tpm(source) {}
  constexpr Property(wire::PropertyTag its_tag, OfTransport source)
      : tag(its_tag), of_transport(source) {}

  uint32_t value(const Context& context) const {
    return of_tpm ? of_tpm(context.state) : of_transport(context.maximum_size);
  }

  wire::PropertyTag tag;
  bool in_failure_mode = false;  // answered there, too (Part 1, 9.4)
  OfTpm of_tpm = nullptr;        // either this or the next
  OfTransport of_transport = nullptr;
};

// TPM_PT_ALGORITHM_SET: the only set is that of all algorithms.
inline constexpr uint32_t kAlgorithmSet = 0;

// All of them in ascending order of their tags.
std::span<const Property> all_properties();

}  // namespace vtpm::engine
