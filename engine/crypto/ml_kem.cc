// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/ml_kem.h"

#include "engine/crypto/lattice_key.h"
#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

// OSSL_KEM_PARAM_IKME: m of FIPS 203, 6.2.
constexpr const char* kEncapsulationRandomness = "ikme";
constexpr size_t kEncapsulationRandomnessSize = 32;

const char* name_of(MlKemSet set) {
  switch (set) {
    case MlKemSet::Kem512:
      return "ML-KEM-512";
    case MlKemSet::Kem768:
      return "ML-KEM-768";
    case MlKemSet::Kem1024:
      return "ML-KEM-1024";
  }
  throw Fault("unknown ML-KEM parameter set");
}

Owned<EVP_PKEY_CTX> context_of(EVP_PKEY* key) {
  return Owned<EVP_PKEY_CTX>(
      check_pointer(EVP_PKEY_CTX_new_from_pkey(library(), key, nullptr), "EVP_PKEY_CTX_new"));
}

}  // namespace

Bytes ml_kem_public_key(MlKemSet set, ByteView seed) {
  return lattice_public_key(lattice_key_from_seed(name_of(set), seed).get(), public_key_size(set));
}

bool is_ml_kem_public_key(MlKemSet set, ByteView public_key) {
  return lattice_key_from_public(name_of(set), public_key) != nullptr;
}

Result<Encapsulated, CryptoError> ml_kem_encapsulate(MlKemSet set, ByteView public_key,
                                                     ByteSource& random) {
  auto key = lattice_key_from_public(name_of(set), public_key);
  if (!key) return CryptoError::InvalidKey;
  Secret randomness(kEncapsulationRandomnessSize);
  random.fill(randomness.bytes());
  OSSL_PARAM parameters[] = {octets(kEncapsulationRandomness, randomness.view()),
                             OSSL_PARAM_construct_end()};
  auto context = context_of(key.get());
  check(EVP_PKEY_encapsulate_init(context.get(), parameters) == 1, "EVP_PKEY_encapsulate_init");
  Encapsulated made{.secret = Secret(kMlKemSecretSize), .ciphertext = Bytes(ciphertext_size(set))};
  size_t secret_size = made.secret.size(), size = made.ciphertext.size();
  check(EVP_PKEY_encapsulate(context.get(), made.ciphertext.data(), &size,
                             made.secret.bytes().data(), &secret_size) == 1 &&
            size == made.ciphertext.size() && secret_size == made.secret.size(),
        "EVP_PKEY_encapsulate");
  return made;
}

Result<Secret, CryptoError> ml_kem_decapsulate(MlKemSet set, ByteView seed, ByteView ciphertext) {
  if (ciphertext.size() != ciphertext_size(set)) return CryptoError::InvalidSize;
  auto key = lattice_key_from_seed(name_of(set), seed);
  auto context = context_of(key.get());
  check(EVP_PKEY_decapsulate_init(context.get(), nullptr) == 1, "EVP_PKEY_decapsulate_init");
  Secret secret(kMlKemSecretSize);
  size_t size = secret.size();
  check(EVP_PKEY_decapsulate(context.get(), secret.bytes().data(), &size, ciphertext.data(),
                             ciphertext.size()) == 1 &&
            size == secret.size(),
        "EVP_PKEY_decapsulate");
  return secret;
}

}  // namespace vtpm::engine::crypto
