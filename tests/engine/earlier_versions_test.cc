// SPDX-License-Identifier: Apache-2.0
// What earlier versions have saved loads for ever: tests/vectors/engine/saved_states.txt.
#include "engine/commands/hash.h"
#include "engine/commands/policy.h"
#include "engine/commands/startup.h"
#include "tests/engine/client_session.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using tests::Record;
namespace rh = wire::rh;

class EarlierVersions : public ::testing::Test {
 protected:
  void load_saved(ByteView bytes) {
    auto sections = decode_sections(bytes);
    ASSERT_TRUE(sections);
    auto loaded = load(*sections, tpm.clock);
    ASSERT_TRUE(loaded) << loaded.error().reason;
    tpm.state = *loaded;
  }

  const std::vector<Record> records = tests::read_vectors("saved_states.txt");
  TestTpm tpm{false};
};

TEST_F(EarlierVersions, TheirDurableStates) {
  for (const Record& record : records) {
    SCOPED_TRACE(record.text("version"));
    load_saved(record.bytes("durable"));
    tpm.state = power_on(tpm.state, tpm.ports);
    ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
    EXPECT_EQ(create_primary(tpm, rh::Owner, ecc_storage()).name, record.bytes("primary"));
    auto evicted = tpm.run<ReadPublic>({0x81000001}, {});
    ASSERT_EQ(evicted.code, rc::Success);
    EXPECT_EQ(to_bytes(evicted.reply.name), record.bytes("primary"));
  }
}

// Objects, sequences and sessions of every kind are there and work.
TEST_F(EarlierVersions, TheirSnapshots) {
  for (const Record& record : records) {
    SCOPED_TRACE(record.text("version"));
    if (!record.has("snapshot")) continue;  // nothing carried snapshots of that version
    load_saved(record.bytes("snapshot"));
    EXPECT_EQ(create_primary(tpm, rh::Owner, ecc_storage()).name, record.bytes("primary"));
    auto item = tpm.run<Unseal>({0x80000002}, {}, {{7}});
    ASSERT_EQ(item.code, rc::Success);
    EXPECT_EQ(to_bytes(item.reply.out_data.view()), (Bytes{1, 2, 3}));
    auto hashed = tpm.run<SequenceComplete>(
        {0x80000004}, {wire::MaxBuffer(Bytes{'a', 'b', 'c'}), {rh::Owner}}, {{1}});
    ASSERT_EQ(hashed.code, rc::Success);
    EXPECT_EQ(hex(hashed.reply.result), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(tpm.run<PolicyGetDigest>({0x03000002}, {}).code, rc::Success);
    EXPECT_EQ(tpm.state.dictionary_attack->failed_tries, 1u);
  }
}

}  // namespace
}  // namespace vtpm::engine
