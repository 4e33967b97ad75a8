// SPDX-License-Identifier: Apache-2.0
// Saving and loading: each section by itself, a TPM that is carried elsewhere while it runs, and
// the examples in tests/vectors/state/ of what earlier versions have written.
#include "engine/saved_state.h"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/mac.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "engine/commands/signing.h"
#include "engine/commands/startup.h"
#include "tests/engine/client_session.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
using wire::SessionType;
namespace rh = wire::rh;

std::string name_of_tag(uint32_t tag) {
  std::string name(4, ' ');
  for (unsigned i = 0; i < 4; ++i) name[i] = static_cast<char>(tag >> (24 - 8 * i));
  return name;
}

std::vector<std::string> names(const std::vector<Section>& sections) {
  std::vector<std::string> result;
  for (const Section& section : sections) result.push_back(name_of_tag(section.tag));
  return result;
}

Section with_payload(Section section, ByteView payload) {
  section.payload = SharedSecret(Secret(payload));
  return section;
}

// A TPM in which no part is as it was made.
class Busy : public ::testing::Test {
 protected:
  Busy() {
    Made key = create_primary(tpm, rh::Owner, ecc_storage());
    create_primary(tpm, rh::Endorsement, rsa_storage(), {1, 2});
    create_primary(tpm, rh::Null, sealed_data({ObjectBit::UserWithAuth}), {7}, {1, 2, 3});
    auto only_public = tpm.run<LoadExternal>({}, {.in_public = key.pub, .hierarchy = {rh::Owner}});
    EXPECT_EQ(only_public.code, rc::Success);
    EXPECT_EQ(
        tpm.run<EvictControl>({rh::Owner, key.handle}, {.persistent_handle = {0x81000001}}).code,
        rc::Success);
    tpm.run<HashSequenceStart>({}, {.auth = wire::Auth(ByteView(Bytes{1})), .hash = {AlgId::Sha1}});
    tpm.run<HashSequenceStart>({}, {.hash = {AlgId::Null}});
    Made mac = create_primary(tpm, rh::Platform, hmac_key());
    EXPECT_EQ(tpm.run<MacStart>({mac.handle}, {.scheme = {AlgId::Null}}).code, rc::Success);
    tpm.run<PcrEvent>({7}, {wire::Event(Bytes{1})});

    start_session(tpm, {.type = SessionType::Trial, .hash = AlgId::Sha1});
    ClientSession bound = start_session(
        tpm, {.hash = AlgId::Sha512, .symmetric = xor_with(AlgId::Sha256), .bind = rh::Lockout});
    ClientSession policy =
        start_session(tpm, {.type = SessionType::Policy, .symmetric = aes_cfb(256)});
    tpm.run<PolicyPcr>({policy.handle}, {});
    tpm.run<PolicyLocality>({policy.handle}, {{3}});
    tpm.run<PolicyCommandCode>({policy.handle}, {wire::CommandCode::Unseal});
    tpm.run<PolicyAuthValue>({policy.handle}, {});
    ClientSession saved = start_session(tpm, {.type = SessionType::Policy});
    tpm.run<ContextSave>({saved.handle}, {});

    wire::Digest digest{crypto::Digest(32, 5).view()};
    tpm.run<SetPrimaryPolicy>({rh::Owner}, {digest, {AlgId::Sha256}});
    tpm.run<HierarchyChangeAuth>({rh::Platform}, {wire::Auth(ByteView(Bytes{5}))});
    tpm.run<Unseal>({0x80000002}, {}, {{9}});
    tpm.clock.now += 5000;
    tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::CoarseFaster});
    tpm.run<Shutdown>({}, {wire::StartupType::State});
    ClientSession audit = start_session(tpm);
    run_with<GetRandom>(tpm, {}, {8}, {{.session = &audit, .attributes = kContinue | kAudit}});
    tpm.clock.now += 777;
  }

  std::vector<Section> everything() { return save_all(tpm.state, tpm.clock); }
  std::string refusal(const std::vector<Section>& sections) {
    auto loaded = load(sections, tpm.clock);
    return loaded ? "" : loaded.error().reason;
  }

  TestTpm tpm;
};

TEST_F(Busy, WhatThereIsToBeSaved) {
  EXPECT_EQ(names(save(tpm.state, nullptr)),
            (std::vector<std::string>{"HIER", "PCRA", "OBJS", "DICT", "CLCK", "AUDT", "ORDL"}));
  EXPECT_EQ(names(everything()), (std::vector<std::string>{
                                     "HIER", "PCRA", "OBJS", "DICT", "CLCK", "AUDT", "ORDL", "LIFE",
                                     "PLAT", "PCRS", "TRAN", "SESS", "TIME", "DATM", "CMIT"}));
}

TEST_F(Busy, EverySectionComesBackToTheByte) {
  auto sections = everything();
  auto loaded = load(sections, tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  auto again = save_all(*loaded, tpm.clock);
  ASSERT_EQ(names(again), names(sections));
  for (size_t i = 0; i < sections.size(); ++i)
    EXPECT_EQ(hex(again[i].payload.view()), hex(sections[i].payload.view()))
        << name_of_tag(sections[i].tag);
}

TEST_F(Busy, DurableSectionsAloneMakeATpmWithoutPower) {
  auto loaded = load(save(tpm.state, nullptr), tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  EXPECT_EQ(loaded->lifecycle->mode, Mode::Off);
  State expected = power_on(tpm.state, tpm.ports);
  tpm.state = power_on(*loaded, tpm.ports);
  EXPECT_EQ(tpm.run<Startup>({}, {wire::StartupType::State}).code, rc::Success);
  EXPECT_EQ(tpm.run<ReadPublic>({0x81000001}, {}).code, rc::Success);
  EXPECT_EQ(tpm.state.platform->platform.auth.size(), 1u);
}

TEST_F(Busy, OnlyChangedSectionsAreSaved) {
  State before = tpm.state;
  EXPECT_TRUE(save(tpm.state, &before).empty());
  tpm.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(Bytes{5}))});
  EXPECT_TRUE(durable_change(before, tpm.state));
  // A change after a shutdown voids it.
  EXPECT_EQ(names(save(tpm.state, &before)), (std::vector<std::string>{"HIER", "CLCK"}));
}

TEST_F(Busy, AMissingSectionIsNamed) {
  auto sections = everything();
  for (size_t i = 0; i < sections.size(); ++i) {
    auto fewer = sections;
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_EQ(refusal(fewer), "section " + name_of_tag(sections[i].tag) + " is missing");
  }
  EXPECT_EQ(refusal({}), "section HIER is missing");
}

TEST_F(Busy, ASectionFromTheFutureIsRefusedUnlessItCanBeRead) {
  auto sections = everything();
  for (Section& section : sections) {
    Section original = section;
    std::string name = name_of_tag(section.tag);
    section.version = section.minimum_version = 0xFFFF;
    EXPECT_EQ(
        refusal(sections),
        "section " + name + " was written by a newer version of vhost-user-tpm; use that one");
    // Fields appended by a version that this one can still read.
    Bytes longer = to_bytes(original.payload.view());
    append(longer, Bytes{1, 2, 3});
    section = with_payload(original, longer);
    section.version = static_cast<uint16_t>(original.version + 1);
    EXPECT_EQ(refusal(sections), "") << name;
    section.version = original.version;
    EXPECT_EQ(refusal(sections),
              "section " + name + " does not have the form that its version has");
    section = original;
  }
  sections.push_back({.tag = section_tag("NEXT"), .payload = {}});
  EXPECT_EQ(refusal(sections),
            "section NEXT was written by a newer version of vhost-user-tpm; use that one");
}

TEST_F(Busy, ATruncatedSectionIsRefused) {
  auto sections = everything();
  for (Section& section : sections) {
    Section original = section;
    size_t size = original.payload.size();
    for (size_t cut = 0; cut < size; cut += 1 + cut / 8) {
      section = with_payload(original, original.payload.view().first(cut));
      EXPECT_EQ(refusal(sections), "section " + name_of_tag(section.tag) +
                                       " does not have the form that its version has")
          << cut << " of " << size;
    }
    section = original;
  }
}

// Whatever a file says, it is refused or makes a TPM that answers.
TEST_F(Busy, DamagedSectionsDoNoHarm) {
  auto sections = everything();
  std::mt19937_64 random(14);
  unsigned accepted = 0;
  for (int round = 0; round < 1500; ++round) {
    auto damaged = sections;
    Section& section = damaged[random() % damaged.size()];
    Bytes bytes = to_bytes(section.payload.view());
    for (size_t count = 1 + random() % 3; count > 0; --count)
      bytes[random() % bytes.size()] =
          static_cast<uint8_t>(random() % 2 ? random() : (random() % 2 ? 0 : 0xFF));
    section = with_payload(section, bytes);
    auto loaded = load(damaged, tpm.clock);
    if (!loaded) continue;
    ++accepted;
    TestTpm other(false);
    other.state = *loaded;
    for (Handle handle = 0x80000000; handle < 0x80000008; ++handle)
      other.run<ReadPublic>({handle}, {});
    other.run<Unseal>({0x80000002}, {}, {{7}});
    other.run<Sign>({0x80000001}, {});
    other.run<SequenceUpdate>({0x80000005}, {}, {{1}});
    other.run<PolicyGetDigest>({0x03000002}, {});
    other.run<ReadClock>({}, {});
    other.power_cycle();
    other.run<Startup>({}, {wire::StartupType::Clear});
  }
  EXPECT_GT(accepted, 100u);
}

TEST(SavedState, AHardwareEventSequenceGoesOn) {
  TestTpm one(false), two(false);
  for (TestTpm* tpm : {&one, &two}) {
    tpm->state = hash_start(tpm->state, tpm->ports);
    tpm->state = hash_data(tpm->state, Bytes{1, 2, 3});
  }
  auto loaded = load(save_all(two.state, two.clock), two.clock);
  ASSERT_TRUE(loaded);
  two.state = *loaded;
  for (TestTpm* tpm : {&one, &two}) {
    tpm->state = hash_data(tpm->state, Bytes{4});
    tpm->state = hash_end(tpm->state);
    tpm->run<Startup>({}, {wire::StartupType::Clear});
  }
  EXPECT_EQ(one.state.pcrs->values, two.state.pcrs->values);
}

TEST(SavedState, FailureModeIsCarriedWithItsReason) {
  TestTpm tpm;
  tpm.ports.self_test = [](crypto::SelfTest) noexcept { return false; };
  tpm.run<GetRandom>({}, {8});
  ASSERT_EQ(tpm.state.lifecycle->mode, Mode::Failure);
  auto loaded = load(save_all(tpm.state, tpm.clock), tpm.clock);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->lifecycle->mode, Mode::Failure);
  EXPECT_EQ(loaded->lifecycle->fault, tpm.state.lifecycle->fault);
}

// ---- A TPM carried elsewhere between commands answers as the one that stayed.

// Does what programs do, chosen by a fixed seed.
class Program {
 public:
  Program(TestTpm& tpm, uint64_t seed) : tpm_(tpm), random_(seed) {}

  void step() {
    using Action = void (Program::*)();
    static constexpr Action kActions[] = {
        &Program::start_one,     &Program::use_one,     &Program::use_one, &Program::assert_one,
        &Program::flush_session, &Program::make,        &Program::make,    &Program::unseal,
        &Program::unseal,        &Program::swap_object, &Program::flush,   &Program::sequence,
        &Program::sequence,      &Program::measure,     &Program::evict,   &Program::configure,
        &Program::swap_session,  &Program::read_clock,  &Program::tick,    &Program::change_auth,
    };
    (this->*kActions[pick(std::size(kActions))])();
    if (pick(3) == 0) tpm_.clock.now += pick(30000);
  }

 private:
  size_t pick(size_t below) { return static_cast<size_t>(random_() % below); }

  void start_one() {
    if (sessions_.size() >= 6) return;
    static const AlgId kHash[] = {AlgId::Sha1, AlgId::Sha256, AlgId::Sha384, AlgId::Sha512};
    SessionOptions options{.type = pick(2) ? SessionType::Hmac : SessionType::Policy,
                           .hash = kHash[pick(4)],
                           .symmetric = pick(2) ? aes_cfb(128) : xor_with(AlgId::Sha256)};
    if (pick(2)) {
      options.bind = rh::Endorsement;
      options.bind_auth = endorsement_;
    }
    sessions_.push_back(start_session(tpm_, options));
  }
  void use_one() {
    if (sessions_.empty()) return;
    ClientSession& session = sessions_[pick(sessions_.size())];
    Use use{.session = &session, .attributes = kContinue | kEncrypt};
    if (!session.policy && pick(2)) use.attributes |= kAudit;
    EXPECT_EQ(run_with<GetRandom>(tpm_, {}, {static_cast<uint16_t>(pick(40))}, {use}).code,
              rc::Success);
  }
  void assert_one() {
    for (ClientSession& session : sessions_) {
      if (!session.policy) continue;
      switch (pick(4)) {
        case 0:
          tpm_.run<PolicyPcr>({session.handle}, {});
          break;
        case 1:
          tpm_.run<PolicyLocality>({session.handle}, {{static_cast<uint8_t>(1 + pick(7))}});
          break;
        case 2:
          tpm_.run<PolicyCommandCode>({session.handle}, {wire::CommandCode::Unseal});
          break;
        case 3:
          tpm_.run<PolicyRestart>({session.handle}, {});
          break;
      }
      tpm_.run<PolicyGetDigest>({session.handle}, {});
      if (pick(2)) return;
    }
  }
  void flush_session() {
    if (sessions_.empty()) return;
    size_t at = pick(sessions_.size());
    tpm_.run<FlushContext>({}, {.flush_handle = {sessions_[at].handle}});
    sessions_.erase(sessions_.begin() + static_cast<ptrdiff_t>(at));
  }
  void make() {
    if (objects_.size() >= 6) return;
    static const Handle kHierarchy[] = {rh::Owner, rh::Platform, rh::Null};
    Handle hierarchy = kHierarchy[pick(3)];
    switch (pick(3)) {
      case 0:
        objects_.push_back(create_primary(tpm_, hierarchy, ecc_storage()));
        break;
      case 1:
        objects_.push_back(create_primary(tpm_, hierarchy, sealed_data({ObjectBit::UserWithAuth}),
                                          {1}, {1, 2, 3}));
        break;
      case 2:
        objects_.push_back(create_primary(tpm_, hierarchy, hmac_key()));
        break;
    }
  }
  void unseal() {
    for (const Made& object : objects_) {
      Bytes auth{static_cast<uint8_t>(pick(4) == 0 ? 2 : 1)};
      if (sessions_.empty() || pick(2)) {
        tpm_.run<Unseal>({object.handle}, {}, {auth});
        continue;
      }
      ClientSession& session = sessions_[pick(sessions_.size())];
      Use use{&session, auth};
      use.attributes = kContinue | kEncrypt;
      run_with<Unseal>(tpm_, {object.handle}, {}, {use});
    }
  }
  void swap_object() {
    if (objects_.empty()) return;
    Made& object = objects_[pick(objects_.size())];
    auto saved = tpm_.run<ContextSave>({object.handle}, {});
    if (saved.code != rc::Success) return;
    tpm_.run<FlushContext>({}, {.flush_handle = {object.handle}});
    auto loaded = tpm_.run<ContextLoad>({}, {saved.reply.context});
    EXPECT_EQ(loaded.code, rc::Success);
    object.handle = loaded.reply.loaded_handle.value;
  }
  void swap_session() {
    if (parked_) {
      EXPECT_EQ(tpm_.run<ContextLoad>({}, {parked_->first}).code, rc::Success);
      sessions_.push_back(parked_->second);
      parked_.reset();
    } else if (!sessions_.empty()) {
      auto saved = tpm_.run<ContextSave>({sessions_.back().handle}, {});
      EXPECT_EQ(saved.code, rc::Success);
      parked_.emplace(saved.reply.context, sessions_.back());
      sessions_.pop_back();
    }
  }
  void flush() {
    if (objects_.empty()) return;
    size_t at = pick(objects_.size());
    tpm_.run<FlushContext>({}, {.flush_handle = {objects_[at].handle}});
    objects_.erase(objects_.begin() + static_cast<ptrdiff_t>(at));
  }
  void sequence() {
    if (sequence_ == 0) {
      static const AlgId kHash[] = {AlgId::Sha1, AlgId::Sha256, AlgId::Sha512, AlgId::Null};
      sequence_ = tpm_.run<HashSequenceStart>({}, {.hash = {kHash[pick(4)]}}).reply.sequence.value;
      return;
    }
    wire::MaxBuffer data(Bytes(pick(200), 3));
    if (pick(3)) {
      tpm_.run<SequenceUpdate>({sequence_}, {data});
      return;
    }
    if (tpm_.run<SequenceComplete>({sequence_}, {data, {rh::Owner}}).code != rc::Success) {
      EXPECT_EQ(tpm_.run<EventSequenceComplete>({8, sequence_}, {data}).code, rc::Success);
    }
    sequence_ = 0;
  }
  void measure() {
    tpm_.run<PcrEvent>({static_cast<Handle>(pick(24))}, {wire::Event(Bytes(pick(30)))});
    tpm_.run<PcrRead>({}, {{{{.hash = {AlgId::Sha256}, .mask = 0xFF}}}});
  }
  void evict() {
    if (objects_.empty()) return;
    const Made& object = objects_[pick(objects_.size())];
    Handle persistent = static_cast<Handle>(0x81000000 + pick(3));
    if (tpm_.run<EvictControl>({rh::Owner, object.handle}, {.persistent_handle = {persistent}})
            .code == rc::NvDefined)
      tpm_.run<EvictControl>({rh::Owner, persistent}, {.persistent_handle = {persistent}});
  }
  void configure() {
    switch (pick(4)) {
      case 0:
        tpm_.run<DictionaryAttackParameters>({rh::Lockout}, {5, 10, 100});
        break;
      case 1:
        tpm_.run<ClockRateAdjust>(
            {rh::Owner}, {pick(2) ? ClockAdjust::CoarseFaster : ClockAdjust::MediumSlower});
        break;
      case 2:
        tpm_.run<ClearControl>({rh::Platform}, {static_cast<uint8_t>(pick(2))});
        break;
      case 3:
        tpm_.run<Shutdown>({}, {wire::StartupType::State});
        break;
    }
  }
  void read_clock() { tpm_.run<ReadClock>({}, {}); }
  void tick() { tpm_.clock.now += pick(2000000); }
  void change_auth() {
    Bytes next(pick(5), static_cast<uint8_t>(1 + pick(9)));
    auto code = tpm_.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(next))},
                                              {endorsement_})
                    .code;
    EXPECT_EQ(code, rc::Success);
    endorsement_ = next;
  }

  TestTpm& tpm_;
  std::mt19937_64 random_;
  std::vector<ClientSession> sessions_;
  std::optional<std::pair<wire::Context, ClientSession>> parked_;
  std::vector<Made> objects_;
  Handle sequence_ = 0;
  Bytes endorsement_;
};

class CarriedElsewhere : public ::testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, CarriedElsewhere, ::testing::Range(uint64_t{1}, uint64_t{9}));

TEST_P(CarriedElsewhere, ATpmAnswersAsIfItHadStayed) {
  std::vector<Exchange> expected;
  TestTpm stays(true, GetParam());
  stays.record = &expected;
  Program program(stays, GetParam());
  for (int i = 0; i < 150; ++i) program.step();
  ASSERT_GT(expected.size(), 150u);

  TestTpm moves(true, GetParam());
  std::mt19937_64 random(GetParam());
  uint64_t at_home = moves.clock.now;  // what the clock of the one that stayed shows
  for (size_t i = 0; i < expected.size(); ++i) {
    const Exchange& exchange = expected[i];
    moves.clock.now += exchange.milliseconds - at_home;
    at_home = exchange.milliseconds;
    if (random() % 4 == 0) {
      auto sections = decode_sections(encode_sections(save_all(moves.state, moves.clock)).view());
      ASSERT_TRUE(sections);
      moves.clock.now = random() % 100000;
      auto loaded = load(*sections, moves.clock);
      ASSERT_TRUE(loaded) << loaded.error().reason;
      moves.state = *loaded;
    }
    Secret response = moves.execute(exchange.command, exchange.locality);
    ASSERT_EQ(hex(response.view()), hex(exchange.response))
        << "command " << i << ": " << hex(exchange.command);
  }
}

// ---- What earlier versions have written

struct Example {
  std::map<std::string, Bytes> values;  // by name
};

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

// Lines of "name: hexadecimal"; a line that begins with '#' says where it comes from.
Example read_example(const std::string& name) {
  std::ifstream file(std::string(VTPM_STATE_VECTORS) + "/" + name);
  EXPECT_TRUE(file) << name;
  Example example;
  for (std::string line; std::getline(file, line);) {
    size_t colon = line.find(": ");
    if (line.empty() || line[0] == '#' || colon == std::string::npos) continue;
    example.values[line.substr(0, colon)] = from_hex(line.substr(colon + 2));
  }
  return example;
}

void write_example(const std::string& path, const TestTpm& tpm, ByteView sections,
                   ByteView primary_name) {
  std::ofstream file(path);
  file << "# Written by this project's engine, version "
       << (tpm.state.hierarchies->derivation_level) << " of its key derivation.\n"
       << "sections: " << hex(sections) << "\nprimary: " << hex(primary_name) << "\n";
}

TEST_F(Busy, WritesExamplesWhenAsked) {
  const char* directory = std::getenv("VTPM_WRITE_STATE_EXAMPLES");
  if (!directory) GTEST_SKIP() << "set VTPM_WRITE_STATE_EXAMPLES to a directory";
  tpm.run<HierarchyChangeAuth>({rh::Platform}, {}, {{5}});
  Bytes name = create_primary(tpm, rh::Owner, ecc_storage()).name;
  std::string prefix = std::string(directory) + "/version_1_";
  write_example(prefix + "durable.txt", tpm, encode_sections(save(tpm.state, nullptr)).view(),
                name);
  write_example(prefix + "snapshot.txt", tpm, encode_sections(everything()).view(), name);
}

TEST(EarlierVersions, TheDurableStateOfVersion1) {
  Example example = read_example("version_1_durable.txt");
  auto sections = decode_sections(example.values["sections"]);
  ASSERT_TRUE(sections);
  TestTpm tpm(false);
  auto loaded = load(*sections, tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  tpm.state = power_on(*loaded, tpm.ports);
  ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
  EXPECT_EQ(create_primary(tpm, rh::Owner, ecc_storage()).name, example.values["primary"]);
  auto evicted = tpm.run<ReadPublic>({0x81000001}, {});
  ASSERT_EQ(evicted.code, rc::Success);
  EXPECT_EQ(to_bytes(evicted.reply.name), example.values["primary"]);
}

TEST(EarlierVersions, TheSnapshotOfVersion1) {
  Example example = read_example("version_1_snapshot.txt");
  auto sections = decode_sections(example.values["sections"]);
  ASSERT_TRUE(sections);
  TestTpm tpm(false);
  auto loaded = load(*sections, tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  tpm.state = *loaded;
  // Objects, sequences and sessions of every kind are there and work.
  EXPECT_EQ(create_primary(tpm, rh::Owner, ecc_storage()).name, example.values["primary"]);
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

}  // namespace
}  // namespace vtpm::engine
