// SPDX-License-Identifier: Apache-2.0
#include "device/vtpm/trace_text.h"

#include <sstream>

#include <gtest/gtest.h>

#include "device/trace/pcapng.h"

namespace vtpm::device {
namespace {

using trace::Message;
using Direction = Message::Direction;

constexpr uint64_t kTime = 1'700'000'000'000'001'000;  // 2023-11-14 22:13:20.000001 UTC

Bytes message(uint32_t code, ByteView body = {}) {
  Bytes bytes;
  Writer out(bytes);
  out.put_be(uint16_t{0x8001});
  out.put_be(static_cast<uint32_t>(10 + body.size()));
  out.put_be(code);
  out.put(body);
  return bytes;
}

std::string text_of(const std::vector<trace::Packet>& packets) {
  trace::PcapngWriter writer;
  Bytes bytes = trace::PcapngWriter::header();
  for (const auto& packet : packets) append(bytes, writer.packet(packet));
  std::istringstream in(std::string(bytes.begin(), bytes.end()));
  std::ostringstream out;
  EXPECT_EQ(print_trace(in, out), TraceEnd::Whole);
  return out.str();
}

TEST(TraceText, ACommandWithItsHandlesAndItsAnswer) {
  EXPECT_EQ(text_of({{kTime, Message{Direction::Command, 2, message(0x157, Bytes{0x81, 0, 0, 1})}},
                     {kTime + 1'250'000, Message{Direction::Response, 2, message(0x18B)}}}),
            "2023-11-14 22:13:20.000001  2  TPM2_Load 81000001 -> TPM_RC_HANDLE, handle 1 "
            "(1.250 ms)\n");
}

TEST(TraceText, CommandsThatAreNotAnswered) {
  Message startup{Direction::Command, 0, message(0x144)};
  EXPECT_EQ(text_of({{kTime, startup}, {kTime + 1000, startup}}),
            "2023-11-14 22:13:20.000001  0  TPM2_Startup -> not answered in this trace\n"
            "2023-11-14 22:13:20.000002  0  TPM2_Startup -> not answered in this trace\n");
  EXPECT_EQ(text_of({{kTime, Message{Direction::Command, 0, Bytes(3)}}}),
            "2023-11-14 22:13:20.000001  0  3 octets that are no command -> not answered in this "
            "trace\n");
}

TEST(TraceText, Registers) {
  EXPECT_EQ(text_of({{kTime, RegisterWrite{.locality = 1, .offset = 0x4C, .size = 4, .value = 1}},
                     {kTime, RegisterWrite{.offset = 0x09, .size = 1, .value = 0xFF}},
                     {kTime, RegisterWrite{.offset = 0x18, .size = 4, .value = 2}},
                     {kTime, RegisterWrite{.offset = 0x18, .size = 1, .value = 64, .fifo = true}}}),
            "2023-11-14 22:13:20.000001  1  CTRL_START <- 0x1\n"
            "2023-11-14 22:13:20.000001  0  LOC_CTRL at 0x009 <- 0xff (1 octets)\n"
            "2023-11-14 22:13:20.000001  0  nothing at 0x018 <- 0x2\n"
            "2023-11-14 22:13:20.000001  0  STS <- 0x40 (1 octets)\n");
}

TEST(TraceText, NoTraceAndOneCutShort) {
  std::istringstream none("none"), cut([] {
    Bytes bytes = trace::PcapngWriter::header();
    bytes.push_back(0);
    return std::string(bytes.begin(), bytes.end());
  }());
  std::ostringstream out;
  EXPECT_EQ(print_trace(none, out), TraceEnd::NoTrace);
  EXPECT_EQ(print_trace(cut, out), TraceEnd::CutShort);
}

}  // namespace
}  // namespace vtpm::device
