// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/ecc.h"

// EC_KEY takes any EC_GROUP, the BN curve too, and costs a fraction of making an EVP_PKEY from
// parameters for every signature.
#include <algorithm>

#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include "engine/crypto/ecc_numbers.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;
using Point = Owned<EC_POINT>;

struct EcKeyFree {
  void operator()(EC_KEY* p) const { EC_KEY_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
using EcKey = std::unique_ptr<EC_KEY, EcKeyFree>;
using EcdsaSig = std::unique_ptr<ECDSA_SIG, EcKeyFree>;

// TPM_ECC_BN_P256 of the TCG algorithm registry: y^2 = x^3 + 3 with the generator (1, 2).
constexpr const char* kBnPrime = "FFFFFFFFFFFCF0CD46E5F25EEE71A49F0CDC65FB12980A82D3292DDBAED33013";
constexpr const char* kBnOrder = "FFFFFFFFFFFCF0CD46E5F25EEE71A49E0CDC65FB1299921AF62D536CD10B500D";

EC_GROUP* make_bn_p256() {
  BnCtx context = new_bn_ctx();
  auto hex = [](const char* digits) {
    BIGNUM* number = nullptr;
    check(BN_hex2bn(&number, digits) > 0, "BN_hex2bn");
    return Bn(number);
  };
  Bn n = hex(kBnOrder);
  EC_GROUP* group = check_pointer(
      EC_GROUP_new_curve_GFp(hex(kBnPrime).get(), hex("0").get(), hex("3").get(), context.get()),
      "EC_GROUP_new_curve_GFp");
  Point generator(check_pointer(EC_POINT_new(group), "EC_POINT_new"));
  check(EC_POINT_set_affine_coordinates(group, generator.get(), hex("1").get(), hex("2").get(),
                                        context.get()) &&
            EC_GROUP_set_generator(group, generator.get(), n.get(), BN_value_one()),
        "BN P-256's generator");
  return group;
}

EC_GROUP* make_group(Curve curve) {
  auto named = [](int nid) {
    return check_pointer(EC_GROUP_new_by_curve_name_ex(library(), nullptr, nid), "EC_GROUP");
  };
  switch (curve) {
    case Curve::P192:
      return named(NID_X9_62_prime192v1);
    case Curve::P224:
      return named(NID_secp224r1);
    case Curve::P256:
      return named(NID_X9_62_prime256v1);
    case Curve::P384:
      return named(NID_secp384r1);
    case Curve::P521:
      return named(NID_secp521r1);
    case Curve::Sm2P256:
      return named(NID_sm2);
    case Curve::BnP256:
      break;
  }
  return make_bn_p256();
}

Result<Bn, Error> reduced_scalar(Curve curve, ByteView scalar, BN_CTX* context) {
  if (scalar.size() > curve_size(curve) + 8) return Error::InvalidSize;
  Bn reduced = secret_bn_from(scalar);
  check(BN_mod(reduced.get(), reduced.get(), order(curve), context), "BN_mod");
  if (BN_is_zero(reduced.get())) return Error::PointAtInfinity;
  return reduced;
}

EcKey new_key(Curve curve) {
  EcKey key(check_pointer(EC_KEY_new_ex(library(), nullptr), "EC_KEY_new_ex"));
  check(EC_KEY_set_group(key.get(), group_of(curve)), "EC_KEY_set_group");
  return key;
}

}  // namespace

const EC_GROUP* group_of(Curve curve) {
  using Groups = std::array<EC_GROUP*, kAllCurves.size()>;
  static const Groups groups = [] {
    Groups made;
    std::transform(kAllCurves.begin(), kAllCurves.end(), made.begin(), make_group);
    return made;
  }();
  auto at = std::find(kAllCurves.begin(), kAllCurves.end(), curve) - kAllCurves.begin();
  return groups[static_cast<size_t>(at)];
}

const BIGNUM* order(Curve curve) {
  return EC_GROUP_get0_order(group_of(curve));
}
const BIGNUM* field(Curve curve) {
  return EC_GROUP_get0_field(group_of(curve));
}

Owned<EC_POINT> to_point(Curve curve, const EccPoint& from, BN_CTX* context) {
  // Longer than any honest coordinate: not worth converting.
  if (from.x.size() > 2 * curve_size(curve) || from.y.size() > 2 * curve_size(curve))
    return nullptr;
  Bn x = bn_from(from.x);
  Bn y = bn_from(from.y);
  if (BN_cmp(x.get(), field(curve)) >= 0 || BN_cmp(y.get(), field(curve)) >= 0) return nullptr;
  Point point(check_pointer(EC_POINT_new(group_of(curve)), "EC_POINT_new"));
  if (!EC_POINT_set_affine_coordinates(group_of(curve), point.get(), x.get(), y.get(), context)) {
    ERR_clear_error();
    return nullptr;
  }
  return point;
}

Result<EccPoint, Error> from_point(Curve curve, const EC_POINT* point, BN_CTX* context) {
  const EC_GROUP* group = group_of(curve);
  if (EC_POINT_is_at_infinity(group, point)) return Error::PointAtInfinity;
  Bn x = secret_bn();
  Bn y = secret_bn();
  check(EC_POINT_get_affine_coordinates(group, point, x.get(), y.get(), context),
        "EC_POINT_get_affine_coordinates");
  return EccPoint{bn_bytes(x.get(), curve_size(curve)), bn_bytes(y.get(), curve_size(curve))};
}

Bytes uncompressed(Curve curve, const EccPoint& point) {
  Bytes bytes = {POINT_CONVERSION_UNCOMPRESSED};
  append(bytes, bn_bytes(bn_from(point.x).get(), curve_size(curve)));
  append(bytes, bn_bytes(bn_from(point.y).get(), curve_size(curve)));
  return bytes;
}

Result<Bn, Error> private_scalar(Curve curve, ByteView d) {
  if (d.size() > 2 * curve_size(curve)) return Error::InvalidKey;
  Bn scalar = secret_bn_from(d);
  if (BN_is_zero(scalar.get()) || BN_cmp(scalar.get(), order(curve)) >= 0) return Error::InvalidKey;
  return scalar;
}

Result<EccPoint, Error> multiply(Curve curve, const BIGNUM* scalar, const EC_POINT* base,
                                 BN_CTX* context) {
  const EC_GROUP* group = group_of(curve);
  ScopedRandomness blinding(bn_secret(scalar, curve_size(curve)).view());
  Point product(check_pointer(EC_POINT_new(group), "EC_POINT_new"));
  check(base ? EC_POINT_mul(group, product.get(), nullptr, base, scalar, context)
             : EC_POINT_mul(group, product.get(), scalar, nullptr, nullptr, context),
        "EC_POINT_mul");
  return from_point(curve, product.get(), context);
}

std::optional<Curve> curve_from_id(uint16_t id) {
  for (Curve curve : kAllCurves)
    if (static_cast<uint16_t>(curve) == id) return curve;
  return std::nullopt;
}

size_t curve_bits(Curve curve) {
  switch (curve) {
    case Curve::P192:
      return 192;
    case Curve::P224:
      return 224;
    case Curve::P384:
      return 384;
    case Curve::P521:
      return 521;
    case Curve::P256:
    case Curve::BnP256:
    case Curve::Sm2P256:
      break;
  }
  return 256;
}

CurveParameters curve_parameters(Curve curve) {
  const EC_GROUP* group = group_of(curve);
  const size_t size = curve_size(curve);
  BnCtx context = new_bn_ctx();
  Bn p = new_bn(), a = new_bn(), b = new_bn();
  check(EC_GROUP_get_curve(group, p.get(), a.get(), b.get(), context.get()), "EC_GROUP_get_curve");
  auto generator = from_point(curve, EC_GROUP_get0_generator(group), context.get());
  check(bool(generator), "generator");
  const BIGNUM* h = EC_GROUP_get0_cofactor(group);
  return {bn_bytes(p.get(), size),
          bn_bytes(a.get(), size),
          bn_bytes(b.get(), size),
          generator->x,
          generator->y,
          bn_bytes(order(curve), size),
          bn_bytes(h, static_cast<size_t>(BN_num_bytes(h)))};
}

EccKeyPair generate_ecc_key(Curve curve, ByteSource& source) {
  BnCtx context = new_bn_ctx();
  const size_t bits = static_cast<size_t>(BN_num_bits(order(curve))) + 64;
  Secret drawn((bits + 7) / 8);
  source.fill(drawn.bytes());
  if (bits % 8 != 0) drawn.bytes()[0] &= static_cast<uint8_t>((1u << (bits % 8)) - 1);

  Bn d = secret_bn_from(drawn.view());
  Bn range = new_bn();
  check(BN_sub(range.get(), order(curve), BN_value_one()) &&
            BN_mod(d.get(), d.get(), range.get(), context.get()) && BN_add_word(d.get(), 1),
        "private scalar");
  auto q = multiply(curve, d.get(), nullptr, context.get());
  check(bool(q), "public point of a new key");
  return {bn_secret(d.get(), curve_size(curve)), *std::move(q)};
}

bool is_on_curve(Curve curve, const EccPoint& point) {
  return to_point(curve, point, new_bn_ctx().get()) != nullptr;
}

Result<EccPoint, Error> multiply_generator(Curve curve, ByteView scalar) {
  BnCtx context = new_bn_ctx();
  Bn reduced = TRY(reduced_scalar(curve, scalar, context.get()));
  return multiply(curve, reduced.get(), nullptr, context.get());
}

Result<EccPoint, Error> multiply_point(Curve curve, ByteView scalar, const EccPoint& point) {
  BnCtx context = new_bn_ctx();
  Point base = to_point(curve, point, context.get());
  if (!base) return Error::InvalidPoint;
  Bn reduced = TRY(reduced_scalar(curve, scalar, context.get()));
  return multiply(curve, reduced.get(), base.get(), context.get());
}

Result<EccPoint, Error> public_point(Curve curve, ByteView d) {
  BnCtx context = new_bn_ctx();
  Bn scalar = TRY(private_scalar(curve, d));
  return multiply(curve, scalar.get(), nullptr, context.get());
}

// All the curves here have the cofactor 1.
Result<EccPoint, Error> ecdh(Curve curve, ByteView d, const EccPoint& q) {
  BnCtx context = new_bn_ctx();
  Bn scalar = TRY(private_scalar(curve, d));
  Point point = to_point(curve, q, context.get());
  if (!point) return Error::InvalidPoint;
  return multiply(curve, scalar.get(), point.get(), context.get());
}

Result<EccSignature, Error> ecdsa_sign(Curve curve, ByteView d, ByteView digest, Random& random) {
  Bn scalar = TRY(private_scalar(curve, d));
  EcKey key = new_key(curve);
  check(EC_KEY_set_private_key(key.get(), scalar.get()), "EC_KEY_set_private_key");
  ScopedRandomness nonces(random);
  EcdsaSig signature(check_pointer(
      ECDSA_do_sign(digest.data(), static_cast<int>(digest.size()), key.get()), "ECDSA_do_sign"));
  const size_t size = curve_size(curve);
  return EccSignature{bn_bytes(ECDSA_SIG_get0_r(signature.get()), size),
                      bn_bytes(ECDSA_SIG_get0_s(signature.get()), size)};
}

bool ecdsa_verify(Curve curve, const EccPoint& q, ByteView digest, const EccSignature& signature) {
  const size_t limit = 2 * curve_size(curve);
  if (signature.r.size() > limit || signature.s.size() > limit) return false;
  Point point = to_point(curve, q, new_bn_ctx().get());
  if (!point) return false;
  EcKey key = new_key(curve);
  check(EC_KEY_set_public_key(key.get(), point.get()), "EC_KEY_set_public_key");
  EcdsaSig parts(check_pointer(ECDSA_SIG_new(), "ECDSA_SIG_new"));
  check(ECDSA_SIG_set0(parts.get(), bn_from(signature.r).release(), bn_from(signature.s).release()),
        "ECDSA_SIG_set0");
  const int verdict =
      ECDSA_do_verify(digest.data(), static_cast<int>(digest.size()), parts.get(), key.get());
  if (verdict != 1) ERR_clear_error();
  return verdict == 1;
}

}  // namespace vtpm::engine::crypto
