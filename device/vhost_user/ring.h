// SPDX-License-Identifier: Apache-2.0
// The consuming end of the ring, and the rules by which it spins, sleeps and wakes the front-end
// (docs/protocol.md, 4). For one thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "device/vhost_user/shared_memory.h"

namespace vtpm::device::vhost_user {

class Ring {
 public:
  Ring(SharedMemory& memory, std::chrono::nanoseconds spin);

  enum class Next { Entry, Nothing, Insane };

  // Copies the next posted entry. Insane: the producer index is impossible, or the entry is not
  // one.
  Next take(vut_entry& entry);
  // Marks the entry taken last as carried out, and wakes a sleeping front-end.
  void complete();
  // Wakes the front-end if it sleeps; the effect to be seen was stored sequentially consistent.
  void wake_front_end() const;
  // Marks everything posted so far as carried out without looking at it.
  void drop_posted();
  // The number of the entry taken last: how many had been taken before.
  uint64_t number() const { return consumed_; }

  // Call repeatedly while there is nothing to do: pauses, and says false once sleeping is better.
  bool keep_spinning();
  // Sleeps until the front-end posts or `wake` is signalled; clears both.
  void sleep(const EventFd& wake);
  void publish_cpu();

 private:
  bool posted() const;
  bool shares_cpu_with_front_end() const;

  SharedMemory& memory_;
  std::chrono::nanoseconds spin_;
  uint64_t consumed_ = 0;
  uint32_t cpu_ = VUT_CPU_UNKNOWN;
  bool spinning_ = false;
  std::chrono::steady_clock::time_point spin_until_;
};

}  // namespace vtpm::device::vhost_user
