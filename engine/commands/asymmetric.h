// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 14: asymmetric primitives.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// A TPM2B_PUBLIC_KEY_RSA that holds a message.
using RsaMessage = wire::SecretBuffer<kMaximumRsaBytes>;

struct RsaEncrypt {
  static constexpr CommandInfo info{wire::CommandCode::RsaEncrypt};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {
    RsaMessage message;
    wire::RsaDecryptScheme in_scheme;
    wire::Data label;
  };
  struct Reply {
    wire::RsaBytes out_data;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<RsaEncrypt>& handles,
                              const Params& params);
};

struct RsaDecrypt {
  static constexpr CommandInfo info{wire::CommandCode::RsaDecrypt};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::RsaBytes cipher_text;
    wire::RsaDecryptScheme in_scheme;
    wire::Data label;
  };
  struct Reply {
    RsaMessage message;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<RsaDecrypt>& handles,
                              const Params& params);
};

struct EcdhKeyGen {
  static constexpr CommandInfo info{wire::CommandCode::EcdhKeyGen};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {};
  struct Reply {
    wire::Sized<wire::SecretEccPoint> z_point;
    wire::Sized<wire::EccPoint> pub_point;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EcdhKeyGen>& handles,
                              const Params& params);
};

struct EcdhZGen {
  static constexpr CommandInfo info{wire::CommandCode::EcdhZGen};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::Sized<wire::EccPoint> in_point;
  };
  struct Reply {
    wire::Sized<wire::SecretEccPoint> out_point;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EcdhZGen>& handles,
                              const Params& params);
};

struct EccParameters {
  static constexpr CommandInfo info{wire::CommandCode::EccParameters};
  struct Handles {};
  struct Params {
    wire::Curve curve;
  };
  struct Reply {
    wire::EccDetail parameters;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EccParameters>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
