// SPDX-License-Identifier: Apache-2.0
// Saving and loading, section by section.
#include "engine/saved_state.h"

#include <random>

#include "engine/commands/clock.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/object.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "tests/engine/busy_tpm.h"
#include "tests/engine/hex.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

std::vector<std::string> names(const std::vector<Section>& sections) {
  std::vector<std::string> result;
  for (const Section& section : sections) result.push_back(section_name(section.tag));
  return result;
}

Section with_payload(Section section, ByteView payload) {
  section.payload = SharedSecret(Secret(payload));
  return section;
}

class Busy : public ::testing::Test, protected testing::BusyTpm {
 protected:
  std::vector<Section> everything() { return save_all(tpm.state, tpm.clock); }
  std::string refusal(const std::vector<Section>& sections) {
    auto loaded = load(sections, tpm.clock);
    return loaded ? "" : loaded.error().reason;
  }
};

TEST_F(Busy, WhatThereIsToBeSaved) {
  std::vector<std::string> expected = {"PROF", "HIER", "PCRA", "PCRP", "OBJS", "DICT", "CLCK",
                                       "AUDT", "PHYS", "ORDL", "NVIX", "NV00", "NV01", "NV02"};
  EXPECT_EQ(names(save(tpm.state, nullptr)), expected);
  for (const char* name : {"LIFE", "PLAT", "PCRS", "TRAN", "SESS", "TIME", "DATM", "CMIT", "NVRM"})
    expected.push_back(name);
  EXPECT_EQ(names(everything()), expected);
}

TEST_F(Busy, EverySectionComesBackToTheByte) {
  auto sections = everything();
  auto loaded = load(sections, tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  auto again = save_all(*loaded, tpm.clock);
  ASSERT_EQ(names(again), names(sections));
  for (size_t i = 0; i < sections.size(); ++i)
    EXPECT_EQ(hex(again[i].payload.view()), hex(sections[i].payload.view()))
        << section_name(sections[i].tag);
}

TEST_F(Busy, DurableSectionsAloneMakeATpmWithoutPower) {
  auto loaded = load(save(tpm.state, nullptr), tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  EXPECT_EQ(loaded->lifecycle->mode, Mode::Off);
  State expected = power_on(tpm.state, tpm.ports);
  tpm.state = power_on(*loaded, tpm.ports);
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({0x81000001}, {}).code, rc::Success);
  EXPECT_EQ(tpm.state.platform->platform.auth.size(), 1u);
}

TEST_F(Busy, OnlyChangedSectionsAreSaved) {
  State before = tpm.state;
  EXPECT_TRUE(save(tpm.state, &before).empty());
  tpm.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(Bytes{5}))});
  EXPECT_TRUE(durable_change(before, tpm.state));
  // A change after a shutdown voids it.
  EXPECT_EQ(names(save(tpm.state, &before)), (std::vector<std::string>{"HIER", "CLCK"}));
}

TEST_F(Busy, AMissingSectionIsNamed) {
  auto sections = everything();
  for (size_t i = 0; i < sections.size(); ++i) {
    auto fewer = sections;
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    std::string name = section_name(sections[i].tag);
    bool came_later = name == "PROF" || name == "PHYS" || name == "PCRP";
    EXPECT_EQ(refusal(fewer), came_later ? "" : "section " + name + " is missing");
  }
  EXPECT_EQ(refusal({}), "section HIER is missing");
}

TEST_F(Busy, ASectionFromTheFutureIsRefusedUnlessItCanBeRead) {
  auto sections = everything();
  for (Section& section : sections) {
    Section original = section;
    std::string name = section_name(section.tag);
    section.version = section.minimum_version = 0xFFFF;
    EXPECT_EQ(
        refusal(sections),
        "section " + name + " was written by a newer version of vhost-user-tpm; use that one");
    // Fields appended by a version that this one can still read.
    Bytes longer = to_bytes(original.payload.view());
    append(longer, Bytes{1, 2, 3});
    section = with_payload(original, longer);
    section.version = static_cast<uint16_t>(original.version + 1);
    EXPECT_EQ(refusal(sections), "") << name;
    section.version = original.version;
    EXPECT_EQ(refusal(sections),
              "section " + name + " does not have the form that its version has");
    section = original;
  }
  sections.push_back({.tag = section_tag("NEXT"), .payload = {}});
  EXPECT_EQ(refusal(sections),
            "section NEXT was written by a newer version of vhost-user-tpm; use that one");
}

TEST_F(Busy, ATruncatedSectionIsRefused) {
  auto sections = everything();
  for (Section& section : sections) {
    Section original = section;
    size_t size = original.payload.size();
    for (size_t cut = 0; cut < size; cut += 1 + cut / 8) {
      section = with_payload(original, original.payload.view().first(cut));
      EXPECT_EQ(refusal(sections), "section " + section_name(section.tag) +
                                       " does not have the form that its version has")
          << cut << " of " << size;
    }
    section = original;
  }
}

// Whatever a file says, it is refused or makes a TPM that answers.
TEST_F(Busy, DamagedSectionsDoNoHarm) {
  auto sections = everything();
  std::mt19937_64 random(14);
  unsigned accepted = 0;
  for (int round = 0; round < 1500; ++round) {
    auto damaged = sections;
    Section& section = damaged[random() % damaged.size()];
    Bytes bytes = to_bytes(section.payload.view());
    for (size_t count = 1 + random() % 3; count > 0; --count)
      bytes[random() % bytes.size()] =
          static_cast<uint8_t>(random() % 2 ? random() : (random() % 2 ? 0 : 0xFF));
    section = with_payload(section, bytes);
    auto loaded = load(damaged, tpm.clock);
    if (!loaded) continue;
    ++accepted;
    TestTpm other(false);
    other.clock.now = tpm.clock.now;
    other.state = *loaded;
    for (Handle handle = 0x80000000; handle < 0x80000008; ++handle)
      other.run<ReadPublic>({handle}, {});
    other.run<Unseal>({0x80000002}, {}, {{7}});
    other.run<Sign>({0x80000001}, {});
    other.run<SequenceUpdate>({0x80000005}, {}, {{1}});
    other.run<VerifySequenceComplete>({0x80000008, 0x80000006}, {});
    other.run<SignSequenceComplete>({0x80000009, 0x80000006}, {});
    other.run<PolicyGetDigest>({0x03000002}, {});
    other.run<ReadClock>({}, {});
    for (Handle index = kIndex; index < kIndex + 3; ++index) {
      other.run<NvReadPublic>({index}, {});
      other.run<NvRead>({rh::Owner, index}, {8, 0});
      other.run<NvIncrement>({rh::Owner, index}, {});
      other.run<NvWrite>({rh::Owner, index}, {wire::MaxNvBuffer(ByteView(Bytes(4))), 4});
    }
    other.power_cycle();
    other.run<Startup>({}, {wire::StartupType::Clear});
  }
  EXPECT_GT(accepted, 100u);
}

TEST(SavedState, AHardwareEventSequenceGoesOn) {
  TestTpm one(false), two(false);
  for (TestTpm* tpm : {&one, &two}) {
    tpm->state = hash_start(tpm->state, tpm->ports);
    tpm->state = hash_data(tpm->state, Bytes{1, 2, 3});
  }
  auto loaded = load(save_all(two.state, two.clock), two.clock);
  ASSERT_TRUE(loaded);
  two.state = *loaded;
  for (TestTpm* tpm : {&one, &two}) {
    tpm->state = hash_data(tpm->state, Bytes{4});
    tpm->state = hash_end(tpm->state);
    tpm->run<Startup>({}, {wire::StartupType::Clear});
  }
  EXPECT_EQ(one.state.pcrs->values, two.state.pcrs->values);
}

TEST(SavedState, FailureModeIsCarriedWithItsReason) {
  TestTpm tpm;
  tpm.ports.self_test = [](crypto::SelfTest) noexcept { return false; };
  tpm.run<GetRandom>({}, {8});
  ASSERT_EQ(tpm.state.lifecycle->mode, Mode::Failure);
  auto loaded = load(save_all(tpm.state, tpm.clock), tpm.clock);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->lifecycle->mode, Mode::Failure);
  EXPECT_EQ(loaded->lifecycle->fault, tpm.state.lifecycle->fault);
}

}  // namespace
}  // namespace vtpm::engine
