// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/policy_compared.h"

#include "engine/clock.h"
#include "engine/commands/capability.h"
#include "engine/session/policy.h"

namespace vtpm::engine {
namespace {

using wire::Relation;

// A longer limit may be refused (Part 3, 23.10.1); so its milliseconds fit.
constexpr uint64_t kLongestLimit = 0x7FFFFFFF;

// "Less than" against Time as a whole is no comparison with it: operand B gives the seconds from
// the session's nonceTPM until the policy expires.
bool is_time_limit(const PolicyCounterTimer::Params& params) {
  return params.operation == Relation::UnsignedLess && params.offset == 0 &&
         params.operand_b.size() == sizeof(wire::TimeInfo::time);
}

TpmResult<uint64_t> time_limit(const Context& context, const Session& session,
                               const wire::Operand& operand) {
  auto seconds = load_be<uint64_t>(operand);
  REQUIRE(seconds <= kLongestLimit, rc::Value.parameter(1));
  uint64_t limit = session.start_time + 1000 * seconds;
  REQUIRE(!has_expired(context.state, context.ports, session, limit), rc::Expired.parameter(1));
  return limit;
}

// What a list that TPM2_GetCapability returns is sorted by.
uint32_t key_of(const wire::AlgorithmProperty& item) {
  return static_cast<uint32_t>(item.algorithm);
}
uint32_t key_of(const wire::CommandAttributes& item) {
  return item.raw & 0x2000FFFF;  // commandIndex and V
}
uint32_t key_of(const wire::TaggedPolicy& item) {
  return item.handle;
}
template <class Item>
uint32_t key_of(const Item& item) {
  if constexpr (requires { item.property; })
    return static_cast<uint32_t>(item.property);
  else
    return static_cast<uint32_t>(item);
}

// Saved sessions are asked for under one handle type and reported under another; apart from that a
// list has handles of the type that was asked for.
constexpr uint32_t kHandleIndex = 0x00FFFFFF;

// The structure of Part 3, table 184; nothing when this TPM does not have the property.
std::optional<Bytes> find_property(const Context& context, wire::Capability capability,
                                   uint32_t property) {
  if (capability == kVendorProperty) return std::nullopt;
  auto reply =
      capabilities(context, {.capability = capability, .property = property, .property_count = 1});
  if (!reply) return std::nullopt;
  std::optional<Bytes> found;
  auto look = [&](const auto* list, uint32_t mask = ~uint32_t{0}) {
    if (list && !list->items.empty() && ((key_of(list->items[0]) ^ property) & mask) == 0)
      found = wire::to_wire(list->items[0]);
  };
  const auto& data = reply->data.data;
  look(data.get<wire::AlgorithmProperties>());
  look(data.get<wire::HandleList>(), kHandleIndex);
  look(data.get<wire::CommandAttributesList>());
  look(data.get<wire::CommandCodes>());
  look(data.get<wire::TaggedProperties>());
  look(data.get<wire::TaggedPcrProperties>());
  look(data.get<wire::Curves>());
  look(data.get<wire::TaggedPolicies>());
  return found;
}

TpmResult<void> check_property(const Context& context, const PolicyCapability::Params& params) {
  REQUIRE(params.capability != wire::Capability::Pcrs, rc::Value.parameter(4));
  auto property = find_property(context, *params.capability, params.property);
  if (!property) {
    REQUIRE(params.operation == Relation::NotEqual, rc::Policy);
    return ok;
  }
  ByteView a = TRY(operand_a(*property, params.offset, params.operand_b.size()));
  REQUIRE(holds(a, *params.operation, params.operand_b), rc::Policy);
  return ok;
}

}  // namespace

TpmResult<PolicyCounterTimer::Reply> PolicyCounterTimer::run(
    Context& context, const Authorized<PolicyCounterTimer>& handles, const Params& params) {
  const SessionRef& session = *handles->session;
  std::optional<uint64_t> limit;
  if (!is_trial(*session.session)) {
    wire::TimeInfo now{.time = tpm_time(context.state, context.ports),
                       .clock_info = clock_info(context.state, context.ports)};
    Bytes time_info = wire::to_wire(now);
    ByteView a = TRY(operand_a(time_info, params.offset, params.operand_b.size()));
    if (is_time_limit(params))
      limit = TRY(time_limit(context, *session.session, params.operand_b));
    else
      REQUIRE(holds(a, *params.operation, params.operand_b), rc::Policy);
  }
  update_session(context.state, session.handle, [&](Session& updated) {
    extend_policy(
        updated, info.code,
        {comparison_arguments(updated, params.operand_b, params.offset, *params.operation)});
    if (limit) limit_time(updated, *limit);
  });
  return Reply{};
}
VTPM_COMMAND(PolicyCounterTimer);

TpmResult<PolicyCapability::Reply> PolicyCapability::run(
    Context& context, const Authorized<PolicyCapability>& handles, const Params& params) {
  const SessionRef& session = *handles->session;
  if (!is_trial(*session.session)) TRY(check_property(context, params));
  Bytes asked = wire::to_wire(params.capability);
  append(asked, wire::to_wire(params.property));
  update_session(context.state, session.handle, [&](Session& updated) {
    extend_policy(
        updated, info.code,
        {comparison_arguments(updated, params.operand_b, params.offset, *params.operation, asked)});
  });
  return Reply{};
}
VTPM_COMMAND(PolicyCapability);

}  // namespace vtpm::engine
