// SPDX-License-Identifier: Apache-2.0
#include "engine/session/policy.h"

#include "engine/clock.h"

namespace vtpm::engine {

using wire::CommandCode;

bool is_trial(const Session& session) {
  return session.type == wire::SessionType::Trial;
}

void extend_policy(Session& session, CommandCode code, std::initializer_list<ByteView> parts) {
  crypto::Hasher hasher(to_crypto(session.hash));
  hasher.update(session.policy.digest).update(wire::to_wire(code));
  for (ByteView part : parts) hasher.update(part);
  session.policy.digest = wire::Digest(hasher.finish());
}

void extend_policy_twice(Session& session, CommandCode code, ByteView name, ByteView reference) {
  extend_policy(session, code, {name});
  session.policy.digest =
      wire::Digest(crypto::hash(to_crypto(session.hash), {session.policy.digest, reference}));
}

void begin_policy_digest(Session& session) {
  session.policy.digest = wire::Digest(crypto::Digest(digest_size(session.hash)));
}

void reset_policy(Session& session) {
  session.policy = {};
  begin_policy_digest(session);
}

TpmResult<void> check_binding(const Session& session, const PolicyBinding& binding,
                              bool may_repeat) {
  const PolicyBinding& present = session.policy.binding;
  REQUIRE(present.to == PolicyBinding::To::Nothing || (may_repeat && present == binding),
          rc::CpHash);
  REQUIRE(binding.hash.size() == digest_size(session.hash), rc::Size);
  return ok;
}

TpmResult<wire::AlgId> checked_name_hash(const wire::Name& name, const Profile& profile) {
  wire::Reader in(name, profile);
  wire::HashAlgorithm hash;
  REQUIRE(wire::unmarshal(in, hash), rc::Hash);
  REQUIRE(in.remaining() == digest_size(hash), rc::Size);
  return hash.value;
}

TpmResult<void> check_limits(const State& state, const Ports& ports, const Session& session,
                             const PolicyLimits& limits, unsigned timeout_parameter) {
  if (limits.timeout)
    REQUIRE(!has_expired(state, ports, session, *limits.timeout),
            rc::Expired.parameter(timeout_parameter));
  if (limits.cp_hash.empty()) return ok;
  auto bound = check_binding(session, {PolicyBinding::To::Command, limits.cp_hash}, true);
  if (!bound) return bound.error().parameter(2);
  return ok;
}

void apply_limits(Session& session, const PolicyLimits& limits) {
  if (!limits.cp_hash.empty())
    session.policy.binding = {PolicyBinding::To::Command, limits.cp_hash};
  if (limits.timeout) limit_time(session, *limits.timeout);
}

bool has_expired(const State& state, const Ports& ports, const Session& session, uint64_t timeout) {
  return session.time_epoch != state.clock->epoch || timeout < tpm_time(state, ports);
}

void limit_time(Session& session, uint64_t timeout) {
  std::optional<uint64_t>& present = session.policy.timeout;
  present = present ? std::min(*present, timeout) : timeout;
}

}  // namespace vtpm::engine
