// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/ml_dsa.h"

#include <gtest/gtest.h>

#include "engine/fault.h"
#include "tests/engine/crypto/fixed_source.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::FixedSource;
using tests::from_hex;
using tests::Record;
using tests::to_hex;

MlDsaSet dsa_set_of(const Record& r) {
  return static_cast<MlDsaSet>(r.number("set"));
}

Digest mu_of(const Record& r) {
  if (!r.has("message")) return *Digest::from(r.bytes("mu"));
  if (r.has("hash"))
    return MlDsaMessage(r.bytes("public"), r.bytes("context"), HashAlg{r.id("hash")})
        .update(r.bytes("message"))
        .finish();
  return MlDsaMessage(r.bytes("public"), r.bytes("context")).update(r.bytes("message")).finish();
}

// Needs no OpenSSL.
TEST(MlDsa, RepresentativesOfTheVectors) {
  size_t seen = 0;
  for (const Record& r : tests::read_vectors("ml_dsa.txt"))
    if (r.has("mu") && ++seen) {
      EXPECT_EQ(to_hex(mu_of(r)), r.text("mu"));
    }
  EXPECT_GT(seen, 5u);
}

TEST(MlDsa, IsAFaultWithoutOpenSsl35) {
  if (!kHasMlDsa) {
    EXPECT_THROW(ml_dsa_public_key(MlDsaSet::Dsa65, Bytes(32)), Fault);
  }
}

TEST(MlDsa, Vectors) {
  size_t good = 0, bad = 0, hashed = 0;
  for (const Record& r : tests::read_vectors("ml_dsa.txt")) {
    if (!kHasMlDsa) break;
    const MlDsaSet set = dsa_set_of(r);
    if (!r.has("seed")) {
      ++bad;
      EXPECT_FALSE(ml_dsa_verify(set, r.bytes("public"), mu_of(r), r.bytes("signature")));
      continue;
    }
    ++good;
    hashed += r.has("hash");
    FixedSource source(r.has("rnd") ? r.bytes("rnd") : Bytes());  // zeros
    EXPECT_EQ(to_hex(ml_dsa_public_key(set, r.bytes("seed"))), r.text("public"));
    EXPECT_EQ(to_hex(ml_dsa_sign(set, r.bytes("seed"), mu_of(r), source)), r.text("signature"));
    EXPECT_TRUE(ml_dsa_verify(set, r.bytes("public"), mu_of(r), r.bytes("signature")));
  }
  EXPECT_EQ(good != 0 && bad != 0 && hashed != 0, kHasMlDsa);
}

TEST(MlDsa, TheRandomnessMakesAnotherSignatureThatIsAsGood) {
  if (!kHasMlDsa) return;
  FixedSource source(Bytes(32, 3)), zeros{Bytes()};
  const Bytes seed(kMlDsaSeedSize, 9), pub = ml_dsa_public_key(MlDsaSet::Dsa44, seed);
  const Digest mu(kMlDsaRepresentativeSize, 1), other(kMlDsaRepresentativeSize, 2);
  const Bytes hedged = ml_dsa_sign(MlDsaSet::Dsa44, seed, mu, source);
  EXPECT_NE(hedged, ml_dsa_sign(MlDsaSet::Dsa44, seed, mu, zeros));
  EXPECT_TRUE(ml_dsa_verify(MlDsaSet::Dsa44, pub, mu, hedged));
  EXPECT_FALSE(ml_dsa_verify(MlDsaSet::Dsa44, pub, other, hedged));
  EXPECT_FALSE(ml_dsa_verify(MlDsaSet::Dsa44, pub, mu, {}));
}

// Python: tr = shake_256(key, 64); shake_256(tr + 01 + 03 + "ctx" + OID + hash("abc"), 64).
TEST(MlDsa, HashedRepresentatives) {
  const Bytes key(1312, 0x5A);
  const std::pair<HashAlg, const char*> known[] = {
      {HashAlg::Sha256,
       "e1b41be1916775b30c00c598731b93a6c7b73aafe7a0025f5a2df5fa58b031c7"
       "575ee6a4b2f0c836e87bf59dbde8a18b0c55cd32cb9d69a56639a957a0b27c8a"},
      {HashAlg::Sha384,
       "807532e2f78c9bc571d7e0a76e301f16d839de3220503558ac20de664132377f"
       "e309b056f7f3b34159c66bb1e9a9328c5d98e952d7555c77d095b3b084f118c3"},
      {HashAlg::Sha512,
       "0ffb7e41a5f9630815cac790799470c41c5408759fe3c67934607f73b9bb4a04"
       "9de59bf8ce63f14b4b66059a6b61e3fe2d6a1ec01b325a071df9ce7832baef37"},
      {HashAlg::Sha3_256,
       "ccf331b41d6f5afab6189a226c4773423bc4cf3f2294b25e952f54aefdf7e724"
       "8d334be9568423411fd81010df3d21b3bde8ad276d7ff3aa63bdc30d6642d9e7"},
      {HashAlg::Sha3_384,
       "5384ddd8a48dda665c6a9235e39868e3b7a33448a86d21d8a3afd53b47a633a2"
       "c000b34bdf69512505c0371302b4f6bdab60bf4fa82bd3e67e586c0b7184323c"},
      {HashAlg::Sha3_512,
       "44e1a845a0426a01c927938fd6a082d91983fd675e5c8d0bfb283bf6c5beaebf"
       "d0bc3673c2a14792f6b30ba987ab7ecbb85c2fa5be0a5ad0321919946b7da752"},
  };
  for (const auto& [alg, mu] : known) {
    EXPECT_EQ(to_hex(MlDsaMessage(key, text_bytes("ctx"), alg).update(text_bytes("abc")).finish()),
              mu);
    EXPECT_EQ(
        to_hex(ml_dsa_representative(key, text_bytes("ctx"), alg, hash(alg, text_bytes("abc")))),
        mu);
  }
  EXPECT_FALSE(is_pre_hash(HashAlg::Sha1));
  EXPECT_FALSE(is_pre_hash(HashAlg::Sm3));
  EXPECT_THROW(MlDsaMessage(key, {}, HashAlg::Sha1), Fault);
  EXPECT_THROW(MlDsaMessage(key, Bytes(256)), Fault);
}

TEST(MlDsa, PiecesAndSavedStates) {
  const Bytes key(1312, 0x5A), message(300, 7);
  for (bool hashed : {false, true}) {
    auto begin = [&] {
      return hashed ? MlDsaMessage(key, {}, HashAlg::Sha384) : MlDsaMessage(key, {});
    };
    const Digest whole = begin().update(message).finish();
    MlDsaMessage running = begin();
    for (size_t at = 0; at < message.size(); at += 50) {
      running.update(ByteView(message).subspan(at, 50));
      Secret state = running.export_state();
      auto restored = MlDsaMessage::import_state(state.view());
      ASSERT_TRUE(restored);
      running = *restored;
      EXPECT_FALSE(MlDsaMessage::import_state(state.view().first(state.size() - 1)));
    }
    EXPECT_EQ(running.finish(), whole);
  }
  EXPECT_FALSE(MlDsaMessage::import_state({}));
}

}  // namespace
}  // namespace vtpm::engine::crypto
