// SPDX-License-Identifier: Apache-2.0
// A vhost-user server over a fake TPM, running on a thread of its own.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "device/vhost_user/server.h"
#include "tests/device/temporary_directory.h"
#include "tests/device/vhost_user/fake_tpm.h"
#include "tests/device/vhost_user/test_front_end.h"

namespace vtpm::device::vhost_user::test {

class BackEnd {
 public:
  // Listens in a directory of its own.
  BackEnd() : BackEnd(Options{}) {}
  explicit BackEnd(std::chrono::nanoseconds spin) : BackEnd(Options{.spin = spin}) {}
  // With an inherited socket, or with a path of its own when there is none.
  explicit BackEnd(Options options) {
    if (!options.fd) options.socket_path = path();
    options.log = [this](const std::string& line) {
      std::lock_guard lock(mutex_);
      lines_.push_back(line);
    };
    options.on_last_front_end_gone = [this] { front_end_gone = true; };
    server_ = std::make_unique<Server>(io_, tpm, std::move(options));
    thread_ = std::thread([this] {
      try {
        io_.run();
      } catch (const std::exception& failure) {
        failure_ = failure.what();
      }
    });
  }
  ~BackEnd() { stop(); }

  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }
  // What came out of the io_context, once it has.
  std::string wait_for_failure() {
    thread_.join();
    return failure_;
  }

  std::string path() const { return directory_ / "socket"; }
  FrontEnd connect() const { return FrontEnd::connect(path()); }
  // A front-end that has been set up; the last one must have hung up.
  FrontEnd next_front_end(uint32_t interface_id = VUT_INTERFACE_CRB,
                          std::optional<uint32_t> line = {}) const {
    return next_front_end(path(), interface_id, line);
  }
  static FrontEnd next_front_end(const std::string& path, uint32_t interface_id = VUT_INTERFACE_CRB,
                                 std::optional<uint32_t> line = {});
  std::vector<std::string> log() {
    std::lock_guard lock(mutex_);
    return lines_;
  }

  FakeTpm tpm;
  std::atomic<bool> front_end_gone = false;

 private:
  TemporaryDirectory directory_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  std::unique_ptr<Server> server_;
  std::string failure_;
  std::thread thread_;
};

// How long the back-end and the front-end spin before they sleep.
using SpinOrSleep =
    testing::TestWithParam<std::pair<std::chrono::nanoseconds, std::chrono::nanoseconds>>;
inline auto spin_or_sleep() {
  using std::chrono_literals::operator""ns;
  return testing::Values(std::pair(50000ns, 50000ns), std::pair(50000ns, 0ns),
                         std::pair(0ns, 50000ns), std::pair(0ns, 0ns));
}

// The back-end may still be busy noticing that the last one is gone.
inline FrontEnd BackEnd::next_front_end(const std::string& path, uint32_t interface_id,
                                        std::optional<uint32_t> line) {
  for (;;) {
    FrontEnd candidate = FrontEnd::connect(path);
    if (candidate.ask(VUT_GET_FEATURES).request != VUT_GET_FEATURES) continue;
    candidate.set_up(interface_id, line);
    return candidate;
  }
}

}  // namespace vtpm::device::vhost_user::test
