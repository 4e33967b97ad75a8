// SPDX-License-Identifier: Apache-2.0
// From a saved structure to its section and back.
#pragma once

#include <string>
#include <vector>

#include "base/section.h"
#include "engine/saved_parts.h"

namespace vtpm::engine {

template <class Saved>
Secret marshal_secret(const Saved& saved) {
  return wire::to_secret(saved, kMaximumSectionSize);
}

inline const Section* find_section(const std::vector<Section>& sections, uint32_t tag) {
  const Section* found = nullptr;
  for (const Section& candidate : sections)
    if (candidate.tag == tag) found = &candidate;
  return found;
}

// Nothing where the section is good for a program that knows `version`; otherwise what is wrong
// with it.
template <class Saved>
std::string read_section(const std::vector<Section>& sections, uint32_t tag, uint16_t version,
                         Saved& saved) {
  const Section* found = find_section(sections, tag);
  if (!found) return "is missing";
  if (found->minimum_version > version)
    return "was written by a newer version of vhost-user-tpm; use that one";
  wire::Reader in(found->payload.view());
  bool whole = wire::unmarshal(in, saved) && (in.remaining() == 0 || found->version > version);
  // Only an earlier version may end before the fields that were appended since.
  if (whole && found->version >= version)
    whole = marshal_secret(saved).size() <= found->payload.size();
  return whole ? "" : "does not have the form that its version has";
}

}  // namespace vtpm::engine
