// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/hmac.h"

#include <algorithm>

namespace vtpm::engine::crypto {

Digest hmac(HashAlg alg, ByteView key, std::initializer_list<ByteView> parts) {
  Hmac running(alg, key);
  for (ByteView part : parts) running.update(part);
  return running.finish();
}

Hmac::Hmac(HashAlg alg, ByteView key) : inner_(alg), outer_(alg) {
  std::array<uint8_t, kMaxHashBlockSize> block{};
  if (key.size() <= block_size(alg)) {
    std::copy(key.begin(), key.end(), block.begin());
  } else {
    Digest hashed = hash(alg, key);
    std::copy_n(hashed.view().begin(), hashed.size(), block.begin());
    wipe(hashed.bytes());
  }
  MutableByteView pad(block.data(), block_size(alg));
  for (uint8_t& byte : pad) byte ^= 0x36;
  inner_.update(pad);
  for (uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
  outer_.update(pad);
  wipe(pad);
}

Hmac& Hmac::update(ByteView data) {
  inner_.update(data);
  return *this;
}

Digest Hmac::finish() {
  return outer_.update(inner_.finish()).finish();
}

// u16 length of the inner state, the inner state, the outer state.
Secret Hmac::export_state() const {
  Secret inner = inner_.export_state();
  Secret outer = outer_.export_state();
  Secret saved(sizeof(uint16_t) + inner.size() + outer.size());
  MutableByteView out = saved.bytes();
  store_be(out, static_cast<uint16_t>(inner.size()));
  std::copy_n(inner.view().begin(), inner.size(), out.begin() + 2);
  std::copy_n(outer.view().begin(), outer.size(),
              out.begin() + 2 + static_cast<ptrdiff_t>(inner.size()));
  return saved;
}

std::optional<Hmac> Hmac::import_state(ByteView state) {
  Reader reader(state);
  auto size = reader.take_be<uint16_t>();
  auto inner_state = size ? reader.take(*size) : std::nullopt;
  if (!inner_state) return std::nullopt;
  auto inner = Hasher::import_state(*inner_state);
  auto outer = Hasher::import_state(reader.rest());
  if (!inner || !outer || inner->alg() != outer->alg()) return std::nullopt;
  return Hmac(*inner, *outer);
}

}  // namespace vtpm::engine::crypto
