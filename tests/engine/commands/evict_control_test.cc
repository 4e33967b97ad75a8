// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/startup.h"
#include "tests/engine/object/templates.h"

namespace vtpm::engine {
namespace {

using namespace testing::templates;
using testing::TestTpm;
using wire::Handle;
namespace rh = wire::rh;

Rc evict(TestTpm& tpm, Handle auth, Handle object, Handle persistent) {
  return tpm.run<EvictControl>({auth, object}, {persistent}).code;
}

TEST(EvictControl, KeepsAnObjectOverAPowerCycleUntilItIsEvicted) {
  TestTpm tpm;
  Handle object = primary(tpm, storage_ecc());
  auto name = tpm.run<ReadPublic>({object}, {}).reply.name;
  EXPECT_EQ(evict(tpm, rh::Owner, object, 0x81000001), rc::Success);
  tpm.run<Shutdown>({}, {wire::StartupType::Clear});
  tpm.power_cycle();
  tpm.run<Startup>({}, {wire::StartupType::Clear});
  EXPECT_EQ(tpm.run<ReadPublic>({object}, {}).code, rc::ReferenceH0);
  EXPECT_EQ(tpm.run<ReadPublic>({0x81000001}, {}).reply.name, name);
  auto created = tpm.run<Create>({0x81000001}, {.in_public = ecc(kSigningKey)});
  EXPECT_EQ(created.code, rc::Success);
  EXPECT_EQ(evict(tpm, rh::Owner, 0x81000001, 0x81000002), rc::Handle.handle(2));
  EXPECT_EQ(evict(tpm, rh::Owner, 0x81000001, 0x81000001), rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({0x81000001}, {}).code, rc::Handle.handle(1));
}

TEST(EvictControl, DividesTheHandlesBetweenOwnerAndPlatform) {
  TestTpm tpm;
  Handle owner = primary(tpm, storage_ecc());
  Handle endorsement = primary(tpm, storage_ecc(), rh::Endorsement);
  Handle platform = primary(tpm, storage_ecc(), rh::Platform);
  EXPECT_EQ(evict(tpm, rh::Owner, owner, 0x81800000), rc::Range.parameter(1));
  EXPECT_EQ(evict(tpm, rh::Platform, platform, 0x817FFFFF), rc::Range.parameter(1));
  EXPECT_EQ(evict(tpm, rh::Owner, platform, 0x81000000), rc::Hierarchy.handle(2));
  EXPECT_EQ(evict(tpm, rh::Platform, owner, 0x81800000), rc::Hierarchy.handle(2));
  EXPECT_EQ(evict(tpm, rh::Owner, endorsement, 0x817FFFFF), rc::Success);
  EXPECT_EQ(evict(tpm, rh::Platform, platform, 0x81800000), rc::Success);
  EXPECT_EQ(evict(tpm, rh::Owner, owner, 0x80000000), rc::Value.parameter(1));
  EXPECT_EQ(evict(tpm, rh::Owner, owner, 0x817FFFFF), rc::NvDefined);
  EXPECT_EQ(evict(tpm, rh::Owner, 0x81800000, 0x81800000), rc::Range.handle(2));
  EXPECT_EQ(evict(tpm, rh::Platform, 0x817FFFFF, 0x817FFFFF), rc::Success);
}

TEST(EvictControl, RefusesWhatMayNotLast) {
  TestTpm tpm;
  Handle temporary = primary(tpm, storage_ecc(), rh::Null);
  EXPECT_EQ(evict(tpm, rh::Owner, temporary, 0x81000000), rc::Attributes.handle(2));
  Handle clears = primary(tpm, with(storage_ecc(), ObjectBit::StClear));
  EXPECT_EQ(evict(tpm, rh::Owner, clears, 0x81000000), rc::Attributes.handle(2));
  auto sequence = tpm.run<HashSequenceStart>({}, {wire::Auth(), AlgId::Sha256}).reply.sequence;
  EXPECT_EQ(evict(tpm, rh::Owner, sequence.value, 0x81000000), rc::Attributes.handle(2));
}

TEST(EvictControl, RunsOutOfSpace) {
  TestTpm tpm;
  Handle object = primary(tpm, storage_ecc());
  for (Handle i = 0; i < PersistentObjects::kMaximum; ++i)
    ASSERT_EQ(evict(tpm, rh::Owner, object, 0x81000000 + i), rc::Success);
  EXPECT_EQ(evict(tpm, rh::Owner, object, 0x81100000), rc::NvSpace);
}

}  // namespace
}  // namespace vtpm::engine
