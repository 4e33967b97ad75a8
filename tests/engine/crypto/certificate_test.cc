// SPDX-License-Identifier: Apache-2.0
// What is taken for a partial certificate, and what is added. That OpenSSL takes the result for a
// certificate is tested with TPM2_CertifyX509.
#include "engine/crypto/certificate.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/engine/hex.h"
#include "tests/engine/partial_certificate.h"

namespace vtpm::engine::crypto {
namespace {

using namespace testing::der;
using testing::hex;

constexpr uint32_t kDigitalSignature = 1u << 31;
const Bytes kAlgorithm = sequence({Bytes{0x06, 0x02, 0x2A, 0x03}});

bool taken(const Bytes& der) {
  return parse_partial_certificate(der).has_value();
}
bool taken(const Partial& partial) {
  return taken(partial.bytes());
}
bool takes_extensions(std::initializer_list<Bytes> all) {
  return taken(with_extensions(all));
}
bool takes_key_usage(const Bytes& bits) {
  return takes_extensions({key_usage(bits)});
}

TEST(PartialCertificates, PartsOfOne) {
  Partial partial;
  Bytes der = partial.bytes();
  auto parsed = parse_partial_certificate(der);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->algorithm.empty());
  EXPECT_EQ(hex(parsed->names), hex(concat({partial.issuer, partial.validity, partial.subject})));
  EXPECT_EQ(hex(parsed->extensions), hex(partial.extensions));
  EXPECT_EQ(parsed->key_usage, kDigitalSignature);
  EXPECT_FALSE(parsed->object_attributes);
}

TEST(PartialCertificates, AnAlgorithmIsToldByCounting) {
  Partial partial{.algorithm = kAlgorithm};
  Bytes der = partial.bytes();
  auto parsed = parse_partial_certificate(der);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(hex(parsed->algorithm), hex(kAlgorithm));
  EXPECT_EQ(hex(parsed->names), hex(concat({partial.issuer, partial.validity, partial.subject})));
  EXPECT_FALSE(taken(Partial{.algorithm = concat({kAlgorithm, kAlgorithm})}));
  EXPECT_FALSE(taken(Partial{.subject = {}}));
  EXPECT_FALSE(taken(Partial{.extensions = {}}));
  EXPECT_FALSE(taken(sequence({})));
}

TEST(PartialCertificates, NoUniqueIdentifiers) {
  Bytes unique = {0x81, 0x02, 0x00, 0x01};
  EXPECT_FALSE(taken(Partial{.subject = concat({common_name("subject"), unique})}));
  EXPECT_FALSE(taken(Partial{.algorithm = kAlgorithm, .subject = unique}));
}

// What a TPM need not understand; the second as it is in a test of tpm2-tss, where the algorithm is
// not there but an empty key is.
TEST(PartialCertificates, NamesAndTimesArePassedOn) {
  EXPECT_TRUE(taken(Partial{.validity = sequence({}), .subject = sequence({})}));
  Bytes no_key = sequence({sequence({}), bit_string({0x00})});
  EXPECT_TRUE(taken(Partial{.subject = concat({common_name("subject"), no_key})}));
  for (const Bytes& other : {Bytes{0x05, 0x00}, Bytes{0x31, 0x00}, Bytes{0xA0, 0x00}}) {
    EXPECT_FALSE(taken(Partial{.algorithm = other}));
    EXPECT_FALSE(taken(Partial{.issuer = other}));
    EXPECT_FALSE(taken(Partial{.validity = other}));
    EXPECT_FALSE(taken(Partial{.subject = other}));
    EXPECT_FALSE(taken(Partial{.extensions = other}));
  }
}

TEST(PartialCertificates, EveryLengthButTheirs) {
  Bytes der = Partial().bytes();
  for (size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(taken(to_bytes(ByteView(der).first(size)))) << size;
  for (uint8_t more : Bytes{0, 0x30, 0xFF}) EXPECT_FALSE(taken(concat({der, Bytes{more}})));
}

// Each octet changed: most are refused; what is taken is whole, and its parts are in it.
TEST(PartialCertificates, EveryOctetChanged) {
  const Bytes der =
      with_extensions({key_usage(), tpma_object(0x00040072), extension({0x06, 0x01, 0x2A}, {})});
  ASSERT_TRUE(taken(der));
  for (size_t at = 0; at < der.size(); ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      Bytes changed = der;
      changed[at] = static_cast<uint8_t>(changed[at] ^ change);
      auto parsed = parse_partial_certificate(changed);
      if (!parsed) continue;
      EXPECT_EQ(parsed->algorithm.size() + parsed->names.size() + parsed->extensions.size() + 2,
                changed.size());
    }
  }
}

TEST(PartialCertificates, DerAndNothingElse) {
  const Bytes time = text(0x17, "260101000000Z");
  auto validity = [&](const Bytes& second) {
    return taken(Partial{.validity = sequence({time, second})});
  };
  EXPECT_TRUE(validity(time));
  Bytes longer = {0x17, 0x81, 0x0D}, leading = {0x17, 0x82, 0x00, 0x0D};
  append(longer, ByteView(time).subspan(2));
  append(leading, ByteView(time).subspan(2));
  EXPECT_FALSE(validity(longer));
  EXPECT_FALSE(validity(leading));
  EXPECT_FALSE(validity(element(0x37, {time})));                        // a string in pieces
  EXPECT_FALSE(validity(concat({Bytes{0x30, 0x80}, time, Bytes(2)})));  // indefinite
  EXPECT_FALSE(validity({0x10, 0x00}));                                 // a primitive SEQUENCE
  EXPECT_FALSE(validity({0x1F, 0x17, 0x00}));                           // a tag in two octets
  EXPECT_FALSE(validity({0x30, 0x01, 0x05}));                           // cut off inside
  EXPECT_FALSE(validity({0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF}));
}

TEST(PartialCertificates, NestingIsBounded) {
  auto nested = [](int depth) {
    Bytes inside;
    for (int i = 0; i < depth; ++i) inside = sequence({inside});
    return taken(Partial{.subject = sequence({inside})});
  };
  EXPECT_TRUE(nested(10));
  EXPECT_FALSE(nested(20));
  EXPECT_FALSE(nested(400));
}

TEST(PartialCertificates, ExtensionsHaveTheirTag) {
  Bytes inside = sequence({key_usage()});
  EXPECT_TRUE(taken(Partial{.extensions = element(0xA3, {inside})}));
  for (const Bytes& other :
       {inside, element(0xA2, {inside}), element(0x83, {inside}), element(0xA3, {key_usage()}),
        element(0xA3, {inside, inside}), element(0xA3, {inside, Bytes{0x05, 0x00}}),
        element(0xA3, {}), element(0xA3, {sequence({})})})
    EXPECT_FALSE(taken(Partial{.extensions = other})) << hex(other);
}

TEST(PartialCertificates, ExtensionsAsRfc5280HasThem) {
  Bytes other = extension({0x06, 0x01, 0x2A}, {1, 2, 3});
  EXPECT_TRUE(takes_extensions({other, key_usage()}));
  EXPECT_TRUE(takes_extensions({extension(kKeyUsage, bit_string({0x07, 0x80}))}));
  EXPECT_FALSE(takes_extensions({other}));
  EXPECT_FALSE(takes_extensions({key_usage(), key_usage()}));
  EXPECT_FALSE(takes_extensions({key_usage(), other, other}));
  EXPECT_FALSE(takes_extensions({key_usage(), tpma_object(1), tpma_object(2)}));
  EXPECT_FALSE(takes_extensions({key_usage(), sequence({Bytes{0x06, 0x01, 0x2A}})}));
  EXPECT_FALSE(takes_extensions({concat({key_usage(), Bytes{0x05, 0x00}})}));
  // In DER a boolean is true as 255, and false where it is not there.
  for (uint8_t value : Bytes{0, 1, 254})
    EXPECT_FALSE(takes_extensions(
        {extension(kKeyUsage, bit_string({0x07, 0x80}), Bytes{0x01, 0x01, value})}));
}

TEST(PartialCertificates, KeyUsageIsAListOfNineBits) {
  for (unsigned bit = 0; bit < 9; ++bit) {
    auto mask = static_cast<uint8_t>(0x80 >> bit % 8);
    Bytes bits = {static_cast<uint8_t>(7 - bit % 8)};
    if (bit == 8) bits.push_back(0);
    bits.push_back(mask);
    Bytes der = with_extensions({key_usage(bits)});
    auto parsed = parse_partial_certificate(der);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->key_usage, kDigitalSignature >> bit);
  }
  EXPECT_TRUE(takes_key_usage({0x07, 0xFF, 0x80}));
  for (const Bytes& bits : {Bytes{}, Bytes{0x00}, Bytes{0x00, 0x00}, Bytes{0x07},  // none
                            Bytes{0x00, 0x80}, Bytes{0x06, 0x80}, Bytes{0x07, 0x80, 0x00},
                            Bytes{0x07, 0x81}, Bytes{0x06, 0x81},              // unused, but set
                            Bytes{0x08, 0x80}, Bytes{0xFF, 0x80},              // no such number
                            Bytes{0x06, 0x80, 0x40}, Bytes{0x06, 0x80, 0xC0},  // a tenth
                            Bytes{0x07, 0x80, 0x00, 0x80}})
    EXPECT_FALSE(takes_key_usage(bits)) << hex(bits);
  Bytes value = bit_string({0x07, 0x80});
  EXPECT_FALSE(takes_extensions({extension(kKeyUsage, concat({value, Bytes{0x00}}))}));
  EXPECT_FALSE(takes_extensions({extension(kKeyUsage, element(0x04, {value}))}));
  EXPECT_FALSE(takes_extensions({extension(kKeyUsage, {})}));
}

TEST(PartialCertificates, ObjectAttributesAreFourOctets) {
  Bytes der = with_extensions({tpma_object(0x00040072), key_usage()});
  auto parsed = parse_partial_certificate(der);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->object_attributes, 0x00040072u);
  auto takes = [](const Bytes& value) {
    return takes_extensions({key_usage(), extension(kTpmaObject, value)});
  };
  EXPECT_TRUE(takes(bit_string({0, 0, 4, 0, 0x72})));
  for (const Bytes& bits : {Bytes{}, Bytes{0}, Bytes{0, 4, 0, 0x72}, Bytes{0, 0, 4, 0, 0x72, 0},
                            Bytes{1, 0, 4, 0, 0x72}, Bytes{8, 0, 4, 0, 0x72}})
    EXPECT_FALSE(takes(bit_string(bits))) << hex(bits);
  EXPECT_FALSE(takes({0, 4, 0, 0x72}));
  EXPECT_FALSE(takes(concat({bit_string({0, 0, 4, 0, 0x72}), Bytes{0}})));
}

TEST(Certificates, NamesOfSignatures) {
  EXPECT_EQ(hex(*rsassa_identifier(HashAlg::Sha256)), "300d06092a864886f70d01010b0500");
  EXPECT_EQ(hex(*ecdsa_identifier(HashAlg::Sha384)), "300a06082a8648ce3d040303");
  EXPECT_EQ(hex(*ecdsa_identifier(HashAlg::Sha3_256)), "300b060960864801650304030a");
  EXPECT_FALSE(ecdsa_identifier(HashAlg::Sm3));
  for (HashAlg alg : kAllHashAlgs) EXPECT_TRUE(rsassa_identifier(alg));
}

// Of the parameters all are by default with SHA-1, and then not there (X.690, 11.5).
TEST(Certificates, NamesOfPssSignatures) {
  EXPECT_EQ(hex(rsapss_identifier(HashAlg::Sha1, 256)), "300d06092a864886f70d01010a3000");
  EXPECT_EQ(hex(rsapss_identifier(HashAlg::Sha256, 256)),
            "304106092a864886f70d01010a3034"
            "a00f300d06096086480165030402010500"
            "a11c301a06092a864886f70d010108300d06096086480165030402010500"
            "a203020120");
  // A salt of 62 bytes, which is all that there is room for.
  std::string cramped = hex(rsapss_identifier(HashAlg::Sha512, 128));
  EXPECT_EQ(cramped.substr(cramped.size() - 10), "a20302013e");
  // SHA3-256 has no parameters.
  EXPECT_NE(hex(rsapss_identifier(HashAlg::Sha3_256, 256)).find("a00d300b0609608648016503040208a1"),
            std::string::npos);
}

TEST(Certificates, KeysByNumbers) {
  EXPECT_EQ(hex(rsa_key_info({{0x80, 0x01}}, 65537)),
            "301e300d06092a864886f70d0101010500030d00300a"
            "0203008001"
            "0203010001");
  auto info = ecc_key_info(Curve::P256, {Bytes(1, 5), Bytes(32, 6)});
  ASSERT_TRUE(info);
  std::string coordinates = std::string(62, '0') + "05";
  for (int i = 0; i < 32; ++i) coordinates += "06";
  EXPECT_EQ(hex(*info), "3059301306072a8648ce3d020106082a8648ce3d03010703420004" + coordinates);
  EXPECT_FALSE(ecc_key_info(Curve::BnP256, {Bytes(32, 1), Bytes(32, 2)}));
}

TEST(Certificates, OrderOfTheFields) {
  const Bytes serial = {0x41, 0x42}, algorithm = kAlgorithm, info = sequence({Bytes{0x05, 0x00}});
  const Bytes version = {0xA0, 0x03, 0x02, 0x01, 0x02}, number = element(0x02, {serial});
  Partial partial;
  const Bytes rest = concat({partial.issuer, partial.validity, partial.subject});
  Bytes der = partial.bytes();
  CertificateAdditions all{.serial_number = serial, .algorithm = algorithm, .key_info = info};
  EXPECT_EQ(hex(added_to_certificate(all)), hex(sequence({version, number, algorithm, info})));
  EXPECT_EQ(hex(tbs_certificate(*parse_partial_certificate(der), all)),
            hex(sequence({version, number, algorithm, rest, info, partial.extensions})));
  partial.algorithm = sequence({Bytes{0x06, 0x01, 0x2A}});
  der = partial.bytes();
  CertificateAdditions fewer{.serial_number = serial, .algorithm = {}, .key_info = info};
  EXPECT_EQ(hex(added_to_certificate(fewer)), hex(sequence({version, number, info})));
  EXPECT_EQ(hex(tbs_certificate(*parse_partial_certificate(der), fewer)),
            hex(sequence({version, number, partial.algorithm, rest, info, partial.extensions})));
}

}  // namespace
}  // namespace vtpm::engine::crypto
