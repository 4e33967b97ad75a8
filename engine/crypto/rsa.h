// SPDX-License-Identifier: Apache-2.0
// RSA (Part 1, 43). Numbers are big-endian byte strings; a block is as long as the modulus.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "engine/crypto/byte_source.h"
#include "engine/crypto/crypto_error.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"
#include "engine/ports.h"

namespace vtpm::engine::crypto {

inline constexpr uint32_t kDefaultRsaExponent = 65537;  // what TPMS_RSA_PARMS means by 0

// 1024, 2048, 3072 or 4096.
bool rsa_key_bits_supported(size_t bits);
// What generate_rsa_key() accepts: odd and at least 65537 (43.1). Keys that come from elsewhere
// may have any odd exponent from 3.
bool rsa_exponent_supported(uint32_t exponent);

// A new key's numbers as TPM structures hold them.
struct RsaKeyNumbers {
  Bytes modulus;  // bits / 8 bytes, the top bit set
  Secret prime;   // one of the two, bits / 16 bytes
};

// Makes a key from a stream of bytes: the same stream gives the same key for ever
// (docs/key-derivation.md). Takes tens to hundreds of milliseconds; asks `cancellation` before
// each candidate, that is at least every few milliseconds.
// Unsupported: the size or the exponent. Cancelled.
Result<RsaKeyNumbers, CryptoError> generate_rsa_key(size_t bits, uint32_t exponent,
                                                    ByteSource& source,
                                                    const Cancellation& cancellation);

// A public key prepared for use. Immutable, cheap to copy, may be shared between threads.
class RsaPublicKey {
 public:
  // Unsupported: the modulus' length is none of the supported sizes, or the exponent.
  // InvalidKey: the modulus is even or its top bit is clear.
  static Result<RsaPublicKey, CryptoError> create(ByteView modulus, uint32_t exponent);

  size_t size() const;  // bytes in the modulus
  // RSAEP (43.2): block ^ e mod n. `input` may be shorter than the modulus; the result is as long.
  // InvalidSize: longer. InvalidValue: not below the modulus.
  Result<Bytes, CryptoError> raw(ByteView input) const;

 private:
  friend class RsaPrivateKey;
  struct Impl;
  explicit RsaPublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// A private key prepared for use (CRT values computed once). Immutable, cheap to copy, may be
// shared between threads. Operations are blinded and their results checked before they are
// returned.
class RsaPrivateKey {
 public:
  // From the numbers of a TPM key (43.1). Errors as for RsaPublicKey::create, and
  // InvalidKey: the prime has the wrong length, does not divide the modulus, or a factor is out of
  // range or unsuitable for the exponent.
  static Result<RsaPrivateKey, CryptoError> create(ByteView modulus, uint32_t exponent,
                                                   ByteView prime);

  const RsaPublicKey& public_key() const { return public_; }
  size_t size() const { return public_.size(); }
  // RSADP (43.3): input ^ d mod n. Errors as for RsaPublicKey::raw; InvalidKey: the key was loaded
  // with factors that are not primes, and does not work.
  Result<Secret, CryptoError> raw(ByteView input, Random& random) const;

 private:
  struct Impl;
  RsaPrivateKey(RsaPublicKey pub, std::shared_ptr<const Impl> impl)
      : public_(std::move(pub)), impl_(std::move(impl)) {}
  RsaPublicKey public_;
  std::shared_ptr<const Impl> impl_;
};

// Signatures of a digest made with `alg`. InvalidSize: the digest is not of that algorithm's size,
// or the modulus is too short for it.
// RSASSA-PKCS1-v1_5 (43.6):
Result<Bytes, CryptoError> rsassa_sign(const RsaPrivateKey& key, HashAlg alg, ByteView digest,
                                       Random& random);
bool rsassa_verify(const RsaPublicKey& key, HashAlg alg, ByteView digest, ByteView signature);
// RSASSA-PSS (43.7). The salt is as long as the digest, or as long as still fits. Verification
// takes a salt of any length, since older TPMs use the longest that fits.
Result<Bytes, CryptoError> rsapss_sign(const RsaPrivateKey& key, HashAlg alg, ByteView digest,
                                       Random& random);
bool rsapss_verify(const RsaPublicKey& key, HashAlg alg, ByteView digest, ByteView signature);

// RSAES-OAEP (43.4), `alg` for the label and for the mask. A TPM's label ends with a zero octet,
// which is part of what is passed here: text_bytes({"DUPLICATE", 10}).
// InvalidSize: the message is too long for the key, or the ciphertext is not as long as the
// modulus. InvalidValue: the ciphertext is not below the modulus. DecryptionFailed.
Result<Bytes, CryptoError> oaep_encrypt(const RsaPublicKey& key, HashAlg alg, ByteView label,
                                        ByteView message, Random& random);
Result<Secret, CryptoError> oaep_decrypt(const RsaPrivateKey& key, HashAlg alg, ByteView label,
                                         ByteView ciphertext, Random& random);

// RSAES-PKCS1-v1_5 (43.5). Errors as for OAEP.
Result<Bytes, CryptoError> rsaes_encrypt(const RsaPublicKey& key, ByteView message, Random& random);
Result<Secret, CryptoError> rsaes_decrypt(const RsaPrivateKey& key, ByteView ciphertext,
                                          Random& random);

}  // namespace vtpm::engine::crypto
