// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 12: objects; and TPM2_CreatePrimary of clause 24.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct Create {
  static constexpr CommandInfo info{wire::CommandCode::Create, CommandFlag::Slow,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Object> parent;
  };
  struct Params {
    wire::Sized<wire::SensitiveCreate> in_sensitive;
    wire::Sized<wire::Public> in_public;
    wire::Data outside_info;
    wire::PcrSelections creation_pcr;
  };
  struct Reply {
    wire::Private out_private;
    wire::Sized<wire::Public> out_public;
    wire::Sized<wire::CreationData> creation_data;
    wire::Digest creation_hash;
    wire::CreationTicket creation_ticket;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Create>& handles,
                              const Params& params);
};

struct CreatePrimary {
  static constexpr CommandInfo info{wire::CommandCode::CreatePrimary, CommandFlag::Slow,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::HierarchyOrNull> primary;
  };
  using Params = Create::Params;
  struct Reply {
    ReplyHandle object_handle;
    wire::Sized<wire::Public> out_public;
    wire::Sized<wire::CreationData> creation_data;
    wire::Digest creation_hash;
    wire::CreationTicket creation_ticket;
    wire::Name name;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<CreatePrimary>& handles,
                              const Params& params);
};

struct Load {
  static constexpr CommandInfo info{wire::CommandCode::Load};
  struct Handles {
    UserAuth<kind::Object> parent;
  };
  struct Params {
    wire::Private in_private;
    wire::Sized<wire::Public> in_public;
  };
  struct Reply {
    ReplyHandle object_handle;
    wire::Name name;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Load>& handles,
                              const Params& params);
};

constexpr bool is_hierarchy_or_null(wire::Handle handle) {
  return handle == wire::rh::Owner || handle == wire::rh::Endorsement ||
         handle == wire::rh::Platform || handle == wire::rh::Null;
}
using HierarchyParameter = wire::Checked<wire::Handle, is_hierarchy_or_null, rc::Value.value()>;

struct LoadExternal {
  static constexpr CommandInfo info{wire::CommandCode::LoadExternal};
  struct Handles {};
  struct Params {
    wire::OptionalSized<wire::Sensitive> in_private;
    wire::Sized<wire::Public> in_public;
    HierarchyParameter hierarchy;
  };
  struct Reply {
    ReplyHandle object_handle;
    wire::Name name;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<LoadExternal>& handles,
                              const Params& params);
};

struct ReadPublic {
  static constexpr CommandInfo info{wire::CommandCode::ReadPublic};
  struct Handles {
    NoAuth<kind::Object> object;
  };
  struct Params {};
  struct Reply {
    wire::Sized<wire::Public> out_public;
    wire::Name name;
    wire::Name qualified_name;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<ReadPublic>& handles,
                              const Params& params);
};

struct Unseal {
  static constexpr CommandInfo info{wire::CommandCode::Unseal};
  struct Handles {
    UserAuth<kind::Object> item;
  };
  struct Params {};
  struct Reply {
    wire::SensitiveData out_data;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<Unseal>& handles,
                              const Params& params);
};

struct ObjectChangeAuth {
  static constexpr CommandInfo info{wire::CommandCode::ObjectChangeAuth, CommandFlag::None,
                                    ReadOnlyMode::Refused};
  struct Handles {
    AdminAuth<kind::Object> object;
    NoAuth<kind::Object> parent;
  };
  struct Params {
    wire::Auth new_auth;
  };
  struct Reply {
    wire::Private out_private;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<ObjectChangeAuth>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
