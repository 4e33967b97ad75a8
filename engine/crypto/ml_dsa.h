// SPDX-License-Identifier: Apache-2.0
// ML-DSA and HashML-DSA (FIPS 204; Part 1, 46). What is signed is always the representative mu of a
// message, which is computed here: in pieces, with a state that can be saved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "engine/crypto/byte_source.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/keccak.h"

namespace vtpm::engine::crypto {

// Whether the OpenSSL that this is built with has it (meson.build). Without it keys and signatures
// are a Fault.
#ifdef VTPM_NO_ML_DSA
inline constexpr bool kHasMlDsa = false;
#else
inline constexpr bool kHasMlDsa = true;
#endif

// The values are those of TPMI_MLDSA_PARMS (Part 2, 11.2.7.1).
enum class MlDsaSet : uint16_t { Dsa44 = 1, Dsa65 = 2, Dsa87 = 3 };

inline constexpr size_t kMlDsaSeedSize = 32;            // xi
inline constexpr size_t kMlDsaRepresentativeSize = 64;  // mu

// Bytes in a public key and in a signature.
constexpr size_t public_key_size(MlDsaSet set) {
  return set == MlDsaSet::Dsa44 ? 1312 : set == MlDsaSet::Dsa65 ? 1952 : 2592;
}
constexpr size_t signature_size(MlDsaSet set) {
  return set == MlDsaSet::Dsa44 ? 2420 : set == MlDsaSet::Dsa65 ? 3309 : 4627;
}

// Whether HashML-DSA is defined with it (FIPS 204, 5.4.1).
constexpr bool is_pre_hash(HashAlg alg) {
  return alg != HashAlg::Sha1 && alg != HashAlg::Sm3;
}

// A running message: a value, wiped when destroyed. A context has at most 255 bytes.
class MlDsaMessage {
 public:
  MlDsaMessage(ByteView public_key, ByteView context);                    // for ML-DSA
  MlDsaMessage(ByteView public_key, ByteView context, HashAlg pre_hash);  // for HashML-DSA
  MlDsaMessage(const MlDsaMessage&) = default;
  MlDsaMessage& operator=(const MlDsaMessage&) = default;
  ~MlDsaMessage();

  MlDsaMessage& update(ByteView data);
  // mu of what was given so far. Afterwards the object may only be destroyed or assigned.
  Digest finish();

  // As of Hasher.
  Secret export_state() const;
  static std::optional<MlDsaMessage> import_state(ByteView state);

 private:
  MlDsaMessage() = default;
  Keccak representative_;           // absorbs all that precedes the message, or its hash
  std::optional<Hasher> pre_hash_;  // of the message
};

// mu for HashML-DSA of a message that is known by its digest.
Digest ml_dsa_representative(ByteView public_key, ByteView context, HashAlg pre_hash,
                             ByteView digest);

// The public key of a seed, which has kMlDsaSeedSize bytes.
Bytes ml_dsa_public_key(MlDsaSet set, ByteView seed);

// 32 bytes from the source become `rnd` of the hedged variant (FIPS 204, 3.4); zeros there give the
// deterministic one.
Bytes ml_dsa_sign(MlDsaSet set, ByteView seed, const Digest& mu, ByteSource& random);
bool ml_dsa_verify(MlDsaSet set, ByteView public_key, const Digest& mu, ByteView signature);

}  // namespace vtpm::engine::crypto
