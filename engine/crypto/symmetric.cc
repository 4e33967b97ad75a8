// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/symmetric.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/crypto/openssl.h"
#include "engine/fault.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;

constexpr std::array kCiphers = {Cipher::Aes, Cipher::Sm4, Cipher::Camellia};
constexpr std::array kModes = {CipherMode::Ctr, CipherMode::Ofb, CipherMode::Cbc, CipherMode::Cfb,
                               CipherMode::Ecb};
constexpr std::array<size_t, 3> kKeyBits = {128, 192, 256};
constexpr const char* kModeNames[] = {"CTR", "OFB", "CBC", "CFB", "ECB"};

// OpenSSL's implementations, fetched at the first use of any and kept: a fetch costs more than
// encrypting a command's parameter.
class Implementations {
 public:
  Implementations() {
    for (Cipher cipher : kCiphers)
      for (size_t bits : kKeyBits)
        for (CipherMode mode : kModes)
          if (cipher_supported(cipher, bits)) slot(cipher, bits, mode) = fetch(cipher, bits, mode);
  }
  const EVP_CIPHER* get(Cipher cipher, size_t bits, CipherMode mode) {
    return slot(cipher, bits, mode);
  }

 private:
  static EVP_CIPHER* fetch(Cipher cipher, size_t bits, CipherMode mode) {
    std::string name = cipher == Cipher::Sm4   ? "SM4"
                       : cipher == Cipher::Aes ? "AES-" + std::to_string(bits)
                                               : "CAMELLIA-" + std::to_string(bits);
    name += std::string("-") + kModeNames[mode_index(mode)];
    return check_pointer(EVP_CIPHER_fetch(library(), name.c_str(), nullptr), name.c_str());
  }
  static size_t mode_index(CipherMode mode) {
    return static_cast<size_t>(mode) - static_cast<size_t>(CipherMode::Ctr);
  }
  EVP_CIPHER*& slot(Cipher cipher, size_t bits, CipherMode mode) {
    size_t row =
        static_cast<size_t>(std::find(kCiphers.begin(), kCiphers.end(), cipher) - kCiphers.begin());
    return table_[row][bits / 64 - 2][mode_index(mode)];
  }

  EVP_CIPHER* table_[kCiphers.size()][kKeyBits.size()][kModes.size()] = {};
};

const EVP_CIPHER* implementation(Cipher cipher, size_t bits, CipherMode mode) {
  static Implementations* const all = new Implementations;  // lives as long as library()
  return all->get(cipher, bits, mode);
}

// The register of a feedback mode after an incomplete block: OpenSSL leaves the key stream's unused
// bytes behind the ciphertext, which must not get out.
void hide_unused_key_stream(MutableByteView iv, size_t data_size) {
  size_t used = data_size % kCipherBlockSize;
  if (used != 0) std::fill(iv.begin() + static_cast<ptrdiff_t>(used), iv.end(), uint8_t{0});
}

void transform(const EVP_CIPHER* implementation, bool encrypting, ByteView key, ByteView iv,
               MutableByteView data, MutableByteView iv_out) {
  Owned<EVP_CIPHER_CTX> context(check_pointer(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new"));
  check(EVP_CipherInit_ex2(context.get(), implementation, key.data(),
                           iv.empty() ? nullptr : iv.data(), encrypting, nullptr),
        "EVP_CipherInit_ex2");
  check(EVP_CIPHER_CTX_set_padding(context.get(), 0), "EVP_CIPHER_CTX_set_padding");
  int written = 0;
  check(EVP_CipherUpdate(context.get(), data.data(), &written, data.data(),
                         static_cast<int>(data.size())) &&
            static_cast<size_t>(written) == data.size(),
        "EVP_CipherUpdate");
  if (!iv_out.empty())
    check(EVP_CIPHER_CTX_get_updated_iv(context.get(), iv_out.data(), iv_out.size()),
          "EVP_CIPHER_CTX_get_updated_iv");
}

Result<void, Error> run(bool encrypting, Cipher cipher, CipherMode mode, ByteView key,
                        MutableByteView iv, MutableByteView data) {
  if (!cipher_supported(cipher, key.size() * 8)) return Error::Unsupported;
  if (iv.size() != (mode == CipherMode::Ecb ? 0 : kCipherBlockSize)) return Error::InvalidSize;
  const bool whole_blocks = mode == CipherMode::Cbc || mode == CipherMode::Ecb;
  if (whole_blocks && data.size() % kCipherBlockSize != 0) return Error::InvalidSize;
  if (data.size() > size_t{1} << 24) return Error::InvalidSize;
  if (data.empty()) return ok;
  transform(implementation(cipher, key.size() * 8, mode), encrypting, key, iv, data, iv);
  if (mode == CipherMode::Cfb) hide_unused_key_stream(iv, data.size());
  return ok;
}

void cfb(bool encrypting, Cipher cipher, ByteView key, ByteView iv, MutableByteView data) {
  if (!cipher_supported(cipher, key.size() * 8) || iv.size() != kCipherBlockSize)
    throw Fault("CFB with a key or IV of the wrong size");
  if (data.empty()) return;
  transform(implementation(cipher, key.size() * 8, CipherMode::Cfb), encrypting, key, iv, data, {});
}

}  // namespace

bool cipher_supported(Cipher cipher, size_t key_bits) {
  switch (cipher) {
    case Cipher::Aes:
      return key_bits == 128 || key_bits == 192 || key_bits == 256;
    case Cipher::Camellia:
      return kHasCamellia && (key_bits == 128 || key_bits == 192 || key_bits == 256);
    case Cipher::Sm4:
      return kHasSm4 && key_bits == 128;
  }
  return false;
}

bool is_weak_key(Cipher cipher, ByteView key) {
  if (cipher != Cipher::Aes) return false;
  uint8_t any = 0;
  for (uint8_t byte : key.first(key.size() / 2)) any = static_cast<uint8_t>(any | byte);
  return any == 0;
}

Result<void, CryptoError> encrypt(Cipher cipher, CipherMode mode, ByteView key, MutableByteView iv,
                                  MutableByteView data) {
  return run(true, cipher, mode, key, iv, data);
}

Result<void, CryptoError> decrypt(Cipher cipher, CipherMode mode, ByteView key, MutableByteView iv,
                                  MutableByteView data) {
  return run(false, cipher, mode, key, iv, data);
}

void cfb_encrypt(Cipher cipher, ByteView key, ByteView iv, MutableByteView data) {
  cfb(true, cipher, key, iv, data);
}

void cfb_decrypt(Cipher cipher, ByteView key, ByteView iv, MutableByteView data) {
  cfb(false, cipher, key, iv, data);
}

}  // namespace vtpm::engine::crypto
