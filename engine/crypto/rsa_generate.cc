// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/prime_search.h"
#include "engine/crypto/rsa.h"
#include "engine/crypto/rsa_numbers.h"

namespace vtpm::engine::crypto {
namespace {

// |p - q| > 2^(bits - 100) for primes of `bits` bits (Part 1, 43.8.3, step 4).
bool far_apart(const BIGNUM* p, const BIGNUM* q, size_t bits) {
  Bn difference = secret_bn();
  Bn limit = new_bn();
  check(BN_sub(difference.get(), p, q), "BN_sub");
  BN_set_negative(difference.get(), 0);
  check(BN_set_bit(limit.get(), static_cast<int>(bits) - 100), "BN_set_bit");
  return BN_cmp(difference.get(), limit.get()) > 0;
}

// d >= 2^bits (Part 1, 43.8.3, step 7).
bool exponent_large_enough(const BIGNUM* p, const BIGNUM* q, uint32_t exponent, size_t bits,
                           BN_CTX* context) {
  Bn d = private_exponent(p, q, exponent, context);
  return d && BN_num_bits(d.get()) > static_cast<int>(bits);
}

}  // namespace

bool rsa_key_bits_supported(size_t bits) {
  return bits == 1024 || bits == 2048 || bits == 3072 || bits == 4096;
}

bool rsa_exponent_supported(uint32_t exponent) {
  return exponent % 2 == 1 && exponent >= kDefaultRsaExponent;
}

Result<RsaKeyNumbers, CryptoError> generate_rsa_key(size_t bits, uint32_t exponent,
                                                    ByteSource& source,
                                                    const Cancellation& cancellation) {
  if (!rsa_key_bits_supported(bits) || !rsa_exponent_supported(exponent))
    return CryptoError::Unsupported;
  const size_t prime_bits = bits / 2;
  BnCtx context = new_bn_ctx();
  Bn p = find_prime(prime_bits, exponent, source, cancellation, context.get());
  if (!p) return CryptoError::Cancelled;
  for (;;) {
    Bn q = find_prime(prime_bits, exponent, source, cancellation, context.get());
    if (!q) return CryptoError::Cancelled;
    if (!far_apart(p.get(), q.get(), prime_bits)) continue;
    if (!exponent_large_enough(p.get(), q.get(), exponent, prime_bits, context.get())) continue;
    Bn n = new_bn();
    check(BN_mul(n.get(), p.get(), q.get(), context.get()), "BN_mul");
    return RsaKeyNumbers{bn_bytes(n.get(), bits / 8), bn_secret(p.get(), prime_bits / 8)};
  }
}

}  // namespace vtpm::engine::crypto
