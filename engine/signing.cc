// SPDX-License-Identifier: Apache-2.0
#include "engine/signing.h"

#include "engine/signing/ecc.h"

namespace vtpm::engine {
namespace {

using wire::AlgId;

template <class Scheme>
wire::SignatureScheme as_signature_scheme(const Scheme& own) {
  wire::SignatureScheme scheme;
  AlgId id = *own.scheme;
  if (!wire::is_signature_scheme(id)) return scheme;
  scheme.scheme = wire::SignatureSchemeOrNull(id);
  if (const auto* details = own.details.template get<wire::HashScheme>()) scheme.details = *details;
  if constexpr (requires { own.details.template get<wire::HashCountScheme>(); })
    if (const auto* details = own.details.template get<wire::HashCountScheme>())
      scheme.details = *details;
  return scheme;
}

bool fits_key_type(AlgId type, AlgId scheme) {
  switch (type) {
    case AlgId::Rsa:
      return wire::is_rsa_signing(scheme);
    case AlgId::Ecc:
      return wire::is_ecc_signing(scheme);
    case AlgId::KeyedHash:
      return scheme == AlgId::Hmac;
    default:
      return false;
  }
}

TpmResult<wire::Signature> sign_rsa(const Object& key, AlgId scheme, AlgId hash, ByteView digest,
                                    const Ports& ports) {
  auto signature =
      scheme == AlgId::RsaSsa
          ? crypto::rsassa_sign(*key.rsa_private, to_crypto(hash), digest, ports.random)
          : crypto::rsapss_sign(*key.rsa_private, to_crypto(hash), digest, ports.random);
  if (!signature) return rc::KeySize;
  wire::Signature result;
  result.algorithm = wire::SignatureAlgorithm(scheme);
  result.details = wire::RsaSignature{.hash = hash, .signature = wire::RsaBytes(*signature)};
  return result;
}

crypto::Digest keyed_hash(const Object& key, AlgId hash, ByteView digest) {
  return crypto::hmac(to_crypto(hash), key.sensitive->value.view(), {digest});
}

bool verify_rsa(const Object& key, AlgId scheme, const wire::RsaSignature& signature,
                ByteView digest) {
  auto hash = to_crypto(signature.hash);
  return scheme == AlgId::RsaSsa
             ? crypto::rsassa_verify(*key.rsa_public, hash, digest, signature.signature)
             : crypto::rsapss_verify(*key.rsa_public, hash, digest, signature.signature);
}

}  // namespace

wire::AlgId signature_hash(const wire::Signature& signature) {
  if (const auto* rsa = signature.details.get<wire::RsaSignature>()) return *rsa->hash;
  if (const auto* ecc = signature.details.get<wire::EccSignature>()) return *ecc->hash;
  if (const auto* hmac = signature.details.get<wire::HashValue>()) return *hmac->algorithm;
  if (const auto* hashed = signature.details.get<wire::HashMlDsaSignature>()) return *hashed->hash;
  return AlgId::Null;
}

wire::SignatureScheme own_scheme(const Object& key) {
  if (const auto* rsa = key.pub.parameters.get<wire::RsaParameters>())
    return as_signature_scheme(rsa->scheme);
  if (const auto* ecc = key.pub.parameters.get<wire::EccParameters>())
    return as_signature_scheme(ecc->scheme);
  if (const auto* keyed_hash = key.pub.parameters.get<wire::KeyedHashParameters>())
    return as_signature_scheme(keyed_hash->scheme);
  // For the keys whose type is their scheme there is nothing to choose.
  if (key.type() == AlgId::MlDsa) return {.scheme = wire::SignatureSchemeOrNull(AlgId::MlDsa)};
  if (const auto* hashed = key.pub.parameters.get<wire::HashMlDsaParameters>())
    return {.scheme = wire::SignatureSchemeOrNull(AlgId::HashMlDsa),
            .details = wire::HashScheme{*hashed->hash}};
  return {};
}

AlgId scheme_hash(const wire::SignatureScheme& scheme) {
  if (const auto* details = scheme.details.get<wire::HashScheme>()) return details->hash;
  if (const auto* details = scheme.details.get<wire::HashCountScheme>()) return details->hash;
  return AlgId::Null;
}

TpmResult<wire::SignatureScheme> select_scheme(const Object* key,
                                               const wire::SignatureScheme& requested) {
  if (!key) return requested;
  wire::SignatureScheme own = own_scheme(*key);
  if (own.scheme != AlgId::Null) {
    bool same = requested.scheme == own.scheme &&
                (wire::is_ml_dsa(*own.scheme) || scheme_hash(requested) == scheme_hash(own));
    // The caller gives the counter of an anonymous scheme (20.5.1).
    bool anonymous = wire::is_anonymous(*own.scheme);
    REQUIRE(same || (requested.scheme == AlgId::Null && !anonymous), rc::Scheme);
    return anonymous ? requested : own;
  }
  REQUIRE(fits_key_type(key->type(), *requested.scheme), rc::Scheme);
  return requested;
}

TpmResult<wire::Signature> sign(Context& context, const Object& key,
                                const wire::SignatureScheme& scheme, ByteView digest) {
  AlgId id = *scheme.scheme, hash = scheme_hash(scheme);
  REQUIRE(fits_key_type(key.type(), id), rc::Scheme);
  REQUIRE(digest.size() == digest_size(hash), rc::Size);
  if (key.type() == AlgId::Rsa) return sign_rsa(key, id, hash, digest, context.ports);
  if (key.type() == AlgId::Ecc) return sign_ecc(context, key, scheme, digest);
  return hmac_signature(hash, keyed_hash(key, hash, digest));
}

wire::Signature hmac_signature(AlgId hash, const crypto::Digest& hmac) {
  return {.algorithm = wire::SignatureAlgorithm(AlgId::Hmac),
          .details = wire::HashValue{.algorithm = hash, .digest = wire::Digest(hmac)}};
}

TpmResult<void> verify(const Object& key, const wire::Signature& signature, ByteView digest) {
  AlgId id = *signature.algorithm;
  // What verifies an anonymous signature is not in the TPM (Part 1, 44.3.3.1).
  REQUIRE(fits_key_type(key.type(), id) && !wire::is_anonymous(id), rc::Scheme);
  const wire::SignatureScheme own = own_scheme(key);
  REQUIRE(own.scheme == AlgId::Null || own.scheme == id, rc::Scheme);
  bool good = false;
  if (const auto* rsa = signature.details.get<wire::RsaSignature>()) {
    good = digest.size() == digest_size(rsa->hash) && verify_rsa(key, id, *rsa, digest);
  } else if (const auto* ecc = signature.details.get<wire::EccSignature>()) {
    good = digest.size() == digest_size(ecc->hash) && verify_ecc(key, id, *ecc, digest);
  } else if (const auto* hmac = signature.details.get<wire::HashValue>()) {
    REQUIRE(key.sensitive, rc::Handle);
    // Only of RSA and ECC keys the hash may be another than the scheme's (Part 3, 23.16.2).
    REQUIRE(own.scheme == AlgId::Null || hmac->algorithm == scheme_hash(own), rc::Signature);
    good = constant_time_equal(hmac->digest, keyed_hash(key, hmac->algorithm, digest));
  }
  REQUIRE(good, rc::Signature);
  return ok;
}

bool is_of_scheme(const wire::Signature& signature, const wire::SignatureScheme& scheme) {
  return signature.algorithm == *scheme.scheme && signature_hash(signature) == scheme_hash(scheme);
}

TpmResult<void> take_context(wire::SignatureScheme& scheme,
                             const wire::SignatureContext& parameter) {
  auto* anonymous = scheme.details.get<wire::HashCountScheme>();
  REQUIRE(parameter.size() == (anonymous ? sizeof anonymous->count : 0), rc::Size);
  if (anonymous) anonymous->count = load_be<uint16_t>(parameter.view());
  return ok;
}

}  // namespace vtpm::engine
