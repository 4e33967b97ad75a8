// SPDX-License-Identifier: Apache-2.0
#include "engine/saved_state.h"

#include "engine/crypto/derive.h"
#include "engine/engine.h"
#include "engine/fault.h"
#include "engine/saved_parts.h"

namespace vtpm::engine {
namespace {

// A part of the state and the section that holds it. `version` counts the fields that were ever
// appended to the saved structure.
template <class Part, class Saved>
struct SectionOf {
  uint32_t tag;
  const char* name;
  uint16_t version;
  Cow<Part> State::*part;
};

constexpr auto kSections = std::tuple{
    SectionOf<Hierarchies, SavedHierarchies>{section_tag("HIER"), "HIER", 1, &State::hierarchies},
    SectionOf<PcrAllocation, SavedPcrAllocation>{section_tag("PCRA"), "PCRA", 1,
                                                 &State::pcr_allocation},
    SectionOf<PersistentObjects, SavedPersistentObjects>{section_tag("OBJS"), "OBJS", 1,
                                                         &State::persistent},
    SectionOf<DictionaryAttack, SavedDictionaryAttack>{section_tag("DICT"), "DICT", 1,
                                                       &State::dictionary_attack},
    SectionOf<ClockNv, SavedClock>{section_tag("CLCK"), "CLCK", 1, &State::clock_nv},
    SectionOf<CommandAudit, SavedCommandAudit>{section_tag("AUDT"), "AUDT", 1,
                                               &State::command_audit},
    SectionOf<PreservedState, SavedPreserved>{section_tag("ORDL"), "ORDL", 1, &State::preserved},
};

template <class Visit>
void for_each_section(Visit&& visit) {
  std::apply([&](const auto&... section) { (visit(section), ...); }, kSections);
}

// Marshalled in one buffer that does not grow, so that no copy of a secret stays behind.
template <class Saved>
Secret marshal_secret(const Saved& saved) {
  Bytes bytes;
  bytes.reserve(kMaximumSectionSize);
  Writer out(bytes);
  wire::marshal(out, saved);
  Secret secret{ByteView(bytes)};
  wipe(bytes);
  return secret;
}

template <class Part, class Saved>
Section save_section(const State& state, const SectionOf<Part, Saved>& section) {
  return {.tag = section.tag,
          .version = section.version,
          .minimum_version = 1,
          .payload = marshal_secret(to_saved(*(state.*section.part)))};
}

// Nothing where the section is good; otherwise what is wrong with it.
template <class Part, class Saved>
std::string load_section(State& state, const SectionOf<Part, Saved>& section,
                         const std::vector<Section>& saved_sections) {
  const Section* found = nullptr;
  for (const Section& candidate : saved_sections)
    if (candidate.tag == section.tag) found = &candidate;
  if (!found) return "is missing";
  if (found->minimum_version > section.version)
    return "was written by a newer version of vhost-user-tpm; use that one";
  Reader in(found->payload.view());
  Saved saved;
  if (!wire::unmarshal(in, saved)) return "does not have the form that its version has";
  auto problem = from_saved(saved, (state.*section.part).write());
  return problem ? *problem : std::string();
}

}  // namespace

bool durable_change(const State& before, const State& after) {
  bool changed = false;
  for_each_section([&](const auto& section) {
    changed = changed || !(after.*section.part).same_as(before.*section.part);
  });
  return changed;
}

std::vector<Section> save(const State& state, const State* before) {
  std::vector<Section> sections;
  for_each_section([&](const auto& section) {
    if (before && (state.*section.part).same_as(before->*section.part)) return;
    sections.push_back(save_section(state, section));
  });
  return sections;
}

Result<State, LoadError> load(const std::vector<Section>& sections) {
  State state;
  std::string problem;
  try {
    for_each_section([&](const auto& section) {
      if (!problem.empty()) return;
      std::string found = load_section(state, section, sections);
      if (!found.empty()) problem = std::string("section ") + section.name + " " + found;
    });
  } catch (const Fault& fault) {
    problem = fault.what();
  }
  if (!problem.empty()) return LoadError{problem};
  return state;
}

}  // namespace vtpm::engine
