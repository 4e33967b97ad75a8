// SPDX-License-Identifier: Apache-2.0
// ML-KEM and ML-DSA are there as a whole where OpenSSL has them, and otherwise not at all.
#include "engine/algorithms.h"
#include "engine/commands/table.h"
#include "tests/engine/capabilities.h"
#include "tests/engine/lattice_keys.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;

Rc test_parms(TestTpm& tpm, const wire::Public& pub) {
  return tpm.run<TestParms>({}, {{.type = pub.type, .parameters = pub.parameters}}).code;
}

TEST(PostQuantum, AlgorithmsCommandsAndPropertiesAgree) {
  TestTpm tpm;
  EXPECT_EQ(is_implemented(AlgId::MlKem), crypto::kHasMlKem);
  EXPECT_EQ(is_implemented(AlgId::Hkdf), crypto::kHasMlKem);
  EXPECT_EQ(is_implemented(AlgId::MlDsa), crypto::kHasMlDsa);
  EXPECT_EQ(is_implemented(AlgId::HashMlDsa), crypto::kHasMlDsa);
  for (CommandCode code : {CommandCode::Encapsulate, CommandCode::Decapsulate})
    EXPECT_EQ(find_command(code) != nullptr, crypto::kHasMlKem);
  // ML-KEM-512, 768, 1024; ML-DSA-44, 65, 87; mu.
  EXPECT_EQ(tpm_property(tpm, wire::PropertyTag::MlParameterSets),
            (crypto::kHasMlKem ? 0x07u : 0u) | (crypto::kHasMlDsa ? 0x78u : 0u));
  // Where no signature of ML-DSA-87 fits.
  for (size_t size : {size_t{3968}, size_t{4096}, size_t{4627}}) {
    tpm.maximum_size = size;
    EXPECT_EQ(tpm_property(tpm, wire::PropertyTag::MlParameterSets),
              (crypto::kHasMlKem ? 0x07u : 0u) | (crypto::kHasMlDsa ? 0x58u : 0u));
  }
}

TEST(PostQuantum, TestParmsKnowsTheSets) {
  TestTpm tpm;
  const Rc no_kem = rc::Type.parameter(1), no_set = rc::Parms.parameter(1);
  for (unsigned set = 0; set <= 4; ++set) {
    Rc kem = set >= 1 && set <= 3 ? rc::Success : no_set;
    EXPECT_EQ(test_parms(tpm, ml_kem_key(static_cast<MlKemSet>(set))),
              crypto::kHasMlKem ? kem : no_kem);
    Rc dsa = set >= 1 && set <= 3 ? rc::Success : no_set;
    for (const wire::Public& pub : {ml_dsa_key(static_cast<MlDsaSet>(set), true),
                                    hash_ml_dsa_key(AlgId::Sha384, static_cast<MlDsaSet>(set))})
      EXPECT_EQ(test_parms(tpm, pub), crypto::kHasMlDsa ? dsa : no_kem);
  }
}

// Part 2, 12.2.3.5: TPM_RC_KDF says that there is no such KDF for a key, or that the key is not for
// ECDH.
TEST(PostQuantum, AnEccKeyHasAKdfWhereThereAreCommandsForIt) {
  TestTpm tpm;
  wire::Public pub = ecdsa_key();
  auto& ecc = *pub.parameters.get<wire::EccParameters>();
  EXPECT_EQ(test_parms(tpm, pub), rc::Success);
  ecc.kdf = {.scheme = {AlgId::Hkdf}, .details = wire::HashScheme{AlgId::Sha256}};
  EXPECT_EQ(test_parms(tpm, pub), rc::Kdf.parameter(1));
  ecc.scheme = {.scheme = {AlgId::Ecdh}, .details = wire::HashScheme{AlgId::Sha256}};
  EXPECT_EQ(test_parms(tpm, pub), crypto::kHasMlKem ? rc::Success : rc::Kdf.parameter(1));
  ecc.kdf.scheme = {AlgId::Kdf1Sp800_56a};
  EXPECT_EQ(test_parms(tpm, pub), rc::Kdf.parameter(1));
}

TEST(PostQuantum, HashMlDsaTakesTheHashesOfItsStandard) {
  TestTpm tpm;
  for (AlgId hash : kHashes) {
    bool good = hash != AlgId::Sha1 && hash != AlgId::Sm3_256;
    Rc code = good ? rc::Success : rc::Hash.parameter(1);
    EXPECT_EQ(test_parms(tpm, hash_ml_dsa_key(hash)),
              crypto::kHasMlDsa ? code : rc::Type.parameter(1));
  }
  if (!crypto::kHasMlDsa) return;
  EXPECT_EQ(test_parms(tpm, hash_ml_dsa_key(AlgId::Null)), rc::Hash.parameter(1));
  wire::Public pub = ml_dsa_key();
  pub.parameters.get<wire::MlDsaParameters>()->allow_external_mu = uint8_t{2};
  EXPECT_EQ(test_parms(tpm, pub), rc::Value.parameter(1));
}

// Part 2, Tables 83 and 182: a TPMT_SIG_SCHEME may name these, and has no more to say of them.
TEST(PostQuantum, NoCallerChoosesMlDsaForAKey) {
  TestTpm tpm;
  Made key = create_primary(tpm, wire::rh::Owner, ecdsa_key());
  for (AlgId scheme : {AlgId::MlDsa, AlgId::HashMlDsa}) {
    wire::Digest digest(Bytes(32));
    Bytes params = wire::to_wire(digest);
    append(params, wire::to_wire(scheme));
    append(params, Bytes{0x80, 0x24, 0x40, 0, 0, 7, 0, 0});
    const Bytes password = {0x40, 0, 0, 9, 0, 0, 0, 0, 0};
    Rc code = tpm.code_of(TestTpm::assemble(CommandCode::Sign, {key.handle}, password, params));
    EXPECT_EQ(code, rc::Scheme.parameter(2));
  }
}

}  // namespace
}  // namespace vtpm::engine
