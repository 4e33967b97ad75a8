// SPDX-License-Identifier: Apache-2.0
// Published curves, points and shared secrets through TPM2_ECC_Parameters, TPM2_LoadExternal and
// TPM2_ECDH_ZGen (Part 3, 14.5 and 14.6).
#include <map>
#include <set>

#include "engine/commands/asymmetric.h"
#include "engine/object/slots.h"
#include "tests/engine/cipher_keys.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using tests::Record;
using wire::Handle;
namespace rh = wire::rh;

class EccVectors : public ::testing::Test {
 protected:
  static CurveId curve_of(const Record& record) { return static_cast<CurveId>(record.id("curve")); }
  static wire::EccPoint point(const Record& record, const std::string& x, const std::string& y) {
    return {wire::EccParameter(record.bytes(x)), wire::EccParameter(record.bytes(y))};
  }

  Answer<LoadExternal> load(CurveId curve, const wire::EccPoint& q, ByteView d) {
    wire::Public pub = templates::ecc(kDecryptOnly, curve);
    pub.unique = q;
    wire::Sensitive secret{.type = AlgId::Ecc, .value = wire::PrivateValue(d)};
    return tpm.run<LoadExternal>({}, {{secret}, pub, Handle{rh::Null}});
  }

  // With the key of a record, and its point.
  Answer<EcdhZGen> z_gen(const Record& record) {
    auto loaded = load(curve_of(record), point(record, "qx", "qy"), record.bytes("d"));
    EXPECT_EQ(loaded.code, rc::Success);
    Handle handle = loaded.reply.object_handle.value;
    auto answer = tpm.run<EcdhZGen>({handle}, {.in_point = point(record, "x", "y")});
    remove_transient(tpm.state, handle);
    return answer;
  }

  void expect_known(const Record& record);

  TestTpm tpm{true, 1, kWholeProfile};
};

void EccVectors::expect_known(const Record& record) {
  const std::string& kind = record.text("kind");
  if (kind == "key") {
    // Off the curve, or not what d makes.
    auto loaded = load(curve_of(record), point(record, "qx", "qy"), record.bytes("d"));
    EXPECT_TRUE(loaded.code == rc::EccPoint.parameter(2) || loaded.code == rc::Binding);
    return;
  }
  auto answer = z_gen(record);
  if (kind == "point") {
    EXPECT_EQ(answer.code, rc::EccPoint.parameter(1));
    return;
  }
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_bytes(answer.reply.out_point->x.view()) == record.bytes("z"), kind == "shared");
}

TEST_F(EccVectors, SharedSecretsOfNist) {
  std::map<std::string, size_t> counts;
  for (const Record& record : tests::read_vectors("ecdh_nist.txt")) {
    SCOPED_TRACE(record.text("kind") + " " + record.text("x"));
    expect_known(record);
    ++counts[record.text("kind")];
  }
  EXPECT_GE(counts["shared"], 25u);
  for (const char* kind : {"point", "key", "other"}) EXPECT_GE(counts[kind], 5u);
}

// Points that are good and that are not, as another's for a shared secret, and as a key's own.
TEST_F(EccVectors, PublicKeysOfNist) {
  std::map<CurveId, Handle> keys;
  size_t good = 0, bad = 0;
  for (const Record& record : tests::read_vectors("ecc_public_keys.txt")) {
    SCOPED_TRACE(record.text("x"));
    CurveId curve = curve_of(record);
    if (!keys.contains(curve))
      keys[curve] = create_primary(tpm, rh::Owner, decrypting(ecdsa_key(curve))).handle;
    const wire::EccPoint given = point(record, "x", "y");
    wire::Public pub = templates::ecc(kDecryptOnly, curve);
    pub.unique = given;
    auto loaded = tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = {rh::Owner}});
    Rc shared = tpm.run<EcdhZGen>({keys[curve]}, {.in_point = given}).code;
    if (record.number("good") == 1) {
      EXPECT_EQ(shared, rc::Success);
      EXPECT_EQ(loaded.code, rc::Success);
      remove_transient(tpm.state, loaded.reply.object_handle.value);
      ++good;
      continue;
    }
    EXPECT_EQ(shared, rc::EccPoint.parameter(1));
    EXPECT_EQ(loaded.code, rc::EccPoint.parameter(2));
    ++bad;
  }
  EXPECT_GE(good, 16u);
  EXPECT_GE(bad, 16u);
}

TEST_F(EccVectors, ParametersOfTheCurves) {
  std::set<CurveId> seen;
  for (const char* file : {"ecdh.txt", "curves.txt"})
    for (const Record& record : tests::read_vectors(file)) {
      if (!record.has("p")) continue;
      auto answer = tpm.run<EccParameters>({}, {.curve = curve_of(record)});
      ASSERT_EQ(answer.code, rc::Success);
      const wire::EccDetail& detail = answer.reply.parameters;
      EXPECT_EQ(detail.curve, curve_of(record));
      const std::map<std::string, const wire::EccParameter*> numbers = {
          {"p", &detail.p},   {"a", &detail.a},   {"b", &detail.b},
          {"gx", &detail.gx}, {"gy", &detail.gy}, {"n", &detail.n}};
      for (const auto& [name, number] : numbers)
        EXPECT_EQ(to_bytes(*number), record.bytes(name)) << record.text("curve") << " " << name;
      EXPECT_EQ(to_bytes(detail.h), Bytes{1});
      EXPECT_EQ((detail.key_size + 7u) / 8, record.bytes("p").size());
      seen.insert(curve_of(record));
    }
  EXPECT_EQ(seen, std::set<CurveId>(kCurves.begin(), kCurves.end()));
}

}  // namespace
}  // namespace vtpm::engine
