// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/random.h"

#include <algorithm>

namespace vtpm::engine::crypto {
namespace {

constexpr HashAlg kDrbgHash = HashAlg::Sha256;
constexpr size_t kStateSize = digest_size(kDrbgHash);
constexpr size_t kEntropySize = 32;
constexpr size_t kNonceSize = 16;
// SP 800-90A, table 2 allows 2^48 requests of 2^16 bytes; more entropy more often costs little.
constexpr uint32_t kRequestsBetweenReseeds = 1024;
constexpr size_t kMaxRandomRequest = size_t{1} << 16;

}  // namespace

Random::Random(Entropy& entropy)
    : entropy_(entropy), key_(kDrbgHash, Digest(kStateSize)), value_(kStateSize, 1) {
  Secret seed(kEntropySize + kNonceSize);
  entropy_.fill(seed.bytes());
  update({seed.view()});
}

Random::~Random() {
  wipe(value_.bytes());
}

// HMAC_DRBG_Update (SP 800-90A, 10.1.2.2).
void Random::update(std::initializer_list<ByteView> parts) {
  const bool anything =
      std::any_of(parts.begin(), parts.end(), [](ByteView part) { return !part.empty(); });
  for (uint8_t round = 0; round < (anything ? 2 : 1); ++round) {
    Hmac running = key_;
    running.update(value_).update({&round, 1});
    for (ByteView part : parts) running.update(part);
    Digest key = running.finish();
    key_ = Hmac(kDrbgHash, key);
    wipe(key.bytes());
    step();
  }
}

// V = HMAC(K, V).
void Random::step() {
  Hmac running = key_;
  value_ = running.update(value_).finish();
}

void Random::reseed(ByteView additional) {
  Secret entropy(kEntropySize);
  entropy_.fill(entropy.bytes());
  update({entropy.view(), additional});
  requests_ = 0;
}

void Random::stir(ByteView additional) {
  reseed(additional);
}

void Random::fill(MutableByteView out) {
  while (!out.empty()) {
    if (requests_ >= kRequestsBetweenReseeds) reseed({});
    ++requests_;
    MutableByteView request = out.first(std::min(out.size(), kMaxRandomRequest));
    out = out.subspan(request.size());
    while (!request.empty()) {
      step();
      size_t count = std::min(request.size(), kStateSize);
      std::copy_n(value_.view().begin(), count, request.begin());
      request = request.subspan(count);
    }
    update({});
  }
}

}  // namespace vtpm::engine::crypto
