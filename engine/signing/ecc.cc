// SPDX-License-Identifier: Apache-2.0
#include "engine/signing/ecc.h"

#include "engine/commit.h"
#include "engine/crypto/ecc_schemes.h"
#include "engine/fault.h"
#include "engine/object/ecc_key.h"
#include "engine/signing.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;
using Made = Result<crypto::EccSignature, crypto::CryptoError>;

TpmResult<crypto::EccSignature> checked(const Made& made) {
  if (made) return *made;
  // SM2 has no signature by n - 1, which a key from outside may be.
  REQUIRE(made.error() == crypto::CryptoError::InvalidKey, rc::NoResult);
  throw Fault("an ECC key that was loaded cannot sign");
}

TpmResult<crypto::EccSignature> sign_by_scheme(Context& context, const Object& key,
                                               const wire::SignatureScheme& scheme,
                                               ByteView digest) {
  const crypto::Curve curve = curve_of(key.pub);
  const crypto::HashAlg hash = to_crypto(scheme_hash(scheme));
  ByteView d = key.sensitive->value.view();
  crypto::Random& random = context.ports.random;
  switch (*scheme.scheme) {
    case AlgId::EcDsa:
      return checked(crypto::ecdsa_sign(curve, d, digest, random));
    case AlgId::EcSchnorr:
      return checked(crypto::ecschnorr_sign(curve, d, hash, digest, random));
    case AlgId::Sm2:
      return checked(crypto::sm2_sign(curve, d, digest, random));
    case AlgId::EcDaa: {
      uint16_t count = scheme.details.get<wire::HashCountScheme>()->count;
      Secret r = TRY(take_commitment(context.state, key, count));
      return checked(crypto::ecdaa_sign(curve, d, r.view(), hash, digest, random));
    }
    default:
      throw Fault("an ECC key with a scheme that is none for it");
  }
}

}  // namespace

TpmResult<wire::Signature> sign_ecc(Context& context, const Object& key,
                                    const wire::SignatureScheme& scheme, ByteView digest) {
  crypto::EccSignature made = TRY(sign_by_scheme(context, key, scheme, digest));
  return wire::Signature{.algorithm = wire::SignatureAlgorithm(*scheme.scheme),
                         .details = wire::EccSignature{.hash = scheme_hash(scheme),
                                                       .r = wire::EccParameter(made.r),
                                                       .s = wire::EccParameter(made.s)}};
}

bool verify_ecc(const Object& key, AlgId scheme, const wire::EccSignature& signature,
                ByteView digest) {
  const crypto::Curve curve = curve_of(key.pub);
  const crypto::EccPoint q = public_point_of(key.pub);
  const crypto::EccSignature parts{to_bytes(signature.r), to_bytes(signature.s)};
  switch (scheme) {
    case AlgId::EcDsa:
      return crypto::ecdsa_verify(curve, q, digest, parts);
    case AlgId::EcSchnorr:
      return crypto::ecschnorr_verify(curve, q, to_crypto(signature.hash), digest, parts);
    case AlgId::Sm2:
      return crypto::sm2_verify(curve, q, digest, parts);
    default:
      return false;
  }
}

crypto::Digest sm2_identity(const Object& key, crypto::HashAlg hash, ByteView id) {
  return crypto::sm2_identity(curve_of(key.pub), hash, id, public_point_of(key.pub));
}

}  // namespace vtpm::engine
