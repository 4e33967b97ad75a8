// SPDX-License-Identifier: Apache-2.0
#include "engine/ticket.h"

#include "engine/crypto/hmac.h"
#include "engine/hierarchy.h"

namespace vtpm::engine {
namespace {

using wire::Handle;
using wire::StructureTag;

// HMAC_contextAlg(proof, tag || parameters).
crypto::Digest evidence(const State& state, StructureTag tag, Handle hierarchy,
                        std::initializer_list<ByteView> parameters) {
  uint8_t tag_bytes[sizeof tag];
  store_be<uint16_t>(tag_bytes, static_cast<uint16_t>(tag));
  crypto::Hmac hmac(to_crypto(kIntegrityHash), proof(state, hierarchy).view());
  hmac.update(tag_bytes);
  for (ByteView parameter : parameters) hmac.update(parameter);
  return hmac.finish();
}

template <StructureTag kTag>
wire::TaggedTicket<kTag> make(const State& state, Handle hierarchy,
                              std::initializer_list<ByteView> parameters) {
  return {{.tag = kTag,
           .hierarchy = hierarchy,
           .digest = wire::Digest(evidence(state, kTag, hierarchy, parameters))}};
}

template <StructureTag kTag>
bool matches(const State& state, const wire::TaggedTicket<kTag>& ticket,
             std::initializer_list<ByteView> parameters) {
  return constant_time_equal(ticket.digest.view(),
                             evidence(state, kTag, ticket.hierarchy, parameters));
}

}  // namespace

wire::HashCheckTicket hash_check_ticket(const State& state, Handle hierarchy, ByteView digest) {
  if (hierarchy == wire::rh::Null) return null_ticket<StructureTag::HashCheck>();
  return make<StructureTag::HashCheck>(state, hierarchy, {digest});
}
bool is_genuine(const State& state, const wire::HashCheckTicket& ticket, ByteView digest) {
  return matches(state, ticket, {digest});
}

wire::CreationTicket creation_ticket(const State& state, Handle hierarchy, ByteView name,
                                     ByteView creation_hash) {
  return make<StructureTag::Creation>(state, hierarchy, {name, creation_hash});
}
bool is_genuine(const State& state, const wire::CreationTicket& ticket, ByteView name,
                ByteView creation_hash) {
  return matches(state, ticket, {name, creation_hash});
}

wire::VerifiedTicket verified_ticket(const State& state, Handle hierarchy, ByteView digest,
                                     ByteView key_name) {
  if (hierarchy == wire::rh::Null || key_name.empty())
    return null_ticket<StructureTag::Verified>();
  return make<StructureTag::Verified>(state, hierarchy, {digest, key_name});
}
bool is_genuine(const State& state, const wire::VerifiedTicket& ticket, ByteView digest,
                ByteView key_name) {
  return matches(state, ticket, {digest, key_name});
}

}  // namespace vtpm::engine
