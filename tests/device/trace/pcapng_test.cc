// SPDX-License-Identifier: Apache-2.0
#include "device/trace/pcapng.h"

#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace vtpm::device::trace {
namespace {

using Direction = Message::Direction;

const std::vector<Packet> kPackets = {
    {1'700'000'000'123'456'789,
     RegisterWrite{.locality = 4, .offset = 0x4C, .size = 4, .value = 1}},
    {1'700'000'000'123'500'000, Message{Direction::Command, 0, Bytes(12, 1)}},
    {1'700'000'000'123'600'000,
     RegisterWrite{
         .offset = 0x80, .size = 8, .value = 0x0123456789ABCDEF, .data = true, .fifo = true}},
    {1'700'000'000'123'700'000, Message{Direction::Response, 0, Bytes(11, 2)}},
    {1'700'000'000'123'800'000, Message{Direction::Command, 255, Bytes()}},
};

std::string file_of(const std::vector<Packet>& packets) {
  PcapngWriter writer;
  Bytes bytes = PcapngWriter::header();
  for (const Packet& packet : packets) append(bytes, writer.packet(packet));
  return std::string(bytes.begin(), bytes.end());
}

struct Found {
  std::vector<Packet> packets;
  bool complete = false;
};
std::optional<Found> read(const std::string& file) {
  std::istringstream in(file);
  auto reader = PcapngReader::open(in);
  if (!reader) return std::nullopt;
  Found found;
  while (auto packet = reader->next()) found.packets.push_back(std::move(*packet));
  found.complete = reader->complete();
  return found;
}

TEST(Pcapng, WhatIsWrittenIsRead) {
  auto found = read(file_of(kPackets));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->packets, kPackets);
  EXPECT_TRUE(found->complete);
}

TEST(Pcapng, AFileThatIsCutShort) {
  const std::string whole = file_of(kPackets);
  const size_t header = PcapngWriter::header().size();
  for (size_t size = 0; size < whole.size(); ++size) {
    auto found = read(whole.substr(0, size));
    ASSERT_EQ(found.has_value(), size >= header) << size;
    if (!found) continue;
    ASSERT_LT(found->packets.size(), kPackets.size());
    EXPECT_TRUE(std::equal(found->packets.begin(), found->packets.end(), kPackets.begin()));
    EXPECT_EQ(found->complete, file_of(found->packets).size() == size) << size;
  }
}

TEST(Pcapng, AnyOctetChanged) {
  const std::string whole = file_of(kPackets);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string file = whole;
    file[i] = static_cast<char>(~file[i]);
    auto found = read(file);
    if (found) {
      EXPECT_LE(found->packets.size(), kPackets.size());
    }
  }
}

TEST(Pcapng, IsNoOtherFile) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read(std::string(200, 'x')));
}

// Offsets into a packet block: 28 octets before the data.
TEST(Pcapng, SegmentsFollowEachOther) {
  PcapngWriter writer;
  auto sequence = [&](Direction direction, size_t size) {
    Bytes block = writer.packet({0, Message{direction, 1, Bytes(size)}});
    return std::pair(load_be<uint32_t>(ByteView(block).subspan(28 + 24)),
                     load_be<uint32_t>(ByteView(block).subspan(28 + 28)));
  };
  EXPECT_EQ(sequence(Direction::Command, 12), (std::pair{1u, 1u}));
  EXPECT_EQ(sequence(Direction::Response, 10), (std::pair{1u, 13u}));
  EXPECT_EQ(sequence(Direction::Command, 20), (std::pair{13u, 11u}));
  EXPECT_EQ(sequence(Direction::Response, 30), (std::pair{11u, 33u}));
}

// RFC 791: the sum over the header is all ones.
TEST(Pcapng, TheIpHeadersChecksumIsRight) {
  Bytes block = PcapngWriter().packet({0, Message{Direction::Command, 3, Bytes(100, 7)}});
  uint32_t sum = 0;
  for (size_t i = 0; i < 20; i += 2) sum += load_be<uint16_t>(ByteView(block).subspan(28 + i));
  EXPECT_EQ((sum & 0xFFFF) + (sum >> 16), 0xFFFFu);
}

}  // namespace
}  // namespace vtpm::device::trace
