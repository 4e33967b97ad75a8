// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/self_test_lattice.h"

#include <array>

#include "engine/crypto/hash.h"
#include "engine/crypto/ml_dsa.h"
#include "engine/crypto/ml_kem.h"

namespace vtpm::engine::crypto {
namespace {

using Known = std::array<uint8_t, 32>;

// SHA-256 of what is known to come out.
bool hashes_to(ByteView bytes, const Known& known) {
  return constant_time_equal(hash(HashAlg::Sha256, bytes), known);
}

class Zeros final : public ByteSource {
 public:
  void fill(MutableByteView out) override {
    for (uint8_t& byte : out) byte = 0;
  }
};

// ML-KEM-768: the key of the seed 00 01 .. 3F; the ciphertext and the secret that m = 0 makes.
constexpr Known kKemKey = {0x0B, 0x79, 0x34, 0xC8, 0x31, 0x25, 0xC7, 0x88, 0x99, 0x5E, 0x2B,
                           0xA6, 0xBD, 0x76, 0x1E, 0x33, 0x04, 0x6B, 0x3E, 0x40, 0x57, 0x1B,
                           0xE5, 0x3E, 0x02, 0x33, 0x09, 0xA2, 0x9F, 0x39, 0x8C, 0xC9};
constexpr Known kKemCiphertext = {0x23, 0x26, 0xB4, 0x63, 0x03, 0x5B, 0x4E, 0x52, 0x76, 0xD5, 0xD5,
                                  0x0F, 0x2C, 0xD7, 0x4A, 0xF8, 0x02, 0x59, 0xD5, 0x52, 0xA9, 0x8B,
                                  0xE9, 0x9A, 0x71, 0xDE, 0xA0, 0x91, 0xF4, 0x5E, 0x5B, 0x3F};
constexpr Known kKemSecret = {0x8E, 0xE9, 0xF6, 0x6A, 0xBF, 0x0D, 0xB5, 0x54, 0x70, 0x32, 0x87,
                              0x03, 0x2D, 0x59, 0x8F, 0xCA, 0x71, 0xA9, 0x32, 0x56, 0xDC, 0x9F,
                              0x10, 0x9E, 0x9C, 0xF1, 0x16, 0xF8, 0x7F, 0x24, 0xA4, 0x7D};

// ML-DSA-65, Wycheproof's first vector: the key of the seed 2A 2A .. 2A and its deterministic
// signature of "Hello world".
constexpr Known kDsaKey = {0xB7, 0xAC, 0xCE, 0x2D, 0xDB, 0x11, 0xF8, 0xCC, 0x1A, 0xA4, 0x6E,
                           0x2B, 0xAF, 0xAC, 0x6E, 0xAC, 0xFA, 0x2B, 0x73, 0x2E, 0xF1, 0x92,
                           0xBD, 0x63, 0x6A, 0xD8, 0xD3, 0xA5, 0x6D, 0x64, 0x9C, 0x66};
constexpr Known kDsaSignature = {0x39, 0xFB, 0xBB, 0x0D, 0x97, 0xA5, 0x2C, 0x79, 0x84, 0x42, 0x13,
                                 0xB3, 0x25, 0xAF, 0x82, 0x3A, 0x7F, 0x16, 0xA1, 0x74, 0xE0, 0x0A,
                                 0x5B, 0x3D, 0xAE, 0xB3, 0xE6, 0xE6, 0xD1, 0xC8, 0x96, 0x81};

}  // namespace

bool test_ml_kem() {
  constexpr MlKemSet kSet = MlKemSet::Kem768;
  std::array<uint8_t, kMlKemSeedSize> seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(i);
  Zeros zeros;
  const Bytes key = ml_kem_public_key(kSet, seed);
  auto made = ml_kem_encapsulate(kSet, key, zeros);
  if (!made || !hashes_to(key, kKemKey) || !hashes_to(made->ciphertext, kKemCiphertext) ||
      !constant_time_equal(made->secret.view(), kKemSecret))
    return false;
  auto secret = ml_kem_decapsulate(kSet, seed, made->ciphertext);
  return secret && constant_time_equal(secret->view(), kKemSecret);
}

bool test_ml_dsa() {
  constexpr MlDsaSet kSet = MlDsaSet::Dsa65;
  std::array<uint8_t, kMlDsaSeedSize> seed;
  seed.fill(0x2A);
  Zeros zeros;
  const Bytes key = ml_dsa_public_key(kSet, seed);
  const Digest mu = MlDsaMessage(key, {}).update(text_bytes("Hello world")).finish();
  const Bytes signature = ml_dsa_sign(kSet, seed, mu, zeros);
  return hashes_to(key, kDsaKey) && hashes_to(signature, kDsaSignature) &&
         ml_dsa_verify(kSet, key, mu, signature);
}

}  // namespace vtpm::engine::crypto
