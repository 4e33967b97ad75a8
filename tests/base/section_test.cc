// SPDX-License-Identifier: Apache-2.0
#include "base/section.h"

#include <gtest/gtest.h>

namespace vtpm {
namespace {

Section section(const char (&name)[5], const Bytes& payload) {
  return {.tag = section_tag(name),
          .version = 3,
          .minimum_version = 2,
          .payload = Secret(ByteView(payload))};
}

const Bytes kEncoded{'P', 'C', 'R', 'S', 0,   3, 0, 2, 0, 0, 0, 2, 7,
                     8,   'C', 'L', 'C', 'K', 0, 3, 0, 2, 0, 0, 0, 0};

TEST(Section, TheBytesAreFrozen) {
  EXPECT_EQ(section_tag("PCRS"), 0x50435253u);
  const Secret encoded = encode_sections({section("PCRS", {7, 8}), section("CLCK", {})});
  EXPECT_EQ(to_bytes(encoded.view()), kEncoded);
  EXPECT_TRUE(encode_sections({}).empty());
}

TEST(Section, DecodesWhatWasEncoded) {
  const auto sections = decode_sections(kEncoded);
  ASSERT_TRUE(sections);
  ASSERT_EQ(sections->size(), 2u);
  const Section& first = (*sections)[0];
  EXPECT_EQ(first.tag, section_tag("PCRS"));
  EXPECT_EQ(first.version, 3);
  EXPECT_EQ(first.minimum_version, 2);
  EXPECT_EQ(to_bytes(first.payload.view()), (Bytes{7, 8}));
  EXPECT_TRUE((*sections)[1].payload.empty());
  EXPECT_TRUE(decode_sections({})->empty());
}

TEST(Section, RefusesWhatIsNotAListOfSections) {
  for (size_t size = 1; size < kEncoded.size(); ++size)
    EXPECT_EQ(decode_sections(ByteView(kEncoded).first(size)).has_value(), size == 14) << size;
  Bytes trailing = kEncoded;
  trailing.push_back(0);
  EXPECT_FALSE(decode_sections(trailing));
  Bytes huge = kEncoded;
  huge[8] = 0xFF;  // a length beyond all that follows
  EXPECT_FALSE(decode_sections(huge));
}

}  // namespace
}  // namespace vtpm
