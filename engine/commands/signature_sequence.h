// SPDX-License-Identifier: Apache-2.0
// Part 3, 17.5, 17.6, 20.3 and 20.6: signing of messages, and verification, in sequences.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct SignSequenceStart {
  static constexpr CommandInfo info{wire::CommandCode::SignSequenceStart};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {
    wire::Auth auth;
    wire::SignatureContext context;
  };
  struct Reply {
    ReplyHandle sequence;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<SignSequenceStart>& handles,
                              const Params& params);
};

struct VerifySequenceStart {
  static constexpr CommandInfo info{wire::CommandCode::VerifySequenceStart};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {
    wire::Auth auth;
    wire::SignatureHint hint;
    wire::SignatureContext context;
  };
  struct Reply {
    ReplyHandle sequence;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<VerifySequenceStart>& handles,
                              const Params& params);
};

struct SignSequenceComplete {
  static constexpr CommandInfo info{wire::CommandCode::SignSequenceComplete, CommandFlag::Flushed};
  struct Handles {
    UserAuth<kind::Sequence> sequence;
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::MaxBuffer buffer;
  };
  struct Reply {
    wire::Signature signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<SignSequenceComplete>& handles,
                              const Params& params);
};

struct VerifySequenceComplete {
  static constexpr CommandInfo info{wire::CommandCode::VerifySequenceComplete,
                                    CommandFlag::Flushed};
  struct Handles {
    UserAuth<kind::Sequence> sequence;
    NoAuth<kind::Object> key;
  };
  struct Params {
    wire::Signature signature;
  };
  struct Reply {
    wire::VerifiedTicket validation;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<VerifySequenceComplete>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
