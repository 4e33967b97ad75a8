// SPDX-License-Identifier: Apache-2.0
#include "device/store/store.h"

#include <algorithm>
#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "device/operator_error.h"
#include "device/store/crc32c.h"
#include "tests/device/store/scripted_files.h"
#include "tests/device/store/store_testing.h"
#include "tests/device/temporary_directory.h"

namespace vtpm::device {
namespace {

std::string refusal(const std::string& path) {
  try {
    Store store(path);
  } catch (const OperatorError& error) {
    return error.what();
  }
  return {};
}

void expect_refused(const std::string& path, const std::string& because) {
  auto line = refusal(path);
  EXPECT_NE(line.find(because), std::string::npos) << line;
  EXPECT_NE(line.find(path), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

void make_tpm(const std::string& path) {
  Store store(path);
  store.replace({make_section("AAAA", 40, 1), make_section("BBBB", 9, 2)});
}

TEST(Store, ANewDirectoryIsMadeForItsOwnerOnlyAndIsFresh) {
  TemporaryDirectory base;
  auto path = base / "tpm";
  Store store(path);
  EXPECT_TRUE(store.fresh());
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0700));
  store.replace({make_section("AAAA", 4, 1)});
  EXPECT_FALSE(store.fresh());
  EXPECT_EQ(std::filesystem::status(path + "/state").permissions(), std::filesystem::perms(0600));
}

TEST(Store, ChangesAreThereAfterAReopening) {
  TemporaryDirectory base;
  make_tpm(base.path());
  Image expected;
  for (int round = 0; round < 5; ++round) {
    Store store(base.path());
    store.append({make_section("BBBB", 20, static_cast<uint8_t>(round))});
    store.append({make_section("CCCC", 3, static_cast<uint8_t>(round))});
    expected = image(store.sections());
  }
  Store store(base.path());
  EXPECT_EQ(image(store.sections()), expected);
  EXPECT_EQ(expected.at(section_tag("BBBB")), Bytes(20, 4));
  EXPECT_EQ(expected.at(section_tag("AAAA")), Bytes(40, 1));
}

TEST(Store, TheFileIsRewrittenWhenItHasGrown) {
  TemporaryDirectory base;
  make_tpm(base.path());
  Files files;
  {
    Store store(base.path(), files, {.compact_above = 2000});
    for (int i = 0; i < 200; ++i) {
      store.append({make_section("BBBB", 100, static_cast<uint8_t>(i))});
      EXPECT_LT(std::filesystem::file_size(base / "state"), 2200u);
    }
  }
  Store store(base.path());
  EXPECT_EQ(image(store.sections()).at(section_tag("BBBB")), Bytes(100, 199));
  EXPECT_FALSE(std::filesystem::exists(base / "state.new"));
}

TEST(Store, ASecondProcessIsRefusedByName) {
  TemporaryDirectory base;
  Store store(base.path());
  expect_refused(base.path(), "in use by process " + std::to_string(::getpid()));
}

TEST(Store, TheLockGoesWithItsHolder) {
  TemporaryDirectory base;
  make_tpm(base.path());
  EXPECT_EQ(refusal(base.path()), "");
}

TEST(Store, DamageIsRefusedAndNothingIsTouched) {
  TemporaryDirectory base;
  make_tpm(base.path());
  auto good = read_file(base / "state");
  auto refuse = [&](Bytes bytes, const std::string& because) {
    write_file(base / "state", bytes);
    expect_refused(base.path(), because);
    EXPECT_EQ(read_file(base / "state"), bytes);
  };
  refuse({}, "is empty");
  refuse(Bytes(good.begin(), good.begin() + 10), "ends inside its header");
  refuse(Bytes(good.begin(), good.end() - 1), "is cut short");
  auto flipped = good;
  flipped[70] ^= 4;
  refuse(flipped, "is damaged");
  auto future = good;
  future[11] = 9;
  store_be<uint32_t>(MutableByteView(future).subspan(20), crc32c({ByteView(future).first(20)}));
  refuse(future, "format version 9");
}

TEST(Store, AVanishedStateFileIsNotReplacedByAFreshTpm) {
  TemporaryDirectory base;
  make_tpm(base.path());
  std::filesystem::remove(base / "state");
  expect_refused(base.path(), "is missing");
}

TEST(Store, ADirectoryOfSomethingElseIsRefused) {
  TemporaryDirectory base;
  write_file(base / "tpm2-00.permall", text_bytes("x"));
  expect_refused(base.path(), "tpm2-00.permall");
}

TEST(Store, ADirectoryOfSocketsIsEmpty) {
  TemporaryDirectory base;
  ASSERT_EQ(::mknod((base / "control").c_str(), S_IFSOCK | 0600, 0), 0);
  EXPECT_TRUE(Store(base.path()).fresh());
}

TEST(Store, WhatIsNoDirectoryIsRefused) {
  TemporaryDirectory base;
  write_file(base / "file", text_bytes("x"));
  expect_refused(base / "file", "is not a directory");
  expect_refused(base / "no/such/parent", "cannot create");
}

TEST(Store, AnUnwritableDirectoryIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  TemporaryDirectory base;
  std::filesystem::permissions(base.path(), std::filesystem::perms(0500));
  expect_refused(base.path(), "cannot write");
}

TEST(Store, ATornAppendIsDroppedAndTheNextOneWorks) {
  TemporaryDirectory base;
  make_tpm(base.path());
  auto good = read_file(base / "state");
  auto record = encode_log_record(2, {make_section("BBBB", 500, 7)});
  for (size_t size = 1; size < record.size(); size += 13) {
    auto torn = good;
    append(torn, record.view().first(size));
    write_file(base / "state", torn);
    {
      Store store(base.path());
      EXPECT_EQ(store.dropped_size(), size);
      EXPECT_EQ(image(store.sections()).at(section_tag("BBBB")), Bytes(9, 2));
      store.append({make_section("BBBB", 5, 8)});
    }
    Store again(base.path());
    EXPECT_EQ(again.dropped_size(), 0u);
    EXPECT_EQ(image(again.sections()).at(section_tag("BBBB")), Bytes(5, 8));
  }
}

// Runs changes until a crash or to the end; what was acknowledged, and what was under way.
struct Progress {
  Image acknowledged;
  Image attempted;
  bool crashed = false;
};

Progress change_until_crash(const std::string& path, Files& files, int changes) {
  Progress progress;
  try {
    Store store(path, files, {.compact_above = 600});
    progress.acknowledged = progress.attempted = image(store.sections());
    for (int i = 0; i < changes; ++i) {
      std::vector<Section> change = {make_section("BBBB", 60, static_cast<uint8_t>(i)),
                                     make_section("CCCC", 5, static_cast<uint8_t>(i))};
      for (const auto& [tag, bytes] : image(change)) progress.attempted[tag] = bytes;
      if (store.fresh())
        store.replace(change);
      else
        store.append(change);
      progress.acknowledged = progress.attempted;
    }
  } catch (const Crash&) {
    progress.crashed = true;
  }
  return progress;
}

TEST(Store, ACrashAtAnyOperationLosesNothingAcknowledged) {
  for (int budget = 0;; ++budget) {
    TemporaryDirectory base;
    ScriptedFiles files;
    files.schedule(budget, ScriptedFiles::Then::Crash);
    auto progress = change_until_crash(base.path(), files, 20);
    if (!progress.crashed) break;
    Store store(base.path());
    auto found = image(store.sections());
    EXPECT_TRUE(found == progress.acknowledged || found == progress.attempted)
        << "after " << budget << " operations";
  }
}

TEST(Store, APowerFailureAtAnyOperationLosesNothingAcknowledged) {
  std::mt19937 random(20240229);
  for (int round = 0; round < 12; ++round) {
    for (int budget = 0;; ++budget) {
      TemporaryDirectory base, after;
      PowerFiles files(base.path());
      files.schedule(budget, ScriptedFiles::Then::Crash);
      auto progress = change_until_crash(base.path(), files, 14);
      if (!progress.crashed) break;
      files.fail_power(after.path(), random);
      Store store(after.path());
      auto found = image(store.sections());
      ASSERT_TRUE(found == progress.acknowledged || found == progress.attempted)
          << "round " << round << " after " << budget << " operations";
    }
  }
}

TEST(Store, ARefusedChangeIsNotStoredAndLaterOnesAre) {
  for (int failures : {1, 2, 5}) {
    for (int budget = 1; budget < 60; ++budget) {
      TemporaryDirectory base;
      make_tpm(base.path());
      ScriptedFiles files;
      Image accepted;
      std::vector<Image> refused;  // since the last one that was accepted
      {
        Store store(base.path(), files, {.compact_above = 600});
        files.schedule(budget, ScriptedFiles::Then::Fail, failures);
        accepted = image(store.sections());
        for (int i = 0; i < 20; ++i) {
          auto change = make_section("BBBB", 60, static_cast<uint8_t>(i));
          auto next = accepted;
          next[change.tag] = to_bytes(change.payload.view());
          try {
            store.append({change});
            accepted = next;
            refused.clear();
          } catch (const StoreError& error) {
            EXPECT_NE(std::string(error.what()).find(base.path()), std::string::npos);
            refused.push_back(next);
          }
          EXPECT_EQ(image(store.sections()), accepted);
        }
      }
      Store again(base.path());
      auto found = image(again.sections());
      // A disk that also fails to take a refused change back may keep it.
      bool kept = std::find(refused.begin(), refused.end(), found) != refused.end();
      EXPECT_TRUE(found == accepted || (failures > 1 && kept)) << budget << " " << failures;
    }
  }
}

TEST(Store, ReplacingPutsAnotherTpmInPlace) {
  TemporaryDirectory base;
  make_tpm(base.path());
  {
    Store store(base.path());
    store.replace({make_section("ZZZZ", 2, 9)});
  }
  Store store(base.path());
  EXPECT_EQ(image(store.sections()), (Image{{section_tag("ZZZZ"), Bytes(2, 9)}}));
}

}  // namespace
}  // namespace vtpm::device
