// SPDX-License-Identifier: Apache-2.0
// PCR, and data that is sealed to their values: out only while they are what they were.
#include "engine/commands/context.h"
#include "engine/commands/pcr.h"
#include "tests/engine/life/life.h"
#include "tests/engine/policies.h"

namespace vtpm::engine::testing {
namespace {

namespace rh = wire::rh;

constexpr wire::Handle kParent = 0x81000001;
constexpr unsigned kFirstDynamic = 17, kLastDynamic = 22, kDebug = 16, kApplication = 23;

struct Sealed {
  wire::Private secret;
  wire::Public pub;
  uint32_t pcrs = 0;  // a mask
  Bytes composite;    // hash of their values
  Bytes data;
};

class MeasurementExpectation final : public Expectation {
 public:
  explicit MeasurementExpectation(Life& of) : Expectation(of), values_(24, Bytes(32)) {
    parent_ = life.keep(kParent, ecc_storage());
    initialize(false);
  }

  void act() override {
    switch (life.pick(6)) {
      case 0:
      case 1:
        extend(static_cast<unsigned>(life.pick(24)));
        break;
      case 2:
        reset(life.one_in(2) ? kDebug : kApplication);
        break;
      case 3:
        if (sealed_.size() < 5) seal();
        break;
      default:
        if (!sealed_.empty()) unseal(sealed_[life.pick(sealed_.size())]);
    }
  }

  void check() override {
    for (uint32_t mask : {0x0000FFu, 0x00FF00u, 0xFF0000u}) {
      auto answer = life.tpm.run<PcrRead>({}, {selection(mask)});
      ASSERT_EQ(answer.reply.values.items.size(), 8u);
      for (unsigned i = 0; i < 8; ++i) {
        auto pcr = static_cast<unsigned>(std::countr_zero(mask)) + i;
        EXPECT_EQ(to_bytes(answer.reply.values.items[i]), values_[pcr]) << "PCR " << pcr;
      }
    }
  }

  void restarted(Restarting kind) override { initialize(kind == Restarting::Resume); }

  void cleared() override {
    // The parent's seed is gone, and with it what it sealed.
    parent_ = life.keep(kParent, ecc_storage());
    for (const Sealed& item : sealed_) EXPECT_EQ(load(item).code, rc::Integrity.parameter(1));
    sealed_.clear();
  }

  // Part 1, 31.2.
  void measured(ByteView data) override {
    for (unsigned pcr = kFirstDynamic; pcr <= kLastDynamic; ++pcr) values_[pcr] = Bytes(32);
    extend_value(kFirstDynamic, formula::hash(AlgId::Sha256, {data}));
  }

 private:
  static wire::PcrSelections selection(uint32_t mask) {
    return {{{.hash = {AlgId::Sha256}, .mask = mask}}};
  }

  // Part 1, 14.1 and 31.3; which PCR a resume preserves is the platform's choice.
  void initialize(bool resume) {
    for (unsigned pcr = 0; pcr < values_.size(); ++pcr) {
      bool dynamic = pcr >= kFirstDynamic && pcr <= kLastDynamic;
      if (resume && pcr < kDebug) continue;
      values_[pcr] = Bytes(32, dynamic ? 0xFF : 0);
    }
    if (resume) return;
    values_[0].back() = life.hcrtm ? 4 : life.startup_locality;
    if (life.hcrtm) extend_value(0, formula::hash(AlgId::Sha256, {*life.hcrtm}));
  }

  void extend_value(unsigned pcr, const Bytes& digest) {
    values_[pcr] = formula::hash(AlgId::Sha256, {values_[pcr], digest});
  }

  void extend(unsigned pcr) {
    bool dynamic = pcr >= kFirstDynamic && pcr <= kLastDynamic;
    life.tpm.locality = dynamic ? 2 : static_cast<uint8_t>(life.pick(4));
    Bytes data = life.some_bytes(32);
    Rc code;
    if (life.one_in(2)) {
      code = life.tpm.run<PcrEvent>({pcr}, {wire::Event(data)}).code;
      data = formula::hash(AlgId::Sha256, {data});
    } else {
      code = life.tpm
                 .run<PcrExtend>({pcr},
                                 {{{{.algorithm = {AlgId::Sha256}, .digest = wire::Digest(data)}}}})
                 .code;
    }
    life.tpm.locality = 0;
    EXPECT_EQ(code, rc::Success) << pcr;
    extend_value(pcr, data);
    if (!dynamic) return;
    EXPECT_EQ(life.tpm.run<PcrEvent>({pcr}, {wire::Event(data)}).code, rc::Locality);
  }
  void reset(unsigned pcr) {
    EXPECT_EQ(life.tpm.run<PcrReset>({pcr}, {}).code, rc::Success);
    values_[pcr] = Bytes(32);
  }

  Bytes composite(uint32_t mask) const {
    Bytes all;
    for (unsigned pcr = 0; pcr < values_.size(); ++pcr)
      if ((mask >> pcr & 1) != 0) all.insert(all.end(), values_[pcr].begin(), values_[pcr].end());
    return formula::hash(AlgId::Sha256, {all});
  }

  void seal() {
    static constexpr uint32_t kMasks[] = {
        1u << 0, 1u << 7, 1u << kDebug, 1u << kApplication, 1u << kFirstDynamic, 0xFFFFFF};
    uint32_t mask = kMasks[life.pick(std::size(kMasks))];
    Bytes now = composite(mask);
    wire::Public pub = sealed_data({wire::ObjectBit::NoDa});
    pub.auth_policy = wire::Digest(extended(AlgId::Sha256, Bytes(32), wire::CommandCode::PolicyPcr,
                                            {wire::to_wire(selection(mask)), now}));
    Bytes data = life.some_bytes(16);
    auto created = life.tpm.run<Create>(
        {kParent}, {.in_sensitive = wire::SensitiveCreate{.data = wire::SensitiveData(data)},
                    .in_public = pub});
    ASSERT_EQ(created.code, rc::Success);
    sealed_.push_back({.secret = created.reply.out_private,
                       .pub = *created.reply.out_public,
                       .pcrs = mask,
                       .composite = now,
                       .data = data});
  }

  Answer<Load> load(const Sealed& item) {
    return life.tpm.run<Load>({kParent}, {.in_private = item.secret, .in_public = item.pub});
  }

  void unseal(const Sealed& item) {
    auto loaded = load(item);
    ASSERT_EQ(loaded.code, rc::Success);
    wire::Handle handle = loaded.reply.object_handle.value;
    life.transient.insert(handle);
    // Never by its authValue, which is empty.
    EXPECT_NE(life.tpm.run<Unseal>({handle}, {}).code, rc::Success);

    ClientSession session = start_session(life.tpm, {.type = wire::SessionType::Policy});
    EXPECT_EQ(life.tpm.run<PolicyPcr>({session.handle}, {{}, selection(item.pcrs)}).code,
              rc::Success);
    // A PCR that has changed since is not the one that was looked at.
    bool late = life.one_in(4);
    if (late) extend(1);
    auto answer = run_with<Unseal>(life.tpm, {handle}, {}, {{.session = &session}});
    bool open = composite(item.pcrs) == item.composite;
    if (!late) {
      EXPECT_EQ(answer.code, open ? rc::Success : rc::PolicyFail.session(1));
    } else {
      EXPECT_NE(answer.code, rc::Success);
    }
    EXPECT_EQ(to_bytes(answer.reply.out_data.view()), open && !late ? item.data : Bytes());
    life.loaded_sessions.insert(session.handle);
    life.flush(session.handle);
    life.flush(handle);
  }

  std::vector<Bytes> values_;  // of the SHA-256 bank
  Made parent_;
  std::vector<Sealed> sealed_;
};

}  // namespace

std::unique_ptr<Expectation> expect_measurements(Life& life) {
  return std::make_unique<MeasurementExpectation>(life);
}

}  // namespace vtpm::engine::testing
