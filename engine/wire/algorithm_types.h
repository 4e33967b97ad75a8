// SPDX-License-Identifier: Apache-2.0
// TPMI_ALG_* and its kin (Part 2, 9.27 and after): algorithm identifiers that a place accepts.
#pragma once

#include "engine/algorithms.h"
#include "engine/wire/types.h"

namespace vtpm::engine::wire {

constexpr bool is_hash_or_null(AlgId id) {
  return is_hash(id) || id == AlgId::Null;
}
using HashAlgorithm = Checked<AlgId, is_hash, rc::Hash.value()>;
// What a digest was made with whose signature has been verified: a hash algorithm, or what makes
// the representative of ML-DSA.
constexpr bool is_verified_hash(AlgId id) {
  return is_hash(id) || (is_implemented(AlgId::MlDsa) && id == AlgId::Shake256_512);
}
using VerifiedHash = Checked<AlgId, is_verified_hash, rc::Hash.value()>;
using HashAlgorithmOrNull = Checked<AlgId, is_hash_or_null, rc::Hash.value()>;

// The key signs by ML-DSA, as such or with the message hashed before; also of a scheme.
constexpr bool is_ml_dsa(AlgId id) {
  return id == AlgId::MlDsa || id == AlgId::HashMlDsa;
}
constexpr bool is_public_type(AlgId id) {
  return id == AlgId::KeyedHash || id == AlgId::SymCipher || id == AlgId::Rsa || id == AlgId::Ecc ||
         (is_implemented(id) && (id == AlgId::MlKem || is_ml_dsa(id)));
}
using PublicType = Checked<AlgId, is_public_type, rc::Type.value()>;

constexpr bool is_symmetric_object(AlgId id) {
  return is_implemented(id) && (id == AlgId::Aes || id == AlgId::Sm4 || id == AlgId::Camellia);
}
constexpr bool is_symmetric_object_or_null(AlgId id) {
  return is_symmetric_object(id) || id == AlgId::Null;
}
using SymmetricObject = Checked<AlgId, is_symmetric_object, rc::Symmetric.value()>;
using SymmetricObjectOrNull = Checked<AlgId, is_symmetric_object_or_null, rc::Symmetric.value()>;

constexpr bool is_symmetric_or_null(AlgId id) {
  return is_symmetric_object(id) || id == AlgId::Xor || id == AlgId::Null;
}
using SymmetricOrNull = Checked<AlgId, is_symmetric_or_null, rc::Symmetric.value()>;

constexpr bool is_cipher_mode(AlgId id) {
  return id == AlgId::Cfb || id == AlgId::Ctr || id == AlgId::Ofb || id == AlgId::Cbc ||
         id == AlgId::Ecb;
}
constexpr bool is_cipher_mode_or_null(AlgId id) {
  return is_cipher_mode(id) || id == AlgId::Null;
}
using CipherModeOrNull = Checked<AlgId, is_cipher_mode_or_null, rc::Mode.value()>;

constexpr bool is_symmetric_mode_or_null(AlgId id) {
  return is_cipher_mode_or_null(id) || id == AlgId::Cmac;
}
using SymmetricModeOrNull = Checked<AlgId, is_symmetric_mode_or_null, rc::Mode.value()>;

constexpr bool is_mac_scheme_or_null(AlgId id) {
  return is_hash_or_null(id) || id == AlgId::Cmac;
}
using MacSchemeOrNull = Checked<AlgId, is_mac_scheme_or_null, rc::Symmetric.value()>;

template <AlgId kCipher>
constexpr bool is_cipher_key_bits(uint16_t bits) {
  if constexpr (kCipher == AlgId::Sm4) return contains(kSm4KeyBits, bits);
  if constexpr (kCipher == AlgId::Camellia) return contains(kCamelliaKeyBits, bits);
  return contains(kAesKeyBits, bits);
}
template <AlgId kCipher>
using CipherKeyBits = Checked<uint16_t, is_cipher_key_bits<kCipher>, rc::Value.value()>;

constexpr bool is_rsa_key_bits(uint16_t bits, const Profile& profile) {
  return contains(kRsaKeyBits, bits) && profile.has_rsa_keys_of(bits);
}
using RsaKeyBits = Checked<uint16_t, is_rsa_key_bits, rc::Value.value()>;

constexpr bool is_curve(CurveId id) {
  return contains(kCurves, id);
}
using Curve = Checked<CurveId, is_curve, rc::Curve.value()>;

constexpr bool is_ml_kem_set(crypto::MlKemSet set) {
  return contains(kMlKemSets, set);
}
using MlKemParameterSet = Checked<crypto::MlKemSet, is_ml_kem_set, rc::Parms.value()>;
constexpr bool is_ml_dsa_set(crypto::MlDsaSet set) {
  return contains(kMlDsaSets, set);
}
using MlDsaParameterSet = Checked<crypto::MlDsaSet, is_ml_dsa_set, rc::Parms.value()>;
// Those of our hash algorithms that FIPS 204, 5.4 has for HashML-DSA.
constexpr bool is_pre_hash(AlgId id) {
  return is_hash(id) && crypto::is_pre_hash(to_crypto(id));
}
using PreHash = Checked<AlgId, is_pre_hash, rc::Hash.value()>;

constexpr bool is_kdf(AlgId id) {
  return is_implemented(id) &&
         (id == AlgId::Mgf1 || id == AlgId::Hkdf || id == AlgId::Kdf1Sp800_56a ||
          id == AlgId::Kdf2 || id == AlgId::Kdf1Sp800_108);
}
constexpr bool is_kdf_or_null(AlgId id) {
  return is_kdf(id) || id == AlgId::Null;
}
using Kdf = Checked<AlgId, is_kdf, rc::Kdf.value()>;
using KdfOrNull = Checked<AlgId, is_kdf_or_null, rc::Kdf.value()>;

constexpr bool is_rsa_signing(AlgId id) {
  return id == AlgId::RsaSsa || id == AlgId::RsaPss;
}
constexpr bool is_ecc_signing(AlgId id) {
  return is_implemented(id) &&
         (id == AlgId::EcDsa || id == AlgId::EcDaa || id == AlgId::Sm2 || id == AlgId::EcSchnorr);
}
// Signs with a commitment that TPM2_Commit made before.
constexpr bool is_anonymous(AlgId id) {
  return id == AlgId::EcDaa;
}
constexpr bool is_signature_scheme(AlgId id) {
  return is_rsa_signing(id) || is_ecc_signing(id) || id == AlgId::Hmac ||
         (is_implemented(id) && is_ml_dsa(id));
}
constexpr bool is_signature_scheme_or_null(AlgId id) {
  return is_signature_scheme(id) || id == AlgId::Null;
}
using SignatureSchemeOrNull = Checked<AlgId, is_signature_scheme_or_null, rc::Scheme.value()>;
// In TPMT_SIGNATURE a scheme that is not supported is TPM_RC_SCHEME as well.
using SignatureAlgorithm = Checked<AlgId, is_signature_scheme, rc::Scheme.value()>;

constexpr bool is_rsa_scheme_or_null(AlgId id) {
  return is_rsa_signing(id) || id == AlgId::RsaEs || id == AlgId::Oaep || id == AlgId::Null;
}
using RsaSchemeOrNull = Checked<AlgId, is_rsa_scheme_or_null, rc::Value.value()>;

constexpr bool is_rsa_decrypt_or_null(AlgId id) {
  return id == AlgId::RsaEs || id == AlgId::Oaep || id == AlgId::Null;
}
using RsaDecryptOrNull = Checked<AlgId, is_rsa_decrypt_or_null, rc::Value.value()>;

constexpr bool is_ecc_scheme_or_null(AlgId id) {
  return is_ecc_signing(id) || id == AlgId::Ecdh ||
         (is_implemented(AlgId::EcMqv) && id == AlgId::EcMqv) || id == AlgId::Null;
}
using EccSchemeOrNull = Checked<AlgId, is_ecc_scheme_or_null, rc::Scheme.value()>;

constexpr bool is_key_exchange(AlgId id) {
  return is_implemented(id) && (id == AlgId::Ecdh || id == AlgId::Sm2 || id == AlgId::EcMqv);
}
using KeyExchange = Checked<AlgId, is_key_exchange, rc::Scheme.value()>;

constexpr bool is_keyed_hash_scheme_or_null(AlgId id) {
  return id == AlgId::Hmac || id == AlgId::Xor || id == AlgId::Null;
}
using KeyedHashSchemeOrNull = Checked<AlgId, is_keyed_hash_scheme_or_null, rc::Value.value()>;

}  // namespace vtpm::engine::wire
