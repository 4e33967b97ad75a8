// SPDX-License-Identifier: Apache-2.0
// Part 1, 34.2.4: hybrid indices, whose values live in RAM until a shutdown.
#include "engine/commands/hierarchy.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::StartupType;
namespace rh = wire::rh;

class Hybrid : public ::testing::Test {
 protected:
  // Whether running something reaches NV.
  template <class Run>
  bool durable(Run&& run) {
    State before = tpm.state;
    run();
    return durable_change(before, tpm.state);
  }
  void count_to(uint64_t value) {
    while (nv_number(tpm) < value) ASSERT_EQ(nv_increment(tpm), rc::Success);
  }

  TestTpm tpm;
};

TEST_F(Hybrid, IsDefinedInNvAndWrittenInRam) {
  EXPECT_TRUE(durable([&] { define(tpm, nv_public({NvBit::Orderly})); }));
  EXPECT_FALSE(durable([&] { EXPECT_EQ(nv_write(tpm, {1, 2}), rc::Success); }));
  EXPECT_EQ(nv_data(tpm, 2), (Bytes{1, 2}));
  EXPECT_TRUE(nv_attributes(tpm).has(NvBit::Written));
  // What is in RAM goes with the power; the index stays.
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_FALSE(nv_attributes(tpm).has(NvBit::Written));
  EXPECT_EQ(nv_read(tpm).code, rc::NvUninitialized);
}

TEST_F(Hybrid, TheLargestIsSupported) {
  define(tpm, nv_public({NvBit::Orderly}, NvType::Ordinary, 2048));
  Bytes data(2048, 0xA5);
  EXPECT_FALSE(durable([&] { nv_write(tpm, data); }));
  restart(tpm, Restarting::Resume);
  EXPECT_EQ(nv_data(tpm, 2048), data);
}

TEST_F(Hybrid, EachTypeComesBackAsItsStartUpSays) {
  struct Type {
    NvType type;
    uint16_t size;
    std::function<Rc()> write;
  };
  const Type types[] = {
      {NvType::Ordinary, 8, [&] { return nv_write(tpm, Bytes(8, 3)); }},
      {NvType::PinFail, 8, [&] { return nv_write(tpm, Bytes(8, 3)); }},
      {NvType::PinPass, 8, [&] { return nv_write(tpm, Bytes(8, 3)); }},
      {NvType::Bits, 8,
       [&] {
         return tpm.run<NvSetBits>({rh::Owner, kIndex}, {6}).code;
       }},
      {NvType::Extend, 32,
       [&] {
         return tpm.run<NvExtend>({rh::Owner, kIndex}, {}).code;
       }},
  };
  for (const Type& type : types)
    for (bool clear : {false, true})
      for (Restarting kind : kAllRestarts) {
        SCOPED_TRACE(static_cast<int>(type.type));
        wire::NvPublic pub = nv_public({NvBit::Orderly}, type.type, type.size);
        pub.attributes.set(NvBit::ClearStClear, clear);
        ASSERT_EQ(define(tpm, pub), rc::Success);
        EXPECT_FALSE(durable([&] { EXPECT_EQ(type.write(), rc::Success); }));
        Bytes before = nv_data(tpm, type.size);
        restart(tpm, kind);
        bool kept = kind == Restarting::Resume || (kind == Restarting::Restart && !clear);
        EXPECT_EQ(nv_attributes(tpm).has(NvBit::Written), kept);
        EXPECT_EQ(nv_read(tpm, type.size).code, kept ? rc::Success : rc::NvUninitialized);
        // It begins anew from nothing.
        if (!kept) {
          EXPECT_EQ(type.write(), rc::Success);
        }
        EXPECT_EQ(nv_data(tpm, type.size), before);
        nv_undefine(tpm);
      }
}

TEST_F(Hybrid, ACounterKeepsItsCountOverEveryOrderlyStart) {
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter));
  uint64_t expected = 0;
  for (Restarting kind : {Restarting::Reset, Restarting::Restart, Restarting::Resume}) {
    for (int i = 0; i < 5; ++i) nv_increment(tpm);
    expected += 5;
    restart(tpm, kind);
    EXPECT_EQ(nv_number(tpm), expected);
  }
}

// Part 1, 34.2.6.3: the first count and each roll-over of the low bits reach NV.
TEST_F(Hybrid, ACounterReachesNvNowAndThen) {
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter));
  EXPECT_TRUE(durable([&] { nv_increment(tpm); }));
  EXPECT_FALSE(durable([&] { nv_increment(tpm); }));
  count_to(kMaximumOrderlyCount);
  EXPECT_TRUE(durable([&] { nv_increment(tpm); }));
  EXPECT_EQ(nv_number(tpm), kMaximumOrderlyCount + 1);
  EXPECT_FALSE(durable([&] { nv_increment(tpm); }));
}

TEST_F(Hybrid, ACounterIsAdvancedAfterADisorderlyShutdown) {
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter));
  for (int i = 0; i < 5; ++i) nv_increment(tpm);
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_number(tpm), 255u);
  // Not further before it counts.
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_number(tpm), 255u);
  EXPECT_TRUE(durable([&] { nv_increment(tpm); }));
  EXPECT_EQ(nv_number(tpm), 256u);
  nv_increment(tpm);
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_number(tpm), 511u);
  // An orderly shutdown makes it exact again.
  nv_increment(tpm);
  nv_increment(tpm);
  restart(tpm, Restarting::Reset);
  EXPECT_EQ(nv_number(tpm), 513u);
}

// Whenever the power fails, no value is seen twice and none is lower than one before.
TEST_F(Hybrid, ACounterNeverGoesBack) {
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter));
  uint64_t last = 0, random = 1;
  for (int i = 0; i < 3000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    unsigned choice = static_cast<unsigned>(random >> 40) % 100;
    if (choice < 95) {
      ASSERT_EQ(nv_increment(tpm), rc::Success);
      uint64_t now = nv_number(tpm);
      ASSERT_EQ(now, last + 1);
      last = now;
    } else if (choice < 96) {
      ASSERT_EQ(nv_undefine(tpm), rc::Success);
      define(tpm, nv_public({NvBit::Orderly}, NvType::Counter));
      ASSERT_EQ(nv_increment(tpm), rc::Success);
      ASSERT_EQ(nv_number(tpm), last + 1);
      ++last;
    } else {
      restart(tpm, kAllRestarts[choice - 96]);
      uint64_t now = nv_number(tpm);
      if (kAllRestarts[choice - 96] == Restarting::DisorderlyReset) {
        ASSERT_GE(now, last);
      } else {
        ASSERT_EQ(now, last);
      }
      last = now;
    }
  }
}

TEST_F(Hybrid, AnUnusedCounterStaysUnused) {
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter));
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_read(tpm).code, rc::NvUninitialized);
  nv_increment(tpm);
  EXPECT_EQ(nv_number(tpm), 1u);
}

// What is in RAM counts when it is deleted.
TEST_F(Hybrid, ADeletedCounterIsRemembered) {
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter));
  for (int i = 0; i < 20; ++i) nv_increment(tpm);
  ASSERT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  restart(tpm, Restarting::DisorderlyReset);
  define(tpm, nv_public({}, NvType::Counter));
  nv_increment(tpm);
  EXPECT_EQ(nv_number(tpm), 21u);
}

// Power must not undo the lock of a counter that holds for ever.
TEST_F(Hybrid, ALockForEverReachesNv) {
  define(tpm, nv_public({NvBit::Orderly, NvBit::WriteDefine}, NvType::Counter));
  for (int i = 0; i < 3; ++i) nv_increment(tpm);
  EXPECT_TRUE(durable([&] {
    EXPECT_EQ(tpm.run<NvWriteLock>({rh::Owner, kIndex}, {}).code, rc::Success);
  }));
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_increment(tpm), rc::NvLocked);
}

TEST_F(Hybrid, ItsReadLockIsKeptByAResumeOnly) {
  for (Restarting kind : kAllRestarts) {
    define(tpm, nv_public({NvBit::Orderly, NvBit::ReadStClear}));
    nv_write(tpm, {1});
    tpm.run<NvReadLock>({rh::Owner, kIndex}, {});
    restart(tpm, kind);
    EXPECT_EQ(nv_attributes(tpm).has(NvBit::ReadLocked), kind == Restarting::Resume);
    nv_undefine(tpm);
  }
}

TEST_F(Hybrid, AWriteAfterAShutdownVoidsIt) {
  define(tpm, nv_public({NvBit::Orderly}));
  nv_write(tpm, {1});
  EXPECT_TRUE(durable([&] { tpm.run<Shutdown>({}, {StartupType::State}); }));
  nv_write(tpm, {2});
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Value.parameter(1));
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(nv_read(tpm).code, rc::NvUninitialized);
}

TEST_F(Hybrid, AShutdownWritesOnlyWhatHasChanged) {
  define(tpm, nv_public({NvBit::Orderly}));
  nv_write(tpm, {1});
  tpm.run<Shutdown>({}, {StartupType::State});
  NvIndexPtr stored = find_index(tpm.state, kIndex);
  tpm.run<Shutdown>({}, {StartupType::State});
  EXPECT_EQ(find_index(tpm.state, kIndex), stored);
  // The TPM goes on as if nothing had been.
  EXPECT_EQ(nv_data(tpm, 1), Bytes{1});
}

}  // namespace
}  // namespace vtpm::engine
