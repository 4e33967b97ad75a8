// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/key_exchange.h"

#include "engine/crypto/ecc_numbers.h"
#include "engine/crypto/kdf.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;

// A private key of party A, its point and the number that stands for the point.
struct OwnKey {
  Bn d;
  EccPoint q;
};

// avf(): the lower half of the x coordinate below a bit that is always set.
Bn associated_value(const EccPoint& q, size_t half) {
  const auto bits = static_cast<int>(half);
  Bn value = bn_from(q.x);
  if (BN_num_bits(value.get()) > bits) check(BN_mask_bits(value.get(), bits), "BN_mask_bits");
  check(BN_set_bit(value.get(), bits), "BN_set_bit");
  return value;
}

// Half the bits of the order, rounded up.
size_t half_of_order(Curve curve) {
  return (static_cast<size_t>(BN_num_bits(order(curve))) + 1) / 2;
}

Result<Bn, Error> ephemeral_scalar(Curve curve, ByteView r, BN_CTX* context) {
  if (r.size() > curve_size(curve)) return Error::InvalidSize;
  Bn reduced = secret_bn_from(r);
  check(BN_mod(reduced.get(), reduced.get(), order(curve), context), "BN_mod");
  if (BN_is_zero(reduced.get())) return Error::PointAtInfinity;
  return reduced;
}

// [plain_a + weighted_a * own](plain_b + [other]weighted_b), where `own` is the number of A's
// ephemeral key and `other` that of B's.
struct Combination {
  const BIGNUM *plain_a, *weighted_a, *own, *other;
  const EC_POINT *plain_b, *weighted_b;
};
Result<EccPoint, Error> combine(Curve curve, const Combination& parts, BN_CTX* context) {
  Bn t = secret_bn();
  check(BN_mod_mul(t.get(), parts.weighted_a, parts.own, order(curve), context) &&
            BN_mod_add(t.get(), t.get(), parts.plain_a, order(curve), context),
        "private part of a key exchange");
  ScopedRandomness blinding(bn_secret(t.get(), curve_size(curve)).view());
  const EC_GROUP* group = group_of(curve);
  Owned<EC_POINT> sum(check_pointer(EC_POINT_new(group), "EC_POINT_new"));
  check(EC_POINT_mul(group, sum.get(), nullptr, parts.weighted_b, parts.other, context) &&
            EC_POINT_add(group, sum.get(), sum.get(), parts.plain_b, context),
        "public part of a key exchange");
  if (BN_is_zero(t.get()) || EC_POINT_is_at_infinity(group, sum.get()))
    return Error::PointAtInfinity;
  return multiply(curve, t.get(), sum.get(), context);
}

struct Prepared {
  Bn static_a, ephemeral_a;
  EccPoint own_ephemeral;
  Owned<EC_POINT> static_b, ephemeral_b;
};
Result<Prepared, Error> prepare(Curve curve, const ExchangeKeys& keys, BN_CTX* context) {
  Prepared prepared;
  prepared.static_b = to_point(curve, keys.static_b, context);
  prepared.ephemeral_b = to_point(curve, keys.ephemeral_b, context);
  if (!prepared.static_b || !prepared.ephemeral_b) return Error::InvalidPoint;
  prepared.static_a = TRY(private_scalar(curve, keys.static_a));
  prepared.ephemeral_a = TRY(ephemeral_scalar(curve, keys.ephemeral_a, context));
  prepared.own_ephemeral = TRY(multiply(curve, prepared.ephemeral_a.get(), nullptr, context));
  return prepared;
}

// x and y of [d]q one after the other.
Secret shared_bytes(const EccPoint& point) {
  Secret bytes(point.x.size() + point.y.size());
  std::copy(point.x.begin(), point.x.end(), bytes.bytes().begin());
  std::copy(point.y.begin(), point.y.end(),
            bytes.bytes().begin() + static_cast<ptrdiff_t>(point.x.size()));
  return bytes;
}

}  // namespace

Result<EccPoint, Error> mqv(Curve curve, const ExchangeKeys& keys) {
  BnCtx context = new_bn_ctx();
  Prepared p = TRY(prepare(curve, keys, context.get()));
  const size_t half = half_of_order(curve);
  Bn own = associated_value(p.own_ephemeral, half);
  Bn other = associated_value(keys.ephemeral_b, half);
  return combine(curve,
                 {.plain_a = p.ephemeral_a.get(),
                  .weighted_a = p.static_a.get(),
                  .own = own.get(),
                  .other = other.get(),
                  .plain_b = p.ephemeral_b.get(),
                  .weighted_b = p.static_b.get()},
                 context.get());
}

Result<EccPoint, Error> sm2_exchange(Curve curve, const ExchangeKeys& keys) {
  BnCtx context = new_bn_ctx();
  Prepared p = TRY(prepare(curve, keys, context.get()));
  const size_t half = half_of_order(curve) - 1;
  Bn own = associated_value(p.own_ephemeral, half);
  Bn other = associated_value(keys.ephemeral_b, half);
  return combine(curve,
                 {.plain_a = p.static_a.get(),
                  .weighted_a = p.ephemeral_a.get(),
                  .own = own.get(),
                  .other = other.get(),
                  .plain_b = p.static_b.get(),
                  .weighted_b = p.ephemeral_b.get()},
                 context.get());
}

Result<EccCiphertext, Error> ecc_encrypt(Curve curve, const EccPoint& q, HashAlg alg, ByteView text,
                                         Random& random) {
  EccKeyPair ephemeral = generate_ecc_key(curve, random);
  EccPoint point = TRY(ecdh(curve, ephemeral.d.view(), q));
  Secret shared = shared_bytes(point);
  EccCiphertext out{.c1 = ephemeral.q, .c2 = to_bytes(text)};
  kdf2_xor(alg, shared.view(), out.c2);
  out.c3 = hash(alg, {point.x, text, point.y});
  wipe(point.x);
  wipe(point.y);
  return out;
}

Result<Secret, Error> ecc_decrypt(Curve curve, ByteView d, HashAlg alg, const EccPoint& c1,
                                  ByteView c2, ByteView c3) {
  EccPoint point = TRY(ecdh(curve, d, c1));
  Secret shared = shared_bytes(point);
  Secret text(c2);
  kdf2_xor(alg, shared.view(), text.bytes());
  const Digest expected = hash(alg, {point.x, text.view(), point.y});
  wipe(point.x);
  wipe(point.y);
  if (!constant_time_equal(expected, c3)) return Error::DecryptionFailed;
  return text;
}

}  // namespace vtpm::engine::crypto
