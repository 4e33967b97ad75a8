// SPDX-License-Identifier: Apache-2.0
// The authorization area of a command (Part 1, 16.3; Part 3, 5.5).
#pragma once

#include <optional>
#include <vector>

#include "engine/pipeline/command.h"

namespace vtpm::engine {

inline constexpr size_t kMaximumCommandSessions = 3;

// One session of the authorization area as it is used in one command.
struct SessionUse {
  wire::Handle handle = 0;
  wire::Nonce nonce_caller;
  wire::SessionAttributes attributes;
  wire::Auth hmac;
  SessionPtr session;              // as it stood before the command; null for a password
  const Entity* entity = nullptr;  // what the session authorizes, if anything
  Role role = Role::None;
  // Whether the authValue is part of the HMAC's key: decided at the command, also for the response
  // (Part 1, 16.6.10).
  bool hmac_has_auth = false;
  // The authValue that the HMAC and the parameter encryption use (empty when it takes no part).
  SharedSecret hmac_auth;
  SharedSecret encryption_auth;

  bool is_password() const { return handle == wire::rh::Password; }
  // A session without any key: the caller may leave the HMAC out (Part 1, 16.6.16).
  bool has_hmac_key() const { return !session->key.empty() || !hmac_auth.empty(); }
  bool has(wire::SessionBit bit) const { return attributes.has(bit); }
};

struct SessionArea {
  std::vector<SessionUse> sessions;
  std::optional<size_t> decrypt, encrypt, audit;  // which session has the attribute
};

// Takes the area off the front of `in` (its size first) and checks it. `entities` must outlive
// the result, which refers to them.
TpmResult<SessionArea> unmarshal_session_area(Reader& in, const State& state, const CommandRow& row,
                                              std::span<const Entity> entities);

}  // namespace vtpm::engine
