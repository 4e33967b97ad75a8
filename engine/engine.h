// SPDX-License-Identifier: Apache-2.0
// The TPM 2.0 as a pure function: a state and a request in, another state and a response out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/section.h"
#include "engine/crypto/ml_dsa.h"
#include "engine/ports.h"
#include "engine/state.h"

namespace vtpm::engine {

// The most that a command or a response can have where the transport does not set a limit.
inline constexpr size_t kMaximumMessageSize = crypto::kHasMlDsa ? 8192 : 4096;

// One command as a transport received it.
struct Request {
  uint8_t locality = 0;  // 0 to 4, or 32 to 255 (extended localities)
  ByteView command;
  bool physical_presence = false;  // whether the platform asserts it at present (Part 1, 16.3)
  // What the transport can carry, at most kMaximumMessageSize: the TPM_PT_MAX_COMMAND_SIZE and
  // TPM_PT_MAX_RESPONSE_SIZE of this command.
  size_t maximum_size = kMaximumMessageSize;
};

struct Outcome {
  State state;           // to be adopted once its dirty sections are durable
  Secret response;       // never empty: a header at least
  bool durable = false;  // save() of `state` differs from that of the state before
};

// A TPM fresh from its manufacturer: seeds drawn from `ports`, no power yet.
State manufacture(const Ports& ports, const Profile& profile = {});

// _TPM_Init: power applied or the reset line pulsed (Part 1, 12.2.2). All that is volatile is gone.
State power_on(const State& state, const Ports& ports);

// Executes one command. Never throws for anything that a guest can send; an internal fault puts
// the returned state into failure mode.
Outcome execute(const State& state, const Request& request, const Ports& ports);

// True when the command's code names one that may run for a good part of a second or more.
bool may_take_long(ByteView command);

// The H-CRTM / D-RTM event sequence (Part 1, clause 31): _TPM_Hash_Start, _Data, _End.
State hash_start(const State& state, const Ports& ports);
State hash_data(const State& state, ByteView data);
State hash_end(const State& state);

// The sections that must survive a loss of power, changed relative to `before` only; with a null
// `before`, all of them.
std::vector<Section> save(const State& state, const State* before);

// Every section, the volatile ones too: what a snapshot or a migration carries. `clock` is the one
// that the TPM runs on, whose time is not part of what is saved.
std::vector<Section> save_all(const State& state, Clock& clock);

// One line in the operator's words: which section, what is wrong with it.
struct LoadError {
  std::string reason;
};
// From save_all(): the TPM as it was, its Time and Clock going on from the present of `clock`, the
// one that it will run on. From save(): a TPM without power.
Result<State, LoadError> load(const std::vector<Section>& sections, Clock& clock);

// The profile alone; nothing where its section is not sound.
std::optional<Profile> saved_profile(const std::vector<Section>& sections);

}  // namespace vtpm::engine
