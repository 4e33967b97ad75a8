// SPDX-License-Identifier: Apache-2.0
// ML-KEM (FIPS 203; Part 1, 47).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "engine/crypto/byte_source.h"
#include "engine/crypto/crypto_error.h"
#include "engine/crypto/encapsulated.h"

namespace vtpm::engine::crypto {

// Whether the OpenSSL that this is built with has it (meson.build). Without it every function below
// is a Fault.
#ifdef VTPM_NO_ML_KEM
inline constexpr bool kHasMlKem = false;
#else
inline constexpr bool kHasMlKem = true;
#endif

// The values are those of TPMI_MLKEM_PARMS (Part 2, 11.2.6.1).
enum class MlKemSet : uint16_t { Kem512 = 1, Kem768 = 2, Kem1024 = 3 };

inline constexpr size_t kMlKemSeedSize = 64;    // d || z
inline constexpr size_t kMlKemSecretSize = 32;  // K

// Bytes in an encapsulation key and in a ciphertext.
constexpr size_t public_key_size(MlKemSet set) {
  return set == MlKemSet::Kem512 ? 800 : set == MlKemSet::Kem768 ? 1184 : 1568;
}
constexpr size_t ciphertext_size(MlKemSet set) {
  return set == MlKemSet::Kem512 ? 768 : set == MlKemSet::Kem768 ? 1088 : 1568;
}

// The encapsulation key of a seed, which has kMlKemSeedSize bytes.
Bytes ml_kem_public_key(MlKemSet set, ByteView seed);

// Whether these bytes are an encapsulation key (FIPS 203, 7.2).
bool is_ml_kem_public_key(MlKemSet set, ByteView public_key);

// 32 bytes from the source decide on the result. InvalidKey: no encapsulation key.
Result<Encapsulated, CryptoError> ml_kem_encapsulate(MlKemSet set, ByteView public_key,
                                                     ByteSource& random);

// A ciphertext for another key gives a secret, too, one that nobody knows (implicit rejection).
// InvalidSize: the ciphertext's.
Result<Secret, CryptoError> ml_kem_decapsulate(MlKemSet set, ByteView seed, ByteView ciphertext);

}  // namespace vtpm::engine::crypto
