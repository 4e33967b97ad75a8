// SPDX-License-Identifier: Apache-2.0
#include "device/store/log_format.h"

#include <gtest/gtest.h>

#include "device/store/crc32c.h"
#include "tests/device/store/store_testing.h"

namespace vtpm::device {
namespace {

// A log of `changes` appended changes, the last of which is acknowledged or not.
Bytes make_log(uint64_t changes, bool last_acknowledged) {
  auto file =
      to_bytes(encode_log(7, {make_section("AAAA", 40, 1), make_section("BBBB", 9, 2)}).view());
  for (uint64_t sequence = 2; sequence <= changes + 1; ++sequence) {
    auto fill = static_cast<uint8_t>(sequence);
    append(file, encode_log_record(sequence, {make_section("BBBB", 30, fill)}).view());
    if (sequence == changes + 1 && !last_acknowledged) break;
    auto slot = encode_log_slot(sequence);
    std::copy(std::begin(slot.bytes), std::end(slot.bytes),
              file.begin() + static_cast<ptrdiff_t>(slot.offset));
  }
  return file;
}

Image parsed(ByteView file) {
  return image(parse_log(file)->sections);
}

TEST(Crc32c, MatchesThePublishedCheckValue) {
  EXPECT_EQ(crc32c({text_bytes("123456789")}), 0xe3069283u);
  EXPECT_EQ(crc32c({text_bytes("1234"), {}, text_bytes("56789")}), 0xe3069283u);
}

TEST(LogFormat, AWholeLogReadsBack) {
  auto log = parse_log(make_log(3, true));
  ASSERT_TRUE(log);
  EXPECT_EQ(log->version, kLogVersion);
  EXPECT_EQ(log->generation, 7u);
  EXPECT_EQ(log->acknowledged, 4u);
  EXPECT_EQ(log->records.size(), 4u);
  EXPECT_EQ(log->torn_size, 0u);
  EXPECT_EQ(image(log->sections),
            (Image{{section_tag("AAAA"), Bytes(40, 1)}, {section_tag("BBBB"), Bytes(30, 4)}}));
  EXPECT_EQ(log->sections[0].version, 3);
  EXPECT_EQ(log->sections[0].minimum_version, 2);
}

TEST(LogFormat, ALogMayHoldNoSections) {
  auto log = parse_log(encode_log(1, {}).view());
  ASSERT_TRUE(log);
  EXPECT_TRUE(log->sections.empty());
}

TEST(LogFormat, AcknowledgedChangesCutShortAtAnyByteAreRefused) {
  auto whole = make_log(3, true);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_log(ByteView(whole).first(size))) << size;
}

TEST(LogFormat, AnUnacknowledgedChangeCutShortAtAnyByteIsDropped) {
  auto without = make_log(2, true);
  auto with = make_log(3, false);
  for (size_t size = without.size(); size < with.size(); ++size) {
    auto log = parse_log(ByteView(with).first(size));
    ASSERT_TRUE(log) << size;
    EXPECT_EQ(log->torn_size, size - without.size());
    EXPECT_EQ(log->good_size, without.size());
    EXPECT_EQ(image(log->sections), parsed(without));
  }
}

TEST(LogFormat, AnUnacknowledgedWholeChangeIsKept) {
  auto log = parse_log(make_log(3, false));
  ASSERT_TRUE(log);
  EXPECT_EQ(log->acknowledged, 3u);
  EXPECT_EQ(log->records.size(), 4u);
  EXPECT_EQ(image(log->sections), parsed(make_log(3, true)));
}

TEST(LogFormat, AnUnacknowledgedChangeOfZeroBlocksIsDropped) {
  auto file = make_log(2, true);
  auto whole = file.size();
  file.resize(whole + 900);
  auto log = parse_log(file);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->good_size, whole);
  EXPECT_EQ(log->torn_size, 900u);
}

TEST(LogFormat, EveryFlippedBitIsRefusedOrHarmless) {
  auto whole = make_log(3, true);
  auto truth = parsed(whole);
  size_t refused = 0;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto file = whole;
    file[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    auto log = parse_log(file);
    if (!log)
      ++refused;
    else
      EXPECT_EQ(image(log->sections), truth) << "bit " << bit;
  }
  // All but the two slots, of which either may be lost.
  EXPECT_EQ(refused, (whole.size() - 2 * kLogSlotSize) * 8);
}

TEST(LogFormat, FlippedBitsInAnUnacknowledgedChangeCostThatChangeOnly) {
  auto without = parsed(make_log(2, true));
  auto whole = make_log(3, false);
  auto start = make_log(2, true).size();
  for (size_t bit = start * 8; bit < whole.size() * 8; ++bit) {
    auto file = whole;
    file[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    auto log = parse_log(file);
    if (log) {
      EXPECT_EQ(image(log->sections), without) << "bit " << bit;
    }
  }
}

TEST(LogFormat, DamageBeforeALaterChangeIsNotTaggedAsTorn) {
  // Both slots lag behind, as after a power failure: the whole record behind tells.
  auto file = make_log(3, true);
  auto slot = encode_log_slot(1);
  auto other = encode_log_slot(2);
  std::copy(std::begin(slot.bytes), std::end(slot.bytes),
            file.begin() + static_cast<ptrdiff_t>(slot.offset));
  std::copy(std::begin(other.bytes), std::end(other.bytes),
            file.begin() + static_cast<ptrdiff_t>(other.offset));
  ASSERT_TRUE(parse_log(file));
  auto third = parse_log(file)->records[2];
  file[third.offset + third.size - 6] ^= 1;
  EXPECT_FALSE(parse_log(file));
}

TEST(LogFormat, AFutureVersionIsNamed) {
  auto file = make_log(1, true);
  store_be<uint32_t>(MutableByteView(file).subspan(8), 2);
  store_be<uint32_t>(MutableByteView(file).subspan(20), crc32c({ByteView(file).first(20)}));
  auto log = parse_log(file);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().reason.find("format version 2"), std::string::npos);
}

TEST(LogFormat, AForeignFileIsNamedAsSuch) {
  Bytes text = to_bytes(text_bytes("{\"type\": \"swtpm\", \"states\": [] } and so on and so on"));
  auto log = parse_log(text);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().reason.find("not a state file"), std::string::npos);
}

TEST(LogFormat, AMissingChangeIsRefused) {
  auto file = make_log(1, true);
  append(file, encode_log_record(4, {make_section("BBBB", 3, 3)}).view());
  EXPECT_FALSE(parse_log(file));
}

TEST(LogFormat, AChangeThatIsNoListOfSectionsIsRefused) {
  auto file = to_bytes(encode_log(1, {}).view());
  auto record = to_bytes(encode_log_record(2, {make_section("AAAA", 8, 1)}).view());
  store_be<uint32_t>(MutableByteView(record).subspan(16 + 8), 9);  // the section's length
  store_be<uint32_t>(MutableByteView(record).subspan(record.size() - 4),
                     crc32c({ByteView(record).first(record.size() - 4)}));
  append(file, record);
  EXPECT_FALSE(parse_log(file));
}

}  // namespace
}  // namespace vtpm::device
