// SPDX-License-Identifier: Apache-2.0
// What a public area must obey when an object is created or loaded: the attributes (Part 2, 8.3.3)
// and the algorithms that go with them (Part 2, 12.2.3; Part 3, 12.1.1).
#pragma once

#include "engine/object/object.h"

namespace vtpm::engine {

// Where a new object's secrets come from (Part 1, 24.6).
enum class Origin : uint8_t {
  Ordinary,  // the random number generator, under a storage parent
  Primary,   // a primary seed
  Derived,   // a derivation parent
};

// The parameters that TPM2_Create and its kin, TPM2_Load and TPM2_LoadExternal have in common. The
// functions below return codes that name them.
inline constexpr unsigned kSensitiveParameter = 1;
inline constexpr unsigned kPublicParameter = 2;

// The template and the sensitive values of a new object. `parent` is null for a primary object.
TpmResult<void> check_template(const wire::Public& pub, const wire::SensitiveCreate& sensitive,
                               Origin origin, const Object* parent);

// The public area of TPM2_Load.
TpmResult<void> check_child(const wire::Public& pub, const Object& parent);

// The public area of TPM2_LoadExternal.
TpmResult<void> check_external(const wire::Public& pub, bool with_sensitive);

// Bound to a TPM's firmware or to a version of it. There are no hierarchies for such objects here
// (Part 1, 41), so none is made or comes in: only the public part of another TPM's (Part 2, 8.3.3.8
// and 8.3.3.9).
bool is_limited(const wire::Public& pub);

// An authValue without its trailing zero octets; TPM_RC_SIZE when more than a digest of nameAlg
// remains (Part 1, 24.3.2).
TpmResult<wire::Auth> checked_auth(const wire::Auth& auth, AlgId name_hash);

// The cipher of a parent, or of a cipher key; null for keyed hashes and keys that only sign.
const wire::SymmetricObjectDefinition* symmetric_definition(const wire::Public& pub);

// The result with a parameter's number added to its error.
template <class T>
TpmResult<T> at_parameter(unsigned number, TpmResult<T> result) {
  if (!result) return result.error().parameter(number);
  return result;
}

}  // namespace vtpm::engine
