// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/hash.h"

#include "engine/object/slots.h"
#include "engine/pcr.h"
#include "engine/signing/message.h"
#include "engine/ticket.h"

namespace vtpm::engine {
namespace {

void update(HashSequence& sequence, ByteView data) {
  if (sequence.empty) sequence.ticket_safe = safe_to_sign(data);
  sequence.empty = false;
  sequence.hasher.update(data);
}
void update(HmacSequence& sequence, ByteView data) {
  sequence.hmac.update(data);
}
void update(CmacSequence& sequence, ByteView data) {
  sequence.cmac.update(data);
}
void update(EventSequence& sequence, ByteView data) {
  for (crypto::Hasher& hasher : sequence.hashers) hasher.update(data);
}

EventSequence new_event_sequence() {
  EventSequence sequence;
  sequence.hashers.reserve(kPcrBanks.size());
  for (AlgId hash : kPcrBanks) sequence.hashers.emplace_back(to_crypto(hash));
  return sequence;
}

}  // namespace

TpmResult<Hash::Reply> Hash::run(Context& context, const Authorized<Hash>&, const Params& params) {
  wire::Digest digest(crypto::hash(to_crypto(params.hash), params.data.view()));
  Reply reply{.out_hash = digest, .validation = null_ticket<wire::StructureTag::HashCheck>()};
  if (safe_to_sign(params.data))
    reply.validation = hash_check_ticket(context.state, params.hierarchy, params.hash, digest);
  return reply;
}
VTPM_COMMAND(Hash);

TpmResult<HashSequenceStart::Reply> HashSequenceStart::run(Context& context,
                                                           const Authorized<HashSequenceStart>&,
                                                           const Params& params) {
  if (params.hash == AlgId::Null)
    return Reply{
        .sequence = {TRY(start_sequence(context.state, params.auth, new_event_sequence()))}};
  HashSequence running{.hasher = crypto::Hasher(to_crypto(params.hash))};
  return Reply{.sequence = {TRY(start_sequence(context.state, params.auth, running))}};
}
VTPM_COMMAND(HashSequenceStart);

TpmResult<SequenceUpdate::Reply> SequenceUpdate::run(Context& context,
                                                     const Authorized<SequenceUpdate>& handles,
                                                     const Params& params) {
  auto updated = std::make_shared<Sequence>(**handles->sequence);
  std::visit([&](auto& running) { update(running, params.buffer); }, updated->running);
  replace_transient(context.state, handles->sequence->handle, {.sequence = std::move(updated)});
  return Reply{};
}
VTPM_COMMAND(SequenceUpdate);

TpmResult<SequenceComplete::Reply> SequenceComplete::run(
    Context& context, const Authorized<SequenceComplete>& handles, const Params& params) {
  Reply reply{.validation = null_ticket<wire::StructureTag::HashCheck>()};
  const auto& running = handles->sequence->sequence->running;
  if (const auto* started = std::get_if<HashSequence>(&running)) {
    HashSequence hash = *started;
    update(hash, params.buffer);
    reply.result = wire::Digest(hash.hasher.finish());
    if (hash.ticket_safe)
      reply.validation = hash_check_ticket(context.state, params.hierarchy,
                                           to_alg_id(hash.hasher.alg()), reply.result);
  } else if (const auto* hmac_started = std::get_if<HmacSequence>(&running)) {
    crypto::Hmac hmac = hmac_started->hmac;
    reply.result = wire::Digest(hmac.update(params.buffer).finish());
  } else if (const auto* cmac_started = std::get_if<CmacSequence>(&running)) {
    crypto::Cmac cmac = cmac_started->cmac;
    reply.result = wire::Digest(cmac.update(params.buffer).finish());
  } else {
    return rc::Mode.handle(1);
  }
  remove_transient(context.state, handles->sequence->handle);
  return reply;
}
VTPM_COMMAND(SequenceComplete);

TpmResult<EventSequenceComplete::Reply> EventSequenceComplete::run(
    Context& context, const Authorized<EventSequenceComplete>& handles, const Params& params) {
  const auto* started = std::get_if<EventSequence>(&handles->sequence->sequence->running);
  REQUIRE(started, rc::Mode.handle(2));
  wire::Handle pcr = *handles->pcr;
  REQUIRE(pcr == wire::rh::Null || may_extend(pcr, context.locality), rc::Locality);
  EventSequence event = *started;
  update(event, params.buffer);
  Reply reply;
  for (size_t i = 0; i < kPcrBanks.size(); ++i)
    if (context.state.profile->has(kPcrBanks[i]))
      reply.results.items.push_back(
          {.algorithm = kPcrBanks[i], .digest = wire::Digest(event.hashers[i].finish())});
  if (pcr != wire::rh::Null) extend_pcr(context.state, pcr, reply.results.items);
  remove_transient(context.state, handles->sequence->handle);
  return reply;
}
VTPM_COMMAND(EventSequenceComplete);

}  // namespace vtpm::engine
