// SPDX-License-Identifier: Apache-2.0
// X.509 certificates by RFC 5280: what TPM2_CertifyX509 takes, and what it adds (Part 3, 18.8). All
// of it is DER.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "engine/crypto/ecc.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/ml_dsa.h"

namespace vtpm::engine::crypto {

// What the caller of TPM2_CertifyX509 says of the certificate. The views are of its bytes.
struct PartialCertificate {
  ByteView algorithm;   // the AlgorithmIdentifier of the signature; empty where it is not given
  ByteView names;       // issuer, validity and subject
  ByteView extensions;  // with their tag [3]
  // From the extensions: TPMA_X509_KEY_USAGE (Part 2, 8.11), and TPMA_OBJECT where it is there.
  uint32_t key_usage = 0;
  std::optional<uint32_t> object_attributes;
};
// Nothing when it is not DER, is not of these elements, names an extension twice, or when its key
// usage or TPMA_OBJECT is not as it should be. The elements that a TPM only passes on are not
// looked into.
std::optional<PartialCertificate> parse_partial_certificate(ByteView der);

// SubjectPublicKeyInfo. Nothing for a curve that has no name in certificates.
Bytes rsa_key_info(ByteView modulus, uint32_t exponent);
std::optional<Bytes> ecc_key_info(Curve curve, const EccPoint& q);

// AlgorithmIdentifiers of signatures (RFC 4055, RFC 5758). Nothing when there is none with the hash
// algorithm. `size` is the number of bytes in the signing key's modulus.
std::optional<Bytes> rsassa_identifier(HashAlg alg);
Bytes rsapss_identifier(HashAlg alg, size_t size);
std::optional<Bytes> ecdsa_identifier(HashAlg alg);
// Of ML-DSA (RFC 9881). HashML-DSA has none in certificates.
Bytes ml_dsa_identifier(MlDsaSet set);

// What the TPM adds.
struct CertificateAdditions {
  ByteView serial_number;  // big-endian, the top bit clear and not all of the first nine bits zero
  ByteView algorithm;      // empty where the caller has given it
  ByteView key_info;
};
// The TBSCertificate of both, and a SEQUENCE of the additions, in their order there.
Bytes tbs_certificate(const PartialCertificate& partial, const CertificateAdditions& additions);
Bytes added_to_certificate(const CertificateAdditions& additions);

}  // namespace vtpm::engine::crypto
