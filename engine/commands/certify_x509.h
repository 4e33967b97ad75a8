// SPDX-License-Identifier: Apache-2.0
// Part 3, 18.8: a certificate for a loaded key.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct CertifyX509 {
  static constexpr CommandInfo info{wire::CommandCode::CertifyX509};
  struct Handles {
    AdminAuth<kind::Object> object;
    UserAuth<kind::Object> sign;
  };
  struct Params {
    wire::Data reserved;
    wire::SignatureScheme in_scheme;
    wire::MaxBuffer partial_certificate;
  };
  struct Reply {
    wire::MaxBuffer added_to_certificate;
    wire::Digest tbs_digest;
    wire::Signature signature;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<CertifyX509>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
