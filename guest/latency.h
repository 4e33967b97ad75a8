// SPDX-License-Identifier: Apache-2.0
// Times short TPM commands: the same ones wherever they are sent, so that figures are comparable.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <time.h>
#include <vector>

#include "base/bytes.h"

namespace vtpm::latency {

inline constexpr uint16_t kTagNoSessions = 0x8001;
inline constexpr uint16_t kTagSessions = 0x8002;
inline constexpr uint32_t kPcrForDebugging = 16;  // any locality may extend and reset it
inline constexpr uint16_t kAlgSha256 = 0x000b;
inline constexpr size_t kHeaderSize = 10;

struct NamedCommand {
  const char* name;
  Bytes bytes;
};

// A command without its size, which is filled in here (Part 1, 15.2).
template <class Body>
Bytes command(uint16_t tag, uint32_t code, Body body) {
  Bytes bytes;
  Writer out(bytes);
  out.put_be<uint16_t>(tag);
  out.put_be<uint32_t>(0);
  out.put_be<uint32_t>(code);
  body(out);
  out.patch_be<uint32_t>(2, static_cast<uint32_t>(bytes.size()));
  return bytes;
}

// The empty password, TPM_RS_PW (Part 1, 16.4).
inline void put_empty_password(Writer& out) {
  out.put_be<uint32_t>(9);
  out.put_be<uint32_t>(0x40000009);
  out.put_be<uint16_t>(0);
  out.put_be<uint8_t>(0);
  out.put_be<uint16_t>(0);
}

inline std::vector<NamedCommand> commands() {
  return {
      {"TPM2_GetRandom(16)",
       command(kTagNoSessions, 0x17b, [](Writer& out) { out.put_be<uint16_t>(16); })},
      {"TPM2_ReadClock", command(kTagNoSessions, 0x181, [](Writer&) {})},
      {"TPM2_PCR_Read(0-7)", command(kTagNoSessions, 0x17e,
                                     [](Writer& out) {
                                       out.put_be<uint32_t>(1);
                                       out.put_be<uint16_t>(kAlgSha256);
                                       out.put(std::array<uint8_t, 4>{3, 0xff, 0, 0});
                                     })},
      {"TPM2_PCR_Extend", command(kTagSessions, 0x182,
                                  [](Writer& out) {
                                    out.put_be<uint32_t>(kPcrForDebugging);
                                    put_empty_password(out);
                                    out.put_be<uint32_t>(1);
                                    out.put_be<uint16_t>(kAlgSha256);
                                    out.put(std::array<uint8_t, 32>{});
                                  })},
  };
}

// The response code in a response's header; not zero when that is not there.
inline uint32_t response_code(ByteView response) {
  return response.size() < kHeaderSize ? ~0u : load_be<uint32_t>(response.subspan(6, 4));
}

inline uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

// Sends each command `samples` times, after a few that are not counted, and prints one line for it:
// name, samples, median, 99th percentile and minimum in nanoseconds, separated by tabs.
// `run(command)` is what is timed.
template <class Run>
void measure(size_t samples, Run run) {
  for (const NamedCommand& command : commands()) {
    const size_t warm_up = std::min<size_t>(samples / 10 + 1, 50);
    for (size_t i = 0; i < warm_up; ++i) run(command);
    std::vector<uint64_t> times(samples);
    for (uint64_t& time : times) {
      const uint64_t begin = now_ns();
      run(command);
      time = now_ns() - begin;
    }
    std::sort(times.begin(), times.end());
    const auto percentile = [&](size_t percent) {
      return static_cast<unsigned long long>(times[(samples - 1) * percent / 100]);
    };
    std::printf("%s\t%zu\t%llu\t%llu\t%llu\n", command.name, samples, percentile(50),
                percentile(99), percentile(0));
    std::fflush(stdout);
  }
}

}  // namespace vtpm::latency
