// SPDX-License-Identifier: Apache-2.0
// Objects put together from their areas, and their places in the hierarchies.
#pragma once

#include "engine/object/attributes.h"
#include "engine/object/object.h"

namespace vtpm::engine {

// A loaded object of areas that come from outside: checked to be of the sizes that the public area
// says and to belong together (Part 3, 12.2.1 and 12.3.1), its keys prepared once. The codes name
// the second parameter for the public area and the given one for the sensitive area, except
// TPM_RC_BINDING: each is good, but not with the other.
TpmResult<Object> assemble(const wire::Public& pub, const std::optional<wire::Sensitive>& sensitive,
                           unsigned sensitive_parameter = kSensitiveParameter);

// The public identity of a keyed hash or cipher key (Part 1, 24.5.3.2).
wire::Digest symmetric_unique(AlgId name_hash, ByteView seed, ByteView value);

// The most octets of secret that a keyed hash may have (Part 1, 24.7.5.1).
size_t maximum_keyed_hash_secret(const wire::Public& pub);

// Gives a prepared object its place under a parent, or under a hierarchy itself.
void place_under(Object& object, const Object& parent);
void place_under_hierarchy(Object& object, wire::Handle hierarchy);

}  // namespace vtpm::engine
