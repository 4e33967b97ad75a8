// SPDX-License-Identifier: Apache-2.0
#include "engine/wire/capability.h"

namespace vtpm::engine::wire {

TpmResult<void> TaggedPcrProperty::unmarshal(Reader& in) {
  TRY(wire::unmarshal(in, property));
  return unmarshal_pcr_bits(in, mask);
}

void TaggedPcrProperty::marshal(Writer& out) const {
  wire::marshal(out, property);
  marshal_pcr_bits(out, mask);
}

TpmResult<void> TaggedPolicy::unmarshal(Reader& in) {
  TRY(wire::unmarshal(in, handle));
  TRY(wire::unmarshal(in, hash));
  auto bytes = in.take(hash == AlgId::Null ? 0 : digest_size(hash));
  if (!bytes) return rc::Insufficient;
  digest = Digest(*bytes);
  return ok;
}

void TaggedPolicy::marshal(Writer& out) const {
  wire::marshal(out, handle);
  wire::marshal(out, hash);
  out.put(digest.view());
}

}  // namespace vtpm::engine::wire
