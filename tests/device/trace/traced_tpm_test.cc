// SPDX-License-Identifier: Apache-2.0
#include "device/trace/traced_tpm.h"

#include <fstream>

#include <gtest/gtest.h>

#include "device/operator_error.h"
#include "tests/device/temporary_directory.h"
#include "tests/device/vhost_user/fake_tpm.h"

namespace vtpm::device::trace {
namespace {

using Direction = Message::Direction;

class Never final : public engine::Cancellation {
 public:
  bool requested() const override { return false; }
};

class Traced : public ::testing::Test {
 protected:
  std::vector<Packet> packets() {
    std::ifstream in(path, std::ios::binary);
    auto reader = PcapngReader::open(in);
    EXPECT_TRUE(reader);
    std::vector<Packet> found;
    while (auto packet = reader ? reader->next() : std::nullopt)
      found.push_back(std::move(*packet));
    return found;
  }
  // TPM2_HierarchyChangeAuth of the owner's, with the password "pw" and the new value "new".
  static Bytes change_auth() {
    Bytes body;
    Writer out(body);
    out.put_be(uint32_t{0x40000001});
    out.put_be(uint32_t{11});
    out.put_be(uint32_t{0x40000009});
    out.put_be(uint16_t{0});
    out.put_be(uint8_t{1});
    out.put_be(uint16_t{2});
    out.put(text_bytes("pw"));
    out.put_be(uint16_t{3});
    out.put(text_bytes("new"));
    return vhost_user::test::message(0x8002, 0x129, body);
  }

  TemporaryDirectory directory;
  const std::string path = directory / "trace";
  vhost_user::test::FakeTpm fake;
};

TEST_F(Traced, CommandsWithTheirResponsesButNotTheirSecrets) {
  TraceFile file(path);
  TracedTpm tpm(fake, file, Secrets::Masked);
  const Bytes command = change_auth();
  tpm.execute(3, command, 4000, Never());
  EXPECT_EQ(fake.executed, 1u);
  EXPECT_EQ(fake.last_maximum_size, 4000u);
  auto found = packets();
  ASSERT_EQ(found.size(), 2u);
  auto sent = std::get<Message>(found[0].content), received = std::get<Message>(found[1].content);
  EXPECT_EQ(sent.direction, Direction::Command);
  EXPECT_EQ(sent.locality, 3);
  Bytes expected = command;
  for (size_t at : {27u, 28u, 31u, 32u, 33u}) expected[at] = 0;
  EXPECT_EQ(sent.bytes, expected);
  EXPECT_EQ(received.direction, Direction::Response);
  EXPECT_EQ(received.bytes.size(), command.size());
  EXPECT_LE(found[0].time, found[1].time);
}

TEST_F(Traced, SecretsWhereTheyAreAskedFor) {
  TraceFile file(path);
  TracedTpm tpm(fake, file, Secrets::Shown);
  tpm.execute(0, change_auth(), kRegisterMessageSize, Never());
  EXPECT_EQ(std::get<Message>(packets().at(0).content).bytes, change_auth());
}

TEST_F(Traced, RegistersAndDataThatPassesThroughThem) {
  TraceFile file(path);
  TracedTpm tpm(fake, file, Secrets::Masked);
  RegisterWrite start{.locality = 1, .offset = 0x4C, .size = 4, .value = 1};
  RegisterWrite data{.locality = 1, .offset = 0x80, .size = 4, .value = 0x1234, .data = true};
  TpmService& service = tpm;
  service.register_watch()->written(start);
  service.register_watch()->written(data);
  data.value = 0;
  auto found = packets();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(std::get<RegisterWrite>(found[0].content), start);
  EXPECT_EQ(std::get<RegisterWrite>(found[1].content), data);
}

TEST_F(Traced, AFileThatCannotBeWritten) {
  EXPECT_THROW(TraceFile(directory / "none/trace"), OperatorError);
  EXPECT_THROW(TraceFile("/dev/full"), OperatorError);
}

}  // namespace
}  // namespace vtpm::device::trace
