// SPDX-License-Identifier: Apache-2.0
// The thread that serves the shared memory of one connected front-end: it takes posted accesses,
// drives the register interface, runs short commands itself and long ones on a worker.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "device/tpm_service.h"
#include "device/vhost_user/register_interface.h"
#include "device/vhost_user/ring.h"
#include "device/vhost_user/worker.h"

namespace vtpm::device::vhost_user {

class RingThread final : private InterfaceHost {
 public:
  // Called on the ring thread.
  struct Events {
    std::function<void()> reset_done;
    // The front-end broke a rule of the shared memory; nothing more of it will be served.
    std::function<void(std::string why)> broken;
    // The service threw; the thread has ended.
    std::function<void(std::exception_ptr)> failed;
  };

  // `interface` is one that Protocol has accepted. Throws std::system_error when the system refuses
  // memory, descriptors or a thread.
  RingThread(TpmService& service, const vut_interface& interface, std::chrono::nanoseconds spin,
             Events events);
  // Stops, and waits for the thread and its worker: as long as a command takes to notice a cancel.
  ~RingThread() override;

  const SharedMemory& memory() const { return memory_; }

  // From any thread. A running command is asked to cancel. A reset ends in Events::reset_done.
  void request_reset() { attract(kReset); }
  void request_stop() { attract(kStop); }

 private:
  // Whether the running command is to end early: asked by the interface, by a reset or a stop, or
  // by the front-end through the control page, ahead of the entry in the ring.
  class RunningCommand final : public engine::Cancellation {
   public:
    explicit RunningCommand(RingThread& thread) : thread_(thread) {}
    bool requested() const override;

    uint8_t locality = 0;
    uint64_t posted = 0;  // the producer index just after its START
    Bytes bytes;
    std::atomic<bool> cancelled = false;

   private:
    RingThread& thread_;
  };

  static constexpr uint32_t kStop = 1, kReset = 2, kDone = 4;

  void submit(uint8_t locality, ByteView command) override;
  void cancel() override;
  void hash_start() override;
  void hash_data(ByteView data) override;
  bool hash_end() override;
  bool reset_established(uint8_t locality) override;

  void attract(uint32_t bit);
  void run();
  void serve();
  void serve_entry(const vut_entry& entry);
  void run_submitted();
  void report_broken();
  // False: stop.
  bool attend(uint32_t attention);
  void reset();

  TpmService& service_;
  Events events_;
  SharedMemory memory_;
  Ring ring_;
  std::unique_ptr<RegisterInterface> interface_;
  RunningCommand command_;
  bool submitted_ = false;
  bool reset_pending_ = false;
  bool broken_ = false;
  EventFd wake_;
  alignas(VUT_LINE) std::atomic<uint32_t> attention_ = 0;
  Worker worker_;
  std::thread thread_;
};

}  // namespace vtpm::device::vhost_user
