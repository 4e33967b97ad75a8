// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/messages.h"

#include <cstring>

#include <gtest/gtest.h>

namespace vtpm::device::vhost_user {
namespace {

constexpr uint32_t kAsk = VUT_FLAG_VERSION;
constexpr uint32_t kAskAck = VUT_FLAG_VERSION | VUT_FLAG_NEED_REPLY;
constexpr uint64_t kBothProtocolFeatures = 1u << 3 | 1u << 13;

template <class T>
ByteView view_of(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

template <class T>
T payload_of(const Bytes& reply) {
  T value{};
  EXPECT_EQ(reply.size(), VUT_HEADER_SIZE + sizeof value);
  if (reply.size() == VUT_HEADER_SIZE + sizeof value)
    std::memcpy(&value, reply.data() + VUT_HEADER_SIZE, sizeof value);
  return value;
}

class Messages : public testing::Test {
 protected:
  Answer ask(uint32_t request, ByteView payload = {}, uint32_t flags = kAsk) {
    return protocol.handle({request, flags, static_cast<uint32_t>(payload.size())}, payload, 0);
  }
  template <class T>
  Answer ask(uint32_t request, const T& payload, uint32_t flags = kAsk) {
    return ask(request, view_of(payload), flags);
  }
  void negotiate() { ask(VUT_SET_PROTOCOL_FEATURES, kBothProtocolFeatures); }
  static void expect_refused(const Answer& answer) {
    EXPECT_TRUE(answer.reply.empty());
    ASSERT_TRUE(answer.goodbye);
    EXPECT_EQ(answer.goodbye->reason, VUT_REASON_REFUSED);
  }
  static void expect_nothing(const Answer& answer) {
    EXPECT_TRUE(answer.reply.empty());
    EXPECT_FALSE(answer.goodbye);
    EXPECT_EQ(answer.task, Answer::Task::None);
  }

  Protocol protocol{1u << VUT_INTERFACE_CRB};
};

TEST_F(Messages, OffersWhatTheDocumentSays) {
  EXPECT_EQ(payload_of<uint64_t>(ask(VUT_GET_FEATURES).reply), uint64_t{1} << 30);
  EXPECT_EQ(payload_of<uint64_t>(ask(VUT_GET_PROTOCOL_FEATURES).reply), kBothProtocolFeatures);
  const auto info = payload_of<vut_info>(ask(VUT_GET_INFO).reply);
  EXPECT_EQ(info.version_min, 1u);
  EXPECT_EQ(info.version_max, 1u);
  EXPECT_EQ(info.interfaces, 1u << VUT_INTERFACE_CRB);
  EXPECT_EQ(info.localities, 5u);
  EXPECT_EQ(info.flags, VUT_INFO_INTERRUPTS | VUT_INFO_TABLES);
}

TEST_F(Messages, ARepliesHeaderNamesItsRequest) {
  const Bytes reply = ask(VUT_GET_INFO).reply;
  vut_header header{};
  std::memcpy(&header, reply.data(), sizeof header);
  EXPECT_EQ(header.request, VUT_GET_INFO);
  EXPECT_EQ(header.flags, VUT_FLAG_VERSION | VUT_FLAG_REPLY);
  EXPECT_EQ(header.size, sizeof(vut_info));
}

TEST_F(Messages, AcknowledgesOnlyOnceNegotiated) {
  expect_nothing(ask(VUT_SET_OWNER, {}, kAskAck));
  EXPECT_EQ(
      payload_of<uint64_t>(ask(VUT_SET_PROTOCOL_FEATURES, kBothProtocolFeatures, kAskAck).reply),
      0u);
  EXPECT_EQ(payload_of<uint64_t>(ask(VUT_SET_OWNER, {}, kAskAck).reply), 0u);
  expect_nothing(ask(VUT_SET_OWNER));
}

TEST_F(Messages, RefusesBitsThatItDoesNotOffer) {
  expect_refused(ask(VUT_SET_FEATURES, uint64_t{1} << 32));
  expect_refused(ask(VUT_SET_PROTOCOL_FEATURES, uint64_t{1} << 19));
  negotiate();
  EXPECT_EQ(payload_of<uint64_t>(ask(VUT_SET_FEATURES, uint64_t{1}, kAskAck).reply), 1u);
}

TEST_F(Messages, ChoosesAnInterfaceOnce) {
  negotiate();
  const auto choose = [&](vut_interface choice) {
    return payload_of<uint64_t>(ask(VUT_SET_INTERFACE, choice, kAskAck).reply);
  };
  EXPECT_EQ(choose({1, VUT_INTERFACE_TIS, 0, 0}), 1u);
  EXPECT_EQ(choose({1, 0, 0, 0}), 1u);
  EXPECT_EQ(choose({1, 32, 0, 0}), 1u);
  EXPECT_EQ(choose({1, 0xffffffff, 0, 0}), 1u);
  EXPECT_EQ(choose({0, VUT_INTERFACE_CRB, 0, 0}), 1u);
  EXPECT_EQ(choose({2, VUT_INTERFACE_CRB, 0, 0}), 1u);
  EXPECT_EQ(choose({1, VUT_INTERFACE_CRB, 2, 0}), 1u);
  EXPECT_EQ(choose({1, VUT_INTERFACE_CRB, VUT_INTERFACE_INTERRUPTS, 16}), 1u);
  EXPECT_EQ(choose({1, VUT_INTERFACE_CRB, 0, 1}), 1u);
  EXPECT_EQ(protocol.interface().id, 0u);
  EXPECT_EQ(choose({1, VUT_INTERFACE_CRB, 0, 0}), 0u);
  EXPECT_EQ(protocol.interface().id, VUT_INTERFACE_CRB);
  EXPECT_EQ(choose({1, VUT_INTERFACE_CRB, 0, 0}), 1u);
}

TEST_F(Messages, HandsOutTheMemoryOnceAndThenResets) {
  expect_refused(ask(VUT_GET_MEMORY));
  expect_refused(ask(VUT_RESET_DEVICE));
  negotiate();
  ask(VUT_SET_INTERFACE, vut_interface{1, VUT_INTERFACE_CRB, 0, 0});
  // Its own reply would be its acknowledgement: the refusal cannot be one.
  expect_refused(ask(VUT_RESET_DEVICE));
  EXPECT_EQ(ask(VUT_GET_MEMORY, {}, kAskAck).task, Answer::Task::StartRing);
  const Answer memory = protocol.memory_ready();
  EXPECT_EQ(memory.descriptors, size_t{VUT_MEMORY_FDS});
  EXPECT_EQ(payload_of<vut_memory>(memory.reply).size, VUT_MEMORY_SIZE);
  EXPECT_EQ(payload_of<vut_memory>(memory.reply).ring_entries, VUT_RING_ENTRIES);
  EXPECT_EQ(ask(VUT_RESET_DEVICE, {}, kAskAck).task, Answer::Task::Reset);
  EXPECT_EQ(payload_of<uint64_t>(protocol.reset_done().reply), 0u);
  expect_refused(ask(VUT_GET_MEMORY, {}, kAskAck));
}

TEST_F(Messages, AnInterruptLineIsOneDescriptorMore) {
  for (uint32_t line = 0; line < 16; ++line) {
    Protocol both{1u << VUT_INTERFACE_CRB | 1u << VUT_INTERFACE_TIS};
    const auto perform = [&](uint32_t request, ByteView payload) {
      return both.handle({request, kAsk, static_cast<uint32_t>(payload.size())}, payload, 0);
    };
    const vut_interface choice{1, VUT_INTERFACE_TIS, VUT_INTERFACE_INTERRUPTS, line};
    expect_nothing(perform(VUT_SET_INTERFACE, view_of(choice)));
    EXPECT_EQ(both.interface().id, VUT_INTERFACE_TIS);
    EXPECT_EQ(both.interface().flags, VUT_INTERFACE_INTERRUPTS);
    EXPECT_EQ(both.interface().line, line);
    EXPECT_EQ(perform(VUT_GET_MEMORY, {}).task, Answer::Task::StartRing);
    EXPECT_EQ(both.memory_ready().descriptors, size_t{VUT_MEMORY_FDS_MAX});
  }
}

TEST_F(Messages, DescriptorsEndTheConnection) {
  const Answer answer = protocol.handle({VUT_GET_INFO, kAsk, 0}, {}, 1);
  ASSERT_TRUE(answer.goodbye);
  EXPECT_EQ(answer.goodbye->reason, VUT_REASON_PROTOCOL);
}

TEST(Framing, TakesOnlyTheSizeOfEachRequest) {
  const std::pair<uint32_t, uint32_t> sizes[] = {
      {VUT_GET_FEATURES, 0}, {VUT_SET_FEATURES, 8},          {VUT_SET_OWNER, 0},
      {VUT_GET_INFO, 0},     {VUT_GET_PROTOCOL_FEATURES, 0}, {VUT_SET_PROTOCOL_FEATURES, 8},
      {VUT_RESET_DEVICE, 0}, {VUT_SET_INTERFACE, 16},        {VUT_GET_MEMORY, 0},
      {VUT_GET_TABLES, 24},
  };
  for (const auto& [request, size] : sizes)
    for (uint32_t claimed = 0; claimed <= VUT_MAX_PAYLOAD + 1; ++claimed) {
      const vut_header header{request, VUT_FLAG_VERSION, claimed};
      HeaderBytes bytes;
      std::memcpy(bytes.data(), &header, sizeof header);
      EXPECT_EQ(static_cast<bool>(parse_header(bytes)), claimed == size) << request;
    }
}

TEST(Framing, KnowsNoOtherCodes) {
  int known = 0;
  for (uint32_t request = 0; request < 0x8000; ++request) {
    const vut_header header{request, VUT_FLAG_VERSION, 0};
    HeaderBytes bytes;
    std::memcpy(bytes.data(), &header, sizeof header);
    known += static_cast<bool>(parse_header(bytes));
  }
  EXPECT_EQ(known, 6);
}

TEST(Framing, GoodbyeIsCutAndTerminated) {
  const Bytes message = encode_goodbye({VUT_REASON_BUSY, std::string(1000, 'x')});
  ASSERT_EQ(message.size(), VUT_HEADER_SIZE + sizeof(vut_goodbye));
  vut_goodbye goodbye{};
  std::memcpy(&goodbye, message.data() + VUT_HEADER_SIZE, sizeof goodbye);
  EXPECT_EQ(goodbye.reason, VUT_REASON_BUSY);
  EXPECT_EQ(std::strlen(goodbye.text), VUT_GOODBYE_TEXT - 1);
}

}  // namespace
}  // namespace vtpm::device::vhost_user
