// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/data_codec.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "device/swtpm/limits.h"

namespace vtpm::device::swtpm {
namespace {

Bytes command(size_t size, uint8_t fill = 0x55) {
  Bytes bytes(size, fill);
  store_be<uint16_t>(bytes, 0x8001);
  store_be<uint32_t>(MutableByteView(bytes).subspan(2), static_cast<uint32_t>(size));
  return bytes;
}

Bytes framed(uint8_t locality, ByteView inner) {
  Bytes bytes;
  Writer writer(bytes);
  writer.put_be<uint32_t>(8);
  writer.put_be<uint8_t>(locality);
  writer.put_be<uint32_t>(static_cast<uint32_t>(inner.size()));
  writer.put(inner);
  return bytes;
}

void feed(DataReader& reader, ByteView bytes) {
  auto space = reader.space();
  ASSERT_LE(bytes.size(), space.size());
  std::copy(bytes.begin(), bytes.end(), space.begin());
  reader.filled(bytes.size());
}

TEST(SwtpmData, ABareCommandComesWhole) {
  DataReader reader;
  feed(reader, command(12));
  auto request = reader.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, DataRequest::Kind::Command);
  EXPECT_FALSE(request->framed);
  EXPECT_EQ(to_bytes(request->command), command(12));
  EXPECT_FALSE(reader.next());
}

TEST(SwtpmData, AFramedCommandCarriesItsLocality) {
  DataReader reader;
  feed(reader, framed(3, command(20)));
  auto request = reader.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->kind, DataRequest::Kind::Command);
  EXPECT_TRUE(request->framed);
  EXPECT_EQ(request->locality, 3);
  EXPECT_EQ(to_bytes(request->command), command(20));
}

TEST(SwtpmData, BothFormsMayFollowEachOtherInPiecesOfAnySize) {
  Bytes stream;
  append(stream, command(10, 1));
  append(stream, framed(1, command(4096, 2)));
  append(stream, command(4096, 3));
  append(stream, framed(2, command(11, 4)));
  for (size_t piece : {size_t{1}, size_t{7}, size_t{1000}, size_t{4000}}) {
    DataReader reader;
    std::vector<size_t> sizes;
    size_t at = 0;
    while (true) {
      if (auto request = reader.next()) {
        ASSERT_EQ(request->kind, DataRequest::Kind::Command);
        sizes.push_back(request->command.size());
        reader.done();
        continue;
      }
      if (at == stream.size()) break;
      auto space = reader.space();
      ASSERT_FALSE(space.empty());
      auto count = std::min({piece, space.size(), stream.size() - at});
      feed(reader, ByteView(stream).subspan(at, count));
      at += count;
    }
    EXPECT_EQ(sizes, (std::vector<size_t>{10, 4096, 4096, 11}));
  }
}

TEST(SwtpmData, WhatWasServedIsWiped) {
  DataReader reader;
  Bytes stream = command(40, 0xAA), next = command(12);
  append(stream, next);
  feed(reader, stream);
  ASSERT_TRUE(reader.next());
  reader.done();
  auto rest = reader.space();
  EXPECT_TRUE(std::all_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte == 0; }));
  auto request = reader.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(to_bytes(request->command), next);
}

TEST(SwtpmData, ImpossibleSizesEndTheStream) {
  for (uint32_t size : {0u, 9u, kMaxBufferSize + 1, 0xffffffffu}) {
    for (bool in_frame : {false, true}) {
      auto bytes = in_frame ? framed(0, command(30)) : command(30);
      store_be<uint32_t>(MutableByteView(bytes).subspan(in_frame ? 5 : 2), size);
      DataReader reader;
      feed(reader, bytes);
      auto request = reader.next();
      ASSERT_TRUE(request);
      EXPECT_EQ(request->kind, DataRequest::Kind::Oversize);
      EXPECT_EQ(request->framed, in_frame);
      EXPECT_FALSE(reader.next());
    }
  }
}

TEST(SwtpmData, TheSimulatorsOtherRequestsEndTheStream) {
  DataReader ending, odd;
  feed(ending, Bytes{0, 0, 0, 20});
  EXPECT_EQ(ending.next()->kind, DataRequest::Kind::EndOfSession);
  feed(odd, Bytes{0, 0, 0, 1});
  EXPECT_EQ(odd.next()->kind, DataRequest::Kind::Unknown);
}

TEST(SwtpmData, AnErrorResponseIsAHeader) {
  EXPECT_EQ(to_bytes(error_response(0x101).view()), (Bytes{0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1}));
}

TEST(SwtpmData, RandomBytesNeverLeaveTheBuffer) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    DataReader reader;
    for (int piece = 0; piece < 4; ++piece) {
      Bytes bytes(random() % 300);
      for (auto& byte : bytes) byte = static_cast<uint8_t>(random() % 3 ? random() % 12 : random());
      feed(reader, bytes);
      while (auto request = reader.next()) {
        EXPECT_LE(request->command.size(), kMaxBufferSize);
        reader.done();
      }
      if (reader.space().size() < 300) break;
    }
  }
}

}  // namespace
}  // namespace vtpm::device::swtpm
