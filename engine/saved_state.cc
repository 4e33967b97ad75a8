// SPDX-License-Identifier: Apache-2.0
#include "engine/saved_state.h"

#include "engine/engine.h"
#include "engine/fault.h"
#include "engine/saved_nv.h"
#include "engine/saved_section.h"
#include "engine/saved_volatile.h"

namespace vtpm::engine {
namespace {

// A part of the state and the section that holds it. `version` counts the fields that were ever
// appended to the saved structure.
template <class Part, class Saved>
struct SectionOf {
  uint32_t tag;
  uint16_t version;
  Cow<Part> State::*part;
  // The first version had no such section: where it is missing, the part is as manufactured.
  bool may_be_missing = false;
};

constexpr SectionOf<Profile, SavedProfile> kProfileSection{section_tag("PROF"), 2, &State::profile,
                                                           true};

// What survives a loss of power, besides the NV indices.
constexpr auto kDurable = std::tuple{
    kProfileSection,
    SectionOf<Hierarchies, SavedHierarchies>{section_tag("HIER"), 1, &State::hierarchies},
    SectionOf<PcrAllocation, SavedPcrAllocation>{section_tag("PCRA"), 1, &State::pcr_allocation},
    SectionOf<PcrPolicy, SavedPcrPolicy>{section_tag("PCRP"), 1, &State::pcr_policy, true},
    SectionOf<PersistentObjects, SavedPersistentObjects>{section_tag("OBJS"), 1,
                                                         &State::persistent},
    SectionOf<DictionaryAttack, SavedDictionaryAttack>{section_tag("DICT"), 1,
                                                       &State::dictionary_attack},
    SectionOf<ClockNv, SavedClock>{section_tag("CLCK"), 1, &State::clock_nv},
    SectionOf<CommandAudit, SavedCommandAudit>{section_tag("AUDT"), 2, &State::command_audit},
    SectionOf<PhysicalPresence, SavedPhysicalPresence>{section_tag("PHYS"), 1,
                                                       &State::physical_presence, true},
    SectionOf<PreservedState, SavedPreserved>{section_tag("ORDL"), 3, &State::preserved},
};

// What does not. A state has all of these or none.
constexpr auto kVolatile = std::tuple{
    SectionOf<Lifecycle, SavedLifecycle>{section_tag("LIFE"), 1, &State::lifecycle},
    SectionOf<PlatformState, SavedPlatformState>{section_tag("PLAT"), 2, &State::platform},
    SectionOf<PcrBanks, SavedPcrBanks>{section_tag("PCRS"), 1, &State::pcrs},
    SectionOf<TransientObjects, SavedTransientObjects>{section_tag("TRAN"), 1, &State::transient},
    SectionOf<SessionTable, SavedSessionTable>{section_tag("SESS"), 1, &State::sessions},
    SectionOf<ClockRunning, SavedRunningClock>{section_tag("TIME"), 1, &State::clock},
    SectionOf<DictionaryAttackTimers, SavedDictionaryAttackTimers>{
        section_tag("DATM"), 1, &State::dictionary_attack_timers},
    SectionOf<CommitState, SavedCommits>{section_tag("CMIT"), 1, &State::commits},
    SectionOf<NvMemory, SavedNvMemory>{section_tag("NVRM"), 1, &State::nv_memory},
};

template <class Sections, class Visit>
void for_each_section(const Sections& sections, Visit&& visit) {
  std::apply([&](const auto&... section) { (visit(section), ...); }, sections);
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
  if (section.may_be_missing && !find_section(saved_sections, section.tag)) return "";
  Saved saved;
  std::string bad = read_section(saved_sections, section.tag, section.version, saved);
  if (!bad.empty()) return bad;
  auto problem = from_saved(saved, (state.*section.part).write());
  return problem ? *problem : std::string();
}

// A section that this version does not know holds what it would lose.
std::string unknown_section(const std::vector<Section>& sections) {
  for (const Section& candidate : sections) {
    bool known = is_nv_section(candidate.tag);
    auto compare = [&](const auto& section) { known = known || section.tag == candidate.tag; };
    for_each_section(kDurable, compare);
    for_each_section(kVolatile, compare);
    if (!known)
      return "section " + section_name(candidate.tag) +
             " was written by a newer version of vhost-user-tpm; use that one";
  }
  return {};
}

}  // namespace

bool durable_change(const State& before, const State& after) {
  bool changed = nv_changed(before, after);
  for_each_section(kDurable, [&](const auto& section) {
    changed = changed || !(after.*section.part).same_as(before.*section.part);
  });
  return changed;
}

std::vector<Section> save(const State& state, const State* before) {
  std::vector<Section> sections;
  for_each_section(kDurable, [&](const auto& section) {
    if (before && (state.*section.part).same_as(before->*section.part)) return;
    sections.push_back(save_section(state, section));
  });
  save_nv(*state.nv, before ? &*before->nv : nullptr, sections);
  return sections;
}

std::vector<Section> save_all(const State& state, Clock& clock) {
  State now = state;
  // As if the port's time were zero: elsewhere it is another one.
  now.clock.write().port_at_sync -= clock.milliseconds();
  std::vector<Section> sections = save(now, nullptr);
  for_each_section(kVolatile,
                   [&](const auto& section) { sections.push_back(save_section(now, section)); });
  return sections;
}

Result<State, LoadError> load(const std::vector<Section>& sections, Clock& clock) {
  std::string problem = unknown_section(sections);
  State state;
  auto take = [&](const auto& section) {
    if (!problem.empty()) return;
    std::string found = load_section(state, section, sections);
    if (!found.empty()) problem = "section " + section_name(section.tag) + " " + found;
  };
  bool powered = false;
  for_each_section(kVolatile, [&](const auto& section) {
    powered = powered || find_section(sections, section.tag);
  });
  try {
    for_each_section(kDurable, take);
    if (problem.empty()) problem = load_nv(sections, state.nv.write());
    if (powered) for_each_section(kVolatile, take);
    if (problem.empty() && !fits(*state.nv_memory, *state.nv))
      problem = "section NVRM has an index that is not defined so";
  } catch (const Fault& fault) {
    problem = fault.what();
  }
  if (!problem.empty()) return LoadError{problem};
  if (powered) state.clock.write().port_at_sync += clock.milliseconds();
  return state;
}

std::optional<Profile> saved_profile(const std::vector<Section>& sections) {
  State state;
  if (!load_section(state, kProfileSection, sections).empty()) return std::nullopt;
  return *state.profile;
}

}  // namespace vtpm::engine
