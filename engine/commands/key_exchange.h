// SPDX-License-Identifier: Apache-2.0
// Part 3, 14.7 to 14.9 and 19.3: two-phase key exchange, and encryption to ECC keys.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct EcEphemeral {
  static constexpr CommandInfo info{wire::CommandCode::EcEphemeral};
  struct Handles {};
  struct Params {
    wire::Curve curve;
  };
  struct Reply {
    wire::Sized<wire::EccPoint> q;
    uint16_t counter = 0;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EcEphemeral>& handles,
                              const Params& params);
};

struct ZGen2Phase {
  static constexpr CommandInfo info{wire::CommandCode::ZGen2Phase};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::Sized<wire::EccPoint> static_b;
    wire::Sized<wire::EccPoint> ephemeral_b;
    wire::KeyExchange scheme;
    uint16_t counter = 0;
  };
  struct Reply {
    wire::Sized<wire::SecretEccPoint> z1;
    wire::Sized<wire::SecretEccPoint> z2;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<ZGen2Phase>& handles,
                              const Params& params);
};

struct EccEncrypt {
  static constexpr CommandInfo info{wire::CommandCode::EccEncrypt};
  struct Handles {
    NoAuth<kind::Object> key;
  };
  struct Params {
    wire::SecretMaxBuffer plain_text;
    wire::KdfScheme scheme;
  };
  struct Reply {
    wire::Sized<wire::EccPoint> c1;
    wire::MaxBuffer c2;
    wire::Digest c3;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EccEncrypt>& handles,
                              const Params& params);
};

struct EccDecrypt {
  static constexpr CommandInfo info{wire::CommandCode::EccDecrypt};
  struct Handles {
    UserAuth<kind::Object> key;
  };
  struct Params {
    wire::Sized<wire::EccPoint> c1;
    wire::MaxBuffer c2;
    wire::Digest c3;
    wire::KdfScheme scheme;
  };
  struct Reply {
    wire::SecretMaxBuffer plain_text;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<EccDecrypt>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
