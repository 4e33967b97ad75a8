// SPDX-License-Identifier: Apache-2.0
// TPMS_* and TPMT_* of Part 2, clauses 10 to 12 and 14: one description each.
#pragma once

#include "engine/wire/algorithm_types.h"
#include "engine/wire/attributes.h"
#include "engine/wire/command_code.h"
#include "engine/wire/types.h"

namespace vtpm::engine::wire {

// ---- Simple buffers (10.4)
using Digest = Buffer<kMaximumDigestSize>;
using Nonce = Digest;
using Auth = SecretBuffer<kMaximumDigestSize>;
using Data = Buffer<kMaximumDigestSize + 2>;              // TPM2B_DATA: as large as a TPMT_HA
using SecretData = SecretBuffer<kMaximumDigestSize + 2>;  // TPM2B_DATA that holds a key
using SecretDigest = SecretBuffer<kMaximumDigestSize>;    // TPM2B_DIGEST that holds a credential
using Name = Buffer<kMaximumDigestSize + 2>;
using Event = Buffer<1024>;
using MaxBuffer = Buffer<1024>;
using SecretMaxBuffer = SecretBuffer<MaxBuffer::kCapacity>;  // the same of clear text
using Iv = Buffer<kMaximumBlockSize>;
inline constexpr size_t kMaximumSymData = 128;
using SensitiveData = SecretBuffer<kMaximumSymData>;
using RsaBytes = Buffer<kMaximumRsaBytes>;
using EccParameter = Buffer<kMaximumEccBytes>;
// The largest of the ciphertexts of RSA and, as far as it is there, ML-KEM.
using EncryptedSecret = Buffer<crypto::kHasMlKem ? kMaximumMlKemCiphertext : kMaximumRsaBytes>;
using MlKemPublicKey = Buffer<kMaximumMlKemPublicBytes>;
using MlDsaPublicKey = Buffer<kMaximumMlDsaPublicBytes>;
using MlDsaSignature = Buffer<kMaximumMlDsaSignature>;
using KemCiphertext = Buffer<kMaximumMlKemCiphertext>;  // TPM2B_KEM_CIPHERTEXT
using KemSecret = SecretBuffer<kMaximumDigestSize>;     // TPM2B_SHARED_SECRET: the most of DHKEM's
// TPM2B_SIGNATURE_CTX: a counter, an SM2 identity or the context of ML-DSA. No algorithm here takes
// a hint.
using SignatureContext = Buffer<255>;
using SignatureHint = Buffer<0>;
using Private = Buffer<1024>;
using SecretPrivate = SecretBuffer<Private::kCapacity>;  // of a duplicate: perhaps in the clear
// Public keys of ML-DSA, where it is there, are the most of a context and of any TPMT_PUBLIC.
using ContextData = Buffer<crypto::kHasMlDsa ? 1024 + kMaximumMlDsaPublicBytes : 3072>;
using Template = Buffer<crypto::kHasMlDsa ? 128 + kMaximumMlDsaPublicBytes : 1024>;
using Operand = Digest;  // TPM2B_OPERAND
using Timeout = Buffer<sizeof(uint64_t)>;
using Label = Buffer<32>;                               // TPM2B_LABEL (11.1.10)
using IdObject = Buffer<2 * (2 + kMaximumDigestSize)>;  // TPM2B_ID_OBJECT (12.4.3)
inline constexpr size_t kMaximumNvBuffer = 2048;
using MaxNvBuffer = SecretBuffer<kMaximumNvBuffer>;
// The UINT64 that TPM2_NV_SetBits puts into an index.
struct NvBits {
  uint64_t raw = 0;

  constexpr NvBits() = default;
  constexpr NvBits(uint64_t bits) : raw(bits) {}
  TpmResult<void> unmarshal(Reader& in) { return wire::unmarshal(in, raw); }
  void marshal(Writer& out) const { out.put_be(raw); }
};

// TPMT_HA without the algorithm's digest inside a union: the size follows from the algorithm.
struct HashValue {
  HashAlgorithm algorithm;
  Digest digest;

  bool operator==(const HashValue&) const = default;
  TpmResult<void> unmarshal(Reader& in);
  void marshal(Writer& out) const;
};
using DigestList = List<Digest, 8>;
using DigestValues = List<HashValue, kHashes.size()>;

// ---- PCR selections (10.6)
inline constexpr unsigned kPcrCount = 24;
// TPMI_DH_PCR; also where it is no handle but a parameter.
constexpr bool is_pcr(Handle handle) {
  return handle < kPcrCount;
}
using PcrNumber = Checked<Handle, is_pcr, rc::Value.value()>;
inline constexpr size_t kPcrSelectBytes = kPcrCount / 8;
// sizeofSelect and pcrSelect; bit n is PCR n. The size must be exactly what the platform's PCRs
// need (10.6.2).
TpmResult<void> unmarshal_pcr_bits(Reader& in, uint32_t& mask);
void marshal_pcr_bits(Writer& out, uint32_t mask);

// TPMS_PCR_SELECTION; bit n of `mask` is PCR n.
struct PcrSelection {
  HashAlgorithm hash;
  uint32_t mask = 0;

  bool operator==(const PcrSelection&) const = default;
  bool selects(unsigned pcr) const { return (mask >> pcr & 1u) != 0; }
  TpmResult<void> unmarshal(Reader& in);
  void marshal(Writer& out) const;
};
using PcrSelections = List<PcrSelection, kHashes.size()>;

// ---- Tickets (10.7)
struct Ticket {
  StructureTag tag{};
  Handle hierarchy = rh::Null;
  Digest digest;

  TpmResult<void> unmarshal_hierarchy(Reader& in) {
    TRY(wire::unmarshal(in, hierarchy));
    if (hierarchy != rh::Owner && hierarchy != rh::Endorsement && hierarchy != rh::Platform &&
        hierarchy != rh::Null)
      return rc::Value;
    return ok;
  }
};
template <StructureTag... kTags>
struct TaggedTicket : Ticket {
  TpmResult<void> unmarshal(Reader& in) {
    TRY(wire::unmarshal(in, tag));
    if (((tag != kTags) && ...)) return rc::Tag;
    TRY(unmarshal_hierarchy(in));
    return wire::unmarshal(in, digest);
  }
  void marshal(Writer& out) const { wire::marshal(out, static_cast<const Ticket&>(*this)); }
};
using CreationTicket = TaggedTicket<StructureTag::Creation>;
using HashCheckTicket = TaggedTicket<StructureTag::HashCheck>;
using AuthTicket = TaggedTicket<StructureTag::AuthSigned, StructureTag::AuthSecret>;
// TPMT_TK_VERIFIED: of TPM_ST_VERIFIED, TPM_ST_MESSAGE_VERIFIED or TPM_ST_DIGEST_VERIFIED.
struct VerifiedTicket : Ticket {
  // What made the digest: TPM_ST_DIGEST_VERIFIED only. None of the NULL Ticket's default.
  AlgId hash = AlgId::Null;

  TpmResult<void> unmarshal(Reader& in);
  void marshal(Writer& out) const;
};

// ---- Symmetric definitions (11.1)
template <AlgId kCipher>
struct CipherDefinition {
  CipherKeyBits<kCipher> key_bits;
  SymmetricModeOrNull mode;
  bool operator==(const CipherDefinition&) const = default;
};
using AesDefinition = CipherDefinition<AlgId::Aes>;
using CamelliaDefinition = CipherDefinition<AlgId::Camellia>;
using Sm4Definition = CipherDefinition<AlgId::Sm4>;
// What a definition says, whichever block cipher it is of.
struct BlockCipher {
  AlgId algorithm;
  uint16_t key_bits;
  AlgId mode;

  crypto::Cipher cipher() const { return static_cast<crypto::Cipher>(algorithm); }
  size_t key_size() const { return key_bits / 8u; }
};
struct XorDefinition {
  HashAlgorithm hash;
  bool operator==(const XorDefinition&) const = default;
};
// TPMT_SYM_DEF: parameter encryption of a session.
struct SymmetricDefinition {
  Selector<SymmetricOrNull> algorithm{AlgId::Null};
  Union<Case<Empty, AlgId::Null>, Case<AesDefinition, AlgId::Aes>, Case<Sm4Definition, AlgId::Sm4>,
        Case<CamelliaDefinition, AlgId::Camellia>, Case<XorDefinition, AlgId::Xor>>
      details;
  bool operator==(const SymmetricDefinition&) const = default;
  std::optional<BlockCipher> block_cipher() const;  // none: TPM_ALG_XOR or TPM_ALG_NULL
};
// TPMT_SYM_DEF_OBJECT: the cipher with which a parent protects its children, or of a cipher key.
struct SymmetricObjectDefinition {
  Selector<SymmetricObjectOrNull> algorithm{AlgId::Null};
  Union<Case<Empty, AlgId::Null>, Case<AesDefinition, AlgId::Aes>, Case<Sm4Definition, AlgId::Sm4>,
        Case<CamelliaDefinition, AlgId::Camellia>>
      details;
  bool operator==(const SymmetricObjectDefinition&) const = default;
  std::optional<BlockCipher> block_cipher() const;  // none: TPM_ALG_NULL
};
struct SymmetricCipherParameters {  // TPMS_SYMCIPHER_PARMS: never TPM_ALG_NULL
  SymmetricObjectDefinition symmetric;
  bool operator==(const SymmetricCipherParameters&) const = default;
  TpmResult<void> unmarshal(Reader& in);
  void marshal(Writer& out) const;
};

// ---- Schemes (11.2)
struct HashScheme {
  HashAlgorithm hash;
  bool operator==(const HashScheme&) const = default;
};
struct HashCountScheme {  // TPMS_SCHEME_ECDAA
  HashAlgorithm hash;
  uint16_t count = 0;
  bool operator==(const HashCountScheme&) const = default;
};
struct XorScheme {
  HashAlgorithm hash;
  KdfOrNull kdf;
  bool operator==(const XorScheme&) const = default;
};
struct KeyedHashScheme {  // TPMT_KEYEDHASH_SCHEME
  Selector<KeyedHashSchemeOrNull> scheme{AlgId::Null};
  Union<Case<Empty, AlgId::Null>, Case<HashScheme, AlgId::Hmac>, Case<XorScheme, AlgId::Xor>>
      details;
  bool operator==(const KeyedHashScheme&) const = default;
};
struct SignatureScheme {  // TPMT_SIG_SCHEME
  Selector<SignatureSchemeOrNull> scheme{AlgId::Null};
  // Table 83 has ML-DSA's two and Table 182 no member for them: all is said by the key.
  Union<Case<Empty, AlgId::Null, AlgId::MlDsa, AlgId::HashMlDsa>,
        Case<HashScheme, AlgId::RsaSsa, AlgId::RsaPss, AlgId::EcDsa, AlgId::Sm2, AlgId::EcSchnorr,
             AlgId::Hmac>,
        Case<HashCountScheme, AlgId::EcDaa>>
      details;
  bool operator==(const SignatureScheme&) const = default;
};
struct KdfScheme {  // TPMT_KDF_SCHEME
  Selector<KdfOrNull> scheme{AlgId::Null};
  Union<Case<Empty, AlgId::Null>, Case<HashScheme, AlgId::Mgf1, AlgId::Hkdf, AlgId::Kdf1Sp800_56a,
                                       AlgId::Kdf2, AlgId::Kdf1Sp800_108>>
      details;
  bool operator==(const KdfScheme&) const = default;
};
struct RsaScheme {  // TPMT_RSA_SCHEME
  Selector<RsaSchemeOrNull> scheme{AlgId::Null};
  Union<Case<Empty, AlgId::Null, AlgId::RsaEs>,
        Case<HashScheme, AlgId::RsaSsa, AlgId::RsaPss, AlgId::Oaep>>
      details;
  bool operator==(const RsaScheme&) const = default;
};
struct RsaDecryptScheme {  // TPMT_RSA_DECRYPT
  Selector<RsaDecryptOrNull> scheme{AlgId::Null};
  Union<Case<Empty, AlgId::Null, AlgId::RsaEs>, Case<HashScheme, AlgId::Oaep>> details;
  bool operator==(const RsaDecryptScheme&) const = default;
};
struct EccScheme {  // TPMT_ECC_SCHEME
  Selector<EccSchemeOrNull> scheme{AlgId::Null};
  Union<Case<Empty, AlgId::Null>,
        Case<HashScheme, AlgId::EcDsa, AlgId::Sm2, AlgId::EcSchnorr, AlgId::Ecdh, AlgId::EcMqv>,
        Case<HashCountScheme, AlgId::EcDaa>>
      details;
  bool operator==(const EccScheme&) const = default;
};

// ---- Keys and signatures (11.2.4, 11.2.5, 11.3)
struct EccPoint {
  EccParameter x;
  EccParameter y;
  bool operator==(const EccPoint&) const = default;
};
// The same of a point that two parties share and nobody else knows.
struct SecretEccPoint {
  SecretBuffer<kMaximumEccBytes> x;
  SecretBuffer<kMaximumEccBytes> y;
  bool operator==(const SecretEccPoint&) const = default;
};
struct EccDetail {  // TPMS_ALGORITHM_DETAIL_ECC
  Curve curve;
  uint16_t key_size = 0;  // bits
  KdfScheme kdf;
  EccScheme sign;
  EccParameter p, a, b, gx, gy, n, h;
};
struct RsaSignature {
  HashAlgorithm hash;
  RsaBytes signature;
};
struct EccSignature {
  HashAlgorithm hash;
  EccParameter r;
  EccParameter s;
};
struct HashMlDsaSignature {
  PreHash hash;
  MlDsaSignature signature;
};
// TPMT_SIGNATURE, which no command takes as TPM_ALG_NULL (4.8).
struct Signature {
  Selector<SignatureAlgorithm> algorithm{AlgId::Null};
  Union<Case<Empty, AlgId::Null>, Case<RsaSignature, AlgId::RsaSsa, AlgId::RsaPss>,
        Case<EccSignature, AlgId::EcDsa, AlgId::EcDaa, AlgId::Sm2, AlgId::EcSchnorr>,
        Case<HashValue, AlgId::Hmac>, Case<MlDsaSignature, AlgId::MlDsa>,
        Case<HashMlDsaSignature, AlgId::HashMlDsa>>
      details;
};
// What the TPM answers with, where there may be no key (Part 3, 18.1).
struct SignatureOrNull : Signature {
  SignatureOrNull() = default;
  SignatureOrNull(Signature signature) : Signature(std::move(signature)) {}
  TpmResult<void> unmarshal(Reader& in);
  void marshal(Writer& out) const;
};

// ---- Objects (12)
struct KeyedHashParameters {
  KeyedHashScheme scheme;
  bool operator==(const KeyedHashParameters&) const = default;
};
struct RsaParameters {
  SymmetricObjectDefinition symmetric;
  RsaScheme scheme;
  RsaKeyBits key_bits;
  uint32_t exponent = 0;  // 0 stands for 65537
  bool operator==(const RsaParameters&) const = default;
};
struct EccParameters {
  SymmetricObjectDefinition symmetric;
  EccScheme scheme;
  Curve curve;
  KdfScheme kdf;
  bool operator==(const EccParameters&) const = default;
};
struct MlKemParameters {
  SymmetricObjectDefinition symmetric;
  MlKemParameterSet parameter_set{crypto::MlKemSet::Kem768};
  bool operator==(const MlKemParameters&) const = default;
};
struct MlDsaParameters {
  MlDsaParameterSet parameter_set{crypto::MlDsaSet::Dsa65};
  YesNo allow_external_mu;
  bool operator==(const MlDsaParameters&) const = default;
};
struct HashMlDsaParameters {
  MlDsaParameterSet parameter_set{crypto::MlDsaSet::Dsa65};
  PreHash hash{AlgId::Sha512};
  bool operator==(const HashMlDsaParameters&) const = default;
};
using PublicParameters =
    Union<Case<KeyedHashParameters, AlgId::KeyedHash>,
          Case<SymmetricCipherParameters, AlgId::SymCipher>, Case<RsaParameters, AlgId::Rsa>,
          Case<EccParameters, AlgId::Ecc>, Case<MlKemParameters, AlgId::MlKem>,
          Case<MlDsaParameters, AlgId::MlDsa>, Case<HashMlDsaParameters, AlgId::HashMlDsa>>;
using PublicUnique =
    Union<Case<Digest, AlgId::KeyedHash, AlgId::SymCipher>, Case<RsaBytes, AlgId::Rsa>,
          Case<EccPoint, AlgId::Ecc>, Case<MlKemPublicKey, AlgId::MlKem>,
          Case<MlDsaPublicKey, AlgId::MlDsa, AlgId::HashMlDsa>>;

struct Public {  // TPMT_PUBLIC
  Selector<PublicType> type{AlgId::KeyedHash};
  HashAlgorithmOrNull name_hash;
  ObjectAttributes attributes;
  Digest auth_policy;
  PublicParameters parameters;
  PublicUnique unique;

  bool operator==(const Public&) const = default;
  bool has(ObjectBit bit) const { return attributes.has(bit); }
};

struct Derive {  // TPMS_DERIVE
  Label label;
  Label context;
};
// What a TPM2B_TEMPLATE holds for a derivation parent: a TPMT_PUBLIC with the derivation values in
// place of `unique` (12.2.6).
struct DerivationTemplate {
  Selector<PublicType> type{AlgId::KeyedHash};
  HashAlgorithmOrNull name_hash;
  ObjectAttributes attributes;
  Digest auth_policy;
  PublicParameters parameters;
  Derive derive;
};

struct SensitiveCreate {  // TPMS_SENSITIVE_CREATE
  Auth user_auth;
  SensitiveData data;
};

// TPMU_SENSITIVE_COMPOSITE. A TPM2B_SYM_KEY holds a digest, too (11.1.8).
using PrivateValue =
    SecretUnion<Case<SecretBuffer<kMaximumRsaBytes / 2>, AlgId::Rsa>,
                Case<SecretBuffer<kMaximumEccBytes>, AlgId::Ecc>,
                Case<SensitiveData, AlgId::KeyedHash>,
                Case<SecretBuffer<kMaximumDigestSize>, AlgId::SymCipher>,
                Case<SecretBuffer<crypto::kMlDsaSeedSize>, AlgId::MlDsa, AlgId::HashMlDsa>,
                Case<SecretBuffer<crypto::kMlKemSeedSize>, AlgId::MlKem>>;
struct Sensitive {  // TPMT_SENSITIVE
  Selector<PublicType> type{AlgId::KeyedHash};
  Auth auth;
  Auth seed;
  PrivateValue value;
};

// ---- Creation data (15.1)
struct CreationData {
  PcrSelections pcr_select;
  Digest pcr_digest;
  LocalityAttributes locality;
  AlgId parent_name_hash = AlgId::Null;
  Name parent_name;
  Name parent_qualified_name;
  Data outside_info;
};

// ---- Saved contexts (14)
struct Context {  // TPMS_CONTEXT
  uint64_t sequence = 0;
  Handle saved_handle = 0;
  Handle hierarchy = rh::Null;
  ContextData blob;
};

// ---- Capability data (10.8, 10.10)
template <class Key, class Value>
struct Property {
  Key property{};
  Value value{};
};

extern template TpmResult<void> unmarshal<Public>(Reader&, Public&);
extern template void marshal<Public>(Writer&, const Public&);
extern template TpmResult<void> unmarshal<Sensitive>(Reader&, Sensitive&);
extern template void marshal<Sensitive>(Writer&, const Sensitive&);
extern template TpmResult<void> unmarshal<Signature>(Reader&, Signature&);
extern template void marshal<Signature>(Writer&, const Signature&);
extern template void marshal<CreationData>(Writer&, const CreationData&);

}  // namespace vtpm::engine::wire
