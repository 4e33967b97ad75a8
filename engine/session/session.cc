// SPDX-License-Identifier: Apache-2.0
#include "engine/session/session.h"

namespace vtpm::engine {

void reset_policy(Session& session) {
  session.policy = {};
  session.policy.digest = wire::Digest(crypto::Digest(digest_size(session.hash)));
}

}  // namespace vtpm::engine
