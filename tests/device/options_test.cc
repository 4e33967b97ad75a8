// SPDX-License-Identifier: Apache-2.0
#include "device/options.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "device/operator_error.h"
#include "device/profile_text.h"

namespace vtpm::device {
namespace {

std::string refusal(const std::vector<std::string>& arguments) {
  try {
    parse_options(arguments);
  } catch (const OperatorError& error) {
    return error.what();
  }
  return {};
}

void expect_refused(const std::vector<std::string>& arguments, const std::string& naming) {
  auto line = refusal(arguments);
  EXPECT_NE(line.find(naming), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

TEST(Options, EveryOptionIsUnderstood) {
  auto options =
      parse_options({"--socket-path=/run/s", "--swtpm-server=tcp:127.0.0.1:2321", "--swtpm-server",
                     "unix:/d", "--swtpm-ctrl=tcp:[::1]:0", "--state-dir=/var/tpm",
                     "--startup=clear", "--pid-file=/run/p", "--trace=/tmp/t", "--trace-secrets"});
  EXPECT_EQ(options.socket_path, "/run/s");
  ASSERT_EQ(options.swtpm_server.size(), 2u);
  EXPECT_EQ(options.swtpm_server[0].host, "127.0.0.1");
  EXPECT_EQ(options.swtpm_server[0].port, 2321);
  EXPECT_EQ(options.swtpm_server[1].path, "/d");
  EXPECT_EQ(options.swtpm_ctrl.at(0).host, "::1");
  EXPECT_EQ(options.state_dir, "/var/tpm");
  EXPECT_EQ(options.pid_file, "/run/p");
  EXPECT_TRUE(options.startup_clear);
  EXPECT_EQ(options.trace, "/tmp/t");
  EXPECT_TRUE(options.trace_secrets);
  EXPECT_FALSE(options.profile);
  EXPECT_EQ(parse_options({"--fd=3"}).fd, 3);
  EXPECT_FALSE(parse_options({"--fd=3", "--startup=none"}).startup_clear);
  EXPECT_TRUE(parse_options({"--print-capabilities"}).print_capabilities);
  EXPECT_TRUE(parse_options({"--help"}).help);
  EXPECT_TRUE(parse_options({"--version"}).version);
}

TEST(Options, AProfileIsWordsOrTheUsualOne) {
  auto profile = [](const std::string& words) {
    return *parse_options({"--fd=3", "--profile=" + words}).profile;
  };
  EXPECT_EQ(profile("usual"), engine::Profile());
  EXPECT_EQ(profile("no-sha1"), engine::Profile{.sha1 = false});
  EXPECT_EQ(profile("ecc-p192,rsa-1024"), engine::kWholeProfile);
  for (const char* words : {"usual", "no-sha1", "no-sha3", "rsa-1024,ecc-p192"})
    EXPECT_EQ(to_text(profile(words)), words);
  for (const char* words : {"sha1", "no-sha1,", "no-sha1,,ecc-p192", "usual,no-sha1"})
    expect_refused({"--fd=3", std::string("--profile=") + words},
                   "no-sha1,no-sha3,rsa-1024,ecc-p192");
}

TEST(Options, WhatIsWrongIsNamed) {
  expect_refused({}, "--socket-path");
  expect_refused({"--state-dir=/x"}, "--swtpm-server");
  expect_refused({"--no-such-option"}, "--no-such-option");
  expect_refused({"--sock=/x"}, "--sock");
  expect_refused({"stray"}, "stray");
  expect_refused({"--fd=abc"}, "--fd");
  expect_refused({"--fd=-1"}, "--fd");
  expect_refused({"--fd=3", "--socket-path=/x"}, "--fd");
  expect_refused({"--socket-path="}, "--socket-path");
  expect_refused({"--socket-path=/a", "--socket-path=/b"}, "--socket-path");
  expect_refused({"--swtpm-server=127.0.0.1:1"}, "--swtpm-server");
  expect_refused({"--swtpm-ctrl=tcp:host"}, "--swtpm-ctrl");
  expect_refused({"--fd=3", "--startup=state"}, "--startup=state");
  expect_refused({"--fd=3", "--state-dir="}, "--state-dir");
  expect_refused({"--fd=3", "--trace-secrets"}, "--trace=FILE");
}

TEST(Options, TheCapabilitiesAreJson) {
  auto text = nlohmann::json::parse(capabilities_text());
  EXPECT_EQ(text["type"], "tpm");
  EXPECT_TRUE(text["features"].is_array());
}

TEST(Endpoint, TextAndValueMatch) {
  for (const std::string text : {"tcp:127.0.0.1:0", "tcp:localhost:65535", "tcp:[::1]:2321",
                                 "unix:/run/a:b", "unix:relative"}) {
    auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_string(*endpoint), text);
  }
  for (const std::string text :
       {"", "tcp:", "tcp::1", "tcp:host:", "tcp:host:65536", "tcp:host:-1", "tcp:host:1x",
        "tcp:::1:5", "tcp:[]:1", "unix:", "udp:host:1", "/run/socket", "tcp:1"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace vtpm::device
