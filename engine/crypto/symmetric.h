// SPDX-License-Identifier: Apache-2.0
// Block ciphers in the modes of Part 1, 8.4.7.1.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/crypto/crypto_error.h"

namespace vtpm::engine::crypto {

// The values are those of TPM_ALG_ID (Part 2, 6.3). All have blocks of 16 bytes.
enum class Cipher : uint16_t { Aes = 0x0006, Sm4 = 0x0013, Camellia = 0x0026 };
enum class CipherMode : uint16_t {
  Ctr = 0x0040,
  Ofb = 0x0041,
  Cbc = 0x0042,
  Cfb = 0x0043,
  Ecb = 0x0044
};

inline constexpr size_t kCipherBlockSize = 16;

// Whether the OpenSSL that this is built with has them (meson.build).
#ifdef VTPM_NO_SM4
inline constexpr bool kHasSm4 = false;
#else
inline constexpr bool kHasSm4 = true;
#endif
#ifdef VTPM_NO_CAMELLIA
inline constexpr bool kHasCamellia = false;
#else
inline constexpr bool kHasCamellia = true;
#endif

// AES and Camellia with 128, 192 and 256 bits; SM4 with 128; as far as OpenSSL has them.
bool cipher_supported(Cipher cipher, size_t key_bits);

// A key that Part 1, 8.4.10.4 forbids: for AES, the upper half all zero.
bool is_weak_key(Cipher cipher, ByteView key);

// Encrypts or decrypts `data` in place. `iv` holds 16 bytes (none for ECB) and is left as the value
// with which a following call continues (TPM2_EncryptDecrypt's ivOut). CBC and ECB take whole
// blocks only; CFB, OFB and CTR any length, and after an incomplete last block the IV out is that
// of the block begun.
// Unsupported: the cipher has no such key size. InvalidSize: the IV, or the data's length.
Result<void, CryptoError> encrypt(Cipher cipher, CipherMode mode, ByteView key, MutableByteView iv,
                                  MutableByteView data);
Result<void, CryptoError> decrypt(Cipher cipher, CipherMode mode, ByteView key, MutableByteView iv,
                                  MutableByteView data);

// CFB as parameter encryption, protected storage and saved contexts use it: the IV is not given
// back. A wrong key or IV size is a Fault here, since the TPM derives both itself.
void cfb_encrypt(Cipher cipher, ByteView key, ByteView iv, MutableByteView data);
void cfb_decrypt(Cipher cipher, ByteView key, ByteView iv, MutableByteView data);

}  // namespace vtpm::engine::crypto
