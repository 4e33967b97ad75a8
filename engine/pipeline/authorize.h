// SPDX-License-Identifier: Apache-2.0
// The authorization checks of Part 3, 5.6.
#pragma once

#include "engine/pipeline/session_crypto.h"

namespace vtpm::engine {

struct AuthorizationRequest {
  const CommandRow& row;
  std::span<const Entity> entities;
  const CommandHash& command_hash;
  const Ports& ports;
  uint8_t locality;
  bool physical_presence;
};

// Checks every session of the area in order and fills in the keys that the response needs. The
// only changes to `state`: a failed try against a protected entity is counted, and so is each use
// of a PIN index.
TpmResult<void> authorize(State& state, SessionArea& area, const AuthorizationRequest& request);

// For the response: the authValues that a session's HMAC and encryption use as the command has left
// them, which proves a change to the caller (Part 3, 24.6.1 and 24.8.1).
void renew_auth_values(const State& state, SessionUse& use);

// Whether an HMAC session was bound to this entity with the authValue that it still has
// (Part 1, 16.6.12).
bool is_bound_to(const Session& session, const Entity& entity, ByteView auth_value);

}  // namespace vtpm::engine
