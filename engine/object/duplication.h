// SPDX-License-Identifier: Apache-2.0
// The sensitive area of an object on its way to another parent (Part 1, 20.3.2). Its outer wrapper
// is that of outer_wrap.h.
#pragma once

#include "engine/object/object.h"

namespace vtpm::engine {

// The cipher of the inner wrapper, TPM_ALG_NULL for none, and a key of its size.
struct InnerWrap {
  const wire::SymmetricObjectDefinition& symmetric;
  ByteView key;
};

// Bytes in the key of an inner wrapper; 0 for TPM_ALG_NULL.
size_t inner_key_size(const wire::SymmetricObjectDefinition& symmetric);

// The sensitive area of `object` as a TPM2B_SENSITIVE, within the inner wrapper if there is one.
Secret wrap_inner(const InnerWrap& wrap, const Object& object);

// The reverse, for the public area that the blob is said to belong to: what is inside, as it is.
// TPM_RC_INTEGRITY: another key or object, or altered.
TpmResult<Secret> unwrap_inner(const InnerWrap& wrap, const wire::Public& pub, Secret blob);

}  // namespace vtpm::engine
