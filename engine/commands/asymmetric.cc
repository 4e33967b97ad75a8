// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/asymmetric.h"

#include "engine/crypto/ecc.h"
#include "engine/object/ecc_key.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;

TpmResult<void> check_label(const wire::Data& label) {
  REQUIRE(label.empty() || label.view().back() == 0, rc::Value.parameter(3));
  return ok;
}

// Table 42: the key's own scheme, or the caller's where the key has none.
TpmResult<wire::RsaDecryptScheme> select_padding(const Object& key,
                                                 const wire::RsaDecryptScheme& requested) {
  const auto& own = key.pub.parameters.get<wire::RsaParameters>()->scheme;
  if (own.scheme == AlgId::Null) return requested;
  REQUIRE(wire::is_rsa_decrypt_or_null(*own.scheme), rc::Scheme.parameter(2));
  wire::RsaDecryptScheme scheme;
  scheme.scheme = wire::RsaDecryptOrNull(*own.scheme);
  if (const auto* oaep = own.details.get<wire::HashScheme>()) scheme.details = *oaep;
  REQUIRE(requested.scheme == AlgId::Null || requested == scheme, rc::Scheme.parameter(2));
  return scheme;
}

crypto::HashAlg oaep_hash(const wire::RsaDecryptScheme& scheme) {
  return to_crypto(scheme.details.get<wire::HashScheme>()->hash);
}

Result<Bytes, crypto::CryptoError> encrypt(const Object& key, const wire::RsaDecryptScheme& scheme,
                                           const RsaEncrypt::Params& params, const Ports& ports) {
  ByteView message = params.message.view();
  switch (*scheme.scheme) {
    case AlgId::Oaep:
      return crypto::oaep_encrypt(*key.rsa_public, oaep_hash(scheme), params.label, message,
                                  ports.random);
    case AlgId::RsaEs:
      return crypto::rsaes_encrypt(*key.rsa_public, message, ports.random);
    default:
      return key.rsa_public->raw(message);
  }
}

Result<Secret, crypto::CryptoError> decrypt(const Object& key, const wire::RsaDecryptScheme& scheme,
                                            const RsaDecrypt::Params& params, const Ports& ports) {
  switch (*scheme.scheme) {
    case AlgId::Oaep:
      return crypto::oaep_decrypt(*key.rsa_private, oaep_hash(scheme), params.label,
                                  params.cipher_text, ports.random);
    case AlgId::RsaEs:
      return crypto::rsaes_decrypt(*key.rsa_private, params.cipher_text, ports.random);
    default:
      return key.rsa_private->raw(params.cipher_text, ports.random);
  }
}

// The point [d]q on the curve of a key (14.4, 14.5). TPM_RC_ECC_POINT: q is not on it.
TpmResult<wire::SecretEccPoint> shared_point(const Object& key, ByteView d,
                                             const wire::EccPoint& q) {
  auto point = crypto::ecdh(curve_of(key.pub), d, to_crypto_point(q));
  REQUIRE(point, rc::EccPoint);
  return take_secret_point(*point);
}

}  // namespace

// Attributes say nothing about a key of which the caller chooses them (14.2.1).
TpmResult<RsaEncrypt::Reply> RsaEncrypt::run(Context& context,
                                             const Authorized<RsaEncrypt>& handles,
                                             const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.type() == AlgId::Rsa, rc::Key.handle(1));
  TRY(check_label(params.label));
  auto scheme = TRY(select_padding(key, params.in_scheme));
  auto encrypted = encrypt(key, scheme, params, context.ports);
  REQUIRE(encrypted, rc::Value.parameter(1));
  return Reply{.out_data = wire::RsaBytes(*encrypted)};
}
VTPM_COMMAND(RsaEncrypt);

TpmResult<RsaDecrypt::Reply> RsaDecrypt::run(Context& context,
                                             const Authorized<RsaDecrypt>& handles,
                                             const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.type() == AlgId::Rsa, rc::Key.handle(1));
  REQUIRE(!key.has(ObjectBit::Restricted) && key.has(ObjectBit::Decrypt), rc::Attributes.handle(1));
  TRY(check_label(params.label));
  auto scheme = TRY(select_padding(key, params.in_scheme));
  REQUIRE(params.cipher_text.size() == key.rsa_public->size(), rc::Size.parameter(1));
  auto message = decrypt(key, scheme, params, context.ports);
  REQUIRE(message, rc::Value.parameter(1));
  return Reply{.message = RsaMessage(SharedSecret(std::move(*message)))};
}
VTPM_COMMAND(RsaDecrypt);

TpmResult<EcdhKeyGen::Reply> EcdhKeyGen::run(Context& context,
                                             const Authorized<EcdhKeyGen>& handles, const Params&) {
  const Object& key = **handles->key;
  REQUIRE(key.type() == AlgId::Ecc, rc::Key.handle(1));
  crypto::EccKeyPair ephemeral = crypto::generate_ecc_key(curve_of(key.pub), context.ports.random);
  auto z = shared_point(key, ephemeral.d.view(), *key.pub.unique.get<wire::EccPoint>());
  if (!z) return z.error().handle(1);
  return Reply{.z_point = *z, .pub_point = to_wire_point(ephemeral.q)};
}
VTPM_COMMAND(EcdhKeyGen);

TpmResult<EcdhZGen::Reply> EcdhZGen::run(Context&, const Authorized<EcdhZGen>& handles,
                                         const Params& params) {
  const Object& key = **handles->key;
  REQUIRE(key.type() == AlgId::Ecc, rc::Key.handle(1));
  REQUIRE(!key.has(ObjectBit::Restricted) && key.has(ObjectBit::Decrypt), rc::Attributes.handle(1));
  AlgId scheme = *key.pub.parameters.get<wire::EccParameters>()->scheme.scheme;
  REQUIRE(scheme == AlgId::Ecdh || scheme == AlgId::Null, rc::Scheme.handle(1));
  auto point = shared_point(key, key.sensitive->value.view(), *params.in_point);
  if (!point) return point.error().parameter(1);
  return Reply{.out_point = *point};
}
VTPM_COMMAND(EcdhZGen);

namespace {

// What the TCG algorithm registry recommends with a curve.
wire::KdfScheme recommended_kdf(crypto::Curve curve) {
  AlgId hash = AlgId::Sha256;
  switch (curve) {
    case crypto::Curve::BnP256:
      return {};
    case crypto::Curve::Sm2P256:
      hash = AlgId::Sm3_256;
      break;
    case crypto::Curve::P384:
      hash = AlgId::Sha384;
      break;
    case crypto::Curve::P521:
      hash = AlgId::Sha512;
      break;
    case crypto::Curve::P192:
    case crypto::Curve::P224:
    case crypto::Curve::P256:
      break;
  }
  return {.scheme = {AlgId::Kdf1Sp800_56a}, .details = wire::HashScheme{hash}};
}

}  // namespace

TpmResult<EccParameters::Reply> EccParameters::run(Context&, const Authorized<EccParameters>&,
                                                   const Params& params) {
  auto curve = to_crypto_curve(*params.curve);
  crypto::CurveParameters numbers = crypto::curve_parameters(curve);
  wire::EccDetail detail{.curve = params.curve,
                         .key_size = static_cast<uint16_t>(crypto::curve_bits(curve)),
                         .kdf = recommended_kdf(curve),
                         .p = wire::EccParameter(numbers.p),
                         .a = wire::EccParameter(numbers.a),
                         .b = wire::EccParameter(numbers.b),
                         .gx = wire::EccParameter(numbers.gx),
                         .gy = wire::EccParameter(numbers.gy),
                         .n = wire::EccParameter(numbers.n),
                         .h = wire::EccParameter(numbers.h)};
  return Reply{.parameters = std::move(detail)};
}
VTPM_COMMAND(EccParameters);

}  // namespace vtpm::engine
