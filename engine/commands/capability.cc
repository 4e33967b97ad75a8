// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/capability.h"

#include "engine/commands/table.h"
#include "engine/nv/storage.h"
#include "engine/object/ecc_key.h"
#include "engine/object/slots.h"
#include "engine/pcr.h"
#include "engine/physical_presence.h"
#include "engine/pipeline/command_audit.h"
#include "engine/properties.h"

namespace vtpm::engine {
namespace {

using wire::Capability;
using wire::Handle;
using wire::HandleType;
namespace rh = wire::rh;

using Params = GetCapability::Params;
using Reply = GetCapability::Reply;

// Collects what was asked for from all items of a group, which come in ascending order.
template <class List>
class Page {
 public:
  explicit Page(const Params& params)
      : first_(params.property),
        limit_(std::min<size_t>(params.property_count, List::kMaximumItems)) {}

  template <class Key>
  void offer(Key key, typename List::Item item) {
    if (static_cast<uint32_t>(key) < first_) return;
    if (list_.items.size() < limit_)
      list_.items.push_back(std::move(item));
    else
      more_ = true;
  }

  Reply reply(Capability capability) && {
    return {.more_data = more_ ? uint8_t{1} : uint8_t{0},
            .data = {.capability = capability, .data = std::move(list_)}};
  }

 private:
  uint32_t first_;
  size_t limit_;
  List list_;
  bool more_ = false;
};

Reply algorithms(const State& state, const Params& params) {
  Page<wire::AlgorithmProperties> page(params);
  for (const Algorithm& algorithm : kAlgorithms)
    if (state.profile->has(algorithm.id))
      page.offer(algorithm.id, {.algorithm = algorithm.id, .attributes = algorithm.attributes});
  return std::move(page).reply(*params.capability);
}

Reply curves(const State& state, const Params& params) {
  Page<wire::Curves> page(params);
  for (CurveId curve : kCurves)
    if (state.profile->has(curve)) page.offer(curve, curve);
  return std::move(page).reply(*params.capability);
}

Reply commands(const Params& params) {
  Page<wire::CommandAttributesList> page(params);
  for (const CommandRow* row : all_commands()) page.offer(row->code, {.raw = row->attributes});
  return std::move(page).reply(*params.capability);
}

Reply presence_commands(const State& state, const Params& params) {
  Page<wire::CommandCodes> page(params);
  for (const CommandRow* row : all_commands())
    if (needs_physical_presence(state, *row)) page.offer(row->code, row->code);
  return std::move(page).reply(*params.capability);
}

Reply commands_under_audit(const State& state, const Params& params) {
  Page<wire::CommandCodes> page(params);
  for (wire::CommandCode code : audited_commands(*state.command_audit)) page.offer(code, code);
  return std::move(page).reply(*params.capability);
}

Reply properties(const Context& context, const Params& params) {
  Page<wire::TaggedProperties> page(params);
  // Only the group of the property is reported; the first one has nothing and stands for the next.
  uint32_t group = std::max(params.property / wire::kPropertyGroup, 1u);
  bool failed = context.state.lifecycle->mode == Mode::Failure;
  for (const Property& property : all_properties())
    if (static_cast<uint32_t>(property.tag) / wire::kPropertyGroup == group &&
        (property.in_failure_mode || !failed))
      page.offer(property.tag, {.property = property.tag, .value = property.value(context)});
  return std::move(page).reply(*params.capability);
}

uint32_t pcrs_with(bool (*has)(unsigned pcr, uint8_t locality), uint8_t locality) {
  uint32_t mask = 0;
  for (unsigned pcr = 0; pcr < wire::kPcrCount; ++pcr)
    if (has(pcr, locality)) mask |= uint32_t{1} << pcr;
  return mask;
}

Reply pcr_properties(const Params& params) {
  using Tag = wire::PcrPropertyTag;
  Page<wire::TaggedPcrProperties> page(params);
  auto offer = [&](Tag tag, bool (*has)(unsigned, uint8_t), uint8_t locality) {
    page.offer(tag, {.property = tag, .mask = pcrs_with(has, locality)});
  };
  auto after = [](Tag first, unsigned locality) {
    return static_cast<Tag>(static_cast<uint32_t>(first) + 2 * locality);
  };
  offer(
      Tag::Save, [](unsigned pcr, uint8_t) { return pcr_attributes(pcr).state_saved; }, 0);
  for (uint8_t locality = 0; locality < 5; ++locality) {
    offer(after(Tag::ExtendLocality0, locality), may_extend, locality);
    offer(after(Tag::ResetLocality0, locality), may_reset, locality);
  }
  offer(
      Tag::NoIncrement, [](unsigned pcr, uint8_t) { return pcr_attributes(pcr).no_increment; }, 0);
  offer(
      Tag::DrtmReset, [](unsigned pcr, uint8_t) { return pcr_attributes(pcr).drtm; }, 0);
  for (Tag set : {Tag::PolicySet, Tag::AuthSet})
    offer(
        set, [](unsigned pcr, uint8_t) { return pcr_attributes(pcr).own_authorization; }, 0);
  return std::move(page).reply(*params.capability);
}

TpmResult<Reply> allocation(const State& state, const Params& params) {
  REQUIRE(params.property == 0, rc::Value.parameter(2));
  wire::PcrSelections banks;
  for (AlgId hash : kPcrBanks)
    if (state.profile->has(hash))
      banks.items.push_back({.hash = hash, .mask = state.pcrs->allocated.masks[bank_index(hash)]});
  return Reply{.data = {.capability = *params.capability, .data = std::move(banks)}};
}

TpmResult<Reply> policies(const State& state, const Params& params) {
  REQUIRE(wire::handle_type(params.property) == HandleType::Permanent, rc::Value.parameter(2));
  Page<wire::TaggedPolicies> page(params);
  for (Handle handle : {rh::Owner, rh::Lockout, rh::Endorsement, rh::Platform}) {
    const Authorization& authorization = *hierarchy_authorization(state, handle);
    page.offer(
        handle,
        {.handle = handle, .hash = authorization.policy_hash, .digest = authorization.policy});
  }
  return std::move(page).reply(*params.capability);
}

constexpr Handle kPermanentHandles[] = {rh::Owner,       rh::Null,     rh::Password,  rh::Lockout,
                                        rh::Endorsement, rh::Platform, rh::PlatformNv};

// All handles of the type that the property's most significant octet names (30.2.1).
TpmResult<Reply> handles(const State& state, const Params& params) {
  Page<wire::HandleList> page(params);
  auto offer_sessions = [&](auto&& wanted) {
    for (size_t slot = 0; slot < kMaximumSessions; ++slot)
      if (auto handle = wanted(slot, state.sessions->slots[slot]))
        page.offer((params.property & 0xFF000000u) | static_cast<Handle>(slot), *handle);
  };
  switch (wire::handle_type(params.property)) {
    case HandleType::Pcr:
      for (Handle pcr = 0; pcr < wire::kPcrCount; ++pcr) page.offer(pcr, pcr);
      break;
    case HandleType::HmacSession:  // loaded sessions of both kinds
      offer_sessions([](size_t slot, const SessionSlot& session) {
        return session.loaded ? std::optional(session_handle(slot, session.loaded->is_policy()))
                              : std::nullopt;
      });
      break;
    case HandleType::PolicySession:  // saved sessions, all reported as HMAC sessions
      offer_sessions([](size_t slot, const SessionSlot& session) {
        return session.saved_context != 0 ? std::optional(session_handle(slot, false))
                                          : std::nullopt;
      });
      break;
    case HandleType::Permanent:
      for (Handle handle : kPermanentHandles) page.offer(handle, handle);
      break;
    case HandleType::Transient:
      for (size_t i = 0; i < TransientObjects::kSlots; ++i)
        if (state.transient->slots[i].occupied())
          page.offer(transient_handle(i), transient_handle(i));
      break;
    case HandleType::Persistent:
      for (const auto& [handle, object] : state.persistent->objects) page.offer(handle, handle);
      break;
    case HandleType::NvIndex:
    case HandleType::ExternalNv:
      for (Handle handle : defined_handles(state))
        if (wire::handle_type(handle) == wire::handle_type(params.property))
          page.offer(handle, handle);
      break;
    case HandleType::PermanentNv:
    case HandleType::AttachedComponent:
      break;
    default:
      return rc::Handle.parameter(2);
  }
  return std::move(page).reply(*params.capability);
}

TpmResult<Reply> nothing(const Params& params) {
  if (params.capability == Capability::Act)
    REQUIRE(wire::handle_type(params.property) == HandleType::Permanent, rc::Value.parameter(2));
  return Reply{.data = {.capability = *params.capability, .data = wire::NoEntries()}};
}

// In failure mode the other groups have no values (Part 3, 30.2.1).
Reply none_in_failure_mode(const Params& params) {
  Reply reply{.data = {.capability = *params.capability}};
  reply.data.data.select(static_cast<uint32_t>(*params.capability));
  return reply;
}

}  // namespace

TpmResult<GetCapability::Reply> capabilities(const Context& context, const Params& params) {
  const State& state = context.state;
  if (state.lifecycle->mode == Mode::Failure && params.capability != Capability::TpmProperties)
    return none_in_failure_mode(params);
  switch (*params.capability) {
    case Capability::Algs:
      return algorithms(state, params);
    case Capability::Handles:
      return handles(state, params);
    case Capability::Commands:
      return commands(params);
    case Capability::PpCommands:
      return presence_commands(state, params);
    case Capability::AuditCommands:
      return commands_under_audit(state, params);
    case Capability::Pcrs:
      return allocation(state, params);
    case Capability::TpmProperties:
      return properties(context, params);
    case Capability::PcrProperties:
      return pcr_properties(params);
    case Capability::EccCurves:
      return curves(state, params);
    case Capability::AuthPolicies:
      return policies(state, params);
    case Capability::Act:
    case Capability::PublicKeys:
    case Capability::SpdmSessionInfo:
      return nothing(params);
  }
  return rc::Value.parameter(1);
}

TpmResult<GetCapability::Reply> GetCapability::run(Context& context,
                                                   const Authorized<GetCapability>&,
                                                   const Params& params) {
  return capabilities(context, params);
}
VTPM_COMMAND(GetCapability);

// The parameters are what is tested, and unmarshalling has done it, but for a KDF of a key's own
// (Part 2, 12.2.3.5).
TpmResult<TestParms::Reply> TestParms::run(Context&, const Authorized<TestParms>&,
                                           const Params& params) {
  const auto* ecc = params.parameters.parameters.get<wire::EccParameters>();
  REQUIRE(!ecc || has_usable_kdf(*ecc), rc::Kdf.parameter(1));
  return Reply{};
}
VTPM_COMMAND(TestParms);

}  // namespace vtpm::engine
