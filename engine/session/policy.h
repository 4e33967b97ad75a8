// SPDX-License-Identifier: Apache-2.0
// What the assertions of Part 3, clause 23 have in common.
#pragma once

#include <initializer_list>

#include "engine/ports.h"
#include "engine/state.h"

namespace vtpm::engine {

// A trial session takes every assertion for true: only its digest counts (Part 3, 23.1).
bool is_trial(const Session& session);

// policyDigest_new = H(policyDigest_old || commandCode || parts).
void extend_policy(Session& session, wire::CommandCode code,
                   std::initializer_list<ByteView> parts = {});

// PolicyUpdate() (Part 3, 23.2.3): extends by a Name, then by a reference.
void extend_policy_twice(Session& session, wire::CommandCode code, ByteView name,
                         ByteView reference);

// Begins the digest anew, where an assertion puts itself in the place of those before it:
// TPM2_PolicyOR, TPM2_PolicyAuthorize, TPM2_PolicyAuthorizeNV.
void begin_policy_digest(Session& session);

// Ties the policy to a hash. TPM_RC_CPHASH when it is tied already, and not to the same where
// `may_repeat`; TPM_RC_SIZE when the hash is not as long as the policy's digest.
TpmResult<void> check_binding(const Session& session, const PolicyBinding& binding,
                              bool may_repeat);

// The hash algorithm of a Name that a caller gives. TPM_RC_HASH when it begins with none;
// TPM_RC_SIZE when the rest is no digest of that algorithm (Part 3, 23.16.1 and 23.25.1).
TpmResult<wire::AlgId> checked_name_hash(const wire::Name& name, const Profile& profile);

// What an authorization of TPM2_PolicySigned, TPM2_PolicySecret or TPM2_PolicyTicket is limited to.
struct PolicyLimits {
  wire::Digest cp_hash;             // may be empty
  std::optional<uint64_t> timeout;  // on Time, milliseconds
};
// TPM_RC_EXPIRED for the parameter with this number; TPM_RC_CPHASH and TPM_RC_SIZE for cpHashA,
// which is the second one of all three commands (Part 3, 23.2.2).
TpmResult<void> check_limits(const State& state, const Ports& ports, const Session& session,
                             const PolicyLimits& limits, unsigned timeout_parameter);
void apply_limits(Session& session, const PolicyLimits& limits);

// Limits made before Time began anew mean nothing (Part 1, 16.7.12).
bool has_expired(const State& state, const Ports& ports, const Session& session, uint64_t timeout);
// A timeout is only ever brought forward (Part 3, 23.2.4).
void limit_time(Session& session, uint64_t timeout);

}  // namespace vtpm::engine
