// SPDX-License-Identifier: Apache-2.0
#include "engine/wire/capability.h"

namespace vtpm::engine::wire {

TpmResult<void> TaggedPcrProperty::unmarshal(Reader& in) {
  TRY(wire::unmarshal(in, property));
  uint8_t size = 0;
  TRY(wire::unmarshal(in, size));
  if (size != kPcrSelectBytes) return rc::Value;
  auto bytes = in.take(size);
  if (!bytes) return rc::Insufficient;
  mask = 0;
  for (size_t i = 0; i < size; ++i) mask |= uint32_t{(*bytes)[i]} << (8 * i);
  return ok;
}

void TaggedPcrProperty::marshal(Writer& out) const {
  wire::marshal(out, property);
  out.put_be(static_cast<uint8_t>(kPcrSelectBytes));
  for (size_t i = 0; i < kPcrSelectBytes; ++i) out.put_be(static_cast<uint8_t>(mask >> (8 * i)));
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
