// SPDX-License-Identifier: Apache-2.0
// New objects from templates (Part 1, clauses 24 and 25). docs/key-derivation.md says how primary
// ones follow from their seeds.
#pragma once

#include "engine/crypto/byte_source.h"
#include "engine/object/object.h"
#include "engine/state.h"

namespace vtpm::engine {

// Where the TPM's part of an object comes from; one source may serve as both.
struct ObjectSources {
  crypto::ByteSource& secret;  // the key
  crypto::ByteSource& seed;    // seedValue
};

// The object of a template that check_template() has passed, named and with its keys prepared, but
// not yet placed under a parent. The same bytes from the sources give the same object; the
// authValue has no influence on it. Codes name the parameters of TPM2_Create:
// TPM_RC_SIZE, TPM_RC_KEY_SIZE, TPM_RC_KEY: the caller's key does not fit the template, or is weak.
// TPM_RC_CANCELED.
TpmResult<Object> create_object(const wire::Public& object_template,
                                const wire::SensitiveCreate& sensitive,
                                const ObjectSources& sources, const Cancellation& cancellation);

// The same from the random number generator, for a child of `parent`.
TpmResult<Object> create_ordinary(const Object& parent, const wire::Public& object_template,
                                  const wire::SensitiveCreate& sensitive, const Ports& ports);

// The same from the seed of a hierarchy.
TpmResult<Object> create_primary(const State& state, wire::Handle hierarchy,
                                 const wire::Public& object_template,
                                 const wire::SensitiveCreate& sensitive, const Ports& ports);

}  // namespace vtpm::engine
