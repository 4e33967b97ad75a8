// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 13: objects on their way to another parent.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct Duplicate {
  static constexpr CommandInfo info{wire::CommandCode::Duplicate};
  struct Handles {
    DupAuth<kind::Object> object;
    NoAuth<kind::ObjectOrNull> new_parent;
  };
  struct Params {
    wire::SecretData encryption_key_in;
    wire::SymmetricObjectDefinition symmetric_alg;
  };
  struct Reply {
    wire::SecretData encryption_key_out;
    wire::SecretPrivate duplicate;
    wire::EncryptedSecret out_sym_seed;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Duplicate>& handles,
                              const Params& params);
};

struct Rewrap {
  static constexpr CommandInfo info{wire::CommandCode::Rewrap};
  struct Handles {
    UserAuth<kind::ObjectOrNull> old_parent;
    NoAuth<kind::ObjectOrNull> new_parent;
  };
  struct Params {
    wire::SecretPrivate in_duplicate;
    wire::Name name;
    wire::EncryptedSecret in_sym_seed;
  };
  struct Reply {
    wire::SecretPrivate out_duplicate;
    wire::EncryptedSecret out_sym_seed;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Rewrap>& handles,
                              const Params& params);
};

struct Import {
  static constexpr CommandInfo info{wire::CommandCode::Import};
  struct Handles {
    UserAuth<kind::Object> parent;
  };
  struct Params {
    wire::SecretData encryption_key;
    wire::Sized<wire::Public> object_public;
    wire::SecretPrivate duplicate;
    wire::EncryptedSecret in_sym_seed;
    wire::SymmetricObjectDefinition symmetric_alg;
  };
  struct Reply {
    wire::Private out_private;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Import>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
