// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/certify_x509.h"

#include "engine/attestation.h"
#include "engine/crypto/certificate.h"
#include "engine/object/attributes.h"
#include "engine/object/ecc_key.h"
#include "engine/signing.h"
#include "engine/signing/ml_dsa.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;

// What the private key must be able to do where the certificate gives a purpose to the public one:
// TPMA_X509_KEY_USAGE (Part 2, Table 45).
struct KeyPurpose {
  uint32_t bit;
  wire::ObjectAttributes needs;
};
constexpr std::array kPurposes = {
    KeyPurpose{1u << 31, {ObjectBit::Sign}},                            // digitalSignature
    KeyPurpose{1u << 30, {ObjectBit::FixedTpm}},                        // contentCommitment
    KeyPurpose{1u << 29, {ObjectBit::Decrypt, ObjectBit::Restricted}},  // keyEncipherment
    KeyPurpose{1u << 28, {ObjectBit::Decrypt}},                         // dataEncipherment
    KeyPurpose{1u << 27, {ObjectBit::Decrypt}},                         // keyAgreement
    KeyPurpose{1u << 26, {ObjectBit::Sign}},                            // keyCertSign
    KeyPurpose{1u << 25, {ObjectBit::Sign}},                            // cRLSign
    KeyPurpose{1u << 24, {ObjectBit::Decrypt}},                         // encipherOnly
    KeyPurpose{1u << 23, {ObjectBit::Decrypt}},                         // decipherOnly
};

bool can_serve(wire::ObjectAttributes attributes, uint32_t key_usage) {
  for (const KeyPurpose& purpose : kPurposes)
    if ((key_usage & purpose.bit) != 0 && (purpose.needs.raw & ~attributes.raw) != 0) return false;
  return true;
}

// Nothing for what has no public key, or none that a certificate can hold; nor for lattice keys,
// of which all but those of ML-KEM-512 are more than the answer, a TPM2B_MAX_BUFFER, can hold.
std::optional<Bytes> key_info(const wire::Public& pub) {
  if (const auto* rsa = pub.parameters.get<wire::RsaParameters>())
    return crypto::rsa_key_info(*pub.unique.get<wire::RsaBytes>(),
                                rsa->exponent != 0 ? rsa->exponent : crypto::kDefaultRsaExponent);
  if (pub.type == AlgId::Ecc) return crypto::ecc_key_info(curve_of(pub), public_point_of(pub));
  return std::nullopt;
}

// Nothing for schemes that have no name in certificates, as HashML-DSA (RFC 9881). SM2 has one, but
// for a signature whose digest begins with the signer's identity (Part 1, 45.2), and here the
// digest is of the certificate only.
std::optional<Bytes> algorithm_identifier(const Object& key, const wire::SignatureScheme& scheme) {
  if (const auto* pure = key.pub.parameters.get<wire::MlDsaParameters>())
    return crypto::ml_dsa_identifier(*pure->parameter_set);
  const crypto::HashAlg hash = to_crypto(scheme_hash(scheme));
  switch (*scheme.scheme) {
    case AlgId::RsaSsa:
      return crypto::rsassa_identifier(hash);
    case AlgId::RsaPss:
      return crypto::rsapss_identifier(hash, key.rsa_public->size());
    case AlgId::EcDsa:
      return crypto::ecdsa_identifier(hash);
    default:
      return std::nullopt;
  }
}

// The digest that is signed: where the message itself is, by ML-DSA, the digest within the
// signature, which is mu of an empty context (Part 3, Table 115; RFC 9881).
crypto::Digest tbs_digest(const Object& key, const wire::SignatureScheme& scheme, ByteView tbs) {
  if (scheme.scheme == AlgId::MlDsa) return begin_ml_dsa_message(key, {}).update(tbs).finish();
  return crypto::hash(to_crypto(scheme_hash(scheme)), tbs);
}

TpmResult<wire::Signature> sign_tbs(Context& context, const Object& key,
                                    const wire::SignatureScheme& scheme,
                                    const crypto::Digest& digest) {
  if (!wire::is_ml_dsa(*scheme.scheme)) return sign(context, key, scheme, digest);
  const bool is_mu = scheme.scheme == AlgId::MlDsa;
  return sign_ml_dsa(key, is_mu ? digest : TRY(ml_dsa_digest(key, {}, digest)), context.ports);
}

// Positive, of at most 20 octets, and never the same twice from one issuer (RFC 5280, 4.1.2.2). A
// TPM does not remember what it has certified, but may rely on its random numbers. That the caller
// cannot know what comes before its own bytes also keeps it from using collisions of SHA-1.
std::array<uint8_t, 20> new_serial_number(crypto::Random& random) {
  std::array<uint8_t, 20> number;
  random.fill(number);
  number[0] = static_cast<uint8_t>((number[0] & 0x7F) | 0x40);
  return number;
}

}  // namespace

TpmResult<CertifyX509::Reply> CertifyX509::run(Context& context,
                                               const Authorized<CertifyX509>& handles,
                                               const Params& params) {
  const Object& object = **handles->object;
  const Object& key = **handles->sign;
  Signer signer{.key = &key, .in_scheme = params.in_scheme, .handle = 2};
  REQUIRE(params.reserved.empty(), rc::Size.parameter(1));
  wire::SignatureScheme scheme = TRY(attestation_scheme(signer));
  auto partial = crypto::parse_partial_certificate(params.partial_certificate);
  REQUIRE(partial, rc::Value.parameter(3));
  auto certified_key = key_info(object.pub);
  REQUIRE(certified_key, rc::Asymmetric.handle(1));
  REQUIRE(can_serve(object.pub.attributes, partial->key_usage), rc::Attributes.handle(1));
  REQUIRE(!partial->object_attributes || partial->object_attributes == object.pub.attributes.raw,
          rc::Attributes.handle(1));
  std::optional<Bytes> algorithm;
  if (partial->algorithm.empty()) {
    algorithm = algorithm_identifier(key, scheme);
    REQUIRE(algorithm, rc::Scheme.parameter(2));
  }
  auto serial_number = new_serial_number(context.ports.random);
  crypto::CertificateAdditions additions{.serial_number = serial_number,
                                         .algorithm = algorithm ? *algorithm : ByteView(),
                                         .key_info = *certified_key};
  auto digest = tbs_digest(key, scheme, crypto::tbs_certificate(*partial, additions));
  auto signature = TRY(at_parameter(2, sign_tbs(context, key, scheme, digest)));
  return Reply{.added_to_certificate = wire::MaxBuffer(crypto::added_to_certificate(additions)),
               .tbs_digest = wire::Digest(digest),
               .signature = std::move(signature)};
}
VTPM_COMMAND(CertifyX509);

}  // namespace vtpm::engine
