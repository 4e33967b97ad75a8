// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/control_codec.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "device/swtpm/limits.h"

namespace vtpm::device::swtpm {
namespace {

Bytes words(std::initializer_list<uint32_t> values, ByteView tail = {}) {
  Bytes bytes;
  Writer writer(bytes);
  for (auto value : values) writer.put_be<uint32_t>(value);
  writer.put(tail);
  return bytes;
}

void feed(ControlReader& reader, ByteView bytes) {
  while (!bytes.empty()) {
    auto space = reader.space();
    auto count = std::min(space.size(), bytes.size());
    std::copy_n(bytes.begin(), count, space.begin());
    reader.filled(count);
    bytes = bytes.subspan(count);
  }
}

// All requests of a stream that arrives in pieces of one size.
std::vector<ControlRequest> requests(ByteView stream, size_t piece) {
  ControlReader reader;
  std::vector<ControlRequest> found;
  while (!stream.empty()) {
    auto count = std::min(piece, stream.size());
    feed(reader, stream.first(count));
    stream = stream.subspan(count);
    while (auto request = reader.next()) {
      request->data = {};
      found.push_back(*request);
    }
  }
  return found;
}

TEST(SwtpmControl, EveryRequestIsRead) {
  Bytes stream;
  for (uint32_t code : {0x01u, 0x03u, 0x04u, 0x06u, 0x08u, 0x09u, 0x0au, 0x0eu, 0x0fu, 0x10u})
    append(stream, words({code}));
  append(stream, words({0x02, 1}));
  append(stream, words({0x0c, 1, 2, 3}));
  append(stream, words({0x11, 4096}));
  append(stream, words({0x12, 0, 1, 0, 0}));
  append(stream, words({0x13, 300}));
  append(stream, words({0x07, 3}, text_bytes("abc")));
  append(stream, words({0x0d, 0, 2, 4}, text_bytes("blob")));
  append(stream, words({0x0e}));
  for (size_t piece : {size_t{1}, size_t{5}, stream.size()}) {
    auto found = requests(stream, piece);
    ASSERT_EQ(found.size(), 18u);
    EXPECT_EQ(found[10].code, ControlCode::Init);
    EXPECT_EQ(found[10].flags, 1u);
    EXPECT_EQ(found[11].code, ControlCode::GetStateBlob);
    EXPECT_EQ(found[12].buffer_size, 4096u);
    EXPECT_EQ(found[16].code, ControlCode::SetStateBlob);
    EXPECT_EQ(found[17].code, ControlCode::Stop);
  }
}

TEST(SwtpmControl, DataIsTheRequests) {
  ControlReader reader;
  feed(reader, words({0x07, 3}, text_bytes("abc")));
  auto request = reader.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(to_bytes(request->data), to_bytes(text_bytes("abc")));
}

TEST(SwtpmControl, ALocalityMayBeOneByteOrFour) {
  for (uint32_t code : {0x05u, 0x0bu}) {
    auto short_form = words({code}, Bytes{3});
    auto long_form = words({code}, Bytes{3, 0, 0, 0});
    auto garbage_padding = words({code}, Bytes{3, 0xde, 0xad, 0xbe});
    for (const auto& form : {short_form, long_form, garbage_padding}) {
      ControlReader reader;
      for (int i = 0; i < 3; ++i) {
        feed(reader, form);
        auto request = reader.next();
        ASSERT_TRUE(request);
        EXPECT_EQ(static_cast<uint32_t>(request->code), code);
        EXPECT_EQ(request->locality, 3);
        EXPECT_FALSE(reader.next());
      }
    }
  }
}

TEST(SwtpmControl, ARequestAfterALocalityIsFoundWhateverThePieces) {
  for (bool padded : {false, true}) {
    auto stream = words({0x05}, padded ? Bytes{2, 0, 0, 0} : Bytes{2});
    append(stream, words({0x0e}));
    append(stream, words({0x01}));
    for (size_t piece : {size_t{1}, size_t{2}, size_t{4}, stream.size()}) {
      auto found = requests(stream, piece);
      ASSERT_EQ(found.size(), 3u) << padded << " " << piece;
      EXPECT_EQ(found[1].code, ControlCode::Stop);
      EXPECT_EQ(found[2].code, ControlCode::GetCapability);
    }
  }
}

TEST(SwtpmControl, UnknownCodesAndImpossibleLengthsLoseTheStream) {
  for (const auto& bytes : {words({0}), words({0x14}), words({0x47455420}),
                            words({0x07, kMaxHashData + 1}), words({0x0d, 0, 1, 0xffffffff})}) {
    ControlReader reader;
    feed(reader, bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.lost());
    EXPECT_FALSE(reader.space().empty());
  }
}

TEST(SwtpmControl, ALotOfDataFits) {
  Bytes blob(300'000, 7);
  ControlReader reader;
  feed(reader, words({0x07, static_cast<uint32_t>(blob.size())}));
  EXPECT_FALSE(reader.next());
  feed(reader, blob);
  auto request = reader.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(to_bytes(request->data), blob);
}

TEST(SwtpmControl, AnAnnouncedBlobCostsNoMemoryUntilItComes) {
  ControlReader reader;
  feed(reader, words({0x0d, 0, 1, kMaxStateBlob}));
  EXPECT_FALSE(reader.next());
  EXPECT_LT(reader.space().size(), 100'000u);
}

TEST(SwtpmControl, RepliesHaveTheirPublishedForms) {
  EXPECT_EQ(to_bytes(encode_result(ControlResult::BadLocality).view()), (Bytes{0, 0, 0, 0x3d}));
  EXPECT_EQ(to_bytes(encode_capability(0xbfff).view()), (Bytes{0, 0, 0, 0, 0, 0, 0xbf, 0xff}));
  EXPECT_EQ(to_bytes(encode_established(true).view()), (Bytes{0, 0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(to_bytes(encode_config(0).view()), Bytes(8));
  EXPECT_EQ(to_bytes(encode_buffer_size(1, 2, 3).view()), words({0, 1, 2, 3}));
}

TEST(SwtpmControl, RandomBytesNeverLeaveTheBuffer) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    ControlReader reader;
    for (int piece = 0; piece < 4 && !reader.lost(); ++piece) {
      Bytes bytes(random() % 60);
      for (auto& byte : bytes) byte = static_cast<uint8_t>(random() % 3 ? 0 : random() % 20);
      feed(reader, bytes);
      while (auto request = reader.next()) EXPECT_LE(request->data.size(), kMaxStateBlob);
    }
  }
}

}  // namespace
}  // namespace vtpm::device::swtpm
