// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 11: sessions.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

constexpr bool is_session_type(wire::SessionType type) {
  return type == wire::SessionType::Hmac || type == wire::SessionType::Policy ||
         type == wire::SessionType::Trial;
}
using CheckedSessionType = wire::Checked<wire::SessionType, is_session_type, rc::Value.value()>;

struct StartAuthSession {
  static constexpr CommandInfo info{wire::CommandCode::StartAuthSession};
  struct Handles {
    NoAuth<kind::SaltKeyOrNull> tpm_key;
    NoAuth<kind::EntityOrNull> bind;
  };
  struct Params {
    wire::Nonce nonce_caller;
    wire::EncryptedSecret encrypted_salt;
    CheckedSessionType session_type;
    wire::SymmetricDefinition symmetric;
    wire::HashAlgorithm auth_hash;
  };
  struct Reply {
    ReplyHandle session_handle;
    wire::Nonce nonce_tpm;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<StartAuthSession>& handles,
                              const Params& params);
};

struct PolicyRestart {
  static constexpr CommandInfo info{wire::CommandCode::PolicyRestart};
  struct Handles {
    NoAuth<kind::PolicySession> session;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyRestart>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
