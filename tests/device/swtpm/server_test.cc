// SPDX-License-Identifier: Apache-2.0
#include "device/swtpm/server.h"

#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <random>
#include <thread>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "device/operator_error.h"
#include "tests/device/temporary_directory.h"
#include "tests/device/vhost_user/fake_tpm.h"

namespace vtpm::device::swtpm {
namespace {

namespace fake = vhost_user::test;

// A blocking client of either channel.
class Client {
 public:
  explicit Client(const Endpoint& endpoint) {
    if (endpoint.kind == Endpoint::Kind::Unix) {
      fd_ = FileDescriptor(::socket(AF_UNIX, SOCK_STREAM, 0));
      sockaddr_un address = {};
      address.sun_family = AF_UNIX;
      std::strncpy(address.sun_path, endpoint.path.c_str(), sizeof address.sun_path - 1);
      connect(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } else {
      fd_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM, 0));
      sockaddr_in address = {};
      address.sin_family = AF_INET;
      address.sin_port = htons(endpoint.port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      connect(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
  }
  explicit Client(FileDescriptor fd) : fd_(std::move(fd)) {}

  // False when the other side has closed.
  bool send(ByteView bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes = bytes.subspan(static_cast<size_t>(sent));
    }
    return true;
  }
  bool send_with_descriptor(ByteView bytes, int fd) {
    iovec part = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
    union {
      cmsghdr header;
      char raw[CMSG_SPACE(sizeof(int))];
    } control = {};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.raw;
    message.msg_controllen = sizeof control.raw;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // As many bytes, or fewer when the other side closes.
  Bytes receive(size_t count) {
    Bytes bytes(count);
    size_t have = 0;
    while (have < count) {
      auto got = ::recv(fd_.get(), bytes.data() + have, count - have, 0);
      if (got <= 0) break;
      have += static_cast<size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }

 private:
  void connect(const sockaddr* address, socklen_t size) {
    if (::connect(fd_.get(), address, size) != 0) throw std::runtime_error("cannot connect");
  }

  FileDescriptor fd_;
};

Bytes echo(const std::string& text) {
  return fake::message(0x8001, fake::kEcho, text_bytes(text));
}
Bytes echoed(const std::string& text) {
  return fake::message(0x8001, 0, text_bytes(text));
}
Bytes word(uint32_t value) {
  Bytes bytes(4);
  store_be<uint32_t>(bytes, value);
  return bytes;
}

class SwtpmServer : public testing::Test {
 protected:
  SwtpmServer() {
    for (const auto& endpoint :
         {Endpoint{.kind = Endpoint::Kind::Tcp, .host = "127.0.0.1"},
          Endpoint{.kind = Endpoint::Kind::Unix, .path = directory / "tpm"}}) {
      ListeningSocket socket(endpoint, "--swtpm-server");
      data.push_back(socket.endpoint());
      server->serve_data(std::move(socket));
    }
    for (const auto& endpoint :
         {Endpoint{.kind = Endpoint::Kind::Tcp, .host = "127.0.0.1"},
          Endpoint{.kind = Endpoint::Kind::Unix, .path = directory / "tpm.ctrl"}}) {
      ListeningSocket socket(endpoint, "--swtpm-ctrl");
      control.push_back(socket.endpoint());
      server->serve_control(std::move(socket));
    }
    runs = std::thread([this] { context.run(); });
  }
  ~SwtpmServer() override {
    context.stop();
    runs.join();
  }

  void expect_service() {
    for (const auto& endpoint : data) {
      Client client(endpoint);
      client.send(echo("good"));
      EXPECT_EQ(client.receive(14), echoed("good"));
    }
    for (const auto& endpoint : control) {
      Client client(endpoint);
      client.send(word(1));
      EXPECT_EQ(client.receive(8).size(), 8u);
    }
  }

  TemporaryDirectory directory;
  fake::FakeTpm tpm;
  std::atomic<int> shutdowns = 0;
  boost::asio::io_context context;
  std::unique_ptr<Server> server = std::make_unique<Server>(context, tpm, [this] {
    ++shutdowns;
    context.stop();
  });
  std::vector<Endpoint> data, control;
  std::thread runs;
};

TEST_F(SwtpmServer, CommandsAreAnsweredOverTcpAndUnix) {
  for (const auto& endpoint : data) {
    Client client(endpoint);
    for (auto text : {"", "a", "hello"}) {
      ASSERT_TRUE(client.send(echo(text)));
      EXPECT_EQ(client.receive(10 + std::strlen(text)), echoed(text));
    }
    // Several commands before any answer is read.
    client.send(echo("one"));
    client.send(echo("two"));
    EXPECT_EQ(client.receive(13), echoed("one"));
    EXPECT_EQ(client.receive(13), echoed("two"));
  }
}

TEST_F(SwtpmServer, TheSimulatorsFramingIsAnsweredInKind) {
  Client client(data[0]);
  auto command = echo("framed");
  Bytes request = word(8);
  request.push_back(2);
  append(request, word(static_cast<uint32_t>(command.size())));
  append(request, command);
  client.send(request);
  auto expected = word(16);
  append(expected, echoed("framed"));
  append(expected, word(0));
  EXPECT_EQ(client.receive(expected.size()), expected);
  EXPECT_EQ(tpm.last_locality, 2);
  client.send(word(20));
  EXPECT_TRUE(client.receive(1).empty());
}

TEST_F(SwtpmServer, ALocalityOutlivesItsConnection) {
  Client(control[1]).send({});
  {
    Client setter(control[0]);
    auto request = word(5);
    request.push_back(4);
    setter.send(request);
    EXPECT_EQ(setter.receive(4), word(0));
  }
  Client client(data[1]);
  client.send(echo("x"));
  client.receive(11);
  EXPECT_EQ(tpm.last_locality, 4);
}

TEST_F(SwtpmServer, ADataChannelMayBePassed) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Client mine{FileDescriptor(ends[0])};
  FileDescriptor theirs(ends[1]);
  Client client(control[1]);
  client.send(word(0x10));
  EXPECT_EQ(client.receive(4), word(3)) << "without a descriptor";
  ASSERT_TRUE(client.send_with_descriptor(word(0x10), theirs.get()));
  EXPECT_EQ(client.receive(4), word(0));
  theirs = FileDescriptor();
  mine.send(echo("passed"));
  EXPECT_EQ(mine.receive(16), echoed("passed"));
  FileDescriptor file(::open("/dev/null", O_RDWR));
  ASSERT_TRUE(client.send_with_descriptor(word(0x10), file.get()));
  EXPECT_EQ(client.receive(4), word(3)) << "with something that is no socket";
}

TEST_F(SwtpmServer, ACancelArrivesWhileACommandRuns) {
  Client client(data[0]), canceller(control[0]);
  client.send(fake::message(0x8001, fake::kLong, {}));
  tpm.wait_until_running();
  canceller.send(word(9));
  EXPECT_EQ(canceller.receive(4), word(0));
  EXPECT_EQ(client.receive(10), fake::message(0x8001, fake::kCanceled, {}));
}

TEST_F(SwtpmServer, StopAndInitDoNotWaitForALongCommand) {
  Client client(data[0]), controller(control[0]);
  client.send(fake::message(0x8001, fake::kLong, {}));
  tpm.wait_until_running();
  controller.send(word(0x0e));
  EXPECT_EQ(controller.receive(4), word(0));
  EXPECT_EQ(client.receive(10), fake::message(0x8001, fake::kCanceled, {}));
  client.send(echo("stopped"));
  EXPECT_EQ(client.receive(10), fake::message(0x8001, 0x101, {}));
  auto init = word(2);
  append(init, word(0));
  controller.send(init);
  EXPECT_EQ(controller.receive(4), word(0));
  expect_service();
}

TEST_F(SwtpmServer, TheCapabilityIsAnsweredWhileAnotherClientWaitsForTheTpm) {
  Client client(data[0]), waiting(control[0]), asking(control[1]);
  client.send(fake::message(0x8001, fake::kLong, {}));
  tpm.wait_until_running();
  waiting.send(word(4));
  asking.send(word(1));
  EXPECT_EQ(asking.receive(8).size(), 8u);
  tpm.release();
  EXPECT_EQ(waiting.receive(8), Bytes(8));
}

TEST_F(SwtpmServer, ShutdownIsAnsweredFirst) {
  Client client(control[0]);
  client.send(word(3));
  EXPECT_EQ(client.receive(4), word(0));
  runs.join();
  EXPECT_EQ(shutdowns, 1);
  runs = std::thread([] {});
}

TEST_F(SwtpmServer, GarbageIsAnsweredOrClosedAndTheNextClientServed) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    for (const auto& endpoint : {data[0], data[1], control[0], control[1]}) {
      Client client(endpoint);
      Bytes bytes(1 + random() % 200);
      for (auto& byte : bytes) byte = static_cast<uint8_t>(random());
      // No SHUTDOWN by accident.
      if (bytes[0] == 0) bytes[0] = 0xff;
      client.send(bytes);
      client.finish_sending();
      client.receive(5000);
    }
  }
  expect_service();
}

TEST_F(SwtpmServer, AnOversizedCommandIsAnsweredAndTheConnectionClosed) {
  Client client(data[0]);
  auto command = echo("too large");
  store_be<uint32_t>(MutableByteView(command).subspan(2), kMaxBufferSize + 1);
  client.send(command);
  EXPECT_EQ(client.receive(11), fake::message(0x8001, 0x142, {}));
}

TEST_F(SwtpmServer, TheLargestCommandsAndResponsesPass) {
  Client client(data[0]);
  const std::string text(kMaxBufferSize - 10, 'x');
  for (int i = 0; i < 3; ++i) {
    client.send(echo(text));
    EXPECT_EQ(client.receive(kMaxBufferSize), echoed(text));
  }
}

TEST_F(SwtpmServer, IdleAndHalfDoneClientsDoNotHinderOthers) {
  Client half_data(data[0]), half_control(control[0]);
  half_data.send(Bytes{0x80, 0x01, 0, 0});
  half_control.send(Bytes{0, 0});
  expect_service();
}

TEST_F(SwtpmServer, TooManyClientsAreTurnedAwayUntilSomeLeave) {
  {
    std::vector<std::unique_ptr<Client>> clients;
    bool turned_away = false;
    for (int i = 0; i < 100 && !turned_away; ++i) {
      clients.push_back(std::make_unique<Client>(data[1]));
      clients.back()->send(echo("x"));
      turned_away = clients.back()->receive(11).empty();
    }
    EXPECT_TRUE(turned_away);
  }
  // Their connections end soon, not at once.
  bool served = false;
  while (!served) {
    Client client(data[1]);
    served = client.send(echo("x")) && client.receive(11).size() == 11;
  }
}

TEST_F(SwtpmServer, WhatTheServiceThrowsEndsTheContext) {
  context.stop();
  runs.join();
  context.restart();
  Client client(data[0]);
  client.send(fake::message(0x8001, fake::kThrow, {}));
  auto guard = boost::asio::make_work_guard(context);
  EXPECT_THROW(context.run(), std::runtime_error);
  runs = std::thread([] {});
}

TEST(SwtpmServerEnd, ARunningCommandIsCancelled) {
  TemporaryDirectory directory;
  fake::FakeTpm tpm;
  boost::asio::io_context context;
  Endpoint endpoint{.kind = Endpoint::Kind::Unix, .path = directory / "tpm"};
  {
    Server server(context, tpm, [] {});
    server.serve_data(ListeningSocket(endpoint, "--swtpm-server"));
    Client client(endpoint);
    client.send(fake::message(0x8001, fake::kLong, {}));
    tpm.wait_until_running();
  }
  EXPECT_EQ(tpm.cancelled, 1);
  struct stat status;
  EXPECT_NE(::lstat(endpoint.path.c_str(), &status), 0) << "the socket file is left";
}

}  // namespace
}  // namespace vtpm::device::swtpm
