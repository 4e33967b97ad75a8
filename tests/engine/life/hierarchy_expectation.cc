// SPDX-License-Identifier: Apache-2.0
// Enables, authorizations and the null seed (Part 3, 9.3.1).
#include "engine/commands/hierarchy.h"
#include "tests/engine/client_session.h"
#include "tests/engine/life/life.h"

namespace vtpm::engine::testing {
namespace {

using wire::StartupClearBit;
namespace rh = wire::rh;

class HierarchyExpectation final : public Expectation {
 public:
  explicit HierarchyExpectation(Life& of) : Expectation(of), null_name_(null_name()) {}

  void act() override {
    switch (life.pick(4)) {
      case 0:
        enable_endorsement(!endorsement_enabled_);
        break;
      case 1:
        change_auth(rh::Platform, life.platform_auth);
        break;
      case 2:
        if (endorsement_enabled_) change_auth(rh::Endorsement, endorsement_auth_);
        break;
      case 3:
        enable_platform_nv(!platform_nv_enabled_);
        break;
    }
  }

  void check() override {
    auto bit = [](StartupClearBit flag, bool set) { return set ? static_cast<uint32_t>(flag) : 0; };
    EXPECT_EQ(tpm_property(life.tpm, wire::PropertyTag::StartupClear),
              bit(StartupClearBit::PhEnable, true) | bit(StartupClearBit::ShEnable, true) |
                  bit(StartupClearBit::EhEnable, endorsement_enabled_) |
                  bit(StartupClearBit::PhEnableNv, platform_nv_enabled_) |
                  bit(StartupClearBit::Orderly, orderly_));
    constexpr auto kSet = static_cast<uint32_t>(wire::PermanentBit::EndorsementAuthSet);
    EXPECT_EQ((tpm_property(life.tpm, wire::PropertyTag::Permanent) & kSet) != 0,
              !endorsement_auth_.empty());
    expect_auth(rh::Platform, life.platform_auth);
    if (endorsement_enabled_) expect_auth(rh::Endorsement, endorsement_auth_);
  }

  void restarted(Restarting kind) override {
    orderly_ = kind != Restarting::DisorderlyReset;
    bool reset = kind == Restarting::Reset || kind == Restarting::DisorderlyReset;
    Bytes name = null_name();
    EXPECT_EQ(name != null_name_, reset);
    null_name_ = name;
    if (kind == Restarting::Resume) return;
    endorsement_enabled_ = platform_nv_enabled_ = true;
    life.platform_auth.clear();
  }

  void cleared() override {
    endorsement_enabled_ = true;
    endorsement_auth_.clear();
  }

 private:
  // Of a primary key, which follows from the seed.
  Bytes null_name() {
    Made made = life.make(ecc_storage(), {}, {}, rh::Null);
    life.flush(made.handle);
    return made.name;
  }

  void enable_endorsement(bool on) {
    auto [authority, auth] = on || life.one_in(2) ? std::pair(rh::Platform, life.platform_auth)
                                                  : std::pair(rh::Endorsement, endorsement_auth_);
    EXPECT_EQ(
        life.tpm.run<HierarchyControl>({authority}, {rh::Endorsement, uint8_t{on}}, {auth}).code,
        rc::Success);
    endorsement_enabled_ = on;
  }
  void enable_platform_nv(bool on) {
    EXPECT_EQ(life.tpm
                  .run<HierarchyControl>({rh::Platform}, {rh::PlatformNv, uint8_t{on}},
                                         {life.platform_auth})
                  .code,
              rc::Success);
    platform_nv_enabled_ = on;
  }

  void change_auth(wire::Handle hierarchy, Bytes& auth) {
    Bytes next(life.pick(20), static_cast<uint8_t>(1 + life.pick(255)));
    EXPECT_EQ(life.tpm.run<HierarchyChangeAuth>({hierarchy}, {wire::Auth(next)}, {auth}).code,
              rc::Success);
    auth = next;
  }
  // It stays what it is, and another does not do.
  void expect_auth(wire::Handle hierarchy, const Bytes& auth) {
    EXPECT_EQ(life.tpm.run<HierarchyChangeAuth>({hierarchy}, {wire::Auth(auth)}, {auth}).code,
              rc::Success);
    EXPECT_EQ(life.tpm.run<HierarchyChangeAuth>({hierarchy}, {}, {Bytes(21, 1)}).code,
              rc::BadAuth.session(1));
  }

  bool endorsement_enabled_ = true, platform_nv_enabled_ = true, orderly_ = false;
  Bytes endorsement_auth_;
  Bytes null_name_;
};

}  // namespace

std::unique_ptr<Expectation> expect_hierarchies(Life& life) {
  return std::make_unique<HierarchyExpectation>(life);
}

}  // namespace vtpm::engine::testing
