// SPDX-License-Identifier: Apache-2.0
// Protected storage: the sensitive area of an object while it is outside the TPM, under the seed of
// its parent (Part 1, clause 19).
#pragma once

#include "engine/object/object.h"
#include "engine/ports.h"

namespace vtpm::engine {

// The private area for TPM2_Load under `parent`, a storage parent with its sensitive area. `name`
// and `name_hash` are those of the object.
wire::Private wrap_sensitive(const Object& parent, const wire::Name& name, AlgId name_hash,
                             const wire::Sensitive& sensitive, const Ports& ports);

// The reverse. TPM_RC_SIZE: empty. TPM_RC_INTEGRITY: made under another parent, for another object,
// or altered. TPM_RC_SENSITIVE: what is inside is no sensitive area.
TpmResult<wire::Sensitive> unwrap_sensitive(const Object& parent, const wire::Name& name,
                                            const wire::Private& wrapped);

// The TPM2B_SENSITIVE that all private areas contain, encrypted or not. `name_hash` is the object's
// own.
Secret marshal_sensitive(wire::Sensitive sensitive, AlgId name_hash);

// The reverse. What came encrypted and is no sensitive area is TPM_RC_SENSITIVE, whatever is wrong
// with it (Part 2, 6.6.3).
enum class WasEncrypted : bool { No, Yes };
TpmResult<wire::Sensitive> unmarshal_sensitive(ByteView plain, WasEncrypted was_encrypted);

}  // namespace vtpm::engine
