// SPDX-License-Identifier: Apache-2.0
#include "engine/self_tests.h"

#include "engine/fault.h"
#include "engine/ports.h"
#include "engine/wire/algorithm_types.h"

namespace vtpm::engine {
namespace {

static_assert(static_cast<unsigned>(crypto::kLastSelfTest) < 32, "SelfTests is too narrow");

constexpr SelfTests bit(crypto::SelfTest test) {
  return SelfTests{1} << static_cast<unsigned>(test);
}

struct Coverage {
  AlgId algorithm;
  crypto::SelfTest test;
};

constexpr std::array kCoverage = {
    Coverage{AlgId::Rsa, crypto::SelfTest::Rsa},
    Coverage{AlgId::Sha1, crypto::SelfTest::Sha1},
    Coverage{AlgId::Hmac, crypto::SelfTest::Hmac},
    Coverage{AlgId::Aes, crypto::SelfTest::Aes},
    Coverage{AlgId::Mgf1, crypto::SelfTest::Mgf1},
    Coverage{AlgId::KeyedHash, crypto::SelfTest::Hmac},
    Coverage{AlgId::Xor, crypto::SelfTest::Xor},
    Coverage{AlgId::Sha256, crypto::SelfTest::Sha256},
    Coverage{AlgId::Sha384, crypto::SelfTest::Sha384},
    Coverage{AlgId::Sha512, crypto::SelfTest::Sha512},
    Coverage{AlgId::Sm3_256, crypto::SelfTest::Sm3},
    Coverage{AlgId::Sm4, crypto::SelfTest::Sm4},
    Coverage{AlgId::RsaSsa, crypto::SelfTest::Rsassa},
    Coverage{AlgId::RsaEs, crypto::SelfTest::Rsaes},
    Coverage{AlgId::RsaPss, crypto::SelfTest::Rsapss},
    Coverage{AlgId::Oaep, crypto::SelfTest::Oaep},
    Coverage{AlgId::EcDsa, crypto::SelfTest::Ecdsa},
    Coverage{AlgId::Ecdh, crypto::SelfTest::Ecdh},
    Coverage{AlgId::EcDaa, crypto::SelfTest::EcSchnorr},  // the same computation (Part 1, 44.3.4.2)
    Coverage{AlgId::Sm2, crypto::SelfTest::Sm2},
    Coverage{AlgId::EcSchnorr, crypto::SelfTest::EcSchnorr},
    Coverage{AlgId::Sm2, crypto::SelfTest::KeyExchange},
    Coverage{AlgId::EcMqv, crypto::SelfTest::KeyExchange},
    Coverage{AlgId::Hkdf, crypto::SelfTest::EccEncryption},
    Coverage{AlgId::Kdf1Sp800_56a, crypto::SelfTest::Kdfe},
    Coverage{AlgId::Kdf2, crypto::SelfTest::EccEncryption},
    Coverage{AlgId::Kdf1Sp800_108, crypto::SelfTest::Kdfa},
    Coverage{AlgId::Ecc, crypto::SelfTest::Ecc},
    Coverage{AlgId::Camellia, crypto::SelfTest::Camellia},
    Coverage{AlgId::Sha3_256, crypto::SelfTest::Sha3_256},
    Coverage{AlgId::Sha3_384, crypto::SelfTest::Sha3_384},
    Coverage{AlgId::Sha3_512, crypto::SelfTest::Sha3_512},
    Coverage{AlgId::Cmac, crypto::SelfTest::Cmac},
    Coverage{AlgId::MlKem, crypto::SelfTest::PostQuantum},
    Coverage{AlgId::MlDsa, crypto::SelfTest::PostQuantum},
    Coverage{AlgId::HashMlDsa, crypto::SelfTest::PostQuantum},
};

// A cipher's test covers it in every mode, so that each mode rests on all of them.
constexpr bool rests_on_ciphers(AlgId algorithm) {
  return algorithm == AlgId::SymCipher || wire::is_cipher_mode(algorithm);
}

constexpr SelfTests coverage_of(AlgId algorithm) {
  SelfTests tests = 0;
  for (const Coverage& entry : kCoverage)
    if (entry.algorithm == algorithm ||
        (rests_on_ciphers(algorithm) && wire::is_symmetric_object(entry.algorithm)))
      tests |= bit(entry.test);
  return tests;
}

constexpr bool covers_every_algorithm() {
  for (const Algorithm& algorithm : kAlgorithms)
    if (coverage_of(algorithm.id) == 0) return false;
  return true;
}
static_assert(covers_every_algorithm());

constexpr SelfTests sum() {
  SelfTests tests = bit(crypto::SelfTest::Random) | bit(crypto::SelfTest::Derivation);
  for (const Algorithm& algorithm : kAlgorithms) tests |= coverage_of(algorithm.id);
  return tests;
}

}  // namespace

SelfTests tests_of(AlgId algorithm) {
  return is_implemented(algorithm) ? coverage_of(algorithm) : 0;
}

SelfTests all_tests() {
  constexpr SelfTests kAll = sum();
  return kAll;
}

TpmResult<void> run_self_tests(State& state, const Ports& ports, SelfTests tests) {
  SelfTests due = untested(state, tests);
  if (due == 0) return ok;
  for (unsigned i = 0; i <= static_cast<unsigned>(crypto::kLastSelfTest); ++i) {
    auto test = static_cast<crypto::SelfTest>(i);
    if ((due & bit(test)) == 0) continue;
    REQUIRE(!ports.cancellation.requested(), rc::Canceled);
    if (!ports.self_test(test))
      throw Fault(std::string("self test failed: ") + crypto::self_test_name(test));
    state.lifecycle.write().tests_passed |= bit(test);
  }
  return ok;
}

}  // namespace vtpm::engine
