// SPDX-License-Identifier: Apache-2.0
// Part 3, 31.11, 31.12, 31.14: locks, and what each start of the TPM does to them.
#include "engine/commands/policy.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

class NvLocks : public ::testing::Test {
 protected:
  Rc lock_writes() { return tpm.run<NvWriteLock>({rh::Owner, kIndex}, {}).code; }
  Rc lock_reads() { return tpm.run<NvReadLock>({rh::Owner, kIndex}, {}).code; }
  Rc lock_all(Handle by = rh::Owner) { return tpm.run<NvGlobalWriteLock>({by}, {}).code; }
  bool has(NvBit bit) { return nv_attributes(tpm).has(bit); }

  TestTpm tpm;
};

TEST_F(NvLocks, WritesAreLockedWhereAnAttributeAllows) {
  define(tpm, nv_public());
  EXPECT_EQ(lock_writes(), rc::Attributes.handle(2));
  for (NvBit bit : {NvBit::WriteDefine, NvBit::WriteStClear}) {
    nv_undefine(tpm);
    define(tpm, nv_public({bit}));
    nv_write(tpm, {1});
    EXPECT_EQ(lock_writes(), rc::Success);
    EXPECT_EQ(nv_write(tpm, {2}), rc::NvLocked);
    EXPECT_EQ(nv_data(tpm, 1), Bytes{1});
    EXPECT_EQ(lock_writes(), rc::Success);
  }
}

// 31.11.1 and 31.14.1: with the right authorization and with any other.
TEST_F(NvLocks, WhatIsLockedMayBeLockedAgainByAnyone) {
  define(tpm, nv_public({NvBit::WriteStClear, NvBit::ReadStClear}));
  auto by_platform = [&] {
    return std::pair(tpm.run<NvWriteLock>({rh::Platform, kIndex}, {}).code,
                     tpm.run<NvReadLock>({rh::Platform, kIndex}, {}).code);
  };
  EXPECT_EQ(by_platform(), std::pair(rc::NvAuthorization, rc::NvAuthorization));
  EXPECT_EQ(lock_writes(), rc::Success);
  EXPECT_EQ(lock_reads(), rc::Success);
  EXPECT_EQ(by_platform(), std::pair(rc::Success, rc::Success));
}

TEST_F(NvLocks, EveryCommandThatWritesIsStopped) {
  auto stopped = [&](NvType type, uint16_t size, auto&& write) {
    define(tpm, nv_public({NvBit::WriteStClear}, type, size));
    EXPECT_EQ(write(), rc::Success);
    EXPECT_EQ(lock_writes(), rc::Success);
    EXPECT_EQ(write(), rc::NvLocked);
    nv_undefine(tpm);
  };
  stopped(NvType::PinPass, 8, [&] { return nv_write(tpm, Bytes(8)); });
  stopped(NvType::Counter, 8, [&] { return nv_increment(tpm); });
  stopped(NvType::Bits, 8, [&] { return tpm.run<NvSetBits>({rh::Owner, kIndex}, {1}).code; });
  stopped(NvType::Extend, 32, [&] { return tpm.run<NvExtend>({rh::Owner, kIndex}, {}).code; });
}

TEST_F(NvLocks, ReadsAreLockedWhereTheAttributeAllows) {
  define(tpm, nv_public());
  EXPECT_EQ(lock_reads(), rc::Attributes.handle(2));
  nv_undefine(tpm);
  define(tpm, nv_public({NvBit::ReadStClear}));
  EXPECT_EQ(nv_read(tpm).code, rc::NvUninitialized);
  // Also before the first write, and again. The lock belongs to what a handle must be (5.4), and so
  // comes before whether there is anything inside.
  EXPECT_EQ(lock_reads(), rc::Success);
  EXPECT_EQ(lock_reads(), rc::Success);
  EXPECT_EQ(nv_read(tpm).code, rc::NvLocked);
  EXPECT_EQ(nv_write(tpm, {1}), rc::Success);
  EXPECT_EQ(nv_read(tpm).code, rc::NvLocked);
}

TEST_F(NvLocks, SessionsAreCheckedFirst) {
  define(tpm,
         nv_public({NvBit::ReadStClear, NvBit::WriteStClear, NvBit::AuthRead, NvBit::AuthWrite}),
         {1});
  nv_write(tpm, {1});
  lock_reads();
  lock_writes();
  EXPECT_EQ(nv_read(tpm, 8, 0, by_index({9})).code, rc::BadAuth.session(1));
  EXPECT_EQ(nv_write(tpm, {}, 0, by_index({9})), rc::BadAuth.session(1));
  EXPECT_EQ(nv_read(tpm, 8, 0, by_index({1})).code, rc::NvLocked);
  EXPECT_EQ(nv_read(tpm, 8, 0, {rh::Platform}).code, rc::NvAuthorization);
}

// TPM2_NV_ReadLock has no {NV}: the lock itself is not written.
TEST_F(NvLocks, AReadLockIsNotDurable) {
  define(tpm, nv_public({NvBit::ReadStClear}));
  State before = tpm.state;
  lock_reads();
  EXPECT_FALSE(durable_change(before, tpm.state));
  nv_write(tpm, {1});
  EXPECT_TRUE(has(NvBit::ReadLocked));
  EXPECT_TRUE(durable_change(before, tpm.state));
}

TEST_F(NvLocks, EachStartUpKeepsWhatItMust) {
  struct Row {
    std::vector<NvBit> bits;
    bool written;
    bool for_ever;
  };
  const Row rows[] = {
      {{NvBit::WriteStClear}, true, false},
      {{NvBit::WriteStClear}, false, false},
      {{NvBit::WriteDefine}, true, true},
      {{NvBit::WriteDefine}, false, false},
      {{NvBit::WriteDefine, NvBit::WriteStClear}, true, true},
      {{NvBit::GlobalLock}, true, false},
      {{NvBit::GlobalLock, NvBit::WriteDefine}, true, true},
      {{NvBit::GlobalLock, NvBit::WriteDefine}, false, false},
      // Unwritten by the start, and so unlocked.
      {{NvBit::ClearStClear, NvBit::WriteDefine}, true, false},
  };
  for (const Row& row : rows)
    for (Restarting kind : kAllRestarts) {
      SCOPED_TRACE(std::to_string(&row - rows) + " " + std::to_string(static_cast<int>(kind)));
      bool resumed = kind == Restarting::Resume;
      wire::NvPublic pub = nv_public({NvBit::ReadStClear});
      for (NvBit bit : row.bits) pub.attributes.set(bit);
      ASSERT_EQ(define(tpm, pub), rc::Success);
      if (row.written) nv_write(tpm, {1});
      bool global = pub.attributes.has(NvBit::GlobalLock);
      EXPECT_EQ(global ? lock_all() : lock_writes(), rc::Success);
      lock_reads();
      restart(tpm, kind);
      EXPECT_EQ(has(NvBit::WriteLocked), row.for_ever || resumed);
      EXPECT_EQ(has(NvBit::ReadLocked), resumed);
      EXPECT_EQ(nv_write(tpm, {2}) == rc::NvLocked, row.for_ever || resumed);
      restart(tpm, Restarting::Restart);
      EXPECT_FALSE(has(NvBit::ReadLocked));
      nv_undefine(tpm);
    }
}

TEST_F(NvLocks, TheGlobalLockTakesThoseThatAskForIt) {
  define(tpm, nv_public({NvBit::GlobalLock}));
  define(tpm, nv_public({}, NvType::Ordinary, 8, kIndex + 1));
  define(tpm, platform_public({NvBit::GlobalLock}, kIndex + 2));
  EXPECT_EQ(lock_writes(), rc::Attributes.handle(2));
  EXPECT_EQ(lock_all(), rc::Success);
  EXPECT_EQ(nv_write(tpm, {1}), rc::NvLocked);
  EXPECT_EQ(nv_write(tpm, {1}, 0, {}, kIndex + 1), rc::Success);
  EXPECT_EQ(nv_write(tpm, {1}, 0, {rh::Platform}, kIndex + 2), rc::NvLocked);
  // Not those that are defined later.
  define(tpm, nv_public({NvBit::GlobalLock}, NvType::Ordinary, 8, kIndex + 3));
  EXPECT_EQ(nv_write(tpm, {1}, 0, {}, kIndex + 3), rc::Success);
  EXPECT_EQ(lock_all(rh::Platform), rc::Success);
  EXPECT_EQ(nv_write(tpm, {1}, 0, {}, kIndex + 3), rc::NvLocked);
  EXPECT_EQ(lock_all(rh::Lockout), rc::Value.handle(1));
}

TEST_F(NvLocks, ClearStClearForgetsWhatWasWritten) {
  for (Restarting kind : kAllRestarts) {
    define(tpm, nv_public({NvBit::ClearStClear}));
    nv_write(tpm, Bytes(8, 5));
    restart(tpm, kind);
    bool kept = kind == Restarting::Resume;
    EXPECT_EQ(has(NvBit::Written), kept);
    EXPECT_EQ(nv_read(tpm).code, kept ? rc::Success : rc::NvUninitialized);
    // Nothing of it comes back.
    nv_write(tpm, {1}, 1);
    EXPECT_EQ(nv_data(tpm)[0], kept ? 5 : 0);
    nv_undefine(tpm);
  }
}

TEST_F(NvLocks, ALockVoidsAShutdown) {
  define(tpm, nv_public({NvBit::ReadStClear}));
  nv_write(tpm, {1});
  ASSERT_EQ(tpm.run<Shutdown>({}, {wire::StartupType::State}).code, rc::Success);
  lock_reads();
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Value.parameter(1));
}

}  // namespace
}  // namespace vtpm::engine
