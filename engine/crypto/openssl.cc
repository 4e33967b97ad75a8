// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/openssl.h"

#include <algorithm>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

constexpr const char* kRandName = "VTPM-SCOPED-RANDOMNESS";
constexpr size_t kMaxRequest = size_t{1} << 16;

thread_local ScopedRandomness* innermost = nullptr;

// The provider's one algorithm: a random generator without a state of its own. OpenSSL makes one
// object a thread and use; all of them hand out what `innermost` gives.
struct Generator {
  int state = EVP_RAND_STATE_UNINITIALISED;
};

void* generator_new(void*, void*, const OSSL_DISPATCH*) {
  return new (std::nothrow) Generator;
}
void generator_free(void* generator) {
  delete static_cast<Generator*>(generator);
}

int generator_instantiate(void* generator, unsigned int, int, const unsigned char*, size_t,
                          const OSSL_PARAM*) {
  static_cast<Generator*>(generator)->state = EVP_RAND_STATE_READY;
  return 1;
}

int generator_uninstantiate(void* generator) {
  static_cast<Generator*>(generator)->state = EVP_RAND_STATE_UNINITIALISED;
  return 1;
}

int generator_generate(void*, unsigned char* out, size_t size, unsigned int, int,
                       const unsigned char*, size_t) {
  if (!innermost) return 0;
  innermost->fill({out, size});
  return 1;
}

int generator_reseed(void*, int, const unsigned char*, size_t, const unsigned char*, size_t) {
  return 1;
}

int generator_enable_locking(void*) {
  return 1;
}
int generator_lock(void*) {
  return 1;
}
void generator_unlock(void*) {}

int generator_get_params(void* generator, OSSL_PARAM params[]) {
  OSSL_PARAM* p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
  if (p && !OSSL_PARAM_set_int(p, static_cast<Generator*>(generator)->state)) return 0;
  p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
  if (p && !OSSL_PARAM_set_uint(p, 256)) return 0;
  p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
  if (p && !OSSL_PARAM_set_size_t(p, kMaxRequest)) return 0;
  return 1;
}

const OSSL_PARAM* generator_gettable(void*, void*) {
  static const OSSL_PARAM known[] = {OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, nullptr),
                                     OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, nullptr),
                                     OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, nullptr),
                                     OSSL_PARAM_END};
  return known;
}

template <class Function>
OSSL_DISPATCH entry(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

const OSSL_DISPATCH* generator_functions() {
  static const OSSL_DISPATCH functions[] = {
      entry(OSSL_FUNC_RAND_NEWCTX, generator_new),
      entry(OSSL_FUNC_RAND_FREECTX, generator_free),
      entry(OSSL_FUNC_RAND_INSTANTIATE, generator_instantiate),
      entry(OSSL_FUNC_RAND_UNINSTANTIATE, generator_uninstantiate),
      entry(OSSL_FUNC_RAND_GENERATE, generator_generate),
      entry(OSSL_FUNC_RAND_RESEED, generator_reseed),
      entry(OSSL_FUNC_RAND_ENABLE_LOCKING, generator_enable_locking),
      entry(OSSL_FUNC_RAND_LOCK, generator_lock),
      entry(OSSL_FUNC_RAND_UNLOCK, generator_unlock),
      entry(OSSL_FUNC_RAND_GET_CTX_PARAMS, generator_get_params),
      entry(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, generator_gettable),
      {0, nullptr},
  };
  return functions;
}

const OSSL_ALGORITHM* provider_query(void*, int operation, int* no_cache) {
  static const OSSL_ALGORITHM algorithms[] = {
      {kRandName, "provider=vtpm", generator_functions(), nullptr},
      {nullptr, nullptr, nullptr, nullptr},
  };
  *no_cache = 0;
  return operation == OSSL_OP_RAND ? algorithms : nullptr;
}

int provider_init(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*, const OSSL_DISPATCH** out,
                  void** context) {
  static const OSSL_DISPATCH functions[] = {
      entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query), {0, nullptr}};
  *out = functions;
  // Opaque to OpenSSL, but not null: that would mean failure.
  *context = const_cast<OSSL_CORE_HANDLE*>(handle);
  return 1;
}

OSSL_LIB_CTX* make_library() {
  OSSL_LIB_CTX* made = check_pointer(OSSL_LIB_CTX_new(), "OSSL_LIB_CTX_new");
  check(OSSL_PROVIDER_add_builtin(made, "vtpm", provider_init), "add our provider");
  check_pointer(OSSL_PROVIDER_load(made, "default"), "load OpenSSL's default provider");
  check_pointer(OSSL_PROVIDER_load(made, "vtpm"), "load our provider");
  check(RAND_set_DRBG_type(made, kRandName, nullptr, nullptr, nullptr), "RAND_set_DRBG_type");
  return made;
}

}  // namespace

void check(bool success, const char* what) {
  if (success) return;
  ERR_clear_error();
  throw Fault(std::string("OpenSSL: ") + what);
}

OSSL_LIB_CTX* library() {
  static OSSL_LIB_CTX* const made = make_library();
  return made;
}

ScopedRandomness::ScopedRandomness(Random& random) : seed_(32), outer_(innermost) {
  random.fill(seed_.bytes());
  innermost = this;
}

ScopedRandomness::ScopedRandomness(ByteView secret)
    : seed_(hash(HashAlg::Sha256, {text_bytes("blinding"), secret})), outer_(innermost) {
  innermost = this;
}

ScopedRandomness::~ScopedRandomness() {
  innermost = outer_;
  wipe(seed_.bytes());
}

void ScopedRandomness::fill(MutableByteView out) {
  while (!out.empty()) {
    uint8_t counter[8];
    store_be(counter, next_block_++);
    Digest block = hash(HashAlg::Sha256, {seed_, counter});
    size_t count = std::min(out.size(), block.size());
    std::copy_n(block.view().begin(), count, out.begin());
    out = out.subspan(count);
    wipe(block.bytes());
  }
}

BnCtx new_bn_ctx() {
  return BnCtx(check_pointer(BN_CTX_new_ex(library()), "BN_CTX_new_ex"));
}

Bn new_bn() {
  return Bn(check_pointer(BN_new(), "BN_new"));
}

Bn bn_from(ByteView big_endian) {
  return Bn(check_pointer(
      BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr), "BN_bin2bn"));
}

Bn secret_bn() {
  Bn number = new_bn();
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

Bn secret_bn_from(ByteView big_endian) {
  Bn number = bn_from(big_endian);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

void bn_store(const BIGNUM* number, MutableByteView out) {
  check(BN_bn2binpad(number, out.data(), static_cast<int>(out.size())) >= 0, "BN_bn2binpad");
}

Bytes bn_bytes(const BIGNUM* number, size_t size) {
  Bytes out(size);
  bn_store(number, out);
  return out;
}

Secret bn_secret(const BIGNUM* number, size_t size) {
  Secret out(size);
  bn_store(number, out.bytes());
  return out;
}

}  // namespace vtpm::engine::crypto
