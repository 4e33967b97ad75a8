// SPDX-License-Identifier: Apache-2.0
// Part 3, 15.4 (one-shot hash) and clause 17 (hash and event sequences, and what goes on with those
// of any kind).
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// TPMI_RH_HIERARCHY as a parameter: whose proof makes the ticket.
constexpr bool is_hierarchy(wire::Handle handle) {
  return handle == wire::rh::Owner || handle == wire::rh::Endorsement ||
         handle == wire::rh::Platform || handle == wire::rh::Null;
}
using TicketHierarchy = wire::Checked<wire::Handle, is_hierarchy, rc::Value.value()>;

struct Hash {
  static constexpr CommandInfo info{wire::CommandCode::Hash};
  struct Handles {};
  struct Params {
    wire::MaxBuffer data;
    wire::HashAlgorithm hash;
    TicketHierarchy hierarchy;
  };
  struct Reply {
    wire::Digest out_hash;
    wire::HashCheckTicket validation;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Hash>& handles,
                              const Params& params);
};

struct HashSequenceStart {
  static constexpr CommandInfo info{wire::CommandCode::HashSequenceStart};
  struct Handles {};
  struct Params {
    wire::Auth auth;
    wire::HashAlgorithmOrNull hash;  // TPM_ALG_NULL starts an event sequence
  };
  struct Reply {
    ReplyHandle sequence;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<HashSequenceStart>& handles,
                              const Params& params);
};

struct SequenceUpdate {
  static constexpr CommandInfo info{wire::CommandCode::SequenceUpdate};
  struct Handles {
    UserAuth<kind::Sequence> sequence;
  };
  struct Params {
    wire::MaxBuffer buffer;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<SequenceUpdate>& handles,
                              const Params& params);
};

struct SequenceComplete {
  static constexpr CommandInfo info{wire::CommandCode::SequenceComplete, CommandFlag::Flushed};
  struct Handles {
    UserAuth<kind::Sequence> sequence;
  };
  struct Params {
    wire::MaxBuffer buffer;
    TicketHierarchy hierarchy;
  };
  struct Reply {
    wire::Digest result;
    wire::HashCheckTicket validation;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<SequenceComplete>& handles,
                              const Params& params);
};

struct EventSequenceComplete {
  static constexpr CommandInfo info{wire::CommandCode::EventSequenceComplete,
                                    CommandFlag::Nv | CommandFlag::Flushed};
  struct Handles {
    UserAuth<kind::PcrOrNull> pcr;
    UserAuth<kind::Sequence> sequence;
  };
  struct Params {
    wire::MaxBuffer buffer;
  };
  struct Reply {
    wire::DigestValues results;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EventSequenceComplete>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
