// SPDX-License-Identifier: Apache-2.0
// Published signatures, good and bad, through the TPM's own verification: keys come in by
// TPM2_LoadExternal, and both verification commands must agree.
#include "engine/commands/object.h"
#include "engine/commands/signing.h"
#include "engine/object/slots.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using tests::Record;
using wire::Handle;
using wire::ObjectBit;
namespace rh = wire::rh;

AlgId algorithm(const Record& record, const std::string& field) {
  return static_cast<AlgId>(record.id(field));
}

// The public area of a key, for this scheme; without one for TPM_ALG_NULL.
wire::Public public_area(const Record& key, bool rsa, AlgId scheme, AlgId hash) {
  const wire::ObjectAttributes attributes = {ObjectBit::Sign, ObjectBit::UserWithAuth};
  wire::HashScheme details{.hash = hash};
  if (rsa) {
    Bytes modulus = key.bytes("modulus");
    auto pub = templates::rsa(attributes, static_cast<uint16_t>(8 * modulus.size()));
    auto& parameters = *pub.parameters.get<wire::RsaParameters>();
    parameters.exponent = static_cast<uint32_t>(key.number("exponent"));
    if (scheme != AlgId::Null) parameters.scheme = {.scheme = {scheme}, .details = details};
    pub.unique = wire::RsaBytes(modulus);
    return pub;
  }
  auto pub = templates::ecc(attributes, static_cast<CurveId>(key.id("curve")));
  auto& parameters = *pub.parameters.get<wire::EccParameters>();
  if (scheme != AlgId::Null) parameters.scheme = {.scheme = {scheme}, .details = details};
  pub.unique = wire::EccPoint{.x = wire::EccParameter(key.bytes("x")),
                              .y = wire::EccParameter(key.bytes("y"))};
  return pub;
}

wire::Signature signature_of(const Record& record, bool rsa) {
  AlgId hash = algorithm(record, "hash");
  wire::Signature signature;
  signature.algorithm = wire::SignatureAlgorithm(algorithm(record, "scheme"));
  if (rsa)
    signature.details =
        wire::RsaSignature{.hash = hash, .signature = wire::RsaBytes(record.bytes("signature"))};
  else
    signature.details = wire::EccSignature{.hash = hash,
                                           .r = wire::EccParameter(record.bytes("r")),
                                           .s = wire::EccParameter(record.bytes("s"))};
  return signature;
}

class SignatureVectors : public ::testing::Test {
 protected:
  Handle load(const wire::Public& pub) {
    auto loaded = tpm.run<LoadExternal>({}, {.in_public = pub, .hierarchy = {rh::Owner}});
    EXPECT_EQ(loaded.code, rc::Success);
    return loaded.reply.object_handle.value;
  }

  // By TPM2_VerifySignature with a key that leaves the scheme open.
  Rc verify(const Record& key, const Record& record, bool rsa) {
    Handle handle = load(public_area(key, rsa, AlgId::Null, AlgId::Null));
    auto answer = tpm.run<VerifySignature>(
        {handle}, {wire::Digest(record.bytes("digest")), signature_of(record, rsa)});
    remove_transient(tpm.state, handle);
    return answer.code;
  }

  // By TPM2_VerifyDigestSignature with a key for this scheme alone.
  Rc verify_digest(const Record& key, const Record& record, bool rsa) {
    Handle handle =
        load(public_area(key, rsa, algorithm(record, "scheme"), algorithm(record, "hash")));
    auto answer = tpm.run<VerifyDigestSignature>(
        {handle}, {{}, wire::Digest(record.bytes("digest")), signature_of(record, rsa)});
    remove_transient(tpm.state, handle);
    return answer.code;
  }

  void run(const std::string& file, size_t at_least);

  TestTpm tpm;
};

void SignatureVectors::run(const std::string& file, size_t at_least) {
  std::map<std::string, Record> keys;
  size_t good = 0, bad = 0;
  for (const Record& record : tests::read_vectors(file)) {
    if (record.has("key")) {
      keys[record.text("key")] = record;
      continue;
    }
    const Record& key = keys.at(record.text("of"));
    bool rsa = key.has("modulus");
    SCOPED_TRACE(record.text("of") + " " + record.text("digest"));
    if (!is_hash(algorithm(record, "hash"))) {
      EXPECT_EQ(verify(key, record, rsa), rc::Hash.parameter(2));
      continue;
    }
    bool is_good = record.number("good") == 1;
    EXPECT_EQ(verify(key, record, rsa), is_good ? rc::Success : rc::Signature.parameter(2));
    EXPECT_EQ(verify_digest(key, record, rsa), is_good ? rc::Success : rc::Signature.parameter(3));
    ++(is_good ? good : bad);
  }
  EXPECT_GE(good, at_least);
  EXPECT_GE(bad, at_least);
}

TEST_F(SignatureVectors, EcdsaAndRsa) {
  run("signatures.txt", 200);
}

TEST_F(SignatureVectors, RsaOfNist) {
  run("signatures_nist.txt", 18);
}

TEST_F(SignatureVectors, EcSchnorrAndSm2) {
  run("ecc_schemes.txt", 13);
}

}  // namespace
}  // namespace vtpm::engine
