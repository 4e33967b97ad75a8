// SPDX-License-Identifier: Apache-2.0
// What the .cc files of this folder share about OpenSSL. Not for inclusion from anywhere else.
#pragma once

#include <memory>
#include <optional>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "engine/crypto/random.h"

namespace vtpm::engine::crypto {

// A Fault, unless `success`; OpenSSL's error queue is emptied.
void check(bool success, const char* what);
template <class T>
T* check_pointer(T* pointer, const char* what) {
  check(pointer != nullptr, what);
  return pointer;
}

// Our own OpenSSL library context. The host's openssl.cnf does not reach it (a policy without
// SHA-1 must not break a TPM), and its random generator is ScopedRandomness below. Made once,
// never freed: it must outlive everything that is cached in it.
OSSL_LIB_CTX* library();

// All that OpenSSL draws at random on this thread, in this folder, comes from the innermost living
// object: a stream expanded from 32 bytes. How much OpenSSL draws, and for what, is no contract;
// so the caller's Random always moves on by exactly one request, and replays stay aligned.
// Without such an object OpenSSL's operations fail rather than find randomness elsewhere.
class ScopedRandomness {
 public:
  explicit ScopedRandomness(Random& random);
  // For operations whose result does not depend on randomness, which OpenSSL uses for blinding:
  // unpredictable to whoever does not know the secret.
  explicit ScopedRandomness(ByteView secret);
  ScopedRandomness(const ScopedRandomness&) = delete;
  ScopedRandomness& operator=(const ScopedRandomness&) = delete;
  ~ScopedRandomness();

  void fill(MutableByteView out);

 private:
  Digest seed_;
  uint64_t next_block_ = 0;
  ScopedRandomness* outer_;
};

struct OpenSslFree {
  void operator()(BIGNUM* p) const { BN_clear_free(p); }
  void operator()(BN_CTX* p) const { BN_CTX_free(p); }
  void operator()(BN_MONT_CTX* p) const { BN_MONT_CTX_free(p); }
  void operator()(EC_POINT* p) const { EC_POINT_clear_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(EVP_CIPHER_CTX* p) const { EVP_CIPHER_CTX_free(p); }
  void operator()(EVP_KDF* p) const { EVP_KDF_free(p); }
  void operator()(EVP_KDF_CTX* p) const { EVP_KDF_CTX_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, OpenSslFree>;
using Bn = Owned<BIGNUM>;
using BnCtx = Owned<BN_CTX>;

// A parameter of octets that OpenSSL only reads, as long as they live.
inline OSSL_PARAM octets(const char* name, ByteView bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<uint8_t*>(bytes.data()), bytes.size());
}

BnCtx new_bn_ctx();
Bn new_bn();
Bn bn_from(ByteView big_endian);
// A number that must not show in timing: wiped when freed (as all are) and flagged for OpenSSL.
Bn secret_bn();
Bn secret_bn_from(ByteView big_endian);
// Big-endian, padded with zeros to the size of `out`. A number that does not fit is a Fault.
void bn_store(const BIGNUM* number, MutableByteView out);
Bytes bn_bytes(const BIGNUM* number, size_t size);
Secret bn_secret(const BIGNUM* number, size_t size);

}  // namespace vtpm::engine::crypto
