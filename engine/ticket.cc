// SPDX-License-Identifier: Apache-2.0
#include "engine/ticket.h"

#include "engine/crypto/hmac.h"
#include "engine/hierarchy.h"
#include "engine/pipeline/entity.h"

namespace vtpm::engine {
namespace {

using wire::Handle;
using wire::StructureTag;

std::array<uint8_t, sizeof(AlgId)> octets(AlgId hash) {
  return be_bytes(static_cast<uint16_t>(hash));
}

crypto::Hmac begin_evidence(const State& state, StructureTag tag, Handle hierarchy) {
  crypto::Hmac hmac(to_crypto(kIntegrityHash), proof(state, hierarchy).view());
  hmac.update(be_bytes(static_cast<uint16_t>(tag)));
  return hmac;
}

// HMAC_contextAlg(proof, tag || parameters).
crypto::Digest evidence(const State& state, StructureTag tag, Handle hierarchy,
                        std::initializer_list<ByteView> parameters) {
  crypto::Hmac hmac = begin_evidence(state, tag, hierarchy);
  for (ByteView parameter : parameters) hmac.update(parameter);
  return hmac.finish();
}

// The same of a TPMT_TK_VERIFIED, with its metadata (Part 2, equation 5).
crypto::Digest evidence_of(const State& state, const wire::VerifiedTicket& ticket,
                           ByteView digest_or_message, ByteView key_name) {
  const auto hash = octets(ticket.hash);
  ByteView metadata = ticket.tag == StructureTag::DigestVerified ? ByteView(hash) : ByteView();
  return evidence(state, ticket.tag, ticket.hierarchy, {digest_or_message, key_name, metadata});
}

bool may_have_evidence(const Object& key) {
  return key.hierarchy != wire::rh::Null && !key.name.empty();
}

template <StructureTag kTag>
wire::TaggedTicket<kTag> make(const State& state, Handle hierarchy,
                              std::initializer_list<ByteView> parameters) {
  return {{.tag = kTag,
           .hierarchy = hierarchy,
           .digest = wire::Digest(evidence(state, kTag, hierarchy, parameters))}};
}

// Part 2, equation 6. A timeout is never zero, so timeEpoch is always there.
crypto::Digest auth_evidence(const State& state, StructureTag tag, Handle hierarchy,
                             const PolicyAuthorization& of) {
  uint8_t numbers[3 * sizeof(uint64_t)];
  MutableByteView bytes(numbers);
  store_be<uint64_t>(bytes, of.timeout);
  store_be<uint64_t>(bytes.subspan(8), state.clock->epoch);
  store_be<uint64_t>(bytes.subspan(16), state.clock_nv->total_reset_count);
  ByteView limits = ByteView(numbers).first(of.until_reset ? 24 : 16);
  return evidence(state, tag, hierarchy, {of.cp_hash, of.policy_ref, of.auth_name, limits});
}

// Whether a ticket is that of an enabled hierarchy, and has this evidence.
template <class Ticket>
bool matches(const State& state, const Ticket& ticket, const crypto::Digest& evidence) {
  return hierarchy_enabled(state, ticket.hierarchy) &&
         constant_time_equal(ticket.digest.view(), evidence);
}

template <StructureTag kTag>
bool matches(const State& state, const wire::TaggedTicket<kTag>& ticket,
             std::initializer_list<ByteView> parameters) {
  return matches(state, ticket, evidence(state, kTag, ticket.hierarchy, parameters));
}

}  // namespace

bool safe_to_sign(ByteView first_block) {
  return first_block.size() >= sizeof wire::kGeneratedValue &&
         load_be<uint32_t>(first_block) != wire::kGeneratedValue;
}

wire::HashCheckTicket hash_check_ticket(const State& state, Handle hierarchy, AlgId hash,
                                        ByteView digest) {
  if (hierarchy == wire::rh::Null) return null_ticket<StructureTag::HashCheck>();
  return make<StructureTag::HashCheck>(state, hierarchy, {octets(hash), digest});
}
bool is_genuine(const State& state, const wire::HashCheckTicket& ticket, AlgId hash,
                ByteView digest) {
  return matches(state, ticket, {octets(hash), digest});
}

wire::CreationTicket creation_ticket(const State& state, Handle hierarchy, ByteView name,
                                     ByteView creation_hash) {
  return make<StructureTag::Creation>(state, hierarchy, {name, creation_hash});
}
bool is_genuine(const State& state, const wire::CreationTicket& ticket, ByteView name,
                ByteView creation_hash) {
  return matches(state, ticket, {name, creation_hash});
}

wire::VerifiedTicket verified_ticket(const State& state, const Object& key, ByteView digest) {
  wire::VerifiedTicket ticket{{.tag = StructureTag::Verified}};
  if (!may_have_evidence(key)) return ticket;
  ticket.hierarchy = key.hierarchy;
  ticket.digest = wire::Digest(evidence_of(state, ticket, digest, key.name));
  return ticket;
}

wire::VerifiedTicket digest_verified_ticket(const State& state, const Object& key, ByteView digest,
                                            AlgId hash) {
  wire::VerifiedTicket ticket{{.tag = StructureTag::DigestVerified}, hash};
  if (!may_have_evidence(key)) return ticket;
  ticket.hierarchy = key.hierarchy;
  ticket.digest = wire::Digest(evidence_of(state, ticket, digest, key.name));
  return ticket;
}

std::optional<crypto::Hmac> begin_message_evidence(const State& state, const Object& key) {
  if (!may_have_evidence(key)) return std::nullopt;
  return begin_evidence(state, StructureTag::MessageVerified, key.hierarchy);
}

wire::VerifiedTicket message_verified_ticket(const Object& key,
                                             std::optional<crypto::Hmac> evidence) {
  wire::VerifiedTicket ticket{{.tag = StructureTag::MessageVerified}};
  if (!evidence) return ticket;
  ticket.hierarchy = key.hierarchy;
  ticket.digest = wire::Digest(evidence->update(key.name).finish());
  return ticket;
}

bool is_genuine(const State& state, const wire::VerifiedTicket& ticket, ByteView digest_or_message,
                ByteView key_name) {
  return matches(state, ticket, evidence_of(state, ticket, digest_or_message, key_name));
}

wire::AuthTicket auth_ticket(const State& state, StructureTag tag, Handle hierarchy,
                             const PolicyAuthorization& authorization) {
  return {{.tag = tag,
           .hierarchy = hierarchy,
           .digest = wire::Digest(auth_evidence(state, tag, hierarchy, authorization))}};
}
bool is_genuine(const State& state, const wire::AuthTicket& ticket,
                const PolicyAuthorization& authorization) {
  return !authorization.auth_name.empty() &&
         matches(state, ticket, auth_evidence(state, ticket.tag, ticket.hierarchy, authorization));
}

}  // namespace vtpm::engine
