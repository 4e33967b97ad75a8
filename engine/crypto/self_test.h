// SPDX-License-Identifier: Apache-2.0
// Known-answer tests of this folder's algorithms (TPM2_SelfTest, TPM2_IncrementalSelfTest; Part
// 1, 10.3).
#pragma once

#include <array>
#include <cstdint>

namespace vtpm::engine::crypto {

// One group each that can be tested alone. Together they take about ten milliseconds. New ones come
// last: the saved state knows them by number.
enum class SelfTest : uint8_t {
  Sha1,
  Sha256,
  Sha384,
  Sha512,
  Sm3,
  Sha3_256,
  Sha3_384,
  Sha3_512,
  Hmac,
  Kdfa,
  Kdfe,
  Mgf1,
  Xor,
  Aes,
  Camellia,
  Sm4,
  Random,
  Derivation,  // the primary keys' stream
  Rsa,         // RSADP and RSAEP
  Rsassa,
  Rsapss,
  Rsaes,
  Oaep,
  Ecc,  // generator multiplication on each curve
  Ecdsa,
  Ecdh,
  EcSchnorr,
  Sm2,
  Cmac,
  KeyExchange,    // MQV and SM2's
  EccEncryption,  // with KDF2; DHKEM
  PostQuantum,    // ML-KEM and ML-DSA, as far as OpenSSL has them
};
inline constexpr SelfTest kLastSelfTest = SelfTest::PostQuantum;

// True when the group's known answers come out. A Fault inside counts as false: never throws.
bool run_self_test(SelfTest test) noexcept;

const char* self_test_name(SelfTest test);

}  // namespace vtpm::engine::crypto
