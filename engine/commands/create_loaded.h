// SPDX-License-Identifier: Apache-2.0
// Part 3, 12.9: TPM2_CreateLoaded.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

struct CreateLoaded {
  static constexpr CommandInfo info{wire::CommandCode::CreateLoaded, CommandFlag::Slow,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Parent> parent;
  };
  struct Params {
    wire::Sized<wire::SensitiveCreate> in_sensitive;
    wire::Template in_public;  // what it means depends on the parent
  };
  struct Reply {
    ReplyHandle object_handle;
    wire::Private out_private;  // empty unless the parent is a storage parent
    wire::Sized<wire::Public> out_public;
    wire::Name name;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<CreateLoaded>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
