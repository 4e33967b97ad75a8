// SPDX-License-Identifier: Apache-2.0
#include "device/vtpm/inspect.h"

#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "device/operator_error.h"
#include "device/store/store.h"
#include "tests/device/store/store_testing.h"
#include "tests/device/temporary_directory.h"

namespace vtpm::device {
namespace {

constexpr char kSecret[] = "TOPSECRET";

TEST(Inspect, ARunningTpmIsShownWithoutItsSecrets) {
  TemporaryDirectory base;
  Store store(base.path());
  store.replace({make_section("HIER", text_bytes(kSecret))});
  store.append({make_section("CLCK", 8, 1)});
  auto found = inspect(base.path());
  EXPECT_EQ(found.health, Inspection::Health::Good);
  EXPECT_EQ(found.used_by, "process " + std::to_string(::getpid()));
  EXPECT_EQ(found.changes, 2u);
  ASSERT_EQ(found.sections.size(), 2u);
  EXPECT_EQ(found.sections[0].tag, "HIER");
  EXPECT_EQ(found.sections[0].size, 9u);
  EXPECT_EQ(found.sections[0].version, 3);
  for (const auto& text : {to_text(found), to_json(found)}) {
    EXPECT_NE(text.find("CLCK"), std::string::npos);
    EXPECT_EQ(text.find(kSecret), std::string::npos);
  }
  auto json = nlohmann::json::parse(to_json(found));
  EXPECT_EQ(json["profile"], "usual");
  EXPECT_EQ(json["health"], "good");
  EXPECT_EQ(json["sections"][1]["size"], 8);
}

TEST(Inspect, TheProfileIsShown) {
  TemporaryDirectory base;
  auto shown = [&](uint8_t sha1) {
    Section section = make_section("PROF", Bytes{sha1, 0, 0});
    section.version = section.minimum_version = 1;
    Store(base.path()).replace({section});
    return to_text(inspect(base.path()));
  };
  EXPECT_NE(shown(0).find("profile       no-sha1\n"), std::string::npos);
  EXPECT_NE(shown(2).find("profile       not readable\n"), std::string::npos);
}

TEST(Inspect, NothingIsChanged) {
  TemporaryDirectory base;
  { Store(base.path()).replace({make_section("HIER", 9, 1)}); }
  auto torn = read_file(base / "state");
  append(torn, encode_log_record(2, {make_section("HIER", 9, 2)}).view().first(20));
  write_file(base / "state", torn);
  auto found = inspect(base.path());
  EXPECT_EQ(found.health, Inspection::Health::Torn);
  EXPECT_EQ(found.torn_size, 20u);
  EXPECT_FALSE(found.used_by);
  EXPECT_EQ(read_file(base / "state"), torn);
}

TEST(Inspect, DamageIsReported) {
  TemporaryDirectory base;
  { Store(base.path()).replace({make_section("HIER", 9, 1)}); }
  auto bytes = read_file(base / "state");
  bytes.back() ^= 1;
  write_file(base / "state", bytes);
  auto found = inspect(base.path());
  EXPECT_EQ(found.health, Inspection::Health::Damaged);
  EXPECT_NE(to_text(found).find("damaged"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(to_json(found))["health"], "damaged");
}

TEST(Inspect, AnEmptyDirectoryHoldsNoTpm) {
  TemporaryDirectory base;
  EXPECT_EQ(inspect(base.path()).health, Inspection::Health::Missing);
  EXPECT_THROW(inspect(base / "none"), OperatorError);
}

}  // namespace
}  // namespace vtpm::device
