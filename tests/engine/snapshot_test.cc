// SPDX-License-Identifier: Apache-2.0
// A TPM that is carried elsewhere between commands answers as the one that stayed.
#include <random>

#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_bound.h"
#include "engine/commands/policy_compared.h"
#include "engine/commands/random.h"
#include "engine/commands/startup.h"
#include "engine/saved_state.h"
#include "tests/engine/client_session.h"
#include "tests/engine/hex.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
using wire::SessionType;
namespace rh = wire::rh;

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
        &Program::store,         &Program::store,
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
      Bytes hash(digest_size(session.hash), 3);
      switch (pick(10)) {
        case 0:
          tpm_.run<PolicyPcr>({session.handle}, {});
          break;
        case 4:
          authorize(session);
          break;
        case 5:
          tpm_.run<PolicyCpHash>({session.handle}, {wire::Digest(hash)});
          break;
        case 6:
          tpm_.run<PolicyTemplate>({session.handle}, {wire::Digest(hash)});
          break;
        case 7:
          tpm_.run<PolicyNvWritten>({session.handle}, {static_cast<uint8_t>(pick(2))});
          break;
        case 8:
          tpm_.run<PolicyCounterTimer>(
              {session.handle},
              {wire::Operand(Bytes{0, 0, 0, 0, 0, 0, 0, 99}), 0, wire::Relation::UnsignedLess});
          break;
        case 9:
          tpm_.run<PolicyTransportSpdm>({session.handle}, {});
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
  // By the secret of the endorsement hierarchy, or by a ticket of it.
  void authorize(const ClientSession& session) {
    if (ticket_.timeout.empty() || pick(2)) {
      auto answer = tpm_.run<PolicySecret>({rh::Endorsement, session.handle},
                                           {.expiration = Expiration{-50000}}, {endorsement_});
      if (answer.code != rc::Success) return;
      ticket_ = {.timeout = answer.reply.timeout,
                 .auth_name = wire::Name(wire::to_wire(rh::Endorsement)),
                 .ticket = answer.reply.policy_ticket};
    } else {
      tpm_.run<PolicyTicket>({session.handle}, ticket_);
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

  void store() {
    Handle index = static_cast<Handle>(kIndex + pick(4));
    NvType type = pick(2) ? NvType::Counter : NvType::Ordinary;
    switch (pick(6)) {
      case 0:
        define(tpm_, nv_public({pick(2) ? NvBit::Orderly : NvBit::WriteAll, NvBit::ReadStClear},
                               type, 8, index));
        break;
      case 1:
        nv_increment(tpm_, index);
        break;
      case 2:
        nv_write(tpm_, Bytes(8, static_cast<uint8_t>(pick(256))), 0, {}, index);
        break;
      case 3:
        if (pick(3) == 0) nv_undefine(tpm_, index);
        break;
      case 4:
        tpm_.run<NvReadLock>({rh::Owner, index}, {});
        break;
      case 5:
        tpm_.run<NvReadPublic>({index}, {});
        break;
    }
    nv_read(tpm_, 8, 0, {}, index);
  }

  TestTpm& tpm_;
  std::mt19937_64 random_;
  std::vector<ClientSession> sessions_;
  std::optional<std::pair<wire::Context, ClientSession>> parked_;
  std::vector<Made> objects_;
  Handle sequence_ = 0;
  Bytes endorsement_;
  PolicyTicket::Params ticket_;
};

class CarriedElsewhere : public ::testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, CarriedElsewhere, ::testing::Range(uint64_t{1}, uint64_t{9}));

TEST_P(CarriedElsewhere, ATpmAnswersAsIfItHadStayed) {
  std::vector<Exchange> expected;
  TestTpm stays(true, GetParam());
  stays.record = &expected;
  Program program(stays, GetParam());
  for (int i = 0; i < 200; ++i) program.step();
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

}  // namespace
}  // namespace vtpm::engine
