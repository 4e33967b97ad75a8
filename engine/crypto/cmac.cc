// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/cmac.h"

#include <algorithm>

#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

// Doubling in GF(2^128) (SP 800-38B, 6.1), without a branch on the secret.
template <class Block>
void double_in_field(Block& block) {
  auto carry = static_cast<uint8_t>(block.front() >> 7);
  for (size_t i = 0; i + 1 < block.size(); ++i)
    block[i] = static_cast<uint8_t>(block[i] << 1 | block[i + 1] >> 7);
  block.back() = static_cast<uint8_t>(block.back() << 1 ^ 0x87 * carry);
}

}  // namespace

Cmac::Cmac(Cipher cipher, ByteView key) : cipher_(cipher), key_(Secret(key)) {
  if (!cipher_supported(cipher, 8 * key.size())) throw Fault("CMAC with a key of the wrong size");
}

Cmac::~Cmac() {
  wipe(chain_);
  wipe(pending_);
}

// CBC leaves the last block of ciphertext in its IV: the chaining value.
void Cmac::absorb(MutableByteView blocks) {
  if (!encrypt(cipher_, CipherMode::Cbc, key_.view(), chain_, blocks))
    throw Fault("CMAC of what is no whole number of blocks");
}

Cmac& Cmac::update(ByteView data) {
  if (data.empty()) return *this;
  const size_t all = pending_size_ + data.size();
  const size_t keep = (all - 1) % kCipherBlockSize + 1;
  if (all > keep) {
    Secret blocks(all - keep);
    MutableByteView out = blocks.bytes();
    std::copy_n(pending_.begin(), pending_size_, out.begin());
    out = out.subspan(pending_size_);
    std::copy_n(data.begin(), out.size(), out.begin());
    data = data.subspan(out.size());
    absorb(blocks.bytes());
    pending_size_ = 0;
  }
  std::copy(data.begin(), data.end(), pending_.begin() + static_cast<ptrdiff_t>(pending_size_));
  pending_size_ = keep;
  return *this;
}

Digest Cmac::finish() {
  Block subkey{};
  MutableByteView no_iv;
  if (!encrypt(cipher_, CipherMode::Ecb, key_.view(), no_iv, subkey))
    throw Fault("CMAC without its cipher");
  double_in_field(subkey);
  if (pending_size_ < kCipherBlockSize) {
    double_in_field(subkey);
    pending_[pending_size_] = 0x80;
    std::fill(pending_.begin() + static_cast<ptrdiff_t>(pending_size_) + 1, pending_.end(),
              uint8_t{0});
  }
  for (size_t i = 0; i < kCipherBlockSize; ++i) pending_[i] ^= subkey[i];
  absorb(pending_);
  wipe(subkey);
  return *Digest::from(chain_);
}

// u16 cipher, u16 size of the key, the key, the chaining value, the pending bytes.
Secret Cmac::export_state() const {
  Secret saved(2 * sizeof(uint16_t) + key_.size() + kCipherBlockSize + pending_size_);
  MutableByteView out = saved.bytes();
  store_be(out, static_cast<uint16_t>(cipher_));
  store_be(out.subspan(2), static_cast<uint16_t>(key_.size()));
  auto at = out.begin() + 4;
  at = std::ranges::copy(key_.view(), at).out;
  at = std::ranges::copy(chain_, at).out;
  std::copy_n(pending_.begin(), pending_size_, at);
  return saved;
}

std::optional<Cmac> Cmac::import_state(ByteView state) {
  Reader reader(state);
  auto id = reader.take_be<uint16_t>();
  auto key_size = reader.take_be<uint16_t>();
  auto key = key_size ? reader.take(*key_size) : std::nullopt;
  auto chain = reader.take(kCipherBlockSize);
  if (!id || !key || !chain || reader.remaining() > kCipherBlockSize) return std::nullopt;
  const auto cipher = static_cast<Cipher>(*id);
  if (!cipher_supported(cipher, 8 * key->size())) return std::nullopt;
  // Only at the very beginning nothing is pending.
  if (reader.remaining() == 0 && std::ranges::any_of(*chain, [](uint8_t b) { return b != 0; }))
    return std::nullopt;
  Cmac cmac(cipher, *key);
  std::ranges::copy(*chain, cmac.chain_.begin());
  cmac.pending_size_ = reader.remaining();
  std::ranges::copy(reader.rest(), cmac.pending_.begin());
  return cmac;
}

}  // namespace vtpm::engine::crypto
