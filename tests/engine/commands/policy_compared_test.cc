// SPDX-License-Identifier: Apache-2.0
// TPM2_PolicyCounterTimer and TPM2_PolicyCapability (Part 3, 23.10 and 23.23), and the relations
// that they share with TPM2_PolicyNV (Part 2, 6.8).
#include "engine/commands/policy_compared.h"

#include "engine/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/identity.h"
#include "engine/wire/capability.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Capability;
using wire::CommandCode;
using wire::Relation;
using wire::SessionType;
namespace rh = wire::rh;

constexpr Relation kRelations[] = {Relation::Equal,
                                   Relation::NotEqual,
                                   Relation::SignedGreater,
                                   Relation::UnsignedGreater,
                                   Relation::SignedLess,
                                   Relation::UnsignedLess,
                                   Relation::SignedGreaterOrEqual,
                                   Relation::UnsignedGreaterOrEqual,
                                   Relation::SignedLessOrEqual,
                                   Relation::UnsignedLessOrEqual,
                                   Relation::BitsSet,
                                   Relation::BitsClear};

template <class Number>
bool expected(Relation relation, Number a, Number b) {
  auto sa = static_cast<std::make_signed_t<Number>>(a), sb = static_cast<decltype(sa)>(b);
  switch (relation) {
    case Relation::Equal:
      return a == b;
    case Relation::NotEqual:
      return a != b;
    case Relation::SignedGreater:
      return sa > sb;
    case Relation::UnsignedGreater:
      return a > b;
    case Relation::SignedLess:
      return sa < sb;
    case Relation::UnsignedLess:
      return a < b;
    case Relation::SignedGreaterOrEqual:
      return sa >= sb;
    case Relation::UnsignedGreaterOrEqual:
      return a >= b;
    case Relation::SignedLessOrEqual:
      return sa <= sb;
    case Relation::UnsignedLessOrEqual:
      return a <= b;
    case Relation::BitsSet:
      return (a & b) == b;
    case Relation::BitsClear:
      return (a & b) == 0;
  }
  return false;
}

// Every pair of octets, and pairs of longer numbers around the ends of their ranges.
TEST(Relations, AgreeWithArithmetic) {
  for (Relation relation : kRelations) {
    for (unsigned a = 0; a < 256; ++a)
      for (unsigned b = 0; b < 256; ++b) {
        auto x = static_cast<uint8_t>(a), y = static_cast<uint8_t>(b);
        ASSERT_EQ(holds(ByteView(&x, 1), relation, ByteView(&y, 1)), expected(relation, x, y))
            << static_cast<int>(relation) << ": " << a << ", " << b;
      }
    for (uint32_t a : {0u, 1u, 0x7FFFFFFFu, 0x80000000u, 0x80000001u, 0xFFFFFFFFu, 0x00FF0001u})
      for (uint32_t b : {0u, 1u, 0x7FFFFFFFu, 0x80000000u, 0x80000001u, 0xFFFFFFFFu, 0x00FF0001u})
        ASSERT_EQ(holds(wire::to_wire(a), relation, wire::to_wire(b)), expected(relation, a, b))
            << static_cast<int>(relation) << ": " << a << ", " << b;
  }
  EXPECT_TRUE(holds({}, Relation::Equal, {}));
  EXPECT_FALSE(holds({}, Relation::SignedLess, {}));
}

class PolicyCompared : public PolicyTest {
 protected:
  Rc compare_time(const ClientSession& policy, const Bytes& operand, uint16_t offset,
                  Relation relation) {
    return tpm.run<PolicyCounterTimer>({policy.handle}, {wire::Operand(operand), offset, relation})
        .code;
  }
  Bytes time_info() {
    return wire::to_wire(wire::TimeInfo{.time = tpm_time(tpm.state, tpm.ports),
                                        .clock_info = clock_info(tpm.state, tpm.ports)});
  }
  static Bytes number(uint64_t value) { return wire::to_wire(value); }
  Rc limit(const ClientSession& policy, uint64_t seconds) {
    return compare_time(policy, number(seconds), 0, Relation::UnsignedLess);
  }
  Rc compare_property(const ClientSession& policy, Capability capability, uint32_t property,
                      const Bytes& operand, uint16_t offset = 0,
                      Relation relation = Relation::Equal) {
    return tpm
        .run<PolicyCapability>({policy.handle},
                               {wire::Operand(operand), offset, relation, capability, property})
        .code;
  }
  // Equal and long enough, the property exists and has this structure.
  void expect_property(Capability capability, uint32_t property, const Bytes& structure) {
    EXPECT_EQ(compare_property(start(), capability, property, structure), rc::Success)
        << static_cast<int>(capability) << " " << property;
    EXPECT_EQ(compare_property(start(), capability, property, {},
                               static_cast<uint16_t>(structure.size() + 1)),
              rc::Value.parameter(2));
  }
  void expect_no_property(Capability capability, uint32_t property) {
    EXPECT_EQ(compare_property(start(), capability, property, {}), rc::Policy)
        << static_cast<int>(capability) << " " << property;
    EXPECT_EQ(compare_property(start(), capability, property, {1}, 99, Relation::NotEqual),
              rc::Success);
  }
};

TEST_F(PolicyCompared, TimeExtendsByItsArguments) {
  for (AlgId hash : kHashes) {
    for (SessionType type : {SessionType::Policy, SessionType::Trial}) {
      ClientSession policy = start(type, hash);
      Bytes operand{0, 0, 0, 0};
      ASSERT_EQ(compare_time(policy, operand, 20, Relation::Equal), rc::Success);
      Bytes arguments = formula::hash(hash, {operand, Bytes{0, 20}, Bytes{0, 0}});
      EXPECT_EQ(digest_of(tpm, policy), extended(hash, Bytes(digest_size(hash)),
                                                 CommandCode::PolicyCounterTimer, {arguments}));
    }
  }
}

TEST_F(PolicyCompared, AnyPartOfTheTimeInfo) {
  tpm.clock.now += 123456;
  ClientSession policy = start();
  Bytes info = time_info();
  ASSERT_EQ(info.size(), 25u);
  for (uint16_t offset = 0; offset <= 25; ++offset)
    for (size_t size = 0; size + offset <= 25; ++size) {
      Bytes operand(info.begin() + offset, info.begin() + offset + static_cast<ptrdiff_t>(size));
      ASSERT_EQ(compare_time(policy, operand, offset, Relation::Equal), rc::Success);
      ASSERT_EQ(compare_time(policy, operand, offset, Relation::NotEqual), rc::Policy);
    }
}

TEST_F(PolicyCompared, NothingOutsideTheTimeInfo) {
  ClientSession policy = start();
  EXPECT_EQ(compare_time(policy, {}, 26, Relation::Equal), rc::Value.parameter(2));
  EXPECT_EQ(compare_time(policy, {}, 0xFFFF, Relation::Equal), rc::Value.parameter(2));
  EXPECT_EQ(compare_time(policy, {1}, 25, Relation::Equal), rc::Range.parameter(1));
  EXPECT_EQ(compare_time(policy, Bytes(26), 0, Relation::Equal), rc::Range.parameter(1));
  EXPECT_EQ(compare_time(policy, {}, 0, Relation{12}), rc::Value.parameter(3));
  EXPECT_EQ(digest_of(tpm, policy), zeros);
  EXPECT_EQ(compare_time(trial(), Bytes(26), 99, Relation::Equal), rc::Success);
  EXPECT_EQ(compare_time(trial(), {}, 0, Relation{12}), rc::Value.parameter(3));
}

TEST_F(PolicyCompared, ClockNotYetPassed) {
  tpm.clock.now += 5000;
  Bytes digest;
  ClientSession policy = start();
  Bytes clock = number(tpm_clock(tpm.state, tpm.ports) + 1);
  EXPECT_EQ(compare_time(policy, clock, 8, Relation::UnsignedLess), rc::Success);
  EXPECT_EQ(compare_time(policy, clock, 8, Relation::UnsignedGreaterOrEqual), rc::Policy);
  tpm.clock.now += 1;
  EXPECT_EQ(compare_time(policy, clock, 8, Relation::UnsignedLess), rc::Policy);
  EXPECT_FALSE(loaded(tpm, policy).policy.timeout);
}

// Against Time, "less than" is a limit in seconds from the nonce (23.10.1).
TEST_F(PolicyCompared, LessThanTimeIsALimit) {
  Bytes arguments = formula::hash(AlgId::Sha256, {number(5), Bytes{0, 0}, Bytes{0, 5}});
  Made item =
      seal_under(tpm, extended(AlgId::Sha256, zeros, CommandCode::PolicyCounterTimer, {arguments}));
  ClientSession policy = start();
  tpm.clock.now += 3000;
  ASSERT_EQ(limit(policy, 5), rc::Success);
  EXPECT_EQ(loaded(tpm, policy).policy.timeout, loaded(tpm, policy).start_time + 5000);
  tpm.clock.now += 2000;
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
  ASSERT_EQ(limit(policy, 5), rc::Success);
  tpm.clock.now += 5001;
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Expired.session(1));
  EXPECT_EQ(limit(policy, 5), rc::Expired.parameter(1));
}

TEST_F(PolicyCompared, TheEarlierLimitCounts) {
  ClientSession policy = start();
  uint64_t started = loaded(tpm, policy).start_time;
  for (auto [seconds, left] : {std::pair<uint64_t, uint64_t>{9, 9}, {4, 4}, {8, 4}}) {
    ASSERT_EQ(limit(policy, seconds), rc::Success);
    EXPECT_EQ(loaded(tpm, policy).policy.timeout, started + 1000 * left);
  }
  EXPECT_EQ(limit(policy, 0x7FFFFFFF), rc::Success);
  EXPECT_EQ(limit(policy, 0x80000000), rc::Value.parameter(1));
  EXPECT_EQ(limit(policy, ~uint64_t{0}), rc::Value.parameter(1));
  EXPECT_EQ(limit(trial(), ~uint64_t{0}), rc::Success);
}

TEST_F(PolicyCompared, CapabilityExtendsByItsArguments) {
  auto revision = static_cast<uint32_t>(wire::PropertyTag::Revision);
  Bytes operand = wire::to_wire(uint32_t{kSpecificationVersion});
  for (AlgId hash : kHashes) {
    for (SessionType type : {SessionType::Policy, SessionType::Trial}) {
      ClientSession policy = start(type, hash);
      ASSERT_EQ(compare_property(policy, Capability::TpmProperties, revision, operand, 4,
                                 Relation::UnsignedGreaterOrEqual),
                rc::Success);
      Bytes arguments = formula::hash(
          hash, {operand, Bytes{0, 4}, Bytes{0, 7}, Bytes{0, 0, 0, 6}, wire::to_wire(revision)});
      EXPECT_EQ(digest_of(tpm, policy), extended(hash, Bytes(digest_size(hash)),
                                                 CommandCode::PolicyCapability, {arguments}));
    }
  }
}

TEST_F(PolicyCompared, APropertyOfEachCapability) {
  ClientSession hmac = start_session(tpm);
  ClientSession saved = start_session(tpm);
  ASSERT_EQ(tpm.run<ContextSave>({saved.handle}, {}).code, rc::Success);
  Made object = create_primary(tpm, rh::Owner, sealed_data(), {}, {1});
  ASSERT_EQ(
      tpm.run<EvictControl>({rh::Owner, object.handle}, {.persistent_handle = {0x81000005}}).code,
      rc::Success);
  wire::Digest authority(Bytes(32, 9));
  ASSERT_EQ(tpm.run<SetPrimaryPolicy>({rh::Owner}, {authority, {AlgId::Sha256}}).code, rc::Success);
  tpm.state.command_audit.write().audited = {CommandCode::Quote};
  // RSA: asymmetric, object.
  expect_property(Capability::Algs, 0x0001, {0, 1, 0, 0, 0, 9});
  expect_property(Capability::Handles, 3, {0, 0, 0, 3});
  expect_property(Capability::Handles, hmac.handle, wire::to_wire(hmac.handle));
  expect_property(Capability::Handles, 0x03000000 | (saved.handle & 0xFFFFFF),
                  wire::to_wire(saved.handle));
  expect_property(Capability::Handles, rh::Lockout, wire::to_wire(rh::Lockout));
  expect_property(Capability::Handles, object.handle, wire::to_wire(object.handle));
  expect_property(Capability::Handles, 0x81000005, {0x81, 0, 0, 5});
  // TPM2_PolicyGetDigest: one handle.
  expect_property(Capability::Commands, 0x189, {0x02, 0, 0x01, 0x89});
  expect_property(Capability::AuditCommands, 0x158, {0, 0, 1, 0x58});
  expect_property(Capability::TpmProperties, 0x100, {0, 0, 1, 0, '2', '.', '0', 0});
  expect_property(Capability::PcrProperties, 0x12, {0, 0, 0, 0x12, 3, 0, 0, 0x7E});
  expect_property(Capability::EccCurves, 4, {0, 4});
  Bytes policy = wire::to_wire(rh::Owner);
  append(policy, Bytes{0, 0x0B});
  append(policy, authority);
  expect_property(Capability::AuthPolicies, rh::Owner, policy);
}

TEST_F(PolicyCompared, APropertyThatIsNotThere) {
  expect_no_property(Capability::Algs, 0x0002);
  expect_no_property(Capability::Algs, 0x00010001);
  expect_no_property(Capability::Handles, 24);
  expect_no_property(Capability::Handles, 0x02000030);
  expect_no_property(Capability::Handles, 0x81000000);
  expect_no_property(Capability::Handles, 0x55000000);
  expect_no_property(Capability::Commands, 0x11E);
  expect_no_property(Capability::PpCommands, 0x126);
  expect_no_property(Capability::AuditCommands, 0x158);
  expect_no_property(Capability::TpmProperties, 0x1FF);
  expect_no_property(Capability::TpmProperties, 0);
  expect_no_property(Capability::PcrProperties, 0x0B);
  expect_no_property(Capability::EccCurves, 0x11);
  expect_no_property(Capability::AuthPolicies, rh::Null);
  expect_no_property(Capability::AuthPolicies, 0);
  expect_no_property(Capability::Act, 0x40000110);
  expect_no_property(Capability::PublicKeys, 1);
  expect_no_property(Capability::SpdmSessionInfo, 0);
  expect_no_property(kVendorProperty, 1);
}

TEST_F(PolicyCompared, WhatIsNoCapabilityWithProperties) {
  EXPECT_EQ(compare_property(start(), Capability::Pcrs, 0, {}), rc::Value.parameter(4));
  EXPECT_EQ(compare_property(trial(), Capability::Pcrs, 0, {}), rc::Success);
  for (Capability none : {Capability{0x0D}, Capability{0x101}})
    for (const ClientSession& session : {start(), trial()})
      EXPECT_EQ(compare_property(session, none, 0, {}), rc::Value.parameter(4));
}

TEST_F(PolicyCompared, APropertyThatDoesNotRelateSo) {
  auto count = static_cast<uint32_t>(wire::PropertyTag::PcrCount);
  auto compare = [&](const Bytes& operand, uint16_t offset, Relation relation) {
    return compare_property(start(), Capability::TpmProperties, count, operand, offset, relation);
  };
  EXPECT_EQ(compare({0, 0, 0, 24}, 4, Relation::Equal), rc::Success);
  EXPECT_EQ(compare({0, 0, 0, 25}, 4, Relation::Equal), rc::Policy);
  EXPECT_EQ(compare({0, 0, 0, 24}, 4, Relation::NotEqual), rc::Policy);
  EXPECT_EQ(compare({25}, 7, Relation::UnsignedLess), rc::Success);
  EXPECT_EQ(compare({0x18}, 7, Relation::BitsSet), rc::Success);
  EXPECT_EQ(compare({0x18}, 7, Relation::BitsClear), rc::Policy);
  EXPECT_EQ(compare({1, 2}, 7, Relation::Equal), rc::Range.parameter(1));
  EXPECT_EQ(compare({}, 9, Relation::Equal), rc::Value.parameter(2));
}

}  // namespace
}  // namespace vtpm::engine
