// SPDX-License-Identifier: Apache-2.0
// A TpmService whose commands are chosen by their code, for tests of the transport.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>

#include "device/tpm_service.h"

namespace vtpm::device::vhost_user::test {

inline constexpr uint32_t kEcho = 0x17B;         // answers with its own body
inline constexpr uint32_t kLong = 0x131;         // a long one: runs until cancelled or released
inline constexpr uint32_t kStubborn = 0x144;     // thought to be short, but does the same
inline constexpr uint32_t kSilent = 0x145;       // answers with no bytes at all
inline constexpr uint32_t kThrow = 0x146;        // the service fails
inline constexpr uint32_t kCanceled = 0x909;     // TPM_RC_CANCELED
inline constexpr uint32_t kCommandSize = 0x142;  // TPM_RC_COMMAND_SIZE

inline Bytes message(uint16_t tag, uint32_t code, ByteView body) {
  Bytes bytes;
  Writer writer(bytes);
  writer.put_be<uint16_t>(tag);
  writer.put_be<uint32_t>(static_cast<uint32_t>(10 + body.size()));
  writer.put_be<uint32_t>(code);
  writer.put(body);
  return bytes;
}

// Commands without sessions, and the answer to the first.
inline Bytes echo(std::string_view text) {
  return message(0x8001, kEcho, text_bytes(text));
}
inline Bytes plain(uint32_t code) {
  return message(0x8001, code, {});
}
inline Bytes echoed(std::string_view text) {
  return message(0x8001, 0, text_bytes(text));
}

class FakeTpm final : public TpmService {
 public:
  Secret execute(uint8_t locality, ByteView command, size_t maximum_size,
                 const engine::Cancellation& cancellation) override {
    ++executed;
    last_locality = locality;
    last_maximum_size = maximum_size;
    if (command.size() < 10 || load_be<uint32_t>(command.subspan(2)) != command.size())
      return answer(kCommandSize, {});
    switch (load_be<uint32_t>(command.subspan(6))) {
      case kLong:
      case kStubborn:
        return run_until_told(cancellation);
      case kSilent:
        return Secret();
      case kThrow:
        throw std::runtime_error("the fake TPM has failed");
      default:
        return answer(0, command.subspan(10));
    }
  }

  bool may_take_long(ByteView command) const override {
    return command.size() >= 10 && load_be<uint32_t>(command.subspan(6)) == kLong;
  }
  void power_on() override { ++powered_on; }
  void hash_start() override {
    ++hash_starts;
    if (running != 0) ++disturbed_sequences;
  }
  void hash_data(ByteView data) override { hashed += data.size(); }
  void hash_end() override { is_established = true; }
  bool established() override { return is_established; }
  bool reset_established(uint8_t locality) override {
    if (locality < 3) return false;
    is_established = false;
    return true;
  }

  RegisterWatch* register_watch() override { return watch; }

  // Lets a long command end with success.
  void release() { released = true; }
  void wait_until_running() const {
    while (running == 0) std::this_thread::yield();
  }
  void wait_until_idle() const {
    while (running != 0) std::this_thread::yield();
  }

  std::atomic<int> executed = 0, powered_on = 0, hash_starts = 0, running = 0, cancelled = 0;
  std::atomic<int> disturbed_sequences = 0;  // begun while a command ran
  std::atomic<size_t> hashed = 0, last_maximum_size = 0;
  std::atomic<uint8_t> last_locality = 0xFF;
  std::atomic<bool> is_established = false, released = false;
  RegisterWatch* watch = nullptr;  // set before a front-end connects

 private:
  static Secret answer(uint32_t code, ByteView body) {
    return Secret(ByteView(message(0x8001, code, body)));
  }

  Secret run_until_told(const engine::Cancellation& cancellation) {
    ++running;
    while (!released && !cancellation.requested()) std::this_thread::yield();
    --running;
    if (released) return answer(0, {});
    ++cancelled;
    return answer(kCanceled, {});
  }
};

}  // namespace vtpm::device::vhost_user::test
