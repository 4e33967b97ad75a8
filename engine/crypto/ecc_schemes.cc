// SPDX-License-Identifier: Apache-2.0
// Signature schemes that OpenSSL does not have as the TPM needs them, made of its arithmetic. Sums
// and products modulo n of secrets use the functions that take the same time for all values.
#include "engine/crypto/ecc_schemes.h"

#include "engine/crypto/ecc_numbers.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;

// Arithmetic modulo the order of a curve. Operands are below it.
class Modular {
 public:
  Modular(Curve curve, BN_CTX* context) : n_(order(curve)), context_(context) {}

  Bn add(const BIGNUM* a, const BIGNUM* b) const {
    Bn sum = secret_bn();
    check(BN_mod_add_quick(sum.get(), a, b, n_), "BN_mod_add_quick");
    return sum;
  }
  Bn subtract(const BIGNUM* a, const BIGNUM* b) const {
    Bn difference = secret_bn();
    check(BN_mod_sub_quick(difference.get(), a, b, n_), "BN_mod_sub_quick");
    return difference;
  }
  Bn multiply(const BIGNUM* a, const BIGNUM* b) const {
    Bn product = secret_bn();
    check(BN_mod_mul(product.get(), a, b, n_, context_), "BN_mod_mul");
    return product;
  }
  // By Fermat's theorem; the order is a prime.
  Bn invert(const BIGNUM* a) const {
    Bn exponent = new_bn();
    Bn inverse = secret_bn();
    check(BN_copy(exponent.get(), n_) && BN_sub_word(exponent.get(), 2), "n - 2");
    check(BN_mod_exp_mont_consttime(inverse.get(), a, exponent.get(), n_, context_, nullptr),
          "BN_mod_exp_mont_consttime");
    return inverse;
  }
  Bn reduce(ByteView number) const {
    Bn reduced = secret_bn_from(number);
    check(BN_nnmod(reduced.get(), reduced.get(), n_, context_), "BN_nnmod");
    return reduced;
  }

 private:
  const BIGNUM* n_;
  BN_CTX* context_;
};

// A signature's part, which must be in 1 .. n - 1.
std::optional<Bn> signature_part(Curve curve, ByteView part) {
  if (part.size() > 2 * curve_size(curve)) return std::nullopt;
  Bn number = bn_from(part);
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), order(curve)) >= 0) return std::nullopt;
  return number;
}

// The x coordinate of [u]G + [v]q; nothing when q is no point, or the sum is none.
std::optional<Bytes> sum_of_multiples(Curve curve, const BIGNUM* u, const EccPoint& q,
                                      const BIGNUM* v, BN_CTX* context) {
  Owned<EC_POINT> point = to_point(curve, q, context);
  if (!point) return std::nullopt;
  Owned<EC_POINT> sum(check_pointer(EC_POINT_new(group_of(curve)), "EC_POINT_new"));
  check(EC_POINT_mul(group_of(curve), sum.get(), u, point.get(), v, context), "EC_POINT_mul");
  auto affine = from_point(curve, sum.get(), context);
  if (!affine) return std::nullopt;
  return std::move(affine->x);
}

// TRUNC of Part 1, 44.3.4.2: the leading octets, as many as the order has.
Bytes schnorr_hash(Curve curve, HashAlg alg, ByteView x, ByteView digest) {
  Digest whole = hash(alg, {x, digest});
  auto size = static_cast<size_t>(BN_num_bytes(order(curve)));
  return to_bytes(whole.view().first(std::min(size, whole.size())));
}

}  // namespace

Result<EccSignature, Error> ecschnorr_sign(Curve curve, ByteView d, HashAlg alg, ByteView digest,
                                           Random& random) {
  BnCtx context = new_bn_ctx();
  const Modular mod(curve, context.get());
  Bn scalar = TRY(private_scalar(curve, d));
  for (;;) {
    EccKeyPair nonce = generate_ecc_key(curve, random);
    Bytes r = schnorr_hash(curve, alg, nonce.q.x, digest);
    Bn k = secret_bn_from(nonce.d.view());
    Bn s = mod.add(k.get(), mod.multiply(mod.reduce(r).get(), scalar.get()).get());
    if (BN_is_zero(s.get()) || BN_cmp(s.get(), k.get()) == 0) continue;
    const size_t size = curve_size(curve);
    return EccSignature{bn_bytes(bn_from(r).get(), size), bn_bytes(s.get(), size)};
  }
}

bool ecschnorr_verify(Curve curve, const EccPoint& q, HashAlg alg, ByteView digest,
                      const EccSignature& signature) {
  BnCtx context = new_bn_ctx();
  if (signature.r.size() > 2 * curve_size(curve)) return false;
  auto s = signature_part(curve, signature.s);
  if (!s) return false;
  Bn r = bn_from(signature.r);
  Bn minus_r = new_bn();
  check(BN_copy(minus_r.get(), r.get()), "BN_copy");
  BN_set_negative(minus_r.get(), 1);
  check(BN_nnmod(minus_r.get(), minus_r.get(), order(curve), context.get()), "BN_nnmod");
  auto x = sum_of_multiples(curve, s->get(), q, minus_r.get(), context.get());
  return x && BN_cmp(bn_from(schnorr_hash(curve, alg, *x, digest)).get(), r.get()) == 0;
}

Result<EccSignature, Error> sm2_sign(Curve curve, ByteView d, ByteView digest, Random& random) {
  BnCtx context = new_bn_ctx();
  const Modular mod(curve, context.get());
  Bn scalar = TRY(private_scalar(curve, d));
  Bn d_and_one = mod.add(scalar.get(), BN_value_one());
  if (BN_is_zero(d_and_one.get())) return Error::Unsupported;
  Bn inverse = mod.invert(d_and_one.get());
  for (;;) {
    EccKeyPair nonce = generate_ecc_key(curve, random);
    Bn k = secret_bn_from(nonce.d.view());
    Bn r = mod.add(mod.reduce(digest).get(), mod.reduce(nonce.q.x).get());
    if (BN_is_zero(r.get()) || BN_is_zero(mod.add(r.get(), k.get()).get())) continue;
    Bn rest = mod.subtract(k.get(), mod.multiply(r.get(), scalar.get()).get());
    Bn s = mod.multiply(inverse.get(), rest.get());
    if (BN_is_zero(s.get())) continue;
    const size_t size = curve_size(curve);
    return EccSignature{bn_bytes(r.get(), size), bn_bytes(s.get(), size)};
  }
}

bool sm2_verify(Curve curve, const EccPoint& q, ByteView digest, const EccSignature& signature) {
  BnCtx context = new_bn_ctx();
  const Modular mod(curve, context.get());
  auto r = signature_part(curve, signature.r);
  auto s = signature_part(curve, signature.s);
  if (!r || !s) return false;
  Bn t = mod.add(r->get(), s->get());
  if (BN_is_zero(t.get())) return false;
  auto x = sum_of_multiples(curve, s->get(), q, t.get(), context.get());
  return x && BN_cmp(mod.add(mod.reduce(digest).get(), mod.reduce(*x).get()).get(), r->get()) == 0;
}

Digest sm2_identity(Curve curve, HashAlg alg, ByteView id, const EccPoint& q) {
  uint8_t bits[2];
  store_be(bits, static_cast<uint16_t>(8 * id.size()));
  const CurveParameters c = curve_parameters(curve);
  const size_t size = curve_size(curve);
  return hash(alg, {bits, id, c.a, c.b, c.gx, c.gy, bn_bytes(bn_from(q.x).get(), size),
                    bn_bytes(bn_from(q.y).get(), size)});
}

Result<EccSignature, Error> ecdaa_sign(Curve curve, ByteView d, ByteView r, HashAlg alg,
                                       ByteView digest, Random& random) {
  BnCtx context = new_bn_ctx();
  const Modular mod(curve, context.get());
  Bn scalar = TRY(private_scalar(curve, d));
  Bn commitment = mod.reduce(r);
  if (BN_is_zero(commitment.get())) return Error::PointAtInfinity;
  for (;;) {
    EccKeyPair nonce = generate_ecc_key(curve, random);
    Bn t = mod.reduce(hash(alg, {nonce.d.view(), digest}));
    Bn s = mod.add(commitment.get(), mod.multiply(t.get(), scalar.get()).get());
    if (BN_is_zero(s.get())) continue;
    return EccSignature{to_bytes(nonce.d.view()), bn_bytes(s.get(), curve_size(curve))};
  }
}

Bytes field_element(Curve curve, ByteView number) {
  BnCtx context = new_bn_ctx();
  Bn reduced = bn_from(number);
  check(BN_nnmod(reduced.get(), reduced.get(), field(curve), context.get()), "BN_nnmod");
  return bn_bytes(reduced.get(), curve_size(curve));
}

}  // namespace vtpm::engine::crypto
