// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 22: integrity collection (PCR).
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct PcrExtend {
  static constexpr CommandInfo info{wire::CommandCode::PcrExtend, CommandFlag::Nv};
  struct Handles {
    UserAuth<kind::PcrOrNull> pcr;
  };
  struct Params {
    wire::DigestValues digests;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PcrExtend>& handles,
                              const Params& params);
};

struct PcrEvent {
  static constexpr CommandInfo info{wire::CommandCode::PcrEvent, CommandFlag::Nv};
  struct Handles {
    UserAuth<kind::PcrOrNull> pcr;
  };
  struct Params {
    wire::Event event_data;
  };
  struct Reply {
    wire::DigestValues digests;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<PcrEvent>& handles,
                              const Params& params);
};

struct PcrRead {
  static constexpr CommandInfo info{wire::CommandCode::PcrRead};
  struct Handles {};
  struct Params {
    wire::PcrSelections selection;
  };
  struct Reply {
    uint32_t update_counter = 0;
    wire::PcrSelections selection;
    wire::DigestList values;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<PcrRead>& handles,
                              const Params& params);
};

struct PcrAllocate {
  static constexpr CommandInfo info{wire::CommandCode::PcrAllocate, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Platform> auth;
  };
  struct Params {
    wire::PcrSelections allocation;
  };
  struct Reply {
    wire::YesNo success;
    uint32_t maximum_pcr = 0;
    uint32_t size_needed = 0;     // octets
    uint32_t size_available = 0;  // octets
  };
  static TpmResult<Reply> run(Context& context, const Authorized<PcrAllocate>& handles,
                              const Params& params);
};

struct PcrReset {
  static constexpr CommandInfo info{wire::CommandCode::PcrReset, CommandFlag::Nv};
  struct Handles {
    UserAuth<kind::Pcr> pcr;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PcrReset>& handles,
                              const Params& params);
};

struct PcrSetAuthPolicy {
  static constexpr CommandInfo info{wire::CommandCode::PcrSetAuthPolicy, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Platform> auth;
  };
  struct Params {
    wire::Digest auth_policy;
    wire::HashAlgorithmOrNull hash;
    wire::PcrNumber pcr;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PcrSetAuthPolicy>& handles,
                              const Params& params);
};

struct PcrSetAuthValue {
  static constexpr CommandInfo info{wire::CommandCode::PcrSetAuthValue, CommandFlag::None,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Pcr> pcr;
  };
  struct Params {
    wire::Auth auth;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<PcrSetAuthValue>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
