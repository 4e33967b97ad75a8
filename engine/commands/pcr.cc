// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/pcr.h"

#include "engine/pcr.h"

namespace vtpm::engine {
namespace {

using wire::Handle;
namespace rh = wire::rh;

bool extendable(const Context& context, Handle pcr) {
  return pcr == rh::Null || may_extend(pcr, context.locality);
}

// Octets that the values of the allocated PCR take.
uint32_t allocation_size(const PcrAllocation& allocation) {
  size_t size = 0;
  for (size_t bank = 0; bank < kPcrBanks.size(); ++bank)
    size +=
        static_cast<size_t>(std::popcount(allocation.masks[bank])) * digest_size(kPcrBanks[bank]);
  return static_cast<uint32_t>(size);
}

// There is room for every PCR in every one of kPcrBanks at once.
PcrAllocation full_allocation() {
  PcrAllocation full;
  full.masks.fill((uint32_t{1} << wire::kPcrCount) - 1);
  return full;
}

bool allocated_somewhere(const PcrAllocation& allocation, unsigned pcr) {
  return std::ranges::any_of(allocation.masks,
                             [&](uint32_t mask) { return (mask >> pcr & 1u) != 0; });
}

}  // namespace

TpmResult<PcrExtend::Reply> PcrExtend::run(Context& context, const Authorized<PcrExtend>& handles,
                                           const Params& params) {
  Handle pcr = *handles->pcr;
  REQUIRE(extendable(context, pcr), rc::Locality);
  if (pcr != rh::Null) extend_pcr(context.state, pcr, params.digests.items);
  return Reply{};
}
VTPM_COMMAND(PcrExtend);

TpmResult<PcrEvent::Reply> PcrEvent::run(Context& context, const Authorized<PcrEvent>& handles,
                                         const Params& params) {
  Handle pcr = *handles->pcr;
  REQUIRE(extendable(context, pcr), rc::Locality);
  Reply reply;
  reply.digests.items.reserve(kPcrBanks.size());
  for (AlgId hash : kPcrBanks)
    if (pcr == rh::Null ? context.state.profile->has(hash)
                        : is_allocated(*context.state.pcrs, hash, pcr))
      reply.digests.items.push_back(
          {.algorithm = hash,
           .digest = wire::Digest(crypto::hash(to_crypto(hash), params.event_data.view()))});
  if (pcr != rh::Null) extend_pcr(context.state, pcr, reply.digests.items);
  return reply;
}
VTPM_COMMAND(PcrEvent);

TpmResult<PcrRead::Reply> PcrRead::run(Context& context, const Authorized<PcrRead>&,
                                       const Params& params) {
  const PcrBanks& banks = *context.state.pcrs;
  Reply reply{.update_counter = banks.update_counter,
              .selection = existing(banks, params.selection)};
  auto& values = reply.values.items;
  values.reserve(wire::DigestList::kMaximumItems);
  for (auto& selection : reply.selection.items) {
    uint32_t wanted = selection.mask;
    selection.mask = 0;
    for (; wanted != 0 && values.size() < wire::DigestList::kMaximumItems; wanted &= wanted - 1) {
      auto pcr = static_cast<unsigned>(std::countr_zero(wanted));
      values.emplace_back(pcr_value(banks, selection.hash, pcr));
      selection.mask |= uint32_t{1} << pcr;
    }
  }
  return reply;
}
VTPM_COMMAND(PcrRead);

TpmResult<PcrAllocate::Reply> PcrAllocate::run(Context& context, const Authorized<PcrAllocate>&,
                                               const Params& params) {
  State& state = context.state;
  PcrAllocation wanted = *state.pcr_allocation;
  for (const auto& selection : params.allocation.items) {
    // There is no room for PCR in other banks, whatever is given up for them.
    REQUIRE(is_pcr_bank(selection.hash) || selection.mask == 0, rc::NoResult);
    if (is_pcr_bank(selection.hash)) wanted.masks[bank_index(selection.hash)] = selection.mask;
  }
  REQUIRE(allocated_somewhere(wanted, kHcrtmPcr) && allocated_somewhere(wanted, kDrtmPcr), rc::Pcr);
  if (wanted.masks != state.pcr_allocation->masks) state.pcr_allocation.write() = wanted;
  state.lifecycle.write().restart_needed = true;
  return Reply{.success = uint8_t{1},
               .maximum_pcr = wire::kPcrCount,
               .size_needed = allocation_size(wanted),
               .size_available = allocation_size(full_allocation())};
}
VTPM_COMMAND(PcrAllocate);

TpmResult<PcrReset::Reply> PcrReset::run(Context& context, const Authorized<PcrReset>& handles,
                                         const Params&) {
  Handle pcr = *handles->pcr;
  // A PCR that nobody can reset is one whose localities are none (22.8.1).
  REQUIRE(may_reset(pcr, context.locality), rc::Locality);
  reset_pcr(context.state, pcr, 0x00);
  return Reply{};
}
VTPM_COMMAND(PcrReset);

TpmResult<PcrSetAuthPolicy::Reply> PcrSetAuthPolicy::run(Context& context,
                                                         const Authorized<PcrSetAuthPolicy>&,
                                                         const Params& params) {
  size_t expected = params.hash == AlgId::Null ? 0 : digest_size(params.hash);
  REQUIRE(params.auth_policy.size() == expected, rc::Size.parameter(1));
  REQUIRE(pcr_attributes(params.pcr).own_authorization, rc::Value.parameter(3));
  context.state.pcr_policy.write() = {.hash = params.hash, .digest = params.auth_policy};
  return Reply{};
}
VTPM_COMMAND(PcrSetAuthPolicy);

TpmResult<PcrSetAuthValue::Reply> PcrSetAuthValue::run(Context& context,
                                                       const Authorized<PcrSetAuthValue>& handles,
                                                       const Params& params) {
  REQUIRE(pcr_attributes(*handles->pcr).own_authorization, rc::Value);
  context.state.platform.write().pcr_auth = without_trailing_zeros(params.auth);
  return Reply{};
}
VTPM_COMMAND(PcrSetAuthValue);

}  // namespace vtpm::engine
