// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/derive.h"

#include <algorithm>

#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

constexpr HashAlg kAlg = HashAlg::Sha512;
constexpr std::string_view kDomain = "vhost-user-tpm primary object";

void framed(Hmac& running, ByteView part) {
  uint8_t length[4];
  store_be(length, static_cast<uint32_t>(part.size()));
  running.update(length).update(part);
}

Hmac stream_key(uint16_t level, ByteView seed, std::string_view use,
                std::initializer_list<ByteView> contexts) {
  if (!derivation_level_supported(level)) throw Fault("unknown key derivation level");
  uint8_t stored_level[2];
  store_be(stored_level, level);
  Hmac running(kAlg, seed);
  framed(running, text_bytes(kDomain));
  framed(running, stored_level);
  framed(running, text_bytes(use));
  for (ByteView context : contexts) framed(running, context);
  Digest key = running.finish();
  Hmac keyed(kAlg, key);
  wipe(key.bytes());
  return keyed;
}

}  // namespace

SeedStream::SeedStream(uint16_t level, ByteView seed, std::string_view use,
                       std::initializer_list<ByteView> contexts)
    : keyed_(stream_key(level, seed, use, contexts)) {}

SeedStream::~SeedStream() {
  wipe(block_.bytes());
}

void SeedStream::fill(MutableByteView out) {
  while (!out.empty()) {
    if (used_ == block_.size()) {
      uint8_t counter[8];
      store_be(counter, next_block_++);
      Hmac running = keyed_;
      block_ = running.update(counter).finish();
      used_ = 0;
    }
    size_t count = std::min(out.size(), block_.size() - used_);
    std::copy_n(block_.view().begin() + static_cast<ptrdiff_t>(used_), count, out.begin());
    out = out.subspan(count);
    used_ += count;
  }
}

}  // namespace vtpm::engine::crypto
