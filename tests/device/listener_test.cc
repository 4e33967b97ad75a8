// SPDX-License-Identifier: Apache-2.0
#include "device/listener.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "device/operator_error.h"
#include "tests/device/temporary_directory.h"

namespace vtpm::device {
namespace {

std::string refusal(const Endpoint& endpoint) {
  try {
    ListeningSocket socket(endpoint, "--door");
  } catch (const OperatorError& error) {
    return error.what();
  }
  return {};
}

Endpoint unix_endpoint(const std::string& path) {
  return {.kind = Endpoint::Kind::Unix, .path = path};
}

TEST(ListeningSocket, AChosenPortIsKnown) {
  ListeningSocket socket({.kind = Endpoint::Kind::Tcp, .host = "127.0.0.1"}, "--door");
  EXPECT_NE(socket.endpoint().port, 0);
  auto line = refusal(socket.endpoint());
  EXPECT_NE(line.find("--door"), std::string::npos);
  EXPECT_NE(line.find("in use"), std::string::npos) << line;
}

TEST(ListeningSocket, AUnixSocketIsForItsUserAndGroupAndGoesAtTheEnd) {
  TemporaryDirectory directory;
  auto path = directory / "socket";
  {
    ListeningSocket socket(unix_endpoint(path), "--door");
    struct stat status;
    ASSERT_EQ(::lstat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0007, 0u);
    EXPECT_NE(refusal(unix_endpoint(path)).find("in use"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListeningSocket, AStaleSocketFileIsReplaced) {
  TemporaryDirectory directory;
  auto path = directory / "socket";
  {
    ListeningSocket socket(unix_endpoint(path), "--door");
    std::filesystem::rename(path, path + ".kept");
  }
  std::filesystem::rename(path + ".kept", path);
  EXPECT_EQ(refusal(unix_endpoint(path)), "");
}

TEST(ListeningSocket, AnotherProcessesSocketFileIsLeftAtTheEnd) {
  TemporaryDirectory directory;
  auto path = directory / "socket";
  auto first = std::make_unique<ListeningSocket>(unix_endpoint(path), "--door");
  std::filesystem::remove(path);
  ListeningSocket second(unix_endpoint(path), "--door");
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListeningSocket, AFileThatIsNoSocketIsLeftAlone) {
  TemporaryDirectory directory;
  auto path = directory / "file";
  std::ofstream(path) << "precious";
  EXPECT_NE(refusal(unix_endpoint(path)).find("not a socket"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path), 8u);
}

TEST(ListeningSocket, ImpossibleAddressesAreNamed) {
  TemporaryDirectory directory;
  EXPECT_NE(refusal(unix_endpoint(directory / std::string(120, 'x'))).find("longer than"),
            std::string::npos);
  EXPECT_NE(refusal(unix_endpoint(directory / "no/such")).find("No such file"), std::string::npos);
  EXPECT_NE(refusal({.kind = Endpoint::Kind::Tcp, .host = "256.0.0.1"}), "");
}

}  // namespace
}  // namespace vtpm::device
