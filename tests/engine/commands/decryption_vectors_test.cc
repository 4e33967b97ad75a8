// SPDX-License-Identifier: Apache-2.0
// Published encryptions, good and bad, through TPM2_RSA_Decrypt (Part 3, 14.3): keys come in by
// TPM2_LoadExternal.
#include <utility>

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

wire::RsaDecryptScheme decrypt_scheme(AlgId scheme, AlgId hash) {
  if (scheme != AlgId::Oaep) return {.scheme = {wire::RsaDecryptOrNull(scheme)}};
  return {.scheme = {scheme}, .details = wire::HashScheme{.hash = hash}};
}

AlgId other_than(AlgId scheme) {
  return scheme == AlgId::Oaep ? AlgId::RsaEs : AlgId::Oaep;
}

// What one record gives to decrypt.
struct Encryption {
  Bytes cipher_text, label;
  AlgId hash = AlgId::Sha256;

  explicit Encryption(const Record& record) : cipher_text(record.bytes("output")) {
    if (record.has("label")) label = record.bytes("label");
    if (record.has("hash")) hash = static_cast<AlgId>(record.id("hash"));
  }
  bool has_label_of_tpm() const { return label.empty() || label.back() == 0; }
};

class DecryptionVectors : public ::testing::Test {
 protected:
  Answer<LoadExternal> load(const Record& key, ByteView prime, AlgId scheme = AlgId::Null,
                            AlgId hash = AlgId::Null) {
    Bytes modulus = key.bytes("modulus");
    wire::Public pub = templates::rsa(kDecryptOnly, static_cast<uint16_t>(8 * modulus.size()));
    auto& parameters = *pub.parameters.get<wire::RsaParameters>();
    if (key.has("exponent")) parameters.exponent = static_cast<uint32_t>(key.number("exponent"));
    parameters.scheme.scheme = wire::RsaSchemeOrNull(scheme);
    if (scheme == AlgId::Oaep) parameters.scheme.details = wire::HashScheme{.hash = hash};
    pub.unique = wire::RsaBytes(modulus);
    wire::Sensitive secret{.type = AlgId::Rsa, .value = wire::PrivateValue(prime)};
    return tpm.run<LoadExternal>({}, {{secret}, pub, Handle{rh::Null}});
  }

  Answer<RsaDecrypt> decrypt(const Record& key, const Encryption& with, AlgId own, AlgId scheme) {
    auto loaded = load(key, key.bytes("private"), own, with.hash);
    EXPECT_EQ(loaded.code, rc::Success);
    Handle handle = loaded.reply.object_handle.value;
    auto answer = tpm.run<RsaDecrypt>({handle}, {.cipher_text = wire::RsaBytes(with.cipher_text),
                                                 .in_scheme = decrypt_scheme(scheme, with.hash),
                                                 .label = wire::Data(with.label)});
    remove_transient(tpm.state, handle);
    return answer;
  }

  void expect_message(const Record& key, const Record& record, AlgId scheme);
  void expect_refusal(const Record& key, const Record& record, AlgId scheme);
  void run(const std::string& file, AlgId scheme, size_t good, size_t bad);

  TestTpm tpm{true, 1, kWholeProfile};
};

// By a key that leaves the scheme open, and by one for this scheme alone; under the other scheme
// the same block is nothing.
void DecryptionVectors::expect_message(const Record& key, const Record& record, AlgId scheme) {
  Encryption with(record);
  for (AlgId own : {AlgId::Null, scheme})
    for (AlgId asked : {scheme, AlgId::Null}) {
      if (own == AlgId::Null && asked == AlgId::Null) continue;
      auto answer = decrypt(key, with, own, asked);
      ASSERT_EQ(answer.code, rc::Success);
      EXPECT_EQ(to_bytes(answer.reply.message.view()), record.bytes("message"));
    }
  EXPECT_EQ(decrypt(key, with, AlgId::Null, other_than(scheme)).code, rc::Value.parameter(1));
  if (scheme != AlgId::Oaep) return;
  with.label.push_back('x');
  EXPECT_EQ(decrypt(key, with, AlgId::Null, scheme).code, rc::Value.parameter(3));
  with.label.push_back(0);
  EXPECT_EQ(decrypt(key, with, AlgId::Null, scheme).code, rc::Value.parameter(1));
}

void DecryptionVectors::expect_refusal(const Record& key, const Record& record, AlgId scheme) {
  Encryption with(record);
  bool sized = with.cipher_text.size() == key.bytes("modulus").size();
  Rc code = sized ? rc::Value.parameter(1) : rc::Size.parameter(1);
  if (!with.has_label_of_tpm()) code = rc::Value.parameter(3);
  EXPECT_EQ(decrypt(key, with, AlgId::Null, scheme).code, code);
  EXPECT_EQ(decrypt(key, with, scheme, AlgId::Null).code, code);
}

// What one key opens, the key before it does not.
void DecryptionVectors::run(const std::string& file, AlgId scheme, size_t good, size_t bad) {
  Record key, before;
  size_t decrypted = 0, refused = 0;
  for (const Record& record : tests::read_vectors(file)) {
    if (record.text("kind") == "key") {
      before = std::exchange(key, record);
      continue;
    }
    SCOPED_TRACE(record.text("output"));
    if (record.text("kind") == "valid" && Encryption(record).has_label_of_tpm()) {
      expect_message(key, record, scheme);
      if (!before.empty() && before.text("modulus").size() == key.text("modulus").size())
        expect_refusal(before, record, scheme);
      ++decrypted;
    } else {
      expect_refusal(key, record, scheme);
      ++refused;
    }
  }
  EXPECT_GE(decrypted, good);
  EXPECT_GE(refused, bad);
}

TEST_F(DecryptionVectors, Rsaes) {
  run("rsaes_published.txt", AlgId::RsaEs, 38, 0);
}

TEST_F(DecryptionVectors, Oaep) {
  run("oaep_published.txt", AlgId::Oaep, 24, 0);
  run("oaep.txt", AlgId::Oaep, 3, 1);
}

// Either prime makes the key whole (Part 2, 12.3.2.3); what divides the modulus not, does not.
TEST_F(DecryptionVectors, RsaKeys) {
  size_t count = 0;
  for (const Record& key : tests::read_vectors("rsa_keys.txt")) {
    Bytes prime = key.bytes("prime");
    for (const Bytes& each : {prime, key.bytes("other")}) {
      auto loaded = load(key, each);
      ASSERT_EQ(loaded.code, rc::Success);
      remove_transient(tpm.state, loaded.reply.object_handle.value);
    }
    prime.back() ^= 2;
    EXPECT_EQ(load(key, prime).code, rc::Binding);
    ++count;
  }
  EXPECT_GE(count, 9u);
}

}  // namespace
}  // namespace vtpm::engine
