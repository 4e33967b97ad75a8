// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 20: signing and signature verification of digests.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct VerifySignature {
  static constexpr CommandInfo info{wire::CommandCode::VerifySignature};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {
    wire::Digest digest;
    wire::Signature signature;
  };
  struct Reply {
    wire::VerifiedTicket validation;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<VerifySignature>& handles,
                              const Params& params);
};

struct VerifyDigestSignature {
  static constexpr CommandInfo info{wire::CommandCode::VerifyDigestSignature};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {
    wire::SignatureContext context;
    wire::Digest digest;
    wire::Signature signature;
  };
  struct Reply {
    wire::VerifiedTicket validation;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<VerifyDigestSignature>& handles,
                              const Params& params);
};

struct Sign {
  static constexpr CommandInfo info{wire::CommandCode::Sign};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::Digest digest;
    wire::SignatureScheme in_scheme;
    wire::HashCheckTicket validation;
  };
  struct Reply {
    wire::Signature signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Sign>& handles,
                              const Params& params);
};

struct SignDigest {
  static constexpr CommandInfo info{wire::CommandCode::SignDigest};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::SignatureContext context;
    wire::Digest digest;
    wire::HashCheckTicket validation;
  };
  struct Reply {
    wire::Signature signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<SignDigest>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
