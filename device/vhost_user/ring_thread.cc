// SPDX-License-Identifier: Apache-2.0
#include "device/vhost_user/ring_thread.h"

#include <utility>

namespace vtpm::device::vhost_user {
namespace {

// Tells of the writes before the interface hears of them.
class WatchedInterface final : public RegisterInterface {
 public:
  WatchedInterface(std::unique_ptr<RegisterInterface> interface, uint32_t id, RegisterWatch& watch)
      : interface_(std::move(interface)), fifo_(id == VUT_INTERFACE_TIS), watch_(watch) {}

  bool write(const vut_entry& entry) override {
    if (entry.kind != VUT_ENTRY_WRITE) return interface_->write(entry);
    watch_.written({.locality = entry.locality,
                    .offset = static_cast<uint16_t>(entry.offset),
                    .size = entry.size,
                    .value = entry.value,
                    .data = !fifo_ && entry.offset >= VUT_CRB_BUFFER,
                    .fifo = fifo_});
    return interface_->write(entry);
  }
  void response(ByteView response) override { interface_->response(response); }
  void failed() override { interface_->failed(); }
  void reset(bool established) override { interface_->reset(established); }

 private:
  std::unique_ptr<RegisterInterface> interface_;
  bool fifo_;
  RegisterWatch& watch_;
};

std::unique_ptr<RegisterInterface> make_watched_interface(const vut_interface& choice,
                                                          SharedMemory& memory, InterfaceHost& host,
                                                          TpmService& service) {
  auto interface = make_interface(choice.id, memory, host,
                                  {.established = service.established(),
                                   .interrupts = (choice.flags & VUT_INTERFACE_INTERRUPTS) != 0,
                                   .line = static_cast<uint8_t>(choice.line)});
  RegisterWatch* watch = service.register_watch();
  if (!watch) return interface;
  return std::make_unique<WatchedInterface>(std::move(interface), choice.id, *watch);
}

}  // namespace

RingThread::RingThread(TpmService& service, const vut_interface& interface,
                       std::chrono::nanoseconds spin, Events events)
    : service_(service),
      events_(std::move(events)),
      ring_(memory_, spin),
      interface_(make_watched_interface(interface, memory_, *this, service)),
      command_(*this),
      thread_([this] { run(); }) {}

RingThread::~RingThread() {
  request_stop();
  thread_.join();
}

void RingThread::attract(uint32_t bit) {
  attention_.fetch_or(bit, std::memory_order_seq_cst);
  wake_.signal();
}

void RingThread::run() {
  std::exception_ptr failure;
  try {
    serve();
  } catch (...) {
    failure = std::current_exception();
  }
  // Handed on only now that this thread is done with the exception itself.
  if (!failure) return;
  command_.cancelled = true;
  events_.failed(std::move(failure));
}

void RingThread::serve() {
  ring_.publish_cpu();
  for (;;) {
    if (attention_.load(std::memory_order_relaxed) != 0 &&
        !attend(attention_.exchange(0, std::memory_order_seq_cst)))
      return;
    if (broken_) {
      wake_.wait();
      continue;
    }
    vut_entry entry;
    switch (ring_.take(entry)) {
      case Ring::Next::Entry:
        serve_entry(entry);
        break;
      case Ring::Next::Insane:
        report_broken();
        break;
      case Ring::Next::Nothing:
        if (!ring_.keep_spinning()) ring_.sleep(wake_);
        break;
    }
  }
}

void RingThread::serve_entry(const vut_entry& entry) {
  if (!interface_->write(entry)) return report_broken();
  if (submitted_) run_submitted();
  ring_.complete();
}

void RingThread::run_submitted() {
  submitted_ = false;
  const auto execute = [this] {
    Secret response =
        service_.execute(command_.locality, command_.bytes, kRegisterMessageSize, command_);
    wipe(command_.bytes);  // it may hold authorization values
    return response;
  };
  if (service_.may_take_long(command_.bytes))
    worker_.start(execute, [this] { attract(kDone); });
  else
    interface_->response(execute().view());
}

void RingThread::report_broken() {
  broken_ = true;
  events_.broken("the front-end posted what no front-end may: entry " +
                 std::to_string(ring_.number()) + " of the ring, or its index");
}

bool RingThread::attend(uint32_t attention) {
  if (attention & kStop) {
    command_.cancelled = true;
    return false;
  }
  if (attention & kDone) {
    interface_->response(worker_.finish().view());
    ring_.wake_front_end();
  }
  if (attention & kReset) {
    reset_pending_ = true;
    command_.cancelled = true;
  }
  if (reset_pending_ && !worker_.busy()) reset();
  return true;
}

void RingThread::reset() {
  reset_pending_ = false;
  service_.power_on();
  interface_->reset(service_.established());
  ring_.drop_posted();
  events_.reset_done();
}

bool RingThread::RunningCommand::requested() const {
  return cancelled.load(std::memory_order_relaxed) ||
         (thread_.attention_.load(std::memory_order_relaxed) & (kStop | kReset)) != 0 ||
         shared(thread_.memory_.control().cancel[locality]).load(std::memory_order_relaxed) >
             posted;
}

void RingThread::submit(uint8_t locality, ByteView command) {
  command_.locality = locality;
  command_.posted = ring_.number() + 1;
  command_.bytes.assign(command.begin(), command.end());
  command_.cancelled = false;
  submitted_ = true;
  // The copy is what will be parsed; nothing may be read from the shared memory again.
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void RingThread::cancel() {
  command_.cancelled = true;
}

// A command that still runs is nobody's any more and was cancelled. It ends first: a command within
// the sequence would end that.
void RingThread::hash_start() {
  worker_.wait();
  service_.hash_start();
}

void RingThread::hash_data(ByteView data) {
  service_.hash_data(data);
}

bool RingThread::hash_end() {
  service_.hash_end();
  return service_.established();
}

bool RingThread::reset_established(uint8_t locality) {
  service_.reset_established(locality);
  return service_.established();
}

}  // namespace vtpm::device::vhost_user
