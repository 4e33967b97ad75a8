// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 18 and 31.16: attestation.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct Quote {
  static constexpr CommandInfo info{wire::CommandCode::Quote};
  struct Handles {
    UserAuth<kind::ObjectOrNull> sign;
  };
  struct Params {
    wire::Data qualifying_data;
    wire::SignatureScheme in_scheme;
    wire::PcrSelections pcr_select;
  };
  struct Reply {
    wire::AttestBytes quoted;
    wire::Signature signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Quote>& handles,
                              const Params& params);
};

struct NvCertify {
  static constexpr CommandInfo info{wire::CommandCode::NvCertify};
  struct Handles {
    UserAuth<kind::ObjectOrNull> sign;
    UserAuth<kind::NvAuth> authority;
    NoAuth<kind::NvIndex> index;
  };
  struct Params {
    wire::Data qualifying_data;
    wire::SignatureScheme in_scheme;
    uint16_t size = 0;
    uint16_t offset = 0;
  };
  struct Reply {
    wire::AttestBytes certify_info;
    wire::Signature signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<NvCertify>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
