// SPDX-License-Identifier: Apache-2.0
// Part 3, 23.3 to 23.5 and 23.16: assertions that somebody's approval makes true.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// INT32 seconds; a negative number asks for a ticket as well (Part 3, 23.2.5).
enum class Expiration : int32_t { Never = 0 };

struct PolicySigned {
  static constexpr CommandInfo info{wire::CommandCode::PolicySigned};
  struct Handles {
    NoAuth<kind::Object> auth_object;
    NoAuth<kind::PolicySession> session;
  };
  struct Params {
    wire::Nonce nonce_tpm;
    wire::Digest cp_hash;
    wire::Nonce policy_ref;
    Expiration expiration{};
    wire::Signature auth;
  };
  struct Reply {
    wire::Timeout timeout;
    wire::AuthTicket policy_ticket;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<PolicySigned>& handles,
                              const Params& params);
};

struct PolicySecret {
  static constexpr CommandInfo info{wire::CommandCode::PolicySecret, CommandFlag::ProvesSecret,
                                    ReadOnlyMode::NoPinIndex};
  struct Handles {
    UserAuth<kind::EntityNotNull> auth;
    NoAuth<kind::PolicySession> session;
  };
  struct Params {
    wire::Nonce nonce_tpm;
    wire::Digest cp_hash;
    wire::Nonce policy_ref;
    Expiration expiration{};
  };
  using Reply = PolicySigned::Reply;
  static TpmResult<Reply> run(Context& context, const Authorized<PolicySecret>& handles,
                              const Params& params);
};

struct PolicyTicket {
  static constexpr CommandInfo info{wire::CommandCode::PolicyTicket};
  struct Handles {
    NoAuth<kind::PolicySession> session;
  };
  struct Params {
    wire::Timeout timeout;
    wire::Digest cp_hash;
    wire::Nonce policy_ref;
    wire::Name auth_name;
    wire::AuthTicket ticket;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyTicket>& handles,
                              const Params& params);
};

struct PolicyAuthorize {
  static constexpr CommandInfo info{wire::CommandCode::PolicyAuthorize};
  struct Handles {
    NoAuth<kind::PolicySession> session;
  };
  struct Params {
    wire::Digest approved_policy;
    wire::Nonce policy_ref;
    wire::Name key_sign;
    wire::VerifiedTicket check_ticket;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PolicyAuthorize>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
