// SPDX-License-Identifier: Apache-2.0
// Part 3, 14.10 and 14.11: key encapsulation. These commands are there only with ML-KEM.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct Encapsulate {
  static constexpr CommandInfo info{wire::CommandCode::Encapsulate};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {};
  struct Reply {
    wire::KemSecret shared_secret;
    wire::KemCiphertext ciphertext;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Encapsulate>& handles,
                              const Params& params);
};

struct Decapsulate {
  static constexpr CommandInfo info{wire::CommandCode::Decapsulate};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::KemCiphertext ciphertext;
  };
  struct Reply {
    wire::KemSecret shared_secret;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Decapsulate>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
