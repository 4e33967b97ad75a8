// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/self_test.h"

#include <algorithm>
#include <exception>

#include "engine/crypto/cmac.h"
#include "engine/crypto/derive.h"
#include "engine/crypto/dhkem.h"
#include "engine/crypto/ecc_schemes.h"
#include "engine/crypto/kdf.h"
#include "engine/crypto/key_exchange.h"
#include "engine/crypto/ml_dsa.h"
#include "engine/crypto/ml_kem.h"
#include "engine/crypto/rsa.h"
#include "engine/crypto/self_test_data.h"
#include "engine/crypto/self_test_lattice.h"

namespace vtpm::engine::crypto {
namespace {

Bytes hex(std::string_view digits) {
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes bytes(digits.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(value(digits[2 * i]) * 16 + value(digits[2 * i + 1]));
  return bytes;
}

bool same(ByteView a, const char* expected) {
  return constant_time_equal(a, hex(expected));
}
template <class T>
bool same(const Result<T, CryptoError>& a, const char* expected) {
  if constexpr (std::is_same_v<T, Secret>)
    return a && same(a->view(), expected);
  else
    return a && same(ByteView(*a), expected);
}

// The entropy of a published answer, then zeros: the tests must not touch the TPM's own generator.
class KnownEntropy final : public Entropy {
 public:
  explicit KnownEntropy(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableByteView out) override {
    for (uint8_t& byte : out) byte = used_ < bytes_.size() ? bytes_[used_++] : uint8_t{0};
  }

 private:
  Bytes bytes_;
  size_t used_ = 0;
};

bool test_hash(HashAlg alg) {
  return std::all_of(std::begin(known::kHashes), std::end(known::kHashes), [&](const auto& answer) {
    return answer.alg != alg || same(hash(alg, text_bytes("abc")), answer.digest);
  });
}

bool test_hmac() {
  return std::all_of(std::begin(known::kHmacs), std::end(known::kHmacs), [](const auto& answer) {
    return same(hmac(answer.alg, text_bytes("Jefe"), {text_bytes(known::kHmacMessage)}),
                answer.digest);
  });
}

bool test_kdfa() {
  return same(kdfa(HashAlg::Sha256, hex(known::kKdfaKey), text_bytes("CFB"), hex(known::kKdfaU),
                   hex(known::kKdfaV), 256)
                  .view(),
              known::kKdfaOut);
}

bool test_kdfe() {
  return same(kdfe(HashAlg::Sha256, hex(known::kKdfeZ), text_bytes("DUPLICATE"), hex(known::kKdfeU),
                   hex(known::kKdfeV), 256)
                  .view(),
              known::kKdfeOut);
}

bool test_mgf1() {
  Bytes seed(32), mask(40);
  for (uint8_t i = 0; i < 32; ++i) seed[i] = i;
  mgf1_xor(HashAlg::Sha256, seed, mask);
  return same(mask, known::kMgf1);
}

// XOR obfuscation is KDFa with another label: with KDFa tested, masking and unmasking remain.
bool test_xor() {
  const Bytes key = hex(known::kKdfaKey), clear(45, 0x5a);
  Bytes data = clear;
  xor_obfuscate(HashAlg::Sha256, key, {}, {}, data);
  const Secret mask = kdfa(HashAlg::Sha256, key, text_bytes("XOR"), {}, {}, 45 * 8);
  for (size_t i = 0; i < data.size(); ++i)
    if (data[i] != (clear[i] ^ mask.view()[i])) return false;
  xor_obfuscate(HashAlg::Sha256, key, {}, {}, data);
  return test_kdfa() && data == clear;
}

bool test_cipher(Cipher cipher) {
  return std::all_of(
      std::begin(known::kCiphers), std::end(known::kCiphers), [&](const auto& answer) {
        if (answer.cipher != cipher) return true;
        const Bytes key = hex(answer.key);
        Bytes data = hex(known::kCipherText), iv = hex(answer.iv);
        if (!encrypt(cipher, answer.mode, key, iv, data) || !same(data, answer.encrypted))
          return false;
        iv = hex(answer.iv);
        return decrypt(cipher, answer.mode, key, iv, data) && same(data, known::kCipherText);
      });
}

bool test_cmac() {
  return std::all_of(std::begin(known::kCmacs), std::end(known::kCmacs), [](const auto& answer) {
    if (!cipher_supported(answer.cipher, 128)) return true;
    Cmac whole(answer.cipher, hex(known::kCmacKey)), part = whole;
    const Bytes message = hex(known::kCipherText);
    whole.update(message);
    part.update(ByteView(message).first(20));
    return same(whole.finish(), answer.whole) && same(part.finish(), answer.part);
  });
}

bool test_random() {
  KnownEntropy entropy(hex(known::kRandomEntropy));
  Random random(entropy);
  Bytes out(128);
  random.fill(out);
  random.fill(out);
  return same(out, known::kRandomOut);
}

bool test_derivation() {
  SeedStream stream(1, hex(known::kDerivationSeed), "test", {Bytes(1)});
  Bytes out(200);
  stream.fill(out);
  return same(out, known::kDerivationOut);
}

bool test_rsa(SelfTest test) {
  constexpr HashAlg kAlg = HashAlg::Sha256;
  const ByteView label = text_bytes({"DUPLICATE", 10});
  const Digest digest = hash(kAlg, text_bytes("abc"));
  KnownEntropy entropy({});
  Random random(entropy);
  auto key =
      RsaPrivateKey::create(hex(known::kRsaModulus), kDefaultRsaExponent, hex(known::kRsaPrime));
  if (!key) return false;
  const RsaPublicKey& pub = key->public_key();
  switch (test) {
    case SelfTest::Rsassa:
      return same(rsassa_sign(*key, kAlg, digest, random), known::kRsassa) &&
             rsassa_verify(pub, kAlg, digest, hex(known::kRsassa));
    case SelfTest::Rsapss: {
      auto signature = rsapss_sign(*key, kAlg, digest, random);
      return signature && rsapss_verify(pub, kAlg, digest, *signature) &&
             rsapss_verify(pub, kAlg, digest, hex(known::kRsapss));
    }
    case SelfTest::Oaep: {
      auto again = oaep_encrypt(pub, kAlg, label, digest, random);
      return same(oaep_decrypt(*key, kAlg, label, hex(known::kOaepOut), random), known::kOaepIn) &&
             again && oaep_decrypt(*key, kAlg, label, *again, random);
    }
    case SelfTest::Rsaes: {
      auto again = rsaes_encrypt(pub, digest, random);
      return same(rsaes_decrypt(*key, hex(known::kRsaesOut), random), known::kRsaesIn) && again &&
             rsaes_decrypt(*key, *again, random);
    }
    default:
      return same(pub.raw(hex(known::kRsaRawIn)), known::kRsaRawOut) &&
             same(key->raw(hex(known::kRsaRawOut), random), known::kRsaRawIn);
  }
}

bool test_curves() {
  return std::all_of(std::begin(known::kCurves), std::end(known::kCurves), [](const auto& answer) {
    auto q = public_point(answer.curve, hex(answer.d));
    return q && same(q->x, answer.x);
  });
}

bool test_ecdsa() {
  const EccPoint q{hex(known::kEcdsaX), hex(known::kEcdsaY)};
  const Digest digest = hash(HashAlg::Sha256, text_bytes("sample"));
  EccSignature signature{hex(known::kEcdsaR), hex(known::kEcdsaS)};
  if (!ecdsa_verify(Curve::P256, q, digest, signature)) return false;
  signature.s.back() ^= 1;
  if (ecdsa_verify(Curve::P256, q, digest, signature)) return false;
  KnownEntropy entropy({});
  Random random(entropy);
  const Bytes d = hex(known::kEcdhD);
  auto own = public_point(Curve::P256, d);
  auto made = ecdsa_sign(Curve::P256, d, digest, random);
  return own && made && ecdsa_verify(Curve::P256, *own, digest, *made);
}

// A known signature, and one that does not hold; then one of its own.
template <class Sign, class Verify>
bool test_ecc_scheme(Curve curve, const EccPoint& q, EccSignature signature, Sign sign,
                     Verify verify) {
  if (!verify(q, signature)) return false;
  signature.s.back() ^= 1;
  if (verify(q, signature)) return false;
  KnownEntropy entropy({});
  Random random(entropy);
  const Bytes d = hex(known::kEcdhD);
  auto own = public_point(curve, d);
  Result<EccSignature, CryptoError> made = sign(d, random);
  return own && made && verify(*own, *made);
}

bool test_ecschnorr() {
  constexpr HashAlg kAlg = HashAlg::Sha256;
  const Digest digest = hash(kAlg, text_bytes(known::kEcSchnorrText));
  return test_ecc_scheme(
      Curve::P256, {hex(known::kEcSchnorrX), hex(known::kEcSchnorrY)},
      {hex(known::kEcSchnorrR), hex(known::kEcSchnorrS)},
      [&](const Bytes& d, Random& random) {
        return ecschnorr_sign(Curve::P256, d, kAlg, digest, random);
      },
      [&](const EccPoint& q, const EccSignature& signature) {
        return ecschnorr_verify(Curve::P256, q, kAlg, digest, signature);
      });
}

bool test_sm2() {
  const Bytes digest = hex(known::kSm2Digest);
  return test_ecc_scheme(
      Curve::Sm2P256, {hex(known::kSm2X), hex(known::kSm2Y)},
      {hex(known::kSm2R), hex(known::kSm2S)},
      [&](const Bytes& d, Random& random) { return sm2_sign(Curve::Sm2P256, d, digest, random); },
      [&](const EccPoint& q, const EccSignature& signature) {
        return sm2_verify(Curve::Sm2P256, q, digest, signature);
      });
}

bool test_ecdh() {
  auto z = ecdh(Curve::P256, hex(known::kEcdhD), {hex(known::kEcdhX), hex(known::kEcdhY)});
  return z && same(z->x, known::kEcdhZ);
}

using Exchange = Result<EccPoint, CryptoError> (*)(Curve, const ExchangeKeys&);

bool test_exchange(Exchange exchange, const known::ExchangeAnswer& answer) {
  const Bytes static_a = hex(answer.static_a), ephemeral_a = hex(answer.ephemeral_a);
  const EccPoint static_b{hex(answer.static_x), hex(answer.static_y)};
  const EccPoint ephemeral_b{hex(answer.ephemeral_x), hex(answer.ephemeral_y)};
  auto z = exchange(answer.curve, {static_a, ephemeral_a, static_b, ephemeral_b});
  return z && same(z->x, answer.z);
}

bool test_encryption() {
  const EccPoint c1{hex(known::kEncryptionX), hex(known::kEncryptionY)};
  return same(ecc_decrypt(Curve::Sm2P256, hex(known::kEncryptionD), HashAlg::Sm3, c1,
                          hex(known::kEncryptionC2), hex(known::kEncryptionC3)),
              known::kEncryptionText);
}

bool test_dhkem() {
  const Bytes d = hex(known::kDhkemD);
  auto q = public_point(Curve::P256, d);
  return q && same(dhkem_decapsulate(Curve::P256, d, *q, hex(known::kDhkemCiphertext)),
                   known::kDhkemSecret);
}

bool run(SelfTest test) {
  switch (test) {
    case SelfTest::Sha1:
      return test_hash(HashAlg::Sha1);
    case SelfTest::Sha256:
      return test_hash(HashAlg::Sha256);
    case SelfTest::Sha384:
      return test_hash(HashAlg::Sha384);
    case SelfTest::Sha512:
      return test_hash(HashAlg::Sha512);
    case SelfTest::Sm3:
      return test_hash(HashAlg::Sm3);
    case SelfTest::Sha3_256:
      return test_hash(HashAlg::Sha3_256);
    case SelfTest::Sha3_384:
      return test_hash(HashAlg::Sha3_384);
    case SelfTest::Sha3_512:
      return test_hash(HashAlg::Sha3_512);
    case SelfTest::Hmac:
      return test_hmac();
    case SelfTest::Kdfa:
      return test_kdfa();
    case SelfTest::Kdfe:
      return test_kdfe();
    case SelfTest::Mgf1:
      return test_mgf1();
    case SelfTest::Xor:
      return test_xor();
    case SelfTest::Aes:
      return test_cipher(Cipher::Aes);
    case SelfTest::Camellia:
      return test_cipher(Cipher::Camellia);
    case SelfTest::Sm4:
      return test_cipher(Cipher::Sm4);
    case SelfTest::Random:
      return test_random();
    case SelfTest::Derivation:
      return test_derivation();
    case SelfTest::Rsa:
    case SelfTest::Rsassa:
    case SelfTest::Rsapss:
    case SelfTest::Rsaes:
    case SelfTest::Oaep:
      return test_rsa(test);
    case SelfTest::Ecc:
      return test_curves();
    case SelfTest::Ecdsa:
      return test_ecdsa();
    case SelfTest::Ecdh:
      return test_ecdh();
    case SelfTest::EcSchnorr:
      return test_ecschnorr();
    case SelfTest::Sm2:
      return test_sm2();
    case SelfTest::Cmac:
      return test_cmac();
    case SelfTest::KeyExchange:
      return test_exchange(mqv, known::kMqv) && test_exchange(sm2_exchange, known::kSm2Exchange);
    case SelfTest::EccEncryption:
      return test_encryption() && test_dhkem();
    case SelfTest::PostQuantum:
      return (!kHasMlKem || test_ml_kem()) && (!kHasMlDsa || test_ml_dsa());
  }
  return false;
}

constexpr const char* kNames[] = {
    "SHA-1",
    "SHA-256",
    "SHA-384",
    "SHA-512",
    "SM3",
    "SHA3-256",
    "SHA3-384",
    "SHA3-512",
    "HMAC",
    "KDFa",
    "KDFe",
    "MGF1",
    "XOR",
    "AES",
    "Camellia",
    "SM4",
    "DRBG",
    "primary key derivation",
    "RSA",
    "RSASSA",
    "RSAPSS",
    "RSAES",
    "OAEP",
    "ECC",
    "ECDSA",
    "ECDH",
    "ECSchnorr",
    "SM2",
    "CMAC",
    "key exchange",
    "ECC encryption",
    "ML-KEM and ML-DSA",
};
static_assert(std::size(kNames) == static_cast<size_t>(kLastSelfTest) + 1);

}  // namespace

bool run_self_test(SelfTest test) noexcept {
  try {
    return run(test);
  } catch (const std::exception&) {
    return false;
  }
}

const char* self_test_name(SelfTest test) {
  return kNames[static_cast<size_t>(test)];
}

}  // namespace vtpm::engine::crypto
