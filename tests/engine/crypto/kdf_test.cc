// SPDX-License-Identifier: Apache-2.0
#include "engine/crypto/kdf.h"

#include <gtest/gtest.h>

#include "engine/fault.h"
#include "tests/engine/crypto/vectors.h"

namespace vtpm::engine::crypto {
namespace {

using tests::Record;
using tests::to_hex;

TEST(Kdfa, Vectors) {
  for (const Record& r : tests::read_vectors("kdfa.txt")) {
    const HashAlg alg = *hash_alg_from_id(r.id("alg"));
    const auto bits = static_cast<uint32_t>(r.number("bits"));
    const Bytes key = r.bytes("key"), label = r.bytes("label"), u = r.bytes("u"), v = r.bytes("v");
    EXPECT_EQ(to_hex(kdfa(alg, key, label, u, v, bits).view()), r.text("out"));
    if (bits % 8 != 0) continue;
    Bytes out(bits / 8);
    kdfa(alg, key, label, u, v, out);
    EXPECT_EQ(to_hex(out), r.text("out"));
  }
}

TEST(Kdfe, Vectors) {
  for (const Record& r : tests::read_vectors("kdfe.txt")) {
    const HashAlg alg = *hash_alg_from_id(r.id("alg"));
    const auto bits = static_cast<uint32_t>(r.number("bits"));
    EXPECT_EQ(
        to_hex(kdfe(alg, r.bytes("z"), r.bytes("use"), r.bytes("u"), r.bytes("v"), bits).view()),
        r.text("out"));
    Bytes terminated = r.bytes("use");
    terminated.push_back(0);
    EXPECT_EQ(to_hex(kdfe(alg, r.bytes("z"), terminated, r.bytes("u"), r.bytes("v"), bits).view()),
              r.text("out"));
  }
}

TEST(Kdf2, Vectors) {
  for (const Record& r : tests::read_vectors("kdf2.txt")) {
    Bytes out(r.bytes("out").size());
    kdf2_xor(*hash_alg_from_id(r.id("alg")), r.bytes("z"), out);
    EXPECT_EQ(to_hex(out), r.text("out"));
  }
}

TEST(XorObfuscation, MasksWithKdfa) {
  const Bytes key(32, 1), u(32, 2), v(20, 3);
  Bytes data(77, 0);
  xor_obfuscate(HashAlg::Sha256, key, u, v, data);
  EXPECT_EQ(to_hex(data),
            to_hex(kdfa(HashAlg::Sha256, key, text_bytes("XOR"), u, v, 77 * 8).view()));
  xor_obfuscate(HashAlg::Sha256, key, u, v, data);
  EXPECT_EQ(data, Bytes(77, 0));
  Bytes nothing;
  xor_obfuscate(HashAlg::Sha256, key, u, v, nothing);
}

TEST(KdfaStream, HandsOutTheBytesInOrderAndEnds) {
  const Bytes key(16, 9), label{'x'}, context{1, 2};
  const Secret all = kdfa(HashAlg::Sha256, key, label, context, {}, 8192);
  KdfaStream stream(HashAlg::Sha256, key, label, context);
  Bytes first(40), second(984);
  stream.fill(first);
  stream.fill(second);
  append(first, second);
  EXPECT_EQ(to_hex(first), to_hex(all.view()));
  Bytes more(1);
  EXPECT_THROW(stream.fill(more), Fault);
}

}  // namespace
}  // namespace vtpm::engine::crypto
