// SPDX-License-Identifier: Apache-2.0
// The frozen derivation of primary keys. A failure here means that every TPM in the field would
// lose its endorsement key: the code is wrong, never the vectors.
#include "engine/crypto/derive.h"

#include <gtest/gtest.h>

#include "engine/crypto/ecc.h"
#include "engine/crypto/rsa.h"
#include "engine/fault.h"
#include "tests/engine/crypto/fixed_entropy.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::CancelAfter;
using tests::Record;
using tests::to_hex;

// The vectors' lists of contexts have up to two entries.
SeedStream stream_of(const Record& r) {
  const auto level = static_cast<uint16_t>(r.number("level"));
  const Bytes seed = r.bytes("seed");
  const auto contexts = r.list("contexts");
  if (contexts.empty()) return SeedStream(level, seed, r.text("use"), {});
  if (contexts.size() == 1) return SeedStream(level, seed, r.text("use"), {contexts[0]});
  return SeedStream(level, seed, r.text("use"), {contexts[0], contexts[1]});
}

Bytes take(ByteSource& source, size_t size) {
  Bytes bytes(size);
  source.fill(bytes);
  return bytes;
}

std::vector<Record> records_of(const std::string& kind) {
  std::vector<Record> chosen;
  for (const Record& r : tests::read_vectors("derived_keys.txt"))
    if (r.text("kind") == kind) chosen.push_back(r);
  EXPECT_FALSE(chosen.empty());
  return chosen;
}

TEST(Derivation, FrozenStreams) {
  for (const Record& r : records_of("stream")) {
    SeedStream stream = stream_of(r);
    EXPECT_EQ(to_hex(take(stream, 200)), r.text("bytes"));
  }
}

TEST(Derivation, StreamDoesNotDependOnHowItIsRead) {
  const Record r = records_of("stream").front();
  SeedStream stream = stream_of(r);
  Bytes bytes;
  for (size_t size = 0; bytes.size() + size <= 200; ++size) append(bytes, take(stream, size));
  append(bytes, take(stream, 200 - bytes.size()));
  EXPECT_EQ(to_hex(bytes), r.text("bytes"));
}

TEST(Derivation, UnknownLevelIsAFault) {
  EXPECT_FALSE(derivation_level_supported(0));
  EXPECT_FALSE(derivation_level_supported(kNewestDerivationLevel + 1));
  EXPECT_THROW(SeedStream(kNewestDerivationLevel + 1, Bytes(64), "use", {}), Fault);
}

TEST(Derivation, FrozenEccKeys) {
  for (const Record& r : records_of("ecc")) {
    const Curve curve = *curve_from_id(r.id("curve"));
    SeedStream stream = stream_of(r);
    EccKeyPair pair = generate_ecc_key(curve, stream);
    EXPECT_EQ(to_hex(pair.d.view()), r.text("d")) << r.text("curve");
    auto q = public_point(curve, pair.d.view());
    ASSERT_TRUE(q);
    EXPECT_EQ(pair.q, *q);
  }
}

TEST(Derivation, FrozenRsaKeys) {
  for (const Record& r : records_of("rsa")) {
    SeedStream stream = stream_of(r);
    auto key = generate_rsa_key(r.number("bits"), static_cast<uint32_t>(r.number("exponent")),
                                stream, CancelAfter());
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->prime.view()), r.text("prime"));
    EXPECT_EQ(to_hex(key->modulus), r.text("modulus"));
    EXPECT_EQ(to_hex(take(stream, 16)), r.text("next")) << "the key took other bytes";
  }
}

TEST(Derivation, CancelledAnywhere) {
  const Record r = records_of("rsa").front();
  auto generate = [&](const Cancellation& cancellation) {
    SeedStream stream = stream_of(r);
    return generate_rsa_key(r.number("bits"), 65537, stream, cancellation);
  };
  CancelAfter never;
  ASSERT_TRUE(generate(never));
  EXPECT_GT(never.asked(), 2);
  for (int after = 0; after < never.asked(); ++after) {
    CancelAfter cancel(after);
    auto result = generate(cancel);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), CryptoError::Cancelled);
  }
}

TEST(Derivation, UnsupportedRsaKeys) {
  const Record r = records_of("rsa").front();
  for (auto [bits, exponent] : std::vector<std::pair<size_t, uint32_t>>{
           {512, 65537}, {2047, 65537}, {8192, 65537}, {2048, 3}, {2048, 65536}, {2048, 0}}) {
    SeedStream stream = stream_of(r);
    auto result = generate_rsa_key(bits, exponent, stream, CancelAfter());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), CryptoError::Unsupported);
  }
}

}  // namespace
}  // namespace vtpm::engine::crypto
