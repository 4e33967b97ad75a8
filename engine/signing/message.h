// SPDX-License-Identifier: Apache-2.0
// Messages on their way to a signature, or to having one checked: signature sequences (Part 1,
// 29.4.5; Part 3, clauses 17 and 20).
#pragma once

#include "engine/pipeline/context.h"

namespace vtpm::engine {

// A sequence for a key whose own scheme says how the message is to be hashed. `parameter` is what
// the scheme makes of TPM2B_SIGNATURE_CTX.
// TPM_RC_KEY: no signing key. TPM_RC_SCHEME: the key has no scheme, or nothing can be verified by
// it. TPM_RC_ATTRIBUTES: a restricted HMAC key does not sign messages. TPM_RC_HANDLE: an HMAC key
// without its sensitive area. TPM_RC_SIZE: the parameter.
TpmResult<SignatureSequence> begin_signing(const Object& key,
                                           const wire::SignatureContext& parameter);
TpmResult<SignatureSequence> begin_verifying(const State& state, const Object& key,
                                             const wire::SignatureContext& parameter);

void update(SignatureSequence& sequence, ByteView data);
// The last of the message.
void finish(SignatureSequence& sequence, ByteView data);

// Whether the sequence was begun with this key, loaded in the same hierarchy.
bool is_for_key(const SignatureSequence& sequence, const Object& key);

// The signature of the message so far by the key of the sequence. Codes as for sign().
TpmResult<wire::Signature> sign_message(Context& context, const Object& key,
                                        SignatureSequence sequence);

// Checks a signature of the message so far and gives the ticket for it. TPM_RC_SCHEME: not one by
// the key's scheme. TPM_RC_SIGNATURE.
TpmResult<wire::VerifiedTicket> verify_message(const Object& key, SignatureSequence sequence,
                                               const wire::Signature& signature);

// Whether a signature is one of this message, given in parts, by the key's own scheme. Nothing is
// kept of it.
bool has_signed_message(const Object& key, std::span<const ByteView> parts,
                        const wire::Signature& signature);

}  // namespace vtpm::engine
