// SPDX-License-Identifier: Apache-2.0
// Part 3, 15.6 and 17.3: HMAC and block cipher MAC. They have the codes of TPM2_HMAC and
// TPM2_HMAC_Start, which a TPM with CMAC does not have beside them.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct Mac {
  static constexpr CommandInfo info{wire::CommandCode::Mac};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::MaxBuffer buffer;
    wire::MacSchemeOrNull scheme;
  };
  struct Reply {
    wire::Digest out_mac;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Mac>& handles,
                              const Params& params);
};

struct MacStart {
  static constexpr CommandInfo info{wire::CommandCode::MacStart};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::Auth auth;
    wire::MacSchemeOrNull scheme;
  };
  struct Reply {
    ReplyHandle sequence;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<MacStart>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
