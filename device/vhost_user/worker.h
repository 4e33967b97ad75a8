// SPDX-License-Identifier: Apache-2.0
// Runs one long command at a time on a thread of its own.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <thread>

#include "base/secret.h"

namespace vtpm::device::vhost_user {

class Worker {
 public:
  // Waits for a job that still runs.
  ~Worker() {
    if (thread_.joinable()) thread_.join();
  }

  bool busy() const { return thread_.joinable(); }

  // Returns when no job runs; busy until finish() all the same.
  void wait() const { running_.wait(true, std::memory_order_acquire); }

  // Must not be busy. `done` is called on the worker's thread, as its last act.
  void start(std::function<Secret()> job, std::function<void()> done) {
    running_.store(true, std::memory_order_relaxed);
    thread_ = std::thread([this, job = std::move(job), done = std::move(done)] {
      try {
        result_ = job();
      } catch (...) {
        failure_ = std::current_exception();
      }
      running_.store(false, std::memory_order_release);
      running_.notify_all();
      done();
    });
  }

  // The job's result, or its exception. Waits for the thread; not busy afterwards.
  Secret finish() {
    thread_.join();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return std::move(result_);
  }

 private:
  std::thread thread_;
  std::atomic<bool> running_ = false;
  Secret result_;
  std::exception_ptr failure_;
};

}  // namespace vtpm::device::vhost_user
