// SPDX-License-Identifier: Apache-2.0
// HMAC (RFC 2104) over the algorithms of hash.h.
#pragma once

#include "engine/crypto/hash.h"

namespace vtpm::engine::crypto {

// The HMAC of the concatenation of `parts`. A key of any length, empty too.
Digest hmac(HashAlg alg, ByteView key, std::initializer_list<ByteView> parts);

// A running HMAC: a value, cheap to copy, wiped when destroyed. A copy taken before the first
// update() saves the key set-up for the next message under the same key.
class Hmac {
 public:
  Hmac(HashAlg alg, ByteView key);

  HashAlg alg() const { return inner_.alg(); }
  Hmac& update(ByteView data);
  // The HMAC of what was given so far. Afterwards the object may only be destroyed or assigned.
  Digest finish();

  // As Hasher::export_state(). The bytes replace the key: keep them as secret as the key.
  Secret export_state() const;
  static std::optional<Hmac> import_state(ByteView state);

 private:
  Hmac(Hasher inner, Hasher outer) : inner_(inner), outer_(outer) {}

  Hasher inner_;
  Hasher outer_;
};

}  // namespace vtpm::engine::crypto
