// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/rsa_padding.h"

#include <algorithm>

#include "base/declassify.h"
#include "engine/crypto/digest_info.h"
#include "engine/crypto/kdf.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;

constexpr uint8_t kPssTrailer = 0xbc;

void copy(ByteView from, MutableByteView to) {
  std::copy(from.begin(), from.end(), to.begin());
}

// All ones when zero, else all zeros, without a branch.
constexpr uint32_t mask_if_zero(uint32_t value) {
  return static_cast<uint32_t>(((uint64_t{value} | (uint64_t{0} - value)) >> 63) & 1) - 1;
}
constexpr uint32_t mask_if_equal(uint32_t a, uint32_t b) {
  return mask_if_zero(a ^ b);
}

// H of PSS: over eight zero bytes, the digest and the salt.
Digest pss_hash(HashAlg alg, ByteView digest, ByteView salt) {
  const uint8_t zeros[8] = {};
  return hash(alg, {zeros, digest, salt});
}

}  // namespace

Padded pkcs1_signature_block(size_t size, HashAlg alg, ByteView digest) {
  const ByteView info = digest_info(alg);
  if (digest.size() != digest_size(alg) || size < info.size() + digest.size() + 11)
    return Error::InvalidSize;
  Secret block(size);
  MutableByteView out = block.bytes();
  std::fill(out.begin(), out.end(), uint8_t{0xff});
  out[0] = 0;
  out[1] = 1;
  MutableByteView tail = out.last(1 + info.size() + digest.size());
  tail[0] = 0;
  copy(info, tail.subspan(1));
  copy(digest, tail.subspan(1 + info.size()));
  return block;
}

size_t pss_salt_size(size_t size, HashAlg alg) {
  const size_t hash_size = digest_size(alg);
  return std::min(hash_size, size - hash_size - 2);
}

Padded pss_encode(size_t size, HashAlg alg, ByteView digest, Random& random) {
  const size_t hash_size = digest_size(alg);
  if (digest.size() != hash_size || size < hash_size + 2) return Error::InvalidSize;
  Digest salt(pss_salt_size(size, alg));
  random.fill(salt.bytes());
  Secret block(size);
  MutableByteView masked = block.bytes().first(size - hash_size - 1);
  Digest h = pss_hash(alg, digest, salt);
  masked[masked.size() - salt.size() - 1] = 1;
  copy(salt, masked.last(salt.size()));
  mgf1_xor(alg, h, masked);
  masked[0] &= 0x7f;
  copy(h, block.bytes().subspan(masked.size()));
  block.bytes().back() = kPssTrailer;
  return block;
}

bool pss_verify(HashAlg alg, ByteView digest, ByteView block) {
  const size_t hash_size = digest_size(alg);
  if (digest.size() != hash_size || block.size() < hash_size + 2) return false;
  if (block.front() & 0x80 || block.back() != kPssTrailer) return false;
  Bytes data = to_bytes(block.first(block.size() - hash_size - 1));
  ByteView h = block.subspan(data.size(), hash_size);
  mgf1_xor(alg, h, data);
  data[0] &= 0x7f;
  auto separator = std::find_if(data.begin(), data.end(), [](uint8_t byte) { return byte != 0; });
  if (separator == data.end() || *separator != 1) return false;
  return constant_time_equal(pss_hash(alg, digest, ByteView(separator + 1, data.end())), h);
}

Padded oaep_encode(size_t size, HashAlg alg, ByteView label, ByteView message, Random& random) {
  const size_t hash_size = digest_size(alg);
  if (size < 2 * hash_size + 2 || message.size() > size - 2 * hash_size - 2)
    return Error::InvalidSize;
  Secret block(size);
  MutableByteView seed = block.bytes().subspan(1, hash_size);
  MutableByteView data = block.bytes().subspan(1 + hash_size);
  copy(hash(alg, label), data);
  data[data.size() - message.size() - 1] = 1;
  copy(message, data.last(message.size()));
  random.fill(seed);
  mgf1_xor(alg, seed, data);
  mgf1_xor(alg, data, seed);
  return block;
}

// Which of its conditions an encoding misses must not show, not even in the time it takes.
Padded oaep_decode(HashAlg alg, ByteView label, Secret block) {
  const size_t hash_size = digest_size(alg);
  if (block.size() < 2 * hash_size + 2) return Error::InvalidSize;
  MutableByteView seed = block.bytes().subspan(1, hash_size);
  MutableByteView data = block.bytes().subspan(1 + hash_size);
  mgf1_xor(alg, data, seed);
  mgf1_xor(alg, seed, data);

  uint32_t bad = block.view()[0];
  Digest label_hash = hash(alg, label);
  for (size_t i = 0; i < hash_size; ++i)
    bad |= static_cast<uint32_t>(data[i] ^ label_hash.view()[i]);
  uint32_t before_separator = ~0u;
  uint32_t separator = 0;
  for (size_t i = hash_size; i < data.size(); ++i) {
    const uint32_t is_one = mask_if_equal(data[i], 1);
    separator |= static_cast<uint32_t>(i) & is_one & before_separator;
    before_separator &= ~is_one;
    bad |= before_separator & data[i];
  }
  bad |= before_separator;
  if (declassified(bad) != 0) return Error::DecryptionFailed;
  return Secret(data.subspan(declassified(separator) + 1));
}

Padded pkcs1_encryption_block(size_t size, ByteView message, Random& random) {
  if (size < 11 || message.size() > size - 11) return Error::InvalidSize;
  Secret block(size);
  MutableByteView out = block.bytes();
  out[1] = 2;
  for (uint8_t& byte : out.subspan(2, size - message.size() - 3))
    while (byte == 0) random.fill({&byte, 1});
  copy(message, out.last(message.size()));
  return block;
}

Padded pkcs1_decryption_message(ByteView block) {
  constexpr uint32_t kFirstSeparator = 10;  // at least eight bytes of padding
  uint32_t bad = block[0] | (block[1] ^ 2u);
  uint32_t before_separator = ~0u;
  uint32_t separator = 0;
  for (size_t i = 2; i < block.size(); ++i) {
    const uint32_t is_zero = mask_if_zero(block[i]);
    separator |= static_cast<uint32_t>(i) & is_zero & before_separator;
    before_separator &= ~is_zero;
    bad |= is_zero & (i < kFirstSeparator ? ~0u : 0u);
  }
  bad |= before_separator;
  if (declassified(bad) != 0) return Error::DecryptionFailed;
  return Secret(block.subspan(declassified(separator) + 1));
}

}  // namespace vtpm::engine::crypto
