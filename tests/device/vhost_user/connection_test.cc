// SPDX-License-Identifier: Apache-2.0
// Front-ends that come and go, the socket that they come to, and the end of the back-end.
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "device/operator_error.h"
#include "tests/device/vhost_user/back_end.h"

namespace vtpm::device::vhost_user::test {
namespace {

TEST(Connection, TheTpmOutlivesItsFrontEnds) {
  BackEnd back_end;
  for (int i = 0; i < 5; ++i) {
    FrontEnd front_end = back_end.next_front_end();
    front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
    EXPECT_EQ(front_end.command(0, echo("hello")), echoed("hello"));
  }
}

TEST(Connection, AFrontEndThatVanishesCancelsItsCommand) {
  BackEnd back_end;
  for (const uint32_t code : {kLong, kStubborn}) {
    {
      FrontEnd front_end = back_end.next_front_end();
      front_end.begin(plain(code));
      back_end.tpm.wait_until_running();
    }
    back_end.tpm.wait_until_idle();
    FrontEnd front_end = back_end.next_front_end();
    front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
    EXPECT_EQ(front_end.command(0, echo("next")), echoed("next"));
  }
  EXPECT_EQ(back_end.tpm.cancelled, 2);
}

TEST(Connection, ASecondFrontEndIsRefusedAndTheFirstGoesOn) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  EXPECT_EQ(back_end.connect().goodbye(), VUT_REASON_BUSY);
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  EXPECT_EQ(front_end.command(0, echo("still here")), echoed("still here"));
}

TEST(Connection, TheBackEndSaysThatItEnds) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.begin(plain(kLong));
  back_end.tpm.wait_until_running();
  back_end.stop();
  EXPECT_EQ(front_end.goodbye(), VUT_REASON_SHUTDOWN);
  EXPECT_EQ(back_end.tpm.cancelled, 1);
  EXPECT_EQ(access(back_end.path().c_str(), F_OK), -1);
}

TEST(Connection, AFailureOfTheTpmEndsTheProcessNotJustTheThread) {
  BackEnd back_end;
  FrontEnd front_end = back_end.connect();
  front_end.set_up();
  front_end.begin(plain(kThrow));
  EXPECT_EQ(back_end.wait_for_failure(), "the fake TPM has failed");
}

TEST(Connection, AnInheritedConnectionServesOneFrontEnd) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  BackEnd back_end(Options{.fd = pair[0]});
  {
    FrontEnd front_end{FileDescriptor(pair[1])};
    front_end.set_up();
    EXPECT_FALSE(back_end.front_end_gone);
  }
  while (!back_end.front_end_gone) std::this_thread::yield();
}

TEST(Connection, AnInheritedListenerServesOneAfterTheOther) {
  TemporaryDirectory directory;
  const std::string path = directory / "socket";
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 4), 0);
  {
    BackEnd back_end(Options{.fd = listener});
    for (int i = 0; i < 3; ++i) {
      FrontEnd front_end = BackEnd::next_front_end(path);
      EXPECT_NE(front_end.read32(0, VUT_CRB_INTF_ID), 0u);
    }
    EXPECT_FALSE(back_end.front_end_gone);
  }
  // The file is the parent's.
  EXPECT_EQ(access(path.c_str(), F_OK), 0);
}

TEST(Connection, AFrontEndMayVanishInTheMiddleOfAReset) {
  BackEnd back_end;
  for (int i = 0; i < 5; ++i) {
    FrontEnd front_end = back_end.next_front_end();
    front_end.begin(plain(kLong));
    back_end.tpm.wait_until_running();
    front_end.send(VUT_RESET_DEVICE, {}, VUT_FLAG_VERSION | VUT_FLAG_NEED_REPLY);
  }
  FrontEnd front_end = back_end.next_front_end();
  front_end.write32(0, VUT_CRB_LOC_CTRL, kRequestAccess);
  EXPECT_EQ(front_end.command(0, echo("next")), echoed("next"));
}

TEST(Connection, OptionsThatCannotBeAreRefused) {
  boost::asio::io_context io;
  FakeTpm tpm;
  EXPECT_THROW(Server(io, tpm, Options{}), OperatorError);
  EXPECT_THROW(Server(io, tpm, Options{.socket_path = "/nonexistent/socket"}), OperatorError);
  EXPECT_THROW(Server(io, tpm, Options{.socket_path = "/etc/passwd"}), OperatorError);
  EXPECT_THROW(Server(io, tpm, Options{.socket_path = ""}), OperatorError);
  EXPECT_THROW(Server(io, tpm, Options{.fd = 99999}), OperatorError);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_THROW(Server(io, tpm, Options{.fd = ends[0]}), OperatorError);
  close(ends[0]);
  close(ends[1]);
  BackEnd back_end;
  EXPECT_THROW(Server(io, tpm, Options{.socket_path = back_end.path()}), OperatorError);
}

}  // namespace
}  // namespace vtpm::device::vhost_user::test
