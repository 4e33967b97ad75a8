// SPDX-License-Identifier: Apache-2.0
// Tickets: the TPM's own evidence of what it has checked before (Part 2, 10.6). Each is an HMAC
// under the proof of a hierarchy, so that it dies with the hierarchy. While that is disabled, none
// is genuine (Part 1, 11.5).
#pragma once

#include "engine/state.h"

namespace vtpm::engine {

// The ticket of a kind for which there is none: TPM_RH_NULL and an Empty Buffer.
template <wire::StructureTag kTag>
wire::TaggedTicket<kTag> null_ticket() {
  return {{.tag = kTag, .hierarchy = wire::rh::Null, .digest = {}}};
}

// Whether a message that begins with this block may be signed by a restricted key. One too short
// to tell is not (Part 3, 17.8.1).
bool safe_to_sign(ByteView first_block);

// Evidence that `digest` is, by the algorithm `hash`, that of a message that did not begin with
// TPM_GENERATED_VALUE. For TPM_RH_NULL it is the NULL Ticket. The algorithm is part of the
// evidence, as equation 7 does not have it: that of the digest must be the signing scheme's (Part
// 3, 20.5.1).
wire::HashCheckTicket hash_check_ticket(const State& state, wire::Handle hierarchy,
                                        wire::AlgId hash, ByteView digest);
bool is_genuine(const State& state, const wire::HashCheckTicket& ticket, wire::AlgId hash,
                ByteView digest);

// Evidence that the creation data with this hash (by the object's nameAlg) is that of the object.
wire::CreationTicket creation_ticket(const State& state, wire::Handle hierarchy, ByteView name,
                                     ByteView creation_hash);
bool is_genuine(const State& state, const wire::CreationTicket& ticket, ByteView name,
                ByteView creation_hash);

// Evidence that the key has signed `digest`, in the form of TPM2_VerifySignature and, with the hash
// algorithm of the digest, in that of TPM2_VerifyDigestSignature. For a key of TPM_RH_NULL, or
// without a Name, it is the NULL Ticket of the form (Part 3, 12.3.1).
wire::VerifiedTicket verified_ticket(const State& state, const Object& key, ByteView digest);
wire::VerifiedTicket digest_verified_ticket(const State& state, const Object& key, ByteView digest,
                                            wire::AlgId hash);
// The same of a message, whose octets go into the running evidence first. No evidence gives the
// NULL Ticket.
std::optional<crypto::Hmac> begin_message_evidence(const State& state, const Object& key);
wire::VerifiedTicket message_verified_ticket(const Object& key,
                                             std::optional<crypto::Hmac> evidence);
// A ticket of any form against what it says was signed: the digest, or for TPM_ST_MESSAGE_VERIFIED
// the message.
bool is_genuine(const State& state, const wire::VerifiedTicket& ticket, ByteView digest_or_message,
                ByteView key_name);

// What the ticket of a TPM2_PolicySigned or TPM2_PolicySecret vouches for.
struct PolicyAuthorization {
  ByteView cp_hash, policy_ref, auth_name;
  uint64_t timeout = 0;      // on Time, milliseconds
  bool until_reset = false;  // ends with the next TPM Reset, too: no nonceTPM was given
};
// Good within the present stretch of Time only. `tag` says which of the two commands. Who has no
// Name never approved: with nothing behind policyRef, its end could pass for another's Name.
wire::AuthTicket auth_ticket(const State& state, wire::StructureTag tag, wire::Handle hierarchy,
                             const PolicyAuthorization& authorization);
bool is_genuine(const State& state, const wire::AuthTicket& ticket,
                const PolicyAuthorization& authorization);

}  // namespace vtpm::engine
