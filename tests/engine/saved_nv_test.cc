// SPDX-License-Identifier: Apache-2.0
// NV indices in saved states: what is appended for which change, and what is refused.
#include "engine/saved_nv.h"

#include "engine/commands/hierarchy.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/hex.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::StartupType;
namespace rh = wire::rh;

class SavedNv : public ::testing::Test {
 protected:
  // The tags of what a change appends to the state.
  template <class Change>
  std::vector<std::string> appended(Change&& change) {
    State before = tpm.state;
    change();
    std::vector<std::string> names;
    for (const Section& section : save(tpm.state, &before)) {
      std::string name;
      for (int shift = 24; shift >= 0; shift -= 8)
        name.push_back(static_cast<char>(section.tag >> shift));
      names.push_back(name);
    }
    EXPECT_EQ(names.empty(), !durable_change(before, tpm.state));
    return names;
  }
  std::string refusal(const std::vector<Section>& sections) {
    auto loaded = load(sections, tpm.clock);
    return loaded ? "" : loaded.error().reason;
  }
  static Section& find(std::vector<Section>& sections, uint32_t tag) {
    return *std::ranges::find(sections, tag, &Section::tag);
  }
  // The sections with one saved structure changed.
  template <class Saved, class Change>
  std::vector<Section> changed(uint32_t tag, Change&& change) {
    auto sections = save_all(tpm.state, tpm.clock);
    Section& section = find(sections, tag);
    auto saved = wire::from_wire<Saved>(section.payload.view());
    EXPECT_TRUE(saved);
    change(*saved);
    section.payload = marshal_secret(*saved);
    return sections;
  }
  void carry() {
    auto loaded = load(save_all(tpm.state, tpm.clock), tpm.clock);
    ASSERT_TRUE(loaded) << loaded.error().reason;
    tpm.state = *loaded;
  }
  void lose_power() {
    auto loaded = load(save(tpm.state, nullptr), tpm.clock);
    ASSERT_TRUE(loaded) << loaded.error().reason;
    tpm.state = power_on(*loaded, tpm.ports);
    ASSERT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
  }

  using Names = std::vector<std::string>;
  TestTpm tpm;
};

TEST_F(SavedNv, AChangeOfAnIndexAppendsThatIndexOnly) {
  EXPECT_EQ(appended([&] { define(tpm, nv_public({}, NvType::Ordinary, 2048)); }),
            (Names{"NVIX", "NV00"}));
  EXPECT_EQ(appended([&] { define(tpm, nv_public({}, NvType::Counter, 8, kIndex + 1)); }),
            (Names{"NVIX", "NV01"}));
  EXPECT_EQ(appended([&] { nv_write(tpm, {1}); }), Names{"NV00"});
  State before = tpm.state;
  EXPECT_EQ(appended([&] { nv_increment(tpm, kIndex + 1); }), Names{"NV01"});
  EXPECT_LT(save(tpm.state, &before)[0].payload.size(), 64u);
  EXPECT_EQ(appended([&] { nv_increment(tpm, kIndex + 1); }), Names{"NV01"});
  EXPECT_EQ(appended([&] { nv_undefine(tpm); }), (Names{"NVIX", "NV00"}));
  EXPECT_TRUE(appended([&] { nv_read(tpm, 8, 0, {}, kIndex + 1); }).empty());
}

TEST_F(SavedNv, WhatADeletedIndexHeldIsGone) {
  define(tpm, nv_public());
  nv_write(tpm, {1});
  State before = tpm.state;
  nv_undefine(tpm);
  auto sections = save(tpm.state, &before);
  EXPECT_TRUE(find(sections, section_tag("NV00")).payload.empty());
  // Whole states do not speak of free slots.
  EXPECT_EQ(std::ranges::count(save(tpm.state, nullptr), section_tag("NV00"), &Section::tag), 0);
  // With the empty section, as the store keeps it.
  auto all = save(tpm.state, nullptr);
  all.push_back(find(sections, section_tag("NV00")));
  EXPECT_EQ(refusal(all), "");
}

TEST_F(SavedNv, EveryKindComesBack) {
  define(tpm, nv_public({NvBit::AuthRead}), {1, 2});
  nv_write(tpm, {1, 2, 3});
  define(tpm, nv_public({}, NvType::Counter, 8, kIndex + 1));
  for (int i = 0; i < 3; ++i) nv_increment(tpm, kIndex + 1);
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter, 8, kIndex + 2));
  for (int i = 0; i < 3; ++i) nv_increment(tpm, kIndex + 2);
  define(tpm, nv_public({NvBit::Orderly}, NvType::Ordinary, 2048, kIndex + 3));
  nv_write(tpm, Bytes(2048, 9), 0, {}, kIndex + 3);
  define(tpm, nv_public({NvBit::ReadStClear}, NvType::Ordinary, 8, kIndex + 4));
  nv_write(tpm, {4}, 0, {}, kIndex + 4);
  tpm.run<NvReadLock>({rh::Owner, kIndex + 4}, {});
  wire::NvExpandedPublic external{
      .index = wire::Handle{0x11000001}, .name_hash = {AlgId::Sha256}, .data_size = {8}};
  external.attributes = {NvBit::OwnerRead, NvBit::OwnerWrite};
  wire::NvPublic2 pub{.handle_type = wire::HandleType::ExternalNv, .area = external};
  EXPECT_EQ(tpm.run<NvDefineSpace2>({rh::Owner}, {{}, pub}).code, rc::Success);
  std::vector<Bytes> names;
  for (wire::Handle index = kIndex; index < kIndex + 5; ++index)
    names.push_back(name_of(tpm, index));

  auto before = save_all(tpm.state, tpm.clock);
  carry();
  auto after = save_all(tpm.state, tpm.clock);
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i)
    EXPECT_EQ(hex(after[i].payload.view()), hex(before[i].payload.view()));
  for (wire::Handle index = kIndex; index < kIndex + 5; ++index)
    EXPECT_EQ(name_of(tpm, index), names[index - kIndex]);
  EXPECT_EQ(to_bytes(nv_read(tpm, 3, 0, by_index({1, 2})).reply.data.view()), (Bytes{1, 2, 3}));
  EXPECT_EQ(nv_number(tpm, kIndex + 1), 3u);
  EXPECT_EQ(nv_number(tpm, kIndex + 2), 3u);
  EXPECT_EQ(nv_data(tpm, 2048, kIndex + 3), Bytes(2048, 9));
  EXPECT_EQ(nv_read(tpm, 8, 0, {}, kIndex + 4).code, rc::NvLocked);
  EXPECT_EQ(tpm.run<NvReadPublic2>({0x11000001}, {}).code, rc::Success);

  lose_power();
  EXPECT_EQ(nv_number(tpm, kIndex + 1), 3u);
  EXPECT_EQ(nv_number(tpm, kIndex + 2), 255u);
  EXPECT_EQ(nv_read(tpm, 8, 0, {}, kIndex + 3).code, rc::NvUninitialized);
  EXPECT_EQ(nv_data(tpm, 1, kIndex + 4), Bytes{4});
}

TEST_F(SavedNv, TheLargestCountOfADeletedCounterComesBack) {
  define(tpm, nv_public({}, NvType::Counter));
  for (int i = 0; i < 7; ++i) nv_increment(tpm);
  nv_undefine(tpm);
  lose_power();
  define(tpm, nv_public({}, NvType::Counter));
  nv_increment(tpm);
  EXPECT_EQ(nv_number(tpm), 8u);
}

TEST_F(SavedNv, AFullNvComesBack) {
  wire::Handle next = kIndex;
  for (unsigned i = 0; i < 31; ++i) {
    define(tpm, nv_public({NvBit::Orderly}, NvType::Ordinary, 2048, next));
    nv_write(tpm, Bytes(2048, static_cast<uint8_t>(i)), 0, {}, next++);
  }
  while (define(tpm, nv_public({}, NvType::Counter, 8, next)) == rc::Success) ++next;
  EXPECT_EQ(next, kIndex + NvIndices::kMaximum);
  carry();
  for (unsigned i = 0; i < 31; ++i)
    EXPECT_EQ(nv_data(tpm, 2048, kIndex + i), Bytes(2048, static_cast<uint8_t>(i)));
  EXPECT_EQ(define(tpm, nv_public({}, NvType::Counter, 8, next)), rc::NvSpace);
}

TEST_F(SavedNv, AReadLockOutlivesTheShutdownThatPreservesIt) {
  define(tpm, nv_public({NvBit::ReadStClear}));
  nv_write(tpm, {1});
  tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
  tpm.run<Shutdown>({}, {StartupType::State});
  auto loaded = load(save(tpm.state, nullptr), tpm.clock);
  ASSERT_TRUE(loaded);
  tpm.state = power_on(*loaded, tpm.ports);
  ASSERT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Success);
  EXPECT_EQ(nv_read(tpm).code, rc::NvLocked);
}

TEST_F(SavedNv, WhatCannotBeIsRefused) {
  constexpr uint32_t kDirectory = section_tag("NVIX"), kSlot = section_tag("NV00");
  define(tpm, nv_public({NvBit::Orderly, NvBit::ReadStClear}));
  nv_write(tpm, {1});
  define(tpm, nv_public({}, NvType::Counter, 8, kIndex + 1));
  tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
  tpm.run<Shutdown>({}, {StartupType::State});
  ASSERT_EQ(refusal(save_all(tpm.state, tpm.clock)), "");

  auto of_index = [&](auto&& change) { return refusal(changed<SavedNvIndex>(kSlot, change)); };
  const std::string impossible = "section NV00 has an index that cannot be";
  EXPECT_EQ(of_index([](auto& s) { s.handle = 0x81000000; }), impossible);
  EXPECT_EQ(of_index([](auto& s) { s.name_hash = AlgId::Null; }), impossible);
  EXPECT_EQ(of_index([](auto& s) { s.data = wire::MaxNvBuffer(ByteView(Bytes(7))); }), impossible);
  EXPECT_EQ(of_index([](auto& s) { s.attributes ^= 1u << 29; }), impossible);
  EXPECT_EQ(of_index([](auto& s) { s.attributes |= 4u << 4; }), impossible);
  EXPECT_EQ(of_index([](auto& s) { s.attributes |= 1u << 20; }), impossible);
  EXPECT_EQ(of_index([](auto& s) { s.attributes |= uint64_t{1} << 32; }), impossible);
  EXPECT_EQ(of_index([](auto& s) { s.handle = kIndex + 1; }),
            "section NVIX has indices that cannot be together");
  EXPECT_EQ(of_index([](auto& s) { s.handle = kIndex + 2; }),
            "section NVRM has an index that is not defined so");

  auto of_directory = [&](auto&& change) {
    return refusal(changed<SavedNvDirectory>(kDirectory, change));
  };
  EXPECT_EQ(of_directory([](auto& s) { s.slots.items.push_back(200); }),
            "section NVIX has a slot that cannot be");
  EXPECT_EQ(of_directory([](auto& s) { s.slots.items.push_back(5); }), "section NV05 is missing");
  EXPECT_EQ(of_directory([](auto& s) { s.slots.items.erase(s.slots.items.begin()); }),
            "section NV00 has an index that section NVIX does not list");
  EXPECT_EQ(refusal(changed<SavedNvMemory>(section_tag("NVRM"),
                                           [](auto& s) { s.slots.items.at(0).slot = 128; })),
            "section NVRM has an index that cannot be");
  EXPECT_EQ(refusal(changed<SavedPreserved>(section_tag("ORDL"),
                                            [](auto& s) { s.nv_read_locked.value.items = {128}; })),
            "section ORDL has a lock of an NV index that cannot be");
}

}  // namespace
}  // namespace vtpm::engine
