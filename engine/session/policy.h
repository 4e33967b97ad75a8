// SPDX-License-Identifier: Apache-2.0
// What the assertions of Part 3, clause 23 have in common.
#pragma once

#include <initializer_list>

#include "engine/session/session.h"

namespace vtpm::engine {

// A trial session takes every assertion for true: only its digest counts (Part 3, 23.1).
bool is_trial(const Session& session);

// policyDigest_new = H(policyDigest_old || commandCode || parts).
void extend_policy(Session& session, wire::CommandCode code,
                   std::initializer_list<ByteView> parts = {});

// Begins the digest anew, where an assertion puts itself in the place of those before it:
// TPM2_PolicyOR, TPM2_PolicyAuthorize, TPM2_PolicyAuthorizeNV.
void begin_policy_digest(Session& session);

}  // namespace vtpm::engine
