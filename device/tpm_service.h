// SPDX-License-Identifier: Apache-2.0
// The one TPM of this process, as its front doors (vhost-user, swtpm) see it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/secret.h"
#include "device/register_watch.h"
#include "engine/ports.h"

namespace vtpm::device {

// What guests are told of the registers: the CRB's data buffer. The FIFO's has some more, but that
// is not to make another TPM of it.
inline constexpr size_t kRegisterMessageSize = 3968;

// Safe to call from any thread; calls are serialized, so one that arrives while a long command
// runs waits for it. A transport's test substitutes a fake.
class TpmService {
 public:
  virtual ~TpmService() = default;

  // Runs one command to its end on the calling thread. What it changed durably is on disk before
  // the response is returned. `maximum_size` is what the front door carries of a command and of a
  // response. `cancellation` is polled by long commands.
  virtual Secret execute(uint8_t locality, ByteView command, size_t maximum_size,
                         const engine::Cancellation& cancellation) = 0;

  // True when the command may take long enough that a thread which also serves registers should not
  // run it: it generates keys or tests algorithms, or would wait for another that runs. Cheap,
  // takes no lock.
  virtual bool may_take_long(ByteView command) const = 0;

  // _TPM_Init (Part 1, 12.2.2): power on or reset.
  virtual void power_on() = 0;

  // The D-RTM/H-CRTM event sequence of locality 4 (Part 1, clause 31).
  virtual void hash_start() = 0;
  virtual void hash_data(ByteView data) = 0;
  virtual void hash_end() = 0;

  // TPM_ACCESS.tpmEstablishment in positive logic: true once a D-RTM sequence has run.
  virtual bool established() = 0;
  // False when the locality (3 or 4 is required) may not reset it.
  virtual bool reset_established(uint8_t locality) = 0;

  // Who is to hear of each register that a front-end's guest writes; null for nobody.
  virtual RegisterWatch* register_watch() { return nullptr; }
};

}  // namespace vtpm::device
