// SPDX-License-Identifier: Apache-2.0
// Part 3, 12.5 and 12.6: credentials for objects (Part 1, clause 21).
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct ActivateCredential {
  static constexpr CommandInfo info{wire::CommandCode::ActivateCredential};
  struct Handles {
    AdminAuth<kind::Object> activate;
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::IdObject credential_blob;
    wire::EncryptedSecret secret;
  };
  struct Reply {
    wire::SecretDigest cert_info;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<ActivateCredential>& handles,
                              const Params& params);
};

struct MakeCredential {
  static constexpr CommandInfo info{wire::CommandCode::MakeCredential};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {
    wire::SecretDigest credential;
    wire::Name object_name;
  };
  struct Reply {
    wire::IdObject credential_blob;
    wire::EncryptedSecret secret;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<MakeCredential>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
