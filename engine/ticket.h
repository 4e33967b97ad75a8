// SPDX-License-Identifier: Apache-2.0
// Tickets: the TPM's own evidence of what it has checked before (Part 2, 10.6). Each is an HMAC
// under the proof of a hierarchy, so that it dies with the hierarchy.
#pragma once

#include "engine/state.h"

namespace vtpm::engine {

// The ticket of a kind for which there is none: TPM_RH_NULL and an Empty Buffer.
template <wire::StructureTag kTag>
wire::TaggedTicket<kTag> null_ticket() {
  return {{.tag = kTag, .hierarchy = wire::rh::Null, .digest = {}}};
}

// Evidence that `digest` is of a message that did not begin with TPM_GENERATED_VALUE. For
// TPM_RH_NULL it is the NULL Ticket.
wire::HashCheckTicket hash_check_ticket(const State& state, wire::Handle hierarchy,
                                        ByteView digest);
bool is_genuine(const State& state, const wire::HashCheckTicket& ticket, ByteView digest);

// Evidence that the creation data with this hash (by the object's nameAlg) is that of the object.
wire::CreationTicket creation_ticket(const State& state, wire::Handle hierarchy, ByteView name,
                                     ByteView creation_hash);
bool is_genuine(const State& state, const wire::CreationTicket& ticket, ByteView name,
                ByteView creation_hash);

// Evidence that the key with this Name has signed `digest`. For TPM_RH_NULL, or a key without a Name,
// it is the NULL Ticket (Part 3, 12.3.1).
wire::VerifiedTicket verified_ticket(const State& state, wire::Handle hierarchy, ByteView digest,
                                     ByteView key_name);
bool is_genuine(const State& state, const wire::VerifiedTicket& ticket, ByteView digest,
                ByteView key_name);

}  // namespace vtpm::engine
