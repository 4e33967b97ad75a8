// SPDX-License-Identifier: Apache-2.0
// Part 3, 15.2 and 15.3: encryption and decryption with cipher keys.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct EncryptDecrypt {
  static constexpr CommandInfo info{wire::CommandCode::EncryptDecrypt};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::YesNo decrypt;
    wire::CipherModeOrNull mode;
    wire::Iv iv_in;
    wire::SecretMaxBuffer in_data;
  };
  struct Reply {
    wire::SecretMaxBuffer out_data;
    wire::Iv iv_out;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EncryptDecrypt>& handles,
                              const Params& params);
};

struct EncryptDecrypt2 {
  static constexpr CommandInfo info{wire::CommandCode::EncryptDecrypt2};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::SecretMaxBuffer in_data;
    wire::YesNo decrypt;
    wire::CipherModeOrNull mode;
    wire::Iv iv_in;
  };
  using Reply = EncryptDecrypt::Reply;
  static TpmResult<Reply> run(Context& context, const Authorized<EncryptDecrypt2>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
