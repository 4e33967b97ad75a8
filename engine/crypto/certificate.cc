// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/certificate.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "engine/crypto/ecc_numbers.h"
#include "engine/crypto/openssl.h"
#include "engine/crypto/rsa_padding.h"

namespace vtpm::engine::crypto {
namespace {

// Identifier octets (X.690, 8.1.2).
constexpr uint8_t kInteger = 0x02, kBitString = 0x03, kSequence = 0x30, kExplicit0 = 0xA0;
constexpr uint8_t kExtensionsTag = 0xA3;
constexpr uint8_t kNull[] = {0x05, 0x00};
constexpr uint8_t kVersion3[] = {kExplicit0, 0x03, kInteger, 0x01, 0x02};

constexpr const char* kTpmaObject = "2.23.133.10.1.1.1";

struct Asn1Free {
  void operator()(ASN1_OBJECT* p) const { ASN1_OBJECT_free(p); }
  void operator()(ASN1_INTEGER* p) const { ASN1_STRING_free(p); }
  void operator()(X509_EXTENSIONS* p) const { sk_X509_EXTENSION_pop_free(p, X509_EXTENSION_free); }
  void operator()(unsigned char* p) const { OPENSSL_free(p); }
};
template <class T>
using Asn1 = std::unique_ptr<T, Asn1Free>;

template <class T>
Bytes encode(const T* value, int (*encoder)(const T*, unsigned char**)) {
  unsigned char* out = nullptr;
  int size = encoder(value, &out);
  check(size > 0, "DER of a value of its own");
  Asn1<unsigned char> owner(out);
  return Bytes(out, out + size);
}

// Writing.

Bytes element(uint8_t identifier, std::initializer_list<ByteView> contents) {
  size_t size = 0;
  for (ByteView part : contents) size += part.size();
  const int constructed = (identifier & V_ASN1_CONSTRUCTED) != 0 ? 1 : 0;
  const int tag = identifier & V_ASN1_PRIMITIVE_TAG, tag_class = identifier & V_ASN1_PRIVATE;
  const int length = static_cast<int>(size);
  Bytes out(static_cast<size_t>(ASN1_object_size(constructed, length, tag)) - size);
  unsigned char* at = out.data();
  ASN1_put_object(&at, constructed, length, tag, tag_class);
  for (ByteView part : contents) append(out, part);
  return out;
}

Bytes sequence(std::initializer_list<ByteView> contents) {
  return element(kSequence, contents);
}
Bytes object_identifier(int nid) {
  return encode<ASN1_OBJECT>(OBJ_nid2obj(nid), i2d_ASN1_OBJECT);
}
Bytes integer(ByteView big_endian) {
  Asn1<ASN1_INTEGER> number(
      check_pointer(BN_to_ASN1_INTEGER(bn_from(big_endian).get(), nullptr), "BN_to_ASN1_INTEGER"));
  return encode<ASN1_INTEGER>(number.get(), i2d_ASN1_INTEGER);
}
Bytes integer(uint32_t value) {
  uint8_t raw[sizeof value];
  store_be(raw, value);
  return integer(raw);
}

Bytes key_info(int algorithm, ByteView parameters, ByteView key) {
  static constexpr uint8_t kNoUnusedBits[] = {0};
  return sequence({sequence({object_identifier(algorithm), parameters}),
                   element(kBitString, {kNoUnusedBits, key})});
}

// The names of hash algorithms, and of the signatures with them; NID_undef where there is none.
struct HashNames {
  HashAlg alg;
  int hash, rsassa, ecdsa;
  bool null_parameters;  // of the hash: RFC 4055, 2.1; not for SHA-3 (RFC 9688)
};
constexpr std::array kHashNames = {
    HashNames{HashAlg::Sha1, NID_sha1, NID_sha1WithRSAEncryption, NID_ecdsa_with_SHA1, true},
    HashNames{HashAlg::Sha256, NID_sha256, NID_sha256WithRSAEncryption, NID_ecdsa_with_SHA256,
              true},
    HashNames{HashAlg::Sha384, NID_sha384, NID_sha384WithRSAEncryption, NID_ecdsa_with_SHA384,
              true},
    HashNames{HashAlg::Sha512, NID_sha512, NID_sha512WithRSAEncryption, NID_ecdsa_with_SHA512,
              true},
    HashNames{HashAlg::Sm3, NID_sm3, NID_sm3WithRSAEncryption, NID_undef, true},
    HashNames{HashAlg::Sha3_256, NID_sha3_256, NID_RSA_SHA3_256, NID_ecdsa_with_SHA3_256, false},
    HashNames{HashAlg::Sha3_384, NID_sha3_384, NID_RSA_SHA3_384, NID_ecdsa_with_SHA3_384, false},
    HashNames{HashAlg::Sha3_512, NID_sha3_512, NID_RSA_SHA3_512, NID_ecdsa_with_SHA3_512, false}};
static_assert(kHashNames.size() == kAllHashAlgs.size());

const HashNames& names_of(HashAlg alg) {
  return *std::ranges::find(kHashNames, alg, &HashNames::alg);
}

std::optional<Bytes> signature_identifier(int nid, ByteView parameters) {
  if (nid == NID_undef) return std::nullopt;
  return sequence({object_identifier(nid), parameters});
}

Bytes hash_identifier(HashAlg alg) {
  const HashNames& names = names_of(alg);
  return sequence(
      {object_identifier(names.hash), names.null_parameters ? ByteView(kNull) : ByteView()});
}

// Reading.

struct Element {
  uint8_t identifier;
  ByteView whole, contents;
};

// The element at the front, which is taken off. Nothing when it is not DER: another identifier than
// one octet, a length that is indefinite or longer than it need be, a string in pieces.
std::optional<Element> take_element(ByteView& rest) {
  const unsigned char* at = rest.data();
  long size = 0;
  int tag = 0, tag_class = 0;
  const int form = ASN1_get_object(&at, &size, &tag, &tag_class, static_cast<long>(rest.size()));
  if ((form & 0x80) != 0) {
    ERR_clear_error();
    return std::nullopt;
  }
  const size_t header = static_cast<size_t>(at - rest.data());
  const ByteView whole = rest.first(header + static_cast<size_t>(size));
  const bool constructed = (form & V_ASN1_CONSTRUCTED) != 0;
  const bool indefinite = (form & 1) != 0;
  const bool collection = tag == V_ASN1_SEQUENCE || tag == V_ASN1_SET;
  if (indefinite || tag > 30 ||
      static_cast<size_t>(ASN1_object_size(constructed, static_cast<int>(size), tag)) !=
          whole.size() ||
      (tag_class == V_ASN1_UNIVERSAL && constructed != collection))
    return std::nullopt;
  rest = rest.subspan(whole.size());
  return Element{whole.front(), whole, whole.subspan(header)};
}

// Whether these are elements of DER, and those inside them. No certificate nests as deep as this.
constexpr int kDeepest = 16;
bool is_well_formed(ByteView elements, int depth = 0) {
  while (!elements.empty()) {
    auto next = take_element(elements);
    if (!next || depth == kDeepest) return false;
    const bool constructed = (next->identifier & V_ASN1_CONSTRUCTED) != 0;
    if (constructed && !is_well_formed(next->contents, depth + 1)) return false;
  }
  return true;
}

struct BitString {
  ByteView octets;
  unsigned unused = 0;  // bits of the last octet
};
std::optional<BitString> parse_bit_string(ByteView der) {
  auto string = take_element(der);
  if (!string || !der.empty() || string->identifier != kBitString || string->contents.empty())
    return std::nullopt;
  BitString result{string->contents.subspan(1), string->contents.front()};
  if (result.unused == 0) return result;
  if (result.unused > 7 || result.octets.empty() ||
      (result.octets.back() & ((1u << result.unused) - 1)) != 0)
    return std::nullopt;
  return result;
}

// Its nine bits are the upper ones of TPMA_X509_KEY_USAGE. A list of named bits ends with one that
// is set (X.690, 11.2.2), so that here there is one (RFC 5280, 4.2.1.3).
constexpr uint32_t kKeyUsageBits = 0xFF800000;
std::optional<uint32_t> parse_key_usage(ByteView der) {
  auto bits = parse_bit_string(der);
  if (!bits || bits->octets.empty() || bits->octets.size() > 2 ||
      (bits->octets.back() >> bits->unused & 1) == 0)
    return std::nullopt;
  uint32_t usage = 0;
  for (size_t i = 0; i < bits->octets.size(); ++i)
    usage |= uint32_t{bits->octets[i]} << (24 - 8 * i);
  if ((usage & ~kKeyUsageBits) != 0) return std::nullopt;
  return usage;
}

std::optional<uint32_t> parse_object_attributes(ByteView der) {
  auto bits = parse_bit_string(der);
  if (!bits || bits->octets.size() != sizeof(uint32_t) || bits->unused != 0) return std::nullopt;
  return load_be<uint32_t>(bits->octets);
}

// The extension of this kind; nothing when there is none.
std::optional<ByteView> find_extension(const X509_EXTENSIONS* all, const ASN1_OBJECT* kind) {
  const int at = X509v3_get_ext_by_OBJ(all, kind, -1);
  if (at < 0) return std::nullopt;
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509v3_get_ext(all, at));
  return ByteView(ASN1_STRING_get0_data(value), static_cast<size_t>(ASN1_STRING_length(value)));
}

bool has_duplicates(const X509_EXTENSIONS* all) {
  for (int i = 0; i < X509v3_get_ext_count(all); ++i)
    if (X509v3_get_ext_by_OBJ(all, X509_EXTENSION_get_object(X509v3_get_ext(all, i)), i) >= 0)
      return true;
  return false;
}

// OpenSSL reads more than DER, but writes only that: so what it writes is compared. Of itself it
// would write a `critical` of FALSE again, which DER leaves out.
Asn1<X509_EXTENSIONS> parse_extensions(ByteView der) {
  const unsigned char* at = der.data();
  Asn1<X509_EXTENSIONS> all(d2i_X509_EXTENSIONS(nullptr, &at, static_cast<long>(der.size())));
  if (!all) {
    ERR_clear_error();
    return nullptr;
  }
  for (int i = 0; i < X509v3_get_ext_count(all.get()); ++i) {
    X509_EXTENSION* extension = X509v3_get_ext(all.get(), i);
    X509_EXTENSION_set_critical(extension, X509_EXTENSION_get_critical(extension));
  }
  if (!std::ranges::equal(encode<X509_EXTENSIONS>(all.get(), i2d_X509_EXTENSIONS), der))
    return nullptr;
  return all;
}

// Finds in the extensions what the TPM checks.
bool read_extensions(ByteView der, PartialCertificate& into) {
  auto all = parse_extensions(der);
  if (!all || has_duplicates(all.get())) return false;
  auto usage = find_extension(all.get(), OBJ_nid2obj(NID_key_usage));
  if (!usage) return false;
  auto key_usage = parse_key_usage(*usage);
  if (!key_usage) return false;
  into.key_usage = *key_usage;
  Asn1<ASN1_OBJECT> tpma_object(check_pointer(OBJ_txt2obj(kTpmaObject, 1), "OBJ_txt2obj"));
  auto attributes = find_extension(all.get(), tpma_object.get());
  if (!attributes) return true;
  into.object_attributes = parse_object_attributes(*attributes);
  return into.object_attributes.has_value();
}

}  // namespace

// Whether the signature's algorithm is there is told by counting (18.8.1). What is called
// issuer, validity and subject here may be any SEQUENCE: the key is the fifth SEQUENCE of the
// TBSCertificate and the extensions have a tag of their own, so that no reader takes one for
// another.
std::optional<PartialCertificate> parse_partial_certificate(ByteView der) {
  auto outer = take_element(der);
  if (!outer || !der.empty() || outer->identifier != kSequence || !is_well_formed(outer->contents))
    return std::nullopt;
  std::vector<Element> elements;
  for (ByteView rest = outer->contents; !rest.empty();) elements.push_back(*take_element(rest));
  if (elements.size() != 4 && elements.size() != 5) return std::nullopt;
  const Element extensions = elements.back();
  elements.pop_back();
  for (const Element& described : elements)
    if (described.identifier != kSequence) return std::nullopt;
  PartialCertificate result;
  result.names = outer->contents.first(outer->contents.size() - extensions.whole.size());
  if (elements.size() == 4) {
    result.algorithm = elements.front().whole;
    result.names = result.names.subspan(result.algorithm.size());
  }
  result.extensions = extensions.whole;
  if (extensions.identifier != kExtensionsTag || !read_extensions(extensions.contents, result))
    return std::nullopt;
  return result;
}

Bytes rsa_key_info(ByteView modulus, uint32_t exponent) {
  return key_info(NID_rsaEncryption, kNull, sequence({integer(modulus), integer(exponent)}));
}

std::optional<Bytes> ecc_key_info(Curve curve, const EccPoint& q) {
  const int name = EC_GROUP_get_curve_name(group_of(curve));
  if (name == NID_undef) return std::nullopt;
  return key_info(NID_X9_62_id_ecPublicKey, object_identifier(name), uncompressed(curve, q));
}

std::optional<Bytes> rsassa_identifier(HashAlg alg) {
  return signature_identifier(names_of(alg).rsassa, kNull);
}

std::optional<Bytes> ecdsa_identifier(HashAlg alg) {
  return signature_identifier(names_of(alg).ecdsa, {});
}

// 2.16.840.1.101.3.4.3.17 and the next two, in the order of the sets.
Bytes ml_dsa_identifier(MlDsaSet set) {
  const auto last = static_cast<uint8_t>(16 + static_cast<unsigned>(set));
  return sequence({Bytes{0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last}});
}

// RSASSA-PSS-params, of which DER leaves out what is as by default: SHA-1 and 20 bytes of salt.
Bytes rsapss_identifier(HashAlg alg, size_t size) {
  const size_t salt = pss_salt_size(size, alg);
  Bytes hash, mask, salt_length;
  if (alg != HashAlg::Sha1) {
    hash = element(kExplicit0, {hash_identifier(alg)});
    mask = element(kExplicit0 + 1, {sequence({object_identifier(NID_mgf1), hash_identifier(alg)})});
  }
  if (salt != 20) salt_length = element(kExplicit0 + 2, {integer(static_cast<uint32_t>(salt))});
  return sequence({object_identifier(NID_rsassaPss), sequence({hash, mask, salt_length})});
}

Bytes tbs_certificate(const PartialCertificate& partial, const CertificateAdditions& additions) {
  return sequence({kVersion3, element(kInteger, {additions.serial_number}),
                   partial.algorithm.empty() ? additions.algorithm : partial.algorithm,
                   partial.names, additions.key_info, partial.extensions});
}

Bytes added_to_certificate(const CertificateAdditions& additions) {
  return sequence({kVersion3, element(kInteger, {additions.serial_number}), additions.algorithm,
                   additions.key_info});
}

}  // namespace vtpm::engine::crypto
