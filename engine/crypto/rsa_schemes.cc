// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/crypto/rsa.h"
#include "engine/crypto/rsa_padding.h"

namespace vtpm::engine::crypto {
namespace {

using Error = CryptoError;

Result<Bytes, Error> sign_block(const RsaPrivateKey& key, const Secret& block, Random& random) {
  Secret signature = TRY(key.raw(block.view(), random));
  return to_bytes(signature.view());
}

Result<Secret, Error> decrypt_block(const RsaPrivateKey& key, ByteView ciphertext, Random& random) {
  if (ciphertext.size() != key.size()) return Error::InvalidSize;
  return key.raw(ciphertext, random);
}

}  // namespace

Result<Bytes, Error> rsassa_sign(const RsaPrivateKey& key, HashAlg alg, ByteView digest,
                                 Random& random) {
  return sign_block(key, TRY(pkcs1_signature_block(key.size(), alg, digest)), random);
}

bool rsassa_verify(const RsaPublicKey& key, HashAlg alg, ByteView digest, ByteView signature) {
  if (signature.size() != key.size()) return false;
  auto expected = pkcs1_signature_block(key.size(), alg, digest);
  auto block = key.raw(signature);
  return expected && block && constant_time_equal(expected->view(), *block);
}

Result<Bytes, Error> rsapss_sign(const RsaPrivateKey& key, HashAlg alg, ByteView digest,
                                 Random& random) {
  return sign_block(key, TRY(pss_encode(key.size(), alg, digest, random)), random);
}

bool rsapss_verify(const RsaPublicKey& key, HashAlg alg, ByteView digest, ByteView signature) {
  if (signature.size() != key.size()) return false;
  auto block = key.raw(signature);
  return block && pss_verify(alg, digest, *block);
}

Result<Bytes, Error> oaep_encrypt(const RsaPublicKey& key, HashAlg alg, ByteView label,
                                  ByteView message, Random& random) {
  Secret block = TRY(oaep_encode(key.size(), alg, label, message, random));
  return key.raw(block.view());
}

Result<Secret, Error> oaep_decrypt(const RsaPrivateKey& key, HashAlg alg, ByteView label,
                                   ByteView ciphertext, Random& random) {
  return oaep_decode(alg, label, TRY(decrypt_block(key, ciphertext, random)));
}

Result<Bytes, Error> rsaes_encrypt(const RsaPublicKey& key, ByteView message, Random& random) {
  Secret block = TRY(pkcs1_encryption_block(key.size(), message, random));
  return key.raw(block.view());
}

Result<Secret, Error> rsaes_decrypt(const RsaPrivateKey& key, ByteView ciphertext, Random& random) {
  Secret block = TRY(decrypt_block(key, ciphertext, random));
  return pkcs1_decryption_message(block.view());
}

}  // namespace vtpm::engine::crypto
