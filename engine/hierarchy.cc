// SPDX-License-Identifier: Apache-2.0
#include "engine/hierarchy.h"

#include "engine/crypto/random.h"
#include "engine/fault.h"

namespace vtpm::engine {

namespace rh = wire::rh;

SharedSecret random_secret(const Ports& ports, size_t size) {
  Secret secret(size);
  ports.random.fill(secret.bytes());
  return SharedSecret(std::move(secret));
}

const SharedSecret& primary_seed(const State& state, wire::Handle hierarchy) {
  switch (hierarchy) {
    case rh::Owner:
      return state.hierarchies->storage_seed;
    case rh::Endorsement:
      return state.hierarchies->endorsement_seed;
    case rh::Platform:
      return state.hierarchies->platform_seed;
    case rh::Null:
      return state.platform->null_seed;
    default:
      throw Fault("a seed of what is no hierarchy");
  }
}

const SharedSecret& proof(const State& state, wire::Handle hierarchy) {
  switch (hierarchy) {
    case rh::Owner:
      return state.hierarchies->storage_proof;
    case rh::Endorsement:
      return state.hierarchies->endorsement_proof;
    case rh::Platform:
      return state.hierarchies->platform_proof;
    case rh::Null:
      return state.platform->null_proof;
    default:
      throw Fault("a proof of what is no hierarchy");
  }
}

void flush_hierarchy(State& state, wire::Handle hierarchy, bool persistent) {
  for (TransientSlot& slot : state.transient.write().slots)
    if (slot.object && slot.object->hierarchy == hierarchy) slot = {};
  if (!persistent) return;
  std::erase_if(state.persistent.write().objects,
                [&](const auto& entry) { return entry.second->hierarchy == hierarchy; });
}

}  // namespace vtpm::engine
