// SPDX-License-Identifier: Apache-2.0
// Every sequence of TPM2_Shutdown, loss of power, H-CRTM and TPM2_Startup: which are refused, and
// with what PCR[0] the others begin (Part 3, 9.3 and 9.4; Part 1, 9.2.3 and 31.3).
#include "engine/commands/pcr.h"
#include "engine/commands/startup.h"
#include "tests/engine/client_session.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::StartupType;

struct Start {
  bool hcrtm = false;
  uint8_t locality = 0;
};
struct Sequence {
  std::optional<StartupType> shutdown;  // none: power fails without one
  bool power = true;                    // whether it is lost at all
  StartupType startup = StartupType::Clear;
  Start first, second;
};

const Bytes kFirstCode = {1}, kSecondCode = {2};

Rc start_once(TestTpm& tpm, const Start& start, StartupType type, const Bytes& code) {
  if (start.hcrtm) tpm.state = hash_end(hash_data(hash_start(tpm.state, tpm.ports), code));
  tpm.locality = start.locality;
  Rc result = tpm.run<Startup>({}, {type}).code;
  tpm.locality = 0;
  return result;
}

Bytes pcr_of(TestTpm& tpm, unsigned pcr) {
  auto answer = tpm.run<PcrRead>({}, {{{{.hash = {AlgId::Sha256}, .mask = 1u << pcr}}}});
  EXPECT_EQ(answer.reply.values.items.size(), 1u);
  return answer.reply.values.items.empty() ? Bytes() : to_bytes(answer.reply.values.items[0]);
}

Rc expected_code(const Sequence& sequence) {
  if (!sequence.power) return rc::Initialize;
  if (sequence.second.locality != 0 && sequence.second.locality != 3) return rc::Locality;
  if (sequence.startup == StartupType::Clear) return rc::Success;
  if (sequence.shutdown != StartupType::State) return rc::Value.parameter(1);
  if (sequence.first.hcrtm != sequence.second.hcrtm) return rc::Locality;
  bool same = sequence.second.hcrtm || sequence.first.locality == sequence.second.locality;
  return same ? rc::Success : rc::Locality;
}

Bytes first_pcr0(const Start& start, const Bytes& code) {
  Bytes value(32);
  value.back() = start.hcrtm ? 4 : start.locality;
  return start.hcrtm ? formula::hash(AlgId::Sha256, {value, formula::hash(AlgId::Sha256, {code})})
                     : value;
}

void expect_sequence(const Sequence& sequence) {
  TestTpm tpm(false);
  ASSERT_EQ(start_once(tpm, sequence.first, StartupType::Clear, kFirstCode), rc::Success);
  EXPECT_EQ(pcr_of(tpm, 0), first_pcr0(sequence.first, kFirstCode));
  tpm.run<PcrEvent>({0}, {wire::Event(Bytes{7})});
  Bytes measured = pcr_of(tpm, 0);
  if (sequence.shutdown) {
    ASSERT_EQ(tpm.run<Shutdown>({}, {*sequence.shutdown}).code, rc::Success);
  }
  if (sequence.power) tpm.power_cycle();
  bool hcrtm = sequence.second.hcrtm && sequence.power;  // otherwise it were a D-RTM
  Start second{.hcrtm = hcrtm, .locality = sequence.second.locality};
  Rc code = start_once(tpm, second, sequence.startup, kSecondCode);
  ASSERT_EQ(code, expected_code(sequence));
  if (code == rc::Success) {
    bool resumed = sequence.startup == StartupType::State;
    EXPECT_EQ(pcr_of(tpm, 0), resumed ? measured : first_pcr0(second, kSecondCode));
    EXPECT_EQ(tpm.run<Startup>({}, {sequence.startup}).code, rc::Initialize);
  } else if (sequence.power) {
    // A start that was refused leaves the way to another.
    EXPECT_EQ(tpm.run<PcrReset>({23}, {}).code, rc::Initialize);
    EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code, rc::Success);
  }
}

TEST(StartupSequences, EachEndsAsTheTableSays) {
  constexpr std::optional<StartupType> kShutdowns[] = {std::nullopt, StartupType::Clear,
                                                       StartupType::State};
  for (auto shutdown : kShutdowns)
    for (StartupType startup : {StartupType::Clear, StartupType::State})
      for (bool power : {true, false})
        for (bool first_hcrtm : {false, true})
          for (uint8_t first : {uint8_t{0}, uint8_t{3}})
            for (bool second_hcrtm : {false, true})
              for (int second : {0, 1, 2, 3, 4, 5, 32, 255}) {
                SCOPED_TRACE(::testing::Message()
                             << (shutdown ? static_cast<int>(*shutdown) : -1) << " then "
                             << static_cast<int>(startup) << ", power " << power << ", H-CRTM "
                             << first_hcrtm << second_hcrtm << ", localities " << int{first} << ' '
                             << second);
                expect_sequence({shutdown,
                                 power,
                                 startup,
                                 {first_hcrtm, first},
                                 {second_hcrtm, static_cast<uint8_t>(second)}});
              }
}

TEST(StartupSequences, ARefusedResumeCanBeTriedAgainAsItMustBe) {
  TestTpm tpm;
  ASSERT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
  tpm.power_cycle();
  EXPECT_EQ(start_once(tpm, {.locality = 3}, StartupType::State, {}), rc::Locality);
  EXPECT_EQ(start_once(tpm, {}, StartupType::State, {}), rc::Success);
}

TEST(StartupSequences, ManyLossesOfPowerBeforeStartupAreOne) {
  TestTpm tpm;
  ASSERT_EQ(tpm.run<Shutdown>({}, {StartupType::State}).code, rc::Success);
  for (int i = 0; i < 3; ++i) tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Success);
  // What was preserved serves one resume.
  tpm.power_cycle();
  EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code, rc::Value.parameter(1));
}

TEST(StartupSequences, TheLastShutdownCounts) {
  for (StartupType last : {StartupType::Clear, StartupType::State}) {
    TestTpm tpm;
    for (StartupType type : {StartupType::State, StartupType::Clear, last})
      ASSERT_EQ(tpm.run<Shutdown>({}, {type}).code, rc::Success);
    tpm.power_cycle();
    EXPECT_EQ(tpm.run<Startup>({}, {StartupType::State}).code,
              last == StartupType::State ? rc::Success : rc::Value.parameter(1));
  }
}

}  // namespace
}  // namespace vtpm::engine
