// SPDX-License-Identifier: Apache-2.0
// GET_TABLES: the tables are those of acpi/ for the interface that was chosen, and come in a file
// that nobody can change.
#include "device/vhost_user/announcement.h"

#include <fcntl.h>

#include <gtest/gtest.h>

#include "acpi/tables.h"
#include "device/vhost_user/messages.h"
#include "tests/device/vhost_user/back_end.h"

namespace vtpm::device::vhost_user::test {
namespace {

constexpr vut_tables_request kNothingMore{.irq = VUT_NO_IRQ};

template <class T>
ByteView bytes_of(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

Bytes both(const acpi::Configuration& configuration) {
  Bytes tables = acpi::tpm2_table(configuration);
  append(tables, acpi::ssdt(configuration));
  return tables;
}

class TableMessages : public testing::Test {
 protected:
  explicit TableMessages(uint32_t interface = VUT_INTERFACE_CRB) : interface_(interface) {}

  Answer ask(uint32_t request, ByteView payload) {
    const vut_header header{request, VUT_FLAG_VERSION, static_cast<uint32_t>(payload.size())};
    return protocol_.handle(header, payload, 0);
  }
  void choose() {
    ask(VUT_SET_INTERFACE, bytes_of(vut_interface{VUT_PROTOCOL_VERSION, interface_, 0, 0}));
  }
  Answer tables(const vut_tables_request& request) {
    return ask(VUT_GET_TABLES, bytes_of(request));
  }
  void expect_tables(const Answer& answer, const acpi::Configuration& configuration) {
    ASSERT_FALSE(answer.goodbye) << answer.goodbye->text;
    EXPECT_EQ(answer.file, both(configuration));
    vut_tables sizes{};
    ASSERT_EQ(answer.reply.size(), VUT_HEADER_SIZE + sizeof sizes);
    std::memcpy(&sizes, answer.reply.data() + VUT_HEADER_SIZE, sizeof sizes);
    EXPECT_EQ(sizes.tpm2_size, acpi::tpm2_table(configuration).size());
    EXPECT_EQ(sizes.ssdt_size, acpi::ssdt(configuration).size());
    EXPECT_LE(answer.file.size(), VUT_TABLES_MAX);
  }
  void expect_refused(const Answer& answer, const std::string& why) {
    EXPECT_TRUE(answer.reply.empty());
    EXPECT_TRUE(answer.file.empty());
    ASSERT_TRUE(answer.goodbye);
    EXPECT_EQ(answer.goodbye->reason, VUT_REASON_REFUSED);
    EXPECT_NE(answer.goodbye->text.find(why), std::string::npos) << answer.goodbye->text;
  }

 private:
  uint32_t interface_;
  Protocol protocol_{1u << VUT_INTERFACE_CRB | 1u << VUT_INTERFACE_TIS};
};

class TisTableMessages : public TableMessages {
 protected:
  TisTableMessages() : TableMessages(VUT_INTERFACE_TIS) {}
};

TEST_F(TableMessages, AreOfTheInterfaceThatWasChosen) {
  expect_refused(tables(kNothingMore), "no interface");
  choose();
  expect_tables(tables(kNothingMore), {.interface = acpi::Interface::Crb});
  // It may be asked for again.
  expect_tables(tables(kNothingMore), {.interface = acpi::Interface::Crb});
}

TEST_F(TableMessages, TellWhatTheMachineHas) {
  choose();
  vut_tables_request request = kNothingMore;
  request.ppi_address = 0xFED45000;
  expect_tables(tables(request), {.physical_presence_page = 0xFED45000});
  request.log_address = 0xFED50000;
  request.log_size = 0x10000;
  expect_tables(tables(request), {.physical_presence_page = 0xFED45000,
                                  .log_area = acpi::LogArea{0xFED50000, 0x10000}});
}

TEST_F(TisTableMessages, MayHaveAnInterrupt) {
  choose();
  expect_tables(tables(kNothingMore), {.interface = acpi::Interface::Tis});
  expect_tables(tables({.irq = 10}), {.interface = acpi::Interface::Tis, .irq = 10});
  expect_refused(tables({.irq = 0}), "irq must be 1");
}

TEST_F(TableMessages, RefuseWhatNoTablesCanBeMadeOf) {
  choose();
  expect_refused(tables({.irq = 10}), "irq must be left out");
  expect_refused(tables({.irq = VUT_NO_IRQ, .reserved = 1}), "reserved is not zero");
  for (uint32_t page : {0xFED45001u, 0xFED40000u, 0xFED44000u, 1u})
    expect_refused(tables({.ppi_address = page, .irq = VUT_NO_IRQ}), "ppi_address must be");
  expect_refused(tables({.log_size = 0x10000, .irq = VUT_NO_IRQ}), "log_address must be");
  expect_refused(tables({.log_address = 0xFED50000, .log_size = 0xFFFF, .irq = VUT_NO_IRQ}),
                 "log_size must be");
}

TEST(TableFile, IsSealedAgainstEveryChange) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.negotiate();
  front_end.choose();
  const auto reply = front_end.ask(VUT_GET_TABLES, bytes_of(kNothingMore));
  ASSERT_EQ(reply.descriptors.size(), 1u);
  const int file = reply.descriptors[0].get();
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  EXPECT_EQ(fcntl(file, F_GET_SEALS), kSeals);
  Bytes content(VUT_TABLES_MAX);
  const ssize_t size = pread(file, content.data(), content.size(), 0);
  ASSERT_GT(size, 0);
  content.resize(static_cast<size_t>(size));
  EXPECT_EQ(content, both({}));
  const auto sizes = reply.as<vut_tables>();
  EXPECT_EQ(sizes.tpm2_size + sizes.ssdt_size, content.size());
}

TEST(TableFile, ComesBeforeOrAfterTheMemory) {
  BackEnd back_end;
  FrontEnd front_end = back_end.next_front_end();
  EXPECT_EQ(front_end.ask(VUT_GET_TABLES, bytes_of(kNothingMore)).descriptors.size(), 1u);
  front_end.write32(0, VUT_CRB_LOC_CTRL, 1);
  EXPECT_EQ(front_end.command(0, message(0x8001, kEcho, {})), message(0x8001, 0, {}));
  front_end.send(VUT_GET_TABLES, bytes_of(vut_tables_request{.irq = 10}));
  EXPECT_EQ(front_end.goodbye(), VUT_REASON_REFUSED);
}

}  // namespace
}  // namespace vtpm::device::vhost_user::test
