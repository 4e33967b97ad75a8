// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 31: NV storage (TPM2_NV_Certify is with the other attestations).
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// The handle area of the commands that read or change an index.
struct IndexWithAuthority {
  UserAuth<kind::NvAuth> authority;
  NoAuth<kind::NvIndex> index;
};

struct NvDefineSpace {
  static constexpr CommandInfo info{wire::CommandCode::NvDefineSpace, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> authority;
  };
  struct Params {
    wire::Auth auth;
    wire::Sized<wire::NvPublic> public_info;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvDefineSpace>& handles,
                              const Params& params);
};

struct NvDefineSpace2 {
  static constexpr CommandInfo info{wire::CommandCode::NvDefineSpace2, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> authority;
  };
  struct Params {
    wire::Auth auth;
    wire::Sized<wire::NvPublic2> public_info;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvDefineSpace2>& handles,
                              const Params& params);
};

struct NvUndefineSpace {
  static constexpr CommandInfo info{wire::CommandCode::NvUndefineSpace, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> authority;
    NoAuth<kind::NvDefinedIndex> index;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvUndefineSpace>& handles,
                              const Params& params);
};

struct NvUndefineSpaceSpecial {
  static constexpr CommandInfo info{wire::CommandCode::NvUndefineSpaceSpecial, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    AdminAuth<kind::NvDefinedIndex> index;
    UserAuth<kind::Platform> platform;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvUndefineSpaceSpecial>& handles,
                              const Params& params);
};

struct NvReadPublic {
  static constexpr CommandInfo info{wire::CommandCode::NvReadPublic};
  struct Handles {
    NoAuth<kind::NvLegacyIndex> index;
  };
  struct Params {};
  struct Reply {
    wire::Sized<wire::NvPublic> nv_public;
    wire::Name name;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<NvReadPublic>& handles,
                              const Params& params);
};

struct NvReadPublic2 {
  static constexpr CommandInfo info{wire::CommandCode::NvReadPublic2};
  struct Handles {
    NoAuth<kind::NvIndex> index;
  };
  struct Params {};
  struct Reply {
    wire::Sized<wire::NvPublic2> nv_public;
    wire::Name name;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<NvReadPublic2>& handles,
                              const Params& params);
};

struct NvWrite {
  static constexpr CommandInfo info{wire::CommandCode::NvWrite, CommandFlag::Nv,
                                    ReadOnlyMode::VolatileIndex};
  using Handles = IndexWithAuthority;
  struct Params {
    wire::MaxNvBuffer data;
    uint16_t offset = 0;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvWrite>& handles,
                              const Params& params);
};

struct NvIncrement {
  static constexpr CommandInfo info{wire::CommandCode::NvIncrement, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  using Handles = IndexWithAuthority;
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvIncrement>& handles,
                              const Params& params);
};

struct NvExtend {
  static constexpr CommandInfo info{wire::CommandCode::NvExtend, CommandFlag::Nv,
                                    ReadOnlyMode::VolatileIndex};
  using Handles = IndexWithAuthority;
  struct Params {
    wire::MaxNvBuffer data;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvExtend>& handles,
                              const Params& params);
};

struct NvSetBits {
  static constexpr CommandInfo info{wire::CommandCode::NvSetBits, CommandFlag::Nv,
                                    ReadOnlyMode::VolatileIndex};
  using Handles = IndexWithAuthority;
  struct Params {
    wire::NvBits bits;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvSetBits>& handles,
                              const Params& params);
};

struct NvWriteLock {
  static constexpr CommandInfo info{wire::CommandCode::NvWriteLock, CommandFlag::Nv,
                                    ReadOnlyMode::VolatileIndex};
  using Handles = IndexWithAuthority;
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvWriteLock>& handles,
                              const Params& params);
};

struct NvGlobalWriteLock {
  static constexpr CommandInfo info{wire::CommandCode::NvGlobalWriteLock, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Provision> authority;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvGlobalWriteLock>& handles,
                              const Params& params);
};

struct NvRead {
  static constexpr CommandInfo info{wire::CommandCode::NvRead};
  using Handles = IndexWithAuthority;
  struct Params {
    uint16_t size = 0;
    uint16_t offset = 0;
  };
  struct Reply {
    wire::MaxNvBuffer data;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<NvRead>& handles,
                              const Params& params);
};

struct NvReadLock {
  static constexpr CommandInfo info{wire::CommandCode::NvReadLock, CommandFlag::None,
                                    ReadOnlyMode::VolatileIndex};
  using Handles = IndexWithAuthority;
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvReadLock>& handles,
                              const Params& params);
};

struct NvChangeAuth {
  static constexpr CommandInfo info{wire::CommandCode::NvChangeAuth, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    AdminAuth<kind::NvIndex> index;
  };
  struct Params {
    wire::Auth new_auth;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<NvChangeAuth>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
