// SPDX-License-Identifier: Apache-2.0
// Published HMACs through TPM2_HMAC, which TPM2_MAC with a hash is (Part 3, 15.5 and 15.6), and
// through sequences.
#include <map>

#include "engine/commands/hash.h"
#include "engine/commands/mac.h"
#include "engine/crypto/hash.h"
#include "engine/object/slots.h"
#include "tests/engine/cipher_keys.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using tests::Record;
using wire::Handle;
namespace rh = wire::rh;

class MacVectors : public ::testing::Test {
 protected:
  static wire::Public key_area(AlgId hash) {
    wire::Public pub = templates::keyed_hash(kSignOnly);
    wire::KeyedHashScheme scheme;
    if (hash != AlgId::Null)
      scheme = {.scheme = AlgId::Hmac, .details = wire::HashScheme{.hash = hash}};
    pub.parameters = wire::KeyedHashParameters{scheme};
    return pub;
  }

  // At once and by a sequence.
  void expect_mac(Handle key, AlgId hash, const Record& record) {
    Bytes message = record.bytes("message");
    auto at_once = tpm.run<Mac>({key}, {wire::MaxBuffer(message), hash});
    ASSERT_EQ(at_once.code, rc::Success);
    EXPECT_EQ(hex(at_once.reply.out_mac), record.text("mac"));
    auto started = tpm.run<MacStart>({key}, {wire::Auth(), hash});
    ASSERT_EQ(started.code, rc::Success);
    Handle sequence = started.reply.sequence.value;
    ByteView rest = message;
    size_t first = std::min<size_t>(17, rest.size());
    tpm.run<SequenceUpdate>({sequence}, {wire::MaxBuffer(rest.first(first))});
    auto completed =
        tpm.run<SequenceComplete>({sequence}, {wire::MaxBuffer(rest.subspan(first)), rh::Null});
    ASSERT_EQ(completed.code, rc::Success);
    EXPECT_EQ(hex(completed.reply.result), record.text("mac"));
  }

  // A sensitive area holds it.
  static bool fits(const Bytes& value) { return value.size() <= wire::kMaximumSymData; }

  TestTpm tpm;
};

// A key is at most a block of the hash that it is for (Part 1, 24.7.5.1); a longer one counts as
// its digest (RFC 2104, clause 2).
TEST_F(MacVectors, Hmac) {
  std::map<AlgId, size_t> counts;
  for (const Record& record : tests::read_vectors("../crypto/hmac.txt")) {
    auto hash = static_cast<AlgId>(record.id("alg"));
    const auto alg = static_cast<crypto::HashAlg>(hash);
    SCOPED_TRACE(record.text("alg") + " " + record.text("message"));
    Bytes value = record.bytes("key");
    if (value.size() > crypto::block_size(alg)) {
      EXPECT_EQ(load_symmetric(tpm, key_area(hash), value).code,
                (fits(value) ? rc::KeySize : rc::Size).parameter(1));
      value = to_bytes(crypto::hash(alg, value).view());
    }
    for (AlgId own : {AlgId::Null, hash}) {
      auto loaded = load_symmetric(tpm, key_area(own), value);
      // SHA3-256's block is longer than that.
      ASSERT_EQ(loaded.code, fits(value) ? rc::Success : rc::Size.parameter(1));
      if (!fits(value)) continue;
      Handle key = loaded.reply.object_handle.value;
      expect_mac(key, hash, record);
      if (own == hash) expect_mac(key, AlgId::Null, record);
      remove_transient(tpm.state, key);
      ++counts[hash];
    }
  }
  for (AlgId hash : kHashes) EXPECT_GE(counts[hash], 12u);
}

}  // namespace
}  // namespace vtpm::engine
