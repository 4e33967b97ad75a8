// SPDX-License-Identifier: Apache-2.0
// Indices as such: their definition, their public area, their authorization.
#include "engine/commands/nv.h"
#include "engine/nv/storage.h"
#include "engine/object/attributes.h"

namespace vtpm::engine {
namespace {

using wire::NvBit;

TpmResult<void> define(State& state, wire::Handle authority, const wire::Auth& auth,
                       NvIndex index) {
  index.auth = TRY(at_parameter(1, checked_auth(auth, index.name_hash)));
  REQUIRE(authority != wire::rh::Platform || state.platform->platform_nv_enabled,
          rc::Hierarchy.handle(1));
  TRY(check_definition(index, authority));
  return define_index(state, std::move(index));
}

}  // namespace

TpmResult<NvDefineSpace::Reply> NvDefineSpace::run(Context& context,
                                                   const Authorized<NvDefineSpace>& handles,
                                                   const Params& params) {
  TRY(define(context.state, *handles->authority, params.auth, index_of(*params.public_info)));
  return Reply{};
}
VTPM_COMMAND(NvDefineSpace);

TpmResult<NvDefineSpace2::Reply> NvDefineSpace2::run(Context& context,
                                                     const Authorized<NvDefineSpace2>& handles,
                                                     const Params& params) {
  TRY(define(context.state, *handles->authority, params.auth, index_of(*params.public_info)));
  return Reply{};
}
VTPM_COMMAND(NvDefineSpace2);

TpmResult<NvUndefineSpace::Reply> NvUndefineSpace::run(Context& context,
                                                       const Authorized<NvUndefineSpace>& handles,
                                                       const Params&) {
  wire::Handle handle = *handles->index;
  const NvIndex& index = index_at(context.state, handle);
  REQUIRE(!index.has(NvBit::PlatformCreate) || *handles->authority == wire::rh::Platform,
          rc::NvAuthorization);
  REQUIRE(!index.has(NvBit::PolicyDelete), rc::Attributes.handle(2));
  undefine_index(context.state, handle);
  return Reply{};
}
VTPM_COMMAND(NvUndefineSpace);

TpmResult<NvUndefineSpaceSpecial::Reply> NvUndefineSpaceSpecial::run(
    Context& context, const Authorized<NvUndefineSpaceSpecial>& handles, const Params&) {
  wire::Handle handle = *handles->index;
  const NvIndex& index = index_at(context.state, handle);
  REQUIRE(index.has(NvBit::PlatformCreate) && index.has(NvBit::PolicyDelete),
          rc::Attributes.handle(1));
  undefine_index(context.state, handle);
  return Reply{};
}
VTPM_COMMAND(NvUndefineSpaceSpecial);

TpmResult<NvReadPublic::Reply> NvReadPublic::run(Context& context,
                                                 const Authorized<NvReadPublic>& handles,
                                                 const Params&) {
  const NvIndex& index = index_at(context.state, *handles->index);
  return Reply{.nv_public = legacy_public(index), .name = index.name};
}
VTPM_COMMAND(NvReadPublic);

TpmResult<NvReadPublic2::Reply> NvReadPublic2::run(Context& context,
                                                   const Authorized<NvReadPublic2>& handles,
                                                   const Params&) {
  const NvIndex& index = index_at(context.state, *handles->index);
  return Reply{.nv_public = public_area(index), .name = index.name};
}
VTPM_COMMAND(NvReadPublic2);

TpmResult<NvChangeAuth::Reply> NvChangeAuth::run(Context& context,
                                                 const Authorized<NvChangeAuth>& handles,
                                                 const Params& params) {
  NvIndex index = index_at(context.state, *handles->index);
  index.auth = TRY(at_parameter(1, checked_auth(params.new_auth, index.name_hash)));
  replace_index(context.state, std::move(index), NvReach::Nv);
  return Reply{};
}
VTPM_COMMAND(NvChangeAuth);

}  // namespace vtpm::engine
