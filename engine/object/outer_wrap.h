// SPDX-License-Identifier: Apache-2.0
// The protection of what leaves the TPM under a seed (Part 1, 19.3 to 19.5): children of a storage
// parent, duplicates of objects, credentials.
#pragma once

#include "engine/object/object.h"
#include "engine/ports.h"

namespace vtpm::engine {

// What protects: the nameAlg and the cipher of a storage key, under a seed, for the object with
// this Name.
struct OuterWrap {
  const wire::Public& key;
  ByteView seed;
  const wire::Name& name;
};

// A seed that serves more than once needs an initial value each time, which travels along; for a
// seed that is used once it is zero, and left out (Part 1, 19.4).
enum class InitialValue : uint8_t { Random, Zero };

// The integrity value as a TPM2B_DIGEST, the TPM2B_IV if there is one, the encrypted `data`.
Bytes wrap_outer(const OuterWrap& wrap, InitialValue initial, Secret data, const Ports& ports);

// The reverse. TPM_RC_INTEGRITY: made with another key or seed, for another object, or altered.
// TPM_RC_SIZE, TPM_RC_INSUFFICIENT: the initial value inside.
TpmResult<Secret> unwrap_outer(const OuterWrap& wrap, InitialValue initial, ByteView wrapped);

}  // namespace vtpm::engine
