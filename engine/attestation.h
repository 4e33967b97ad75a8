// SPDX-License-Identifier: Apache-2.0
// What all attestations have in common (Part 3, 18.1): the block around the attested data, and its
// signature.
#pragma once

#include "engine/pipeline/context.h"
#include "engine/wire/attest.h"

namespace vtpm::engine {

// The key that signs and what the caller says about the signature. `handle` and `parameter` are the
// numbers of the key's handle and of inScheme.
struct Signer {
  const Object* key = nullptr;  // null for TPM_RH_NULL: a block, but no signature
  const wire::SignatureScheme& in_scheme;
  unsigned handle = 1;
  unsigned parameter = 2;
};

// The scheme that applies. TPM_RC_KEY: the key does not sign. TPM_RC_SCHEME.
TpmResult<wire::SignatureScheme> attestation_scheme(const Signer& signer);

// The block for `signer`, of this moment; what is attested is still to be filled in.
wire::Attest attestation_block(Context& context, const Signer& signer,
                               const wire::Data& qualifying_data);

struct SignedBlock {
  wire::AttestBytes block;
  wire::Signature signature;  // the NULL Signature without a key
};

// Signs with a scheme of attestation_scheme().
TpmResult<SignedBlock> sign_block(Context& context, const Signer& signer,
                                  const wire::SignatureScheme& scheme, const wire::Attest& attest);

// All of it, for attested data that does not depend on the scheme.
template <class Info>
TpmResult<SignedBlock> attest(Context& context, const Signer& signer,
                              const wire::Data& qualifying_data, wire::StructureTag type,
                              Info info) {
  wire::SignatureScheme scheme = TRY(attestation_scheme(signer));
  wire::Attest block = attestation_block(context, signer, qualifying_data);
  block.type = type;
  block.attested = std::move(info);
  return sign_block(context, signer, scheme, block);
}

}  // namespace vtpm::engine
