// SPDX-License-Identifier: Apache-2.0
// The saved form of the parts that a loss of power ends: what a snapshot or a migration carries
// beyond engine/saved_parts.h, under the same rules.
#pragma once

#include "engine/saved_contexts.h"
#include "engine/saved_parts.h"

namespace vtpm::engine {

struct SavedLifecycle {
  uint8_t mode = 0;  // Mode
  wire::Buffer<1024> fault;
  uint8_t startup_locality = 0;
  wire::YesNo hcrtm;
  SavedOptional<SavedSequence> hardware_sequence;  // an event sequence
  uint32_t tests_passed = 0;                       // bit n: crypto::SelfTest n
  wire::YesNo orderly, restart_needed;
};

struct SavedTransientSlot {
  uint16_t slot = 0;
  SavedOptional<SavedLoadedObject> object;
  SavedOptional<SavedSequence> sequence;
};
struct SavedTransientObjects {
  wire::List<SavedTransientSlot, TransientObjects::kSlots> slots;  // those that are occupied
};

struct SavedSessionSlot {
  uint16_t slot = 0;
  SavedSession session;
};
struct SavedSessionTable {
  SavedSessionContexts contexts;
  wire::List<SavedSessionSlot, kMaximumSessions> loaded;
  SavedOptional<wire::Handle> exclusive_audit;
};

// The port's time means nothing elsewhere: how long ago the last sync was, does.
struct SavedRunningClock {
  uint64_t elapsed = 0;  // milliseconds of the port's time
  uint64_t time = 0, clock = 0;
  uint32_t rate = 0;  // two's complement
  uint64_t epoch = 0;
  wire::YesNo safe;
};

struct SavedDictionaryAttackTimers {
  uint64_t healing_since = 0;
  uint64_t lockout_since = 0;
};

SavedLifecycle to_saved(const Lifecycle& part);
SavedTransientObjects to_saved(const TransientObjects& part);
SavedSessionTable to_saved(const SessionTable& part);
SavedRunningClock to_saved(const ClockRunning& part);  // as if the port's time were zero now
SavedDictionaryAttackTimers to_saved(const DictionaryAttackTimers& part);

Problem from_saved(const SavedLifecycle& saved, Lifecycle& part);
Problem from_saved(const SavedTransientObjects& saved, TransientObjects& part);
Problem from_saved(const SavedSessionTable& saved, SessionTable& part);
Problem from_saved(const SavedRunningClock& saved, ClockRunning& part);
Problem from_saved(const SavedDictionaryAttackTimers& saved, DictionaryAttackTimers& part);

}  // namespace vtpm::engine
