// SPDX-License-Identifier: Apache-2.0
#include "engine/object/attributes.h"

#include "engine/object/ecc_key.h"
#include "engine/pipeline/entity.h"

namespace vtpm::engine {
namespace {

using wire::ObjectBit;
using wire::Public;

bool is_asymmetric(const Public& pub) {
  return pub.type != AlgId::KeyedHash && pub.type != AlgId::SymCipher;
}
bool is_restricted_decryption(const Public& pub) {
  return pub.has(ObjectBit::Restricted) && pub.has(ObjectBit::Decrypt);
}

// The hierarchy attributes against those of the parent. A primary seed counts as a parent with
// fixedTPM.
TpmResult<void> check_hierarchy_attributes(const Public& pub, const Object* parent) {
  bool fixed_tpm = pub.has(ObjectBit::FixedTpm);
  bool encrypted = pub.has(ObjectBit::EncryptedDuplication);
  REQUIRE(!fixed_tpm || !encrypted, rc::Attributes);
  if (!parent || parent->has(ObjectBit::FixedTpm)) {
    REQUIRE(fixed_tpm == pub.has(ObjectBit::FixedParent), rc::Attributes);
  } else {
    REQUIRE(!fixed_tpm, rc::Attributes);
    REQUIRE(encrypted == parent->has(ObjectBit::EncryptedDuplication), rc::Attributes);
  }
  return ok;
}

// sign, decrypt, restricted and x509sign (Part 1, Table 33).
TpmResult<void> check_use(const Public& pub) {
  bool sign = pub.has(ObjectBit::Sign), decrypt = pub.has(ObjectBit::Decrypt);
  if (pub.has(ObjectBit::Restricted)) REQUIRE(sign != decrypt, rc::Attributes);
  REQUIRE(sign || decrypt || pub.type == AlgId::KeyedHash, rc::Attributes);
  if (pub.has(ObjectBit::X509Sign)) REQUIRE(sign && is_asymmetric(pub), rc::Attributes);
  return ok;
}

// nameAlg and the size of a digest made with it.
TpmResult<void> check_policy(const Public& pub) {
  size_t size = pub.name_hash == AlgId::Null ? 0 : digest_size(pub.name_hash);
  REQUIRE(pub.auth_policy.empty() || pub.auth_policy.size() == size, rc::Size);
  return ok;
}

// Part 3, 12.1.1; TPM_ALG_NULL for an unrestricted HMAC key leaves the hash to the command.
TpmResult<void> check_keyed_hash_scheme(const Public& pub) {
  const auto& scheme = pub.parameters.get<wire::KeyedHashParameters>()->scheme;
  bool sign = pub.has(ObjectBit::Sign), decrypt = pub.has(ObjectBit::Decrypt);
  if (sign == decrypt) {
    REQUIRE(scheme.scheme == AlgId::Null, rc::Scheme);
    return ok;
  }
  bool restricted = pub.has(ObjectBit::Restricted);
  if (sign) {
    REQUIRE(scheme.scheme == AlgId::Hmac || (scheme.scheme == AlgId::Null && !restricted),
            rc::Scheme);
    return ok;
  }
  REQUIRE(scheme.scheme == AlgId::Xor, rc::Scheme);
  // A derivation parent derives by KDFa and by nothing else.
  if (restricted)
    REQUIRE(scheme.details.get<wire::XorScheme>()->kdf == AlgId::Kdf1Sp800_108, rc::Scheme);
  return ok;
}

TpmResult<void> check_asymmetric_scheme(const Public& pub, AlgId scheme, bool signing,
                                        bool decrypting) {
  bool sign = pub.has(ObjectBit::Sign), decrypt = pub.has(ObjectBit::Decrypt);
  bool restricted = pub.has(ObjectBit::Restricted);
  bool none = scheme == AlgId::Null;
  if (sign == decrypt)
    REQUIRE(none, rc::Scheme);
  else if (sign)
    REQUIRE(signing || (none && !restricted), rc::Scheme);
  else
    REQUIRE(none || (decrypting && !restricted), rc::Scheme);
  if (!is_restricted_decryption(pub))
    REQUIRE(symmetric_definition(pub)->algorithm == AlgId::Null, rc::Symmetric);
  return ok;
}

// These have one use each (Part 2, Table 233).
TpmResult<void> check_ml_kem_scheme(const Public& pub) {
  REQUIRE(!pub.has(ObjectBit::Sign), rc::Attributes);
  if (!is_restricted_decryption(pub))
    REQUIRE(symmetric_definition(pub)->algorithm == AlgId::Null, rc::Symmetric);
  return ok;
}
TpmResult<void> check_ml_dsa_scheme(const Public& pub) {
  REQUIRE(!pub.has(ObjectBit::Decrypt), rc::Attributes);
  // Nothing says of a given mu that its message may be signed by a restricted key (Part 3, 20.1).
  const auto* pure = pub.parameters.get<wire::MlDsaParameters>();
  if (pure && *pure->allow_external_mu != 0)
    REQUIRE(!pub.has(ObjectBit::Restricted), rc::Attributes);
  return ok;
}

// Only an unrestricted key for nothing but ECDH may have a KDF (Part 2, 12.2.3.5).
TpmResult<void> check_ecc_kdf(const Public& pub, const wire::EccParameters& ecc) {
  if (ecc.kdf.scheme == AlgId::Null) return ok;
  REQUIRE(pub.has(ObjectBit::Decrypt) && !pub.has(ObjectBit::Restricted) && has_usable_kdf(ecc),
          rc::Kdf);
  return ok;
}

TpmResult<void> check_scheme_of_type(const Public& pub) {
  if (pub.type == AlgId::KeyedHash) return check_keyed_hash_scheme(pub);
  if (pub.type == AlgId::MlKem) return check_ml_kem_scheme(pub);
  if (wire::is_ml_dsa(*pub.type)) return check_ml_dsa_scheme(pub);
  if (const auto* parameters = pub.parameters.get<wire::SymmetricCipherParameters>()) {
    auto cipher = parameters->symmetric.block_cipher();
    REQUIRE(cipher, rc::Symmetric);
    // A mode for authentication has nothing to decrypt.
    REQUIRE(cipher->mode != AlgId::Cmac || !pub.has(ObjectBit::Decrypt), rc::Scheme);
    return ok;
  }
  if (const auto* rsa = pub.parameters.get<wire::RsaParameters>()) {
    AlgId scheme = *rsa->scheme.scheme;
    return check_asymmetric_scheme(pub, scheme, wire::is_rsa_signing(scheme),
                                   scheme == AlgId::RsaEs || scheme == AlgId::Oaep);
  }
  const auto& ecc = *pub.parameters.get<wire::EccParameters>();
  AlgId scheme = *ecc.scheme.scheme;
  TRY(check_ecc_kdf(pub, ecc));
  return check_asymmetric_scheme(pub, scheme, wire::is_ecc_signing(scheme),
                                 wire::is_key_exchange(scheme));
}

// A storage key needs a cipher for its children: that of its own parent unless it may leave it.
TpmResult<void> check_storage_algorithms(const Public& pub, const Object* parent) {
  const auto* symmetric = symmetric_definition(pub);
  if (!symmetric || !is_restricted_decryption(pub)) return ok;
  auto cipher = symmetric->block_cipher();
  // Children are encrypted in CFB mode whatever is written here (Part 2, 11.1.7). To write nothing
  // is accepted, too: tpm2-tools does (`-G aes`), and other TPMs take it.
  REQUIRE(cipher && (cipher->mode == AlgId::Cfb || cipher->mode == AlgId::Null), rc::Symmetric);
  if (!parent || !pub.has(ObjectBit::FixedParent)) return ok;
  REQUIRE(pub.name_hash == parent->pub.name_hash, rc::Hash);
  const auto* required = symmetric_definition(parent->pub);
  REQUIRE(required && *symmetric == *required, rc::Symmetric);
  return ok;
}

TpmResult<void> check_schemes(const Public& pub, const Object* parent) {
  TRY(check_scheme_of_type(pub));
  return check_storage_algorithms(pub, parent);
}

// What creation and loading under a parent have in common, before the schemes.
TpmResult<void> check_attributes(const Public& pub, const Object* parent) {
  REQUIRE(pub.name_hash != AlgId::Null, rc::Hash);
  TRY(check_policy(pub));
  TRY(check_hierarchy_attributes(pub, parent));
  return check_use(pub);
}

// sensitiveDataOrigin says who gives the secret (Part 3, 12.1.1; 12.9.1).
TpmResult<void> check_origin(const Public& pub, bool has_data, Origin origin) {
  bool generated = pub.has(ObjectBit::SensitiveDataOrigin);
  if (origin == Origin::Derived) {
    REQUIRE(!generated, rc::Attributes);
    return ok;
  }
  // Data personalizes an asymmetric primary key, whose secret is not the caller's all the same
  // (Part 1, 24.3.3).
  if (is_asymmetric(pub) && origin == Origin::Primary) {
    REQUIRE(generated, rc::Attributes);
    return ok;
  }
  REQUIRE(generated == !has_data, rc::Attributes);
  if (is_asymmetric(pub)) REQUIRE(!has_data, rc::Value.parameter(kSensitiveParameter));
  // A data object without data.
  if (!pub.has(ObjectBit::Sign) && !pub.has(ObjectBit::Decrypt)) REQUIRE(has_data, rc::Attributes);
  return ok;
}

// A prime (Part 2, 12.2.3.4) that key generation takes.
bool is_new_exponent(uint32_t exponent) {
  if (!crypto::rsa_exponent_supported(exponent)) return false;
  for (uint64_t divisor = 3; divisor * divisor <= exponent; divisor += 2)
    if (exponent % divisor == 0) return false;
  return true;
}

TpmResult<void> check_template_public(const Public& pub, bool has_data, Origin origin,
                                      const Object* parent) {
  TRY(check_attributes(pub, parent));
  REQUIRE(!is_limited(pub), rc::Attributes);
  TRY(check_origin(pub, has_data, origin));
  TRY(check_schemes(pub, parent));
  if (const auto* rsa = pub.parameters.get<wire::RsaParameters>()) {
    REQUIRE(rsa->exponent == 0 || is_new_exponent(rsa->exponent), rc::Range);
    // How an RSA key comes from a stream is no standard, so nobody could derive it anew (25.5).
    REQUIRE(origin != Origin::Derived, rc::Type);
  }
  return ok;
}

}  // namespace

const wire::SymmetricObjectDefinition* symmetric_definition(const Public& pub) {
  if (const auto* rsa = pub.parameters.get<wire::RsaParameters>()) return &rsa->symmetric;
  if (const auto* ecc = pub.parameters.get<wire::EccParameters>()) return &ecc->symmetric;
  if (const auto* kem = pub.parameters.get<wire::MlKemParameters>()) return &kem->symmetric;
  if (const auto* cipher = pub.parameters.get<wire::SymmetricCipherParameters>())
    return &cipher->symmetric;
  return nullptr;
}

bool is_limited(const Public& pub) {
  return pub.has(ObjectBit::FirmwareLimited) || pub.has(ObjectBit::SvnLimited);
}

TpmResult<wire::Auth> checked_auth(const wire::Auth& auth, AlgId name_hash) {
  wire::Auth kept = without_trailing_zeros(auth);
  // Without a nameAlg the bound is that of the buffer.
  REQUIRE(name_hash == AlgId::Null || kept.size() <= digest_size(name_hash), rc::Size);
  return kept;
}

TpmResult<void> check_template(const Public& pub, const wire::SensitiveCreate& sensitive,
                               Origin origin, const Object* parent) {
  TRY(at_parameter(kPublicParameter,
                   check_template_public(pub, !sensitive.data.empty(), origin, parent)));
  TRY(at_parameter(kSensitiveParameter, checked_auth(sensitive.user_auth, pub.name_hash)));
  return ok;
}

TpmResult<void> check_child(const Public& pub, const Object& parent) {
  auto check = [&]() -> TpmResult<void> {
    TRY(check_attributes(pub, &parent));
    return check_schemes(pub, &parent);
  };
  return at_parameter(kPublicParameter, check());
}

TpmResult<void> check_external(const Public& pub, bool with_sensitive) {
  auto check = [&]() -> TpmResult<void> {
    TRY(check_policy(pub));
    if (with_sensitive) {
      // It must not look like a key that never left a TPM (Part 3, 12.3.1).
      REQUIRE(!pub.has(ObjectBit::FixedTpm) && !pub.has(ObjectBit::FixedParent) &&
                  !pub.has(ObjectBit::Restricted) && !is_limited(pub),
              rc::Attributes);
      TRY(check_use(pub));
    }
    // Nothing that stays in its TPM can change its parent (Part 2, 8.3.3.2).
    REQUIRE(!pub.has(ObjectBit::FixedTpm) || pub.has(ObjectBit::FixedParent), rc::Attributes);
    return check_schemes(pub, nullptr);
  };
  return at_parameter(kPublicParameter, check());
}

}  // namespace vtpm::engine
