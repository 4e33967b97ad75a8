// SPDX-License-Identifier: Apache-2.0
#include "engine/session/policy.h"

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

void begin_policy_digest(Session& session) {
  session.policy.digest = wire::Digest(crypto::Digest(digest_size(session.hash)));
}

}  // namespace vtpm::engine
