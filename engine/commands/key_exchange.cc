// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/key_exchange.h"

#include "engine/commit.h"
#include "engine/crypto/key_exchange.h"
#include "engine/fault.h"
#include "engine/object/attributes.h"
#include "engine/object/ecc_key.h"

namespace vtpm::engine {
namespace {

using crypto::CryptoError;
using wire::ObjectBit;

using SharedPoint = wire::Sized<wire::SecretEccPoint>;

const wire::EccParameters& parameters(const Object& key) {
  return *key.pub.parameters.get<wire::EccParameters>();
}

// An unrestricted decryption key.
TpmResult<void> check_decryption_key(const Object& key) {
  REQUIRE(key.type() == AlgId::Ecc, rc::Key.handle(1));
  REQUIRE(key.has(ObjectBit::Decrypt) && !key.has(ObjectBit::Restricted), rc::Attributes.handle(1));
  return ok;
}

// A point that has no coordinates is the Empty Point (Part 3, 14.7.1).
SharedPoint result_point(Result<crypto::EccPoint, CryptoError> point) {
  if (point) return take_secret_point(*point);
  if (point.error() != CryptoError::PointAtInfinity)
    throw Fault("a key exchange with parts that were checked fails");
  return {};
}

SharedPoint multiply(crypto::Curve curve, ByteView scalar, const crypto::EccPoint& point) {
  return result_point(crypto::multiply_point(curve, scalar, point));
}

ZGen2Phase::Reply exchange(const Object& key, AlgId scheme, ByteView ephemeral,
                           const crypto::EccPoint& static_b, const crypto::EccPoint& ephemeral_b) {
  crypto::Curve curve = curve_of(key.pub);
  ByteView d = key.sensitive->value.view();
  if (scheme == AlgId::Ecdh)
    return {.z1 = multiply(curve, d, static_b), .z2 = multiply(curve, ephemeral, ephemeral_b)};
  crypto::ExchangeKeys keys{
      .static_a = d, .ephemeral_a = ephemeral, .static_b = static_b, .ephemeral_b = ephemeral_b};
  return {.z1 = result_point(scheme == AlgId::EcMqv ? crypto::mqv(curve, keys)
                                                    : crypto::sm2_exchange(curve, keys))};
}

// The hash algorithm with which the only KDF for encryption works (Part 1, 45.2.4.2). A key's own
// KDF must be the caller's (14.8.1); that of a key for DHKEM is another one.
TpmResult<crypto::HashAlg> kdf_hash(const Object& key, const wire::KdfScheme& scheme) {
  const wire::KdfScheme& own = parameters(key).kdf;
  REQUIRE(own.scheme == AlgId::Null || own == scheme, rc::Scheme);
  REQUIRE(scheme.scheme == AlgId::Kdf2, rc::Scheme);
  return to_crypto(*scheme.details.get<wire::HashScheme>()->hash);
}

}  // namespace

TpmResult<EcEphemeral::Reply> EcEphemeral::run(Context& context, const Authorized<EcEphemeral>&,
                                               const Params& params) {
  Commitment commitment = new_commitment(context.state, *params.curve);
  auto q = crypto::multiply_generator(to_crypto_curve(*params.curve), commitment.r.view());
  REQUIRE(q, rc::NoResult);
  return Reply{.q = to_wire_point(*q), .counter = commitment.counter};
}
VTPM_COMMAND(EcEphemeral);

TpmResult<ZGen2Phase::Reply> ZGen2Phase::run(Context& context,
                                             const Authorized<ZGen2Phase>& handles,
                                             const Params& params) {
  const Object& key = **handles->key;
  TRY(check_decryption_key(key));
  AlgId own = *parameters(key).scheme.scheme;
  REQUIRE(own == AlgId::Null || own == params.scheme, rc::Scheme.parameter(3));
  CurveId curve = *parameters(key).curve;
  crypto::EccPoint static_b = to_crypto_point(*params.static_b);
  crypto::EccPoint ephemeral_b = to_crypto_point(*params.ephemeral_b);
  REQUIRE(crypto::is_on_curve(to_crypto_curve(curve), static_b), rc::EccPoint.parameter(1));
  REQUIRE(crypto::is_on_curve(to_crypto_curve(curve), ephemeral_b), rc::EccPoint.parameter(2));
  Secret ephemeral = TRY(at_parameter(4, take_commitment(context.state, curve, params.counter)));
  return exchange(key, params.scheme, ephemeral.view(), static_b, ephemeral_b);
}
VTPM_COMMAND(ZGen2Phase);

TpmResult<EccEncrypt::Reply> EccEncrypt::run(Context& context,
                                             const Authorized<EccEncrypt>& handles,
                                             const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.type() == AlgId::Ecc, rc::Key.handle(1));
  crypto::HashAlg hash = TRY(at_parameter(2, kdf_hash(key, params.scheme)));
  auto sealed = crypto::ecc_encrypt(curve_of(key.pub), public_point_of(key.pub), hash,
                                    params.plain_text.view(), context.ports.random);
  if (!sealed) throw Fault("an ECC key that was loaded is not on its curve");
  return Reply{.c1 = to_wire_point(sealed->c1),
               .c2 = wire::MaxBuffer(sealed->c2),
               .c3 = wire::Digest(sealed->c3)};
}
VTPM_COMMAND(EccEncrypt);

TpmResult<EccDecrypt::Reply> EccDecrypt::run(Context&, const Authorized<EccDecrypt>& handles,
                                             const Params& params) {
  const Object& key = **handles->key;
  TRY(check_decryption_key(key));
  crypto::HashAlg hash = TRY(at_parameter(4, kdf_hash(key, params.scheme)));
  auto text = crypto::ecc_decrypt(curve_of(key.pub), key.sensitive->value.view(), hash,
                                  to_crypto_point(*params.c1), params.c2, params.c3);
  if (!text) {
    REQUIRE(text.error() != CryptoError::InvalidPoint, rc::EccPoint.parameter(1));
    REQUIRE(text.error() != CryptoError::DecryptionFailed, rc::Value.parameter(3));
    throw Fault("an ECC key that was loaded cannot decrypt");
  }
  return Reply{.plain_text = wire::SecretMaxBuffer(SharedSecret(*std::move(text)))};
}
VTPM_COMMAND(EccDecrypt);

}  // namespace vtpm::engine
