// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/lattice_key.h"

#include <openssl/core_names.h>

namespace vtpm::engine::crypto {
namespace {

// OSSL_PKEY_PARAM_ML_KEM_SEED and OSSL_PKEY_PARAM_ML_DSA_SEED, which headers before 3.5 lack.
constexpr const char* kSeed = "seed";

Owned<EVP_PKEY> import_key(const char* name, const char* part, int selection, ByteView bytes) {
  Owned<EVP_PKEY_CTX> context(
      check_pointer(EVP_PKEY_CTX_new_from_name(library(), name, nullptr), name));
  check(EVP_PKEY_fromdata_init(context.get()) == 1, "EVP_PKEY_fromdata_init");
  OSSL_PARAM parameters[] = {octets(part, bytes), OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters) != 1) ERR_clear_error();
  return Owned<EVP_PKEY>(key);
}

}  // namespace

Owned<EVP_PKEY> lattice_key_from_seed(const char* name, ByteView seed) {
  ScopedRandomness randomness(seed);
  auto key = import_key(name, kSeed, EVP_PKEY_KEYPAIR, seed);
  check(key != nullptr, "a key of a seed");
  return key;
}

Owned<EVP_PKEY> lattice_key_from_public(const char* name, ByteView public_key) {
  return import_key(name, OSSL_PKEY_PARAM_PUB_KEY, EVP_PKEY_PUBLIC_KEY, public_key);
}

Bytes lattice_public_key(const EVP_PKEY* key, size_t size) {
  Bytes bytes(size);
  size_t written = 0;
  check(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), size,
                                        &written) == 1 &&
            written == size,
        "the public key of a seed");
  return bytes;
}

}  // namespace vtpm::engine::crypto
