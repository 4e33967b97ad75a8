// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/kdf.h"

#include <algorithm>

#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

constexpr uint32_t kDerivedObjectBits = 8192;  // Part 1, 25.4.1
constexpr uint8_t kZero[1] = {0};

ByteView terminator(ByteView label) {
  return label.empty() || label.back() != 0 ? ByteView(kZero) : ByteView();
}

// Fills `out` from successive digests; block(i) makes the i-th, counted from `first`.
template <class Block>
void fill_from_blocks(MutableByteView out, uint32_t first, Block block) {
  for (uint32_t i = first; !out.empty(); ++i) {
    uint8_t counter[4];
    store_be(counter, i);
    Digest digest = block(ByteView(counter));
    size_t count = std::min(out.size(), digest.size());
    std::copy_n(digest.view().begin(), count, out.begin());
    out = out.subspan(count);
    wipe(digest.bytes());
  }
}

void clear_unused_bits(MutableByteView bytes, uint32_t bits) {
  if (bits % 8 != 0) bytes[0] = static_cast<uint8_t>(bytes[0] & ((1u << (bits % 8)) - 1));
}

size_t bytes_for(uint32_t bits) {
  return (size_t{bits} + 7) / 8;
}

void kdfa_blocks(HashAlg alg, ByteView key, ByteView label, ByteView context_u, ByteView context_v,
                 uint32_t bits, MutableByteView out) {
  uint8_t length[4];
  store_be(length, bits);
  const Hmac keyed(alg, key);
  fill_from_blocks(out, 1, [&](ByteView counter) {
    Hmac running = keyed;
    running.update(counter).update(label).update(terminator(label));
    return running.update(context_u).update(context_v).update(length).finish();
  });
}

}  // namespace

void kdfa(HashAlg alg, ByteView key, ByteView label, ByteView context_u, ByteView context_v,
          MutableByteView out) {
  kdfa_blocks(alg, key, label, context_u, context_v, static_cast<uint32_t>(8 * out.size()), out);
}

Secret kdfa(HashAlg alg, ByteView key, ByteView label, ByteView context_u, ByteView context_v,
            uint32_t bits) {
  Secret out(bytes_for(bits));
  kdfa_blocks(alg, key, label, context_u, context_v, bits, out.bytes());
  clear_unused_bits(out.bytes(), bits);
  return out;
}

Secret kdfe(HashAlg alg, ByteView z, ByteView use, ByteView party_u, ByteView party_v,
            uint32_t bits) {
  Secret out(bytes_for(bits));
  fill_from_blocks(out.bytes(), 1, [&](ByteView counter) {
    return hash(alg, {counter, z, use, terminator(use), party_u, party_v});
  });
  clear_unused_bits(out.bytes(), bits);
  return out;
}

namespace {

// What MGF1 and KDF2 differ in is where they begin to count.
void counted_hashes_xor(HashAlg alg, ByteView seed, uint32_t first, MutableByteView data) {
  Secret mask(data.size());
  fill_from_blocks(mask.bytes(), first, [&](ByteView counter) {
    return hash(alg, {seed, counter});
  });
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(data[i] ^ mask.view()[i]);
}

}  // namespace

void mgf1_xor(HashAlg alg, ByteView seed, MutableByteView data) {
  counted_hashes_xor(alg, seed, 0, data);
}

void kdf2_xor(HashAlg alg, ByteView key, MutableByteView data) {
  counted_hashes_xor(alg, key, 1, data);
}

void xor_obfuscate(HashAlg alg, ByteView key, ByteView context_u, ByteView context_v,
                   MutableByteView data) {
  Secret mask(data.size());
  kdfa(alg, key, text_bytes("XOR"), context_u, context_v, mask.bytes());
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(data[i] ^ mask.view()[i]);
}

KdfaStream::KdfaStream(HashAlg alg, ByteView key, ByteView label, ByteView context)
    : bytes_(kdfa(alg, key, label, context, {}, kDerivedObjectBits)) {}

void KdfaStream::fill(MutableByteView out) {
  if (out.size() > bytes_.size() - used_) throw Fault("derivation parent's KDFa exhausted");
  std::copy_n(bytes_.view().begin() + static_cast<ptrdiff_t>(used_), out.size(), out.begin());
  used_ += out.size();
}

}  // namespace vtpm::engine::crypto
