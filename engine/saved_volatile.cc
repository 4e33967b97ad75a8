// SPDX-License-Identifier: Apache-2.0
#include "engine/saved_volatile.h"

#include "engine/clock.h"

namespace vtpm::engine {
namespace {

constexpr uint64_t kLongestRun = uint64_t{1} << 50;  // milliseconds: 35,000 years

}  // namespace

SavedLifecycle to_saved(const Lifecycle& part) {
  SavedLifecycle saved{.mode = static_cast<uint8_t>(part.mode),
                       .fault = decltype(SavedLifecycle::fault)(text_bytes(part.fault)),
                       .startup_locality = part.startup_locality,
                       .hcrtm = part.hcrtm,
                       .tests_passed = part.tests_passed,
                       .orderly = part.orderly,
                       .restart_needed = part.restart_needed};
  if (part.hardware_sequence)
    saved.hardware_sequence.value = to_saved(Sequence{.running = *part.hardware_sequence});
  return saved;
}

Problem from_saved(const SavedLifecycle& saved, Lifecycle& part) {
  if (saved.mode > static_cast<uint8_t>(Mode::Failure)) return "has a mode that does not exist";
  ByteView fault = saved.fault;
  part = {.mode = static_cast<Mode>(saved.mode),
          .fault = std::string(fault.begin(), fault.end()),
          .startup_locality = saved.startup_locality,
          .hcrtm = *saved.hcrtm != 0,
          .tests_passed = saved.tests_passed,
          .orderly = *saved.orderly != 0,
          .restart_needed = *saved.restart_needed != 0};
  if (!saved.hardware_sequence.value) return {};
  auto sequence = from_saved(*saved.hardware_sequence.value);
  const auto* event = sequence ? std::get_if<EventSequence>(&sequence->running) : nullptr;
  if (!event) return "has a hardware event sequence that is none";
  part.hardware_sequence = *event;
  return {};
}

SavedTransientObjects to_saved(const TransientObjects& part) {
  SavedTransientObjects saved;
  for (size_t i = 0; i < part.slots.size(); ++i) {
    const TransientSlot& slot = part.slots[i];
    if (!slot.occupied()) continue;
    SavedTransientSlot& item = saved.slots.items.emplace_back();
    item.slot = static_cast<uint16_t>(i);
    if (slot.object) item.object.value = to_saved(*slot.object);
    if (slot.sequence) item.sequence.value = to_saved(*slot.sequence);
  }
  return saved;
}

Problem from_saved(const SavedTransientObjects& saved, TransientObjects& part) {
  part = {};
  for (const SavedTransientSlot& item : saved.slots.items) {
    bool one = item.object.value.has_value() != item.sequence.value.has_value();
    if (item.slot >= TransientObjects::kSlots || !one) return "has a slot that cannot be";
    TransientSlot& slot = part.slots[item.slot];
    if (item.object.value) {
      auto object = from_saved(*item.object.value);
      if (!object) return "has an object whose parts do not belong together";
      slot.object = std::make_shared<const Object>(std::move(*object));
    } else {
      auto sequence = from_saved(*item.sequence.value);
      if (!sequence) return "has a sequence that is none";
      slot.sequence = std::make_shared<const Sequence>(std::move(*sequence));
    }
  }
  return {};
}

SavedSessionTable to_saved(const SessionTable& part) {
  SavedSessionTable saved{.contexts = save_contexts(part),
                          .exclusive_audit = {part.exclusive_audit}};
  for (size_t slot = 0; slot < part.slots.size(); ++slot)
    if (part.slots[slot].loaded)
      saved.loaded.items.push_back(
          {.slot = static_cast<uint16_t>(slot), .session = to_saved(*part.slots[slot].loaded)});
  return saved;
}

Problem from_saved(const SavedSessionTable& saved, SessionTable& part) {
  if (auto problem = load_contexts(saved.contexts, part)) return problem;
  for (const SavedSessionSlot& item : saved.loaded.items) {
    if (item.slot >= kMaximumSessions || part.slots[item.slot].active())
      return "has a session in a slot that cannot be";
    auto session = from_saved(item.session);
    if (!session) return "has a session that is none";
    part.slots[item.slot].loaded = std::make_shared<const Session>(std::move(*session));
  }
  part.exclusive_audit = saved.exclusive_audit.value;
  return {};
}

SavedRunningClock to_saved(const ClockRunning& part) {
  return {.elapsed = 0 - part.port_at_sync,
          .time = part.time_at_sync,
          .clock = part.clock_at_sync,
          .rate = static_cast<uint32_t>(part.rate),
          .epoch = part.epoch,
          .safe = part.safe};
}

Problem from_saved(const SavedRunningClock& saved, ClockRunning& part) {
  part = {.port_at_sync = 0 - saved.elapsed,
          .time_at_sync = saved.time,
          .clock_at_sync = saved.clock,
          .rate = static_cast<int32_t>(saved.rate),
          .epoch = saved.epoch,
          .safe = *saved.safe != 0};
  if (part.rate < -kMaximumClockRate || part.rate > kMaximumClockRate)
    return "has a clock rate that cannot be";
  if (saved.elapsed > kLongestRun) return "has run for longer than can be";
  return {};
}

SavedDictionaryAttackTimers to_saved(const DictionaryAttackTimers& part) {
  return {.healing_since = part.healing_since, .lockout_since = part.lockout_since};
}

Problem from_saved(const SavedDictionaryAttackTimers& saved, DictionaryAttackTimers& part) {
  part = {.healing_since = saved.healing_since, .lockout_since = saved.lockout_since};
  return {};
}

}  // namespace vtpm::engine
