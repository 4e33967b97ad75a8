// SPDX-License-Identifier: Apache-2.0
// Which algorithms, key sizes and curves there are: the one place that decides, but for those that
// a TPM's profile leaves out. Interface types (TPMI), capability answers and the sizes of
// structures follow from it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/crypto/hash.h"
#include "engine/crypto/ml_dsa.h"
#include "engine/crypto/ml_kem.h"
#include "engine/crypto/symmetric.h"
#include "engine/wire/constants.h"

namespace vtpm::engine {

using wire::AlgId;
using wire::CurveId;

// TPMA_ALGORITHM (Part 2, 8.2).
enum AlgorithmAttribute : uint32_t {
  kAsymmetric = 1u << 0,
  kSymmetric = 1u << 1,
  kHash = 1u << 2,
  kObject = 1u << 3,
  kSigning = 1u << 8,
  kEncrypting = 1u << 9,
  kMethod = 1u << 10,
};

struct Algorithm {
  AlgId id;
  uint32_t attributes;  // AlgorithmAttribute bits as TPM_CAP_ALGS reports them
};

// Ciphers and post-quantum algorithms that OpenSSL may lack. HKDF is there for the commands that
// came with ML-KEM.
constexpr bool is_in_build(AlgId id) {
  return (id != AlgId::Sm4 || crypto::kHasSm4) && (id != AlgId::Camellia || crypto::kHasCamellia) &&
         ((id != AlgId::MlKem && id != AlgId::Hkdf) || crypto::kHasMlKem) &&
         ((id != AlgId::MlDsa && id != AlgId::HashMlDsa) || crypto::kHasMlDsa);
}

inline constexpr std::array kBuildableAlgorithms = {
    Algorithm{AlgId::Rsa, kAsymmetric | kObject},
    Algorithm{AlgId::Sha1, kHash},
    Algorithm{AlgId::Hmac, kHash | kSigning},
    Algorithm{AlgId::Aes, kSymmetric},
    Algorithm{AlgId::Mgf1, kHash | kMethod},
    Algorithm{AlgId::KeyedHash, kHash | kEncrypting | kSigning | kObject},
    Algorithm{AlgId::Xor, kHash | kSymmetric},
    Algorithm{AlgId::Sha256, kHash},
    Algorithm{AlgId::Sha384, kHash},
    Algorithm{AlgId::Sha512, kHash},
    Algorithm{AlgId::Sm3_256, kHash},
    Algorithm{AlgId::Sm4, kSymmetric},
    Algorithm{AlgId::RsaSsa, kAsymmetric | kSigning},
    Algorithm{AlgId::RsaEs, kAsymmetric | kEncrypting},
    Algorithm{AlgId::RsaPss, kAsymmetric | kSigning},
    Algorithm{AlgId::Oaep, kAsymmetric | kEncrypting},
    Algorithm{AlgId::EcDsa, kAsymmetric | kSigning},
    Algorithm{AlgId::Ecdh, kAsymmetric | kMethod},
    Algorithm{AlgId::EcDaa, kAsymmetric | kSigning},
    Algorithm{AlgId::Sm2, kAsymmetric | kSigning},
    Algorithm{AlgId::EcSchnorr, kAsymmetric | kSigning},
    Algorithm{AlgId::EcMqv, kAsymmetric | kMethod},
    Algorithm{AlgId::Hkdf, kHash | kMethod},
    Algorithm{AlgId::Kdf1Sp800_56a, kHash | kMethod},
    Algorithm{AlgId::Kdf2, kHash | kMethod},
    Algorithm{AlgId::Kdf1Sp800_108, kHash | kMethod},
    Algorithm{AlgId::Ecc, kAsymmetric | kObject},
    Algorithm{AlgId::SymCipher, kObject},
    Algorithm{AlgId::Camellia, kSymmetric},
    Algorithm{AlgId::Sha3_256, kHash},
    Algorithm{AlgId::Sha3_384, kHash},
    Algorithm{AlgId::Sha3_512, kHash},
    Algorithm{AlgId::Cmac, kSymmetric | kSigning},
    Algorithm{AlgId::Ctr, kSymmetric | kEncrypting},
    Algorithm{AlgId::Ofb, kSymmetric | kEncrypting},
    Algorithm{AlgId::Cbc, kSymmetric | kEncrypting},
    Algorithm{AlgId::Cfb, kSymmetric | kEncrypting},
    Algorithm{AlgId::Ecb, kSymmetric | kEncrypting},
    Algorithm{AlgId::MlKem, kAsymmetric | kObject},
    Algorithm{AlgId::MlDsa, kAsymmetric | kObject | kSigning},
    Algorithm{AlgId::HashMlDsa, kAsymmetric | kObject | kSigning},
};
inline constexpr auto kAlgorithms = [] {
  constexpr auto kCount = std::ranges::count_if(kBuildableAlgorithms, is_in_build, &Algorithm::id);
  std::array<Algorithm, static_cast<size_t>(kCount)> present{};
  std::ranges::copy_if(kBuildableAlgorithms, present.begin(), is_in_build, &Algorithm::id);
  return present;
}();

// The hash algorithms in ascending order of identifier.
inline constexpr std::array kHashes = {AlgId::Sha1,     AlgId::Sha256,  AlgId::Sha384,
                                       AlgId::Sha512,   AlgId::Sm3_256, AlgId::Sha3_256,
                                       AlgId::Sha3_384, AlgId::Sha3_512};
// Those whose PCR banks can have PCR, in the order of the banks. The banks of the others are always
// empty (Part 1, 8.6.2).
inline constexpr std::array kPcrBanks = {AlgId::Sha1, AlgId::Sha256, AlgId::Sha384, AlgId::Sha512};
inline constexpr std::array kCurves = {CurveId::NistP192, CurveId::NistP224, CurveId::NistP256,
                                       CurveId::NistP384, CurveId::NistP521, CurveId::BnP256,
                                       CurveId::Sm2P256};
inline constexpr std::array<uint16_t, 4> kRsaKeyBits = {1024, 2048, 3072, 4096};
inline constexpr std::array<uint16_t, 3> kAesKeyBits = {128, 192, 256};
inline constexpr std::array<uint16_t, 3> kCamelliaKeyBits = {128, 192, 256};
inline constexpr std::array<uint16_t, 1> kSm4KeyBits = {128};
inline constexpr std::array kMlKemSets = {crypto::MlKemSet::Kem512, crypto::MlKemSet::Kem768,
                                          crypto::MlKemSet::Kem1024};
inline constexpr std::array kMlDsaSets = {crypto::MlDsaSet::Dsa44, crypto::MlDsaSet::Dsa65,
                                          crypto::MlDsaSet::Dsa87};

inline constexpr size_t kMaximumDigestSize = 64;  // SHA-512
inline constexpr size_t kMaximumRsaBytes = 4096 / 8;
inline constexpr size_t kMaximumEccBytes = 66;   // P-521
inline constexpr size_t kMaximumBlockSize = 16;  // AES, Camellia, SM4
inline constexpr size_t kMaximumMlKemPublicBytes = crypto::public_key_size(kMlKemSets.back());
inline constexpr size_t kMaximumMlKemCiphertext = crypto::ciphertext_size(kMlKemSets.back());
inline constexpr size_t kMaximumMlDsaPublicBytes = crypto::public_key_size(kMlDsaSets.back());
inline constexpr size_t kMaximumMlDsaSignature = crypto::signature_size(kMlDsaSets.back());

// The digest used for the context hash, the proofs and nonces of this implementation.
inline constexpr AlgId kIntegrityHash = AlgId::Sha512;

template <class Table, class Value>
constexpr bool contains(const Table& table, Value value) {
  for (auto entry : table)
    if (entry == value) return true;
  return false;
}

constexpr bool is_implemented(AlgId id) {
  for (const auto& algorithm : kAlgorithms)
    if (algorithm.id == id) return true;
  return false;
}
constexpr bool is_hash(AlgId id) {
  return contains(kHashes, id);
}
constexpr bool is_pcr_bank(AlgId hash) {
  return contains(kPcrBanks, hash);
}

// The cryptographic layer's name for a hash that is_hash() accepted.
constexpr crypto::HashAlg to_crypto(AlgId hash) {
  return static_cast<crypto::HashAlg>(hash);
}
constexpr AlgId to_alg_id(crypto::HashAlg hash) {
  return static_cast<AlgId>(hash);
}
inline size_t digest_size(AlgId hash) {
  return crypto::digest_size(to_crypto(hash));
}

}  // namespace vtpm::engine
