// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/rsa.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "engine/crypto/openssl.h"
#include "engine/crypto/rsa_numbers.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;

struct ParamFree {
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
};

Bn less_one(const BIGNUM* number) {
  Bn result = secret_bn();
  check(BN_copy(result.get(), number) && BN_sub_word(result.get(), 1), "BN_sub_word");
  return result;
}

// The square has the modulus' number of bits (Part 1, 43.1).
bool factor_in_range(const BIGNUM* factor, size_t modulus_bits, BN_CTX* context) {
  Bn square = secret_bn();
  check(BN_sqr(square.get(), factor, context), "BN_sqr");
  return BN_is_odd(factor) && BN_num_bits(square.get()) == static_cast<int>(modulus_bits);
}

struct Factors {
  Bn p, q, d, dp, dq, q_inverse;
};

Result<Factors, Error> work_out_factors(const BIGNUM* n, uint32_t exponent, ByteView prime,
                                        BN_CTX* context) {
  const size_t bits = static_cast<size_t>(BN_num_bits(n));
  if (prime.size() * 16 != bits) return Error::InvalidKey;
  Factors f{secret_bn_from(prime), secret_bn(), nullptr, secret_bn(), secret_bn(), secret_bn()};
  if (BN_is_zero(f.p.get())) return Error::InvalidKey;
  Bn rest = secret_bn();
  check(BN_div(f.q.get(), rest.get(), n, f.p.get(), context), "BN_div");
  if (!BN_is_zero(rest.get())) return Error::InvalidKey;
  if (!factor_in_range(f.p.get(), bits, context) || !factor_in_range(f.q.get(), bits, context))
    return Error::InvalidKey;
  f.d = private_exponent(f.p.get(), f.q.get(), exponent, context);
  if (!f.d) return Error::InvalidKey;
  Bn p1 = less_one(f.p.get());
  Bn q1 = less_one(f.q.get());
  check(BN_mod(f.dp.get(), f.d.get(), p1.get(), context) &&
            BN_mod(f.dq.get(), f.d.get(), q1.get(), context),
        "CRT exponents");
  if (!BN_mod_inverse(f.q_inverse.get(), f.q.get(), f.p.get(), context)) {
    ERR_clear_error();  // a guest's numbers need not be primes, they may even be equal
    return Error::InvalidKey;
  }
  return f;
}

Owned<EVP_PKEY> make_key(const BIGNUM* n, const BIGNUM* e, const Factors& f) {
  std::unique_ptr<OSSL_PARAM_BLD, ParamFree> build(
      check_pointer(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new"));
  auto push = [&](const char* name, const BIGNUM* value) {
    check(OSSL_PARAM_BLD_push_BN(build.get(), name, value), name);
  };
  push(OSSL_PKEY_PARAM_RSA_N, n);
  push(OSSL_PKEY_PARAM_RSA_E, e);
  push(OSSL_PKEY_PARAM_RSA_D, f.d.get());
  push(OSSL_PKEY_PARAM_RSA_FACTOR1, f.p.get());
  push(OSSL_PKEY_PARAM_RSA_FACTOR2, f.q.get());
  push(OSSL_PKEY_PARAM_RSA_EXPONENT1, f.dp.get());
  push(OSSL_PKEY_PARAM_RSA_EXPONENT2, f.dq.get());
  push(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, f.q_inverse.get());
  std::unique_ptr<OSSL_PARAM, ParamFree> params(
      check_pointer(OSSL_PARAM_BLD_to_param(build.get()), "OSSL_PARAM_BLD_to_param"));
  Owned<EVP_PKEY_CTX> context(
      check_pointer(EVP_PKEY_CTX_new_from_name(library(), "RSA", nullptr), "RSA context"));
  EVP_PKEY* key = nullptr;
  check(EVP_PKEY_fromdata_init(context.get()) > 0 &&
            EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) > 0,
        "RSA key from its numbers");
  return Owned<EVP_PKEY>(key);
}

}  // namespace

Bn private_exponent(const BIGNUM* p, const BIGNUM* q, uint32_t exponent, BN_CTX* context) {
  // With k = -phi^-1 mod e, d = (1 + k * phi) / e: an inverse modulo one word instead of modulo
  // phi.
  Bn phi = secret_bn();
  check(BN_mul(phi.get(), less_one(p).get(), less_one(q).get(), context), "BN_mul");
  Bn e = new_bn();
  Bn k = secret_bn();
  check(BN_set_word(e.get(), exponent), "BN_set_word");
  check(BN_mod(k.get(), phi.get(), e.get(), context), "BN_mod");
  if (!BN_mod_inverse(k.get(), k.get(), e.get(), context)) {
    ERR_clear_error();
    return nullptr;
  }
  check(BN_sub(k.get(), e.get(), k.get()), "BN_sub");
  Bn d = secret_bn();
  check(BN_mul(d.get(), k.get(), phi.get(), context) && BN_add_word(d.get(), 1) &&
            BN_div(d.get(), nullptr, d.get(), e.get(), context),
        "private exponent");
  return d;
}

struct RsaPublicKey::Impl {
  size_t size;
  Bn n, e;
  Owned<BN_MONT_CTX> mont;
};

Result<RsaPublicKey, Error> RsaPublicKey::create(ByteView modulus, uint32_t exponent) {
  if (!rsa_key_bits_supported(modulus.size() * 8)) return Error::Unsupported;
  if (exponent < 3 || exponent % 2 == 0) return Error::Unsupported;
  if (modulus.front() < 0x80 || modulus.back() % 2 == 0) return Error::InvalidKey;
  auto impl = std::make_shared<Impl>(
      Impl{modulus.size(), bn_from(modulus), new_bn(),
           Owned<BN_MONT_CTX>(check_pointer(BN_MONT_CTX_new(), "BN_MONT_CTX_new"))});
  BnCtx context = new_bn_ctx();
  check(BN_set_word(impl->e.get(), exponent), "BN_set_word");
  check(BN_MONT_CTX_set(impl->mont.get(), impl->n.get(), context.get()), "BN_MONT_CTX_set");
  return RsaPublicKey(std::move(impl));
}

size_t RsaPublicKey::size() const {
  return impl_->size;
}

Result<Bytes, Error> RsaPublicKey::raw(ByteView input) const {
  if (input.size() > impl_->size) return Error::InvalidSize;
  Bn number = bn_from(input);
  if (BN_cmp(number.get(), impl_->n.get()) >= 0) return Error::InvalidValue;
  BnCtx context = new_bn_ctx();
  check(BN_mod_exp_mont(number.get(), number.get(), impl_->e.get(), impl_->n.get(), context.get(),
                        impl_->mont.get()),
        "BN_mod_exp_mont");
  return bn_bytes(number.get(), impl_->size);
}

struct RsaPrivateKey::Impl {
  Owned<EVP_PKEY> key;
};

Result<RsaPrivateKey, Error> RsaPrivateKey::create(ByteView modulus, uint32_t exponent,
                                                   ByteView prime) {
  RsaPublicKey pub = TRY(RsaPublicKey::create(modulus, exponent));
  BnCtx context = new_bn_ctx();
  const BIGNUM* n = pub.impl_->n.get();
  Factors factors = TRY(work_out_factors(n, exponent, prime, context.get()));
  auto impl = std::make_shared<const Impl>(Impl{make_key(n, pub.impl_->e.get(), factors)});
  return RsaPrivateKey(std::move(pub), std::move(impl));
}

Result<Secret, Error> RsaPrivateKey::raw(ByteView input, Random& random) const {
  if (input.size() > size()) return Error::InvalidSize;
  Secret block(size());
  std::copy(input.begin(), input.end(), block.bytes().end() - static_cast<ptrdiff_t>(input.size()));
  if (BN_cmp(secret_bn_from(block.view()).get(), public_.impl_->n.get()) >= 0)
    return Error::InvalidValue;
  ScopedRandomness blinding(random);
  Owned<EVP_PKEY_CTX> context(check_pointer(
      EVP_PKEY_CTX_new_from_pkey(library(), impl_->key.get(), nullptr), "RSA context"));
  Secret output(size());
  size_t length = output.size();
  check(EVP_PKEY_decrypt_init(context.get()) > 0 &&
            EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) > 0,
        "RSA private operation");
  if (EVP_PKEY_decrypt(context.get(), output.bytes().data(), &length, block.view().data(),
                       block.size()) <= 0 ||
      length != output.size()) {
    ERR_clear_error();  // the blinding fails when a guest's "primes" have many small factors
    return Error::InvalidKey;
  }
  return output;
}

}  // namespace vtpm::engine::crypto
