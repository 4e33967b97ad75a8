// SPDX-License-Identifier: Apache-2.0
// The same seed and template give the same object for ever. A failure here means that TPMs in the
// field would lose their endorsement and storage root keys: the code is wrong, never the vectors.
#include <gtest/gtest.h>

#include "engine/object/attributes.h"
#include "engine/object/create.h"
#include "tests/engine/crypto/vectors.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine {
namespace {

using tests::Record;
using tests::to_hex;

SharedSecret secret_of(const Record& record, const std::string& field) {
  return SharedSecret(Secret(record.bytes(field)));
}

wire::Handle hierarchy_of(const Record& record) {
  return load_be<uint32_t>(record.bytes("hierarchy"));
}

// A TPM that has nothing but what the record says.
State state_of(const Record& record) {
  State state;
  Hierarchies& hierarchies = state.hierarchies.write();
  hierarchies.derivation_level = static_cast<uint16_t>(record.number("level"));
  SharedSecret seed = secret_of(record, "seed");
  switch (hierarchy_of(record)) {
    case wire::rh::Owner:
      hierarchies.storage_seed = seed;
      break;
    case wire::rh::Endorsement:
      hierarchies.endorsement_seed = seed;
      break;
    case wire::rh::Platform:
      hierarchies.platform_seed = seed;
      break;
    default:
      state.platform.write().null_seed = seed;
  }
  hierarchies.storage_proof = secret_of(record, "storage proof");
  return state;
}

TEST(PrimaryObjects, AreTheSameForEver) {
  auto records = tests::read_vectors("primary_objects.txt");
  EXPECT_GE(records.size(), 22u);
  for (const Record& record : records) {
    SCOPED_TRACE(record.text("object"));
    auto pub = wire::from_wire<wire::Public>(record.bytes("template"));
    ASSERT_TRUE(pub);
    // Neither the authValue nor anything random has an influence.
    for (uint64_t random_seed : {uint64_t{1}, uint64_t{2}}) {
      testing::TestTpm tpm(false, random_seed);
      wire::SensitiveCreate values{.user_auth = wire::Auth(ByteView(Bytes(random_seed))),
                                   .data = wire::SensitiveData(record.bytes("data"))};
      ASSERT_TRUE(check_template(*pub, values, Origin::Primary, nullptr));
      auto object = create_primary(state_of(record), hierarchy_of(record), *pub, values, tpm.ports);
      ASSERT_TRUE(object);
      EXPECT_EQ(to_hex(object->name), record.text("name"));
      EXPECT_EQ(to_hex(object->sensitive->seed.view()), record.text("seed value"));
    }
  }
}

}  // namespace
}  // namespace vtpm::engine
