// SPDX-License-Identifier: Apache-2.0
// Part 3, 23.12 to 23.15, 23.20, 23.21, 23.24 and 23.25: digests, refusals, and what they do to the
// command that the policy authorizes.
#include "engine/commands/policy_bound.h"

#include <functional>

#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy_authorized.h"
#include "tests/engine/policies.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::SessionType;
namespace rh = wire::rh;
using To = PolicyBinding::To;

class PolicyBound : public PolicyTest {
 protected:
  template <class C>
  Rc assert_policy(const ClientSession& policy, const typename C::Params& params) {
    return tpm.run<C>({policy.handle}, params).code;
  }
  static wire::Digest digest(uint8_t value, size_t size = 32) {
    return wire::Digest(Bytes(size, value));
  }
  static Bytes bound_policy(CommandCode code, ByteView hash) {
    return extended(AlgId::Sha256, Bytes(32), code, {hash});
  }
  const Rc size = rc::Size.parameter(1);
};

TEST_F(PolicyBound, DigestsWithEachHashAndInATrial) {
  for (AlgId hash : kHashes) {
    for (SessionType type : {SessionType::Policy, SessionType::Trial}) {
      Bytes none(digest_size(hash));
      wire::Digest value = digest(7, digest_size(hash));
      ClientSession policy = start(type, hash);
      auto check = [&](Rc code, CommandCode command, std::initializer_list<ByteView> parts) {
        EXPECT_EQ(code, rc::Success);
        EXPECT_EQ(digest_of(tpm, policy), extended(hash, none, command, parts));
        tpm.run<PolicyRestart>({policy.handle}, {});
      };
      check(assert_policy<PolicyCpHash>(policy, {value}), CommandCode::PolicyCpHash, {value});
      check(assert_policy<PolicyNameHash>(policy, {value}), CommandCode::PolicyNameHash, {value});
      check(assert_policy<PolicyTemplate>(policy, {value}), CommandCode::PolicyTemplate, {value});
      check(assert_policy<PolicyParameters>(policy, {value}), CommandCode::PolicyParameters,
            {value});
      check(assert_policy<PolicyPhysicalPresence>(policy, {}), CommandCode::PolicyPhysicalPresence,
            {});
      for (uint8_t written : {uint8_t{0}, uint8_t{1}})
        check(assert_policy<PolicyNvWritten>(policy, {written}), CommandCode::PolicyNvWritten,
              {ByteView(&written, 1)});
      wire::Name object(Bytes{1, 2, 3}), parent(Bytes{4, 5});
      check(assert_policy<PolicyDuplicationSelect>(policy, {object, parent, 1}),
            CommandCode::PolicyDuplicationSelect, {object, parent, Bytes{1}});
      check(assert_policy<PolicyDuplicationSelect>(policy, {object, parent, 0}),
            CommandCode::PolicyDuplicationSelect, {parent, Bytes{0}});
    }
  }
}

TEST_F(PolicyBound, TheHashIsAsLongAsThePolicys) {
  for (size_t length : {0u, 20u, 31u, 33u, 64u}) {
    wire::Digest value = digest(1, length);
    ClientSession policy = start();
    EXPECT_EQ(assert_policy<PolicyCpHash>(policy, {value}), size);
    EXPECT_EQ(assert_policy<PolicyNameHash>(policy, {value}), size);
    EXPECT_EQ(assert_policy<PolicyTemplate>(policy, {value}), size);
    EXPECT_EQ(assert_policy<PolicyParameters>(policy, {value}), size);
    EXPECT_EQ(digest_of(tpm, policy), zeros);
    EXPECT_EQ(loaded(tpm, policy).policy.binding, PolicyBinding());
    tpm.run<FlushContext>({}, {.flush_handle = {policy.handle}});
  }
}

// Only one of them may be in a policy (23.13.1), and only TPM2_PolicyCpHash and TPM2_PolicyTemplate
// may repeat themselves.
TEST_F(PolicyBound, OneExcludesTheOthers) {
  wire::Digest value = digest(1), other = digest(2);
  wire::Name name(Bytes{0, 1});
  using Assertion = std::function<Rc(const ClientSession&, const wire::Digest&)>;
  const std::vector<Assertion> assertions = {
      [&](auto& policy, auto& hash) { return assert_policy<PolicyCpHash>(policy, {hash}); },
      [&](auto& policy, auto& hash) { return assert_policy<PolicyTemplate>(policy, {hash}); },
      [&](auto& policy, auto& hash) { return assert_policy<PolicyNameHash>(policy, {hash}); },
      [&](auto& policy, auto& hash) { return assert_policy<PolicyParameters>(policy, {hash}); },
      [&](auto& policy, auto&) {
        return assert_policy<PolicyDuplicationSelect>(policy, {name, name, 0});
      }};
  for (size_t first = 0; first < assertions.size(); ++first) {
    for (size_t second = 0; second < assertions.size(); ++second) {
      SCOPED_TRACE(std::to_string(first) + " and " + std::to_string(second));
      ClientSession policy = start();
      ASSERT_EQ(assertions[first](policy, value), rc::Success);
      Bytes before = digest_of(tpm, policy);
      bool repeats = first == second && first <= 1;
      Rc differing = first == 1 && second == 1 ? rc::Value.parameter(1) : rc::CpHash;
      EXPECT_EQ(assertions[second](policy, other), differing);
      EXPECT_EQ(digest_of(tpm, policy), before);
      EXPECT_EQ(assertions[second](policy, value), repeats ? rc::Success : rc::CpHash);
      tpm.run<FlushContext>({}, {.flush_handle = {policy.handle}});
    }
  }
}

// cpHashA of an authorization is the same thing.
TEST_F(PolicyBound, AnAuthorizationForOneCommandBindsToo) {
  ClientSession policy = start();
  ASSERT_EQ(tpm.run<PolicySecret>({rh::Owner, policy.handle}, {.cp_hash = digest(1)}).code,
            rc::Success);
  EXPECT_EQ(assert_policy<PolicyCpHash>(policy, {digest(1)}), rc::Success);
  EXPECT_EQ(assert_policy<PolicyCpHash>(policy, {digest(2)}), rc::CpHash);
  EXPECT_EQ(assert_policy<PolicyNameHash>(policy, {digest(1)}), rc::CpHash);
  tpm.run<PolicyRestart>({policy.handle}, {});
  ASSERT_EQ(assert_policy<PolicyNameHash>(policy, {digest(1)}), rc::Success);
  EXPECT_EQ(tpm.run<PolicySecret>({rh::Owner, policy.handle}, {.cp_hash = digest(1)}).code,
            rc::CpHash);
}

TEST_F(PolicyBound, ATrialOnlyComputes) {
  ClientSession session = trial();
  Bytes expected = zeros;
  auto check = [&](Rc code, CommandCode command, std::initializer_list<ByteView> parts) {
    EXPECT_EQ(code, rc::Success);
    expected = extended(AlgId::Sha256, expected, command, parts);
    EXPECT_EQ(digest_of(tpm, session), expected);
  };
  for (const wire::Digest& value : {digest(1), digest(2), digest(3, 5)}) {
    check(assert_policy<PolicyCpHash>(session, {value}), CommandCode::PolicyCpHash, {value});
    check(assert_policy<PolicyTemplate>(session, {value}), CommandCode::PolicyTemplate, {value});
    check(assert_policy<PolicyNameHash>(session, {value}), CommandCode::PolicyNameHash, {value});
    check(assert_policy<PolicyParameters>(session, {value}), CommandCode::PolicyParameters,
          {value});
  }
  check(assert_policy<PolicyNvWritten>(session, {1}), CommandCode::PolicyNvWritten, {Bytes{1}});
  check(assert_policy<PolicyNvWritten>(session, {0}), CommandCode::PolicyNvWritten, {Bytes{0}});
}

// ---- When the policy is used

TEST_F(PolicyBound, CpHashIsOfTheWholeCommand) {
  SetPrimaryPolicy::Params change{digest(5), {AlgId::Sha256}};
  Bytes parameters = TestTpm::marshal_params<SetPrimaryPolicy>(change);
  Bytes change_hash = formula::hash(AlgId::Sha256, {wire::to_wire(CommandCode::SetPrimaryPolicy),
                                                    wire::to_wire(rh::Owner), parameters});
  wire::Digest authority(bound_policy(CommandCode::PolicyCpHash, change_hash));
  ASSERT_EQ(tpm.run<SetPrimaryPolicy>({rh::Owner}, {authority, {AlgId::Sha256}}).code, rc::Success);
  ClientSession policy = start();
  ASSERT_EQ(assert_policy<PolicyCpHash>(policy, {wire::Digest(change_hash)}), rc::Success);
  SetPrimaryPolicy::Params another{digest(6), {AlgId::Sha256}};
  EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {rh::Owner}, another, {{&policy}}).code,
            rc::PolicyFail.session(1));
  EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {rh::Owner}, change, {{&policy}}).code, rc::Success);
}

TEST_F(PolicyBound, NameHashIsOfTheHandlesOnly) {
  Bytes name_hash = formula::hash(AlgId::Sha256, {wire::to_wire(rh::Owner)});
  wire::Digest authority(bound_policy(CommandCode::PolicyNameHash, name_hash));
  for (Handle hierarchy : {rh::Owner, rh::Endorsement})
    ASSERT_EQ(tpm.run<SetPrimaryPolicy>({hierarchy}, {authority, {AlgId::Sha256}}).code,
              rc::Success);
  ClientSession policy = start();
  SetPrimaryPolicy::Params same{authority, {AlgId::Sha256}};
  ASSERT_EQ(assert_policy<PolicyNameHash>(policy, {wire::Digest(name_hash)}), rc::Success);
  EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {rh::Endorsement}, same, {{&policy}}).code,
            rc::PolicyFail.session(1));
  EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {rh::Owner}, same, {{&policy}}).code, rc::Success);
}

TEST_F(PolicyBound, ParameterHashLeavesTheHandlesOut) {
  SetPrimaryPolicy::Params params{{}, {AlgId::Null}};
  Bytes parameter_hash =
      formula::hash(AlgId::Sha256, {wire::to_wire(CommandCode::SetPrimaryPolicy),
                                    TestTpm::marshal_params<SetPrimaryPolicy>(params)});
  wire::Digest authority(bound_policy(CommandCode::PolicyParameters, parameter_hash));
  for (Handle hierarchy : {rh::Owner, rh::Endorsement})
    ASSERT_EQ(tpm.run<SetPrimaryPolicy>({hierarchy}, {authority, {AlgId::Sha256}}).code,
              rc::Success);
  ClientSession policy = start();
  for (Handle hierarchy : {rh::Owner, rh::Endorsement}) {
    ASSERT_EQ(assert_policy<PolicyParameters>(policy, {wire::Digest(parameter_hash)}), rc::Success);
    SetPrimaryPolicy::Params another{authority, {AlgId::Sha256}};
    EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {hierarchy}, another, {{&policy}}).code,
              rc::PolicyFail.session(1));
    EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {hierarchy}, params, {{&policy}}).code, rc::Success);
  }
}

TEST_F(PolicyBound, TemplateIsOfThePublicAreaToBeCreated) {
  wire::Public wanted = ecdsa_key(), unwanted = ecdsa_key(CurveId::NistP384);
  Bytes template_hash = formula::hash(AlgId::Sha256, {wire::to_wire(wanted)});
  Bytes authority = bound_policy(CommandCode::PolicyTemplate, template_hash);
  wire::Public parent = ecc_storage();
  parent.auth_policy = wire::Digest(authority);
  Made storage = create_primary(tpm, rh::Endorsement, parent);
  ASSERT_EQ(tpm.run<SetPrimaryPolicy>({rh::Owner}, {wire::Digest(authority), {AlgId::Sha256}}).code,
            rc::Success);
  ClientSession policy = start();
  auto limit = [&] { return assert_policy<PolicyTemplate>(policy, {wire::Digest(template_hash)}); };
  ASSERT_EQ(limit(), rc::Success);
  wire::SensitiveCreate none;
  auto primary = [&](const wire::Public& pub, std::vector<Use> uses) {
    return run_with<CreatePrimary>(tpm, {rh::Owner}, {.in_sensitive = none, .in_public = pub},
                                   std::move(uses))
        .code;
  };
  auto child = [&](const wire::Public& pub) {
    return run_with<Create>(tpm, {storage.handle}, {.in_sensitive = none, .in_public = pub},
                            {{&policy}})
        .code;
  };
  EXPECT_EQ(primary(unwanted, {{&policy}}), rc::PolicyFail.session(1));
  EXPECT_EQ(primary(wanted, {{&policy}}), rc::Success);
  // It comes behind which command it is (Part 3, 5.6, 8).
  ASSERT_EQ(limit(), rc::Success);
  ASSERT_EQ(assert_policy<PolicyCommandCode>(policy, {CommandCode::Create}), rc::Success);
  EXPECT_EQ(primary(unwanted, {{&policy}}), rc::PolicyCc.session(1));
  ASSERT_EQ(tpm.run<PolicyRestart>({policy.handle}, {}).code, rc::Success);
  ASSERT_EQ(limit(), rc::Success);
  EXPECT_EQ(child(unwanted), rc::PolicyFail.session(1));
  EXPECT_EQ(child(wanted), rc::Success);
  // What is not created has no template (23.21.1).
  ASSERT_EQ(limit(), rc::Success);
  EXPECT_EQ(run_with<SetPrimaryPolicy>(tpm, {rh::Owner}, {{}, {AlgId::Null}}, {{&policy}}).code,
            rc::PolicyFail.session(1));
  // The sensitive area before it may be encrypted.
  ClientSession encrypting = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Lockout});
  Use decrypt{.session = &encrypting, .attributes = kContinue | kDecrypt};
  EXPECT_EQ(primary(wanted, {{&policy}, decrypt}), rc::Success);
}

TEST_F(PolicyBound, DuplicationSelectIsForDuplicateWithTheseTwo) {
  wire::Name object(Bytes(34, 1)), parent(Bytes(34, 2));
  ClientSession policy = start();
  ASSERT_EQ(assert_policy<PolicyDuplicationSelect>(policy, {object, parent, 0}), rc::Success);
  EXPECT_EQ(loaded(tpm, policy).policy.command, CommandCode::Duplicate);
  EXPECT_EQ(
      loaded(tpm, policy).policy.binding,
      (PolicyBinding{To::Names, wire::Digest(formula::hash(AlgId::Sha256, {object, parent}))}));
  EXPECT_EQ(assert_policy<PolicyCommandCode>(policy, {CommandCode::Unseal}),
            rc::Value.parameter(1));
  tpm.run<PolicyRestart>({policy.handle}, {});
  ASSERT_EQ(assert_policy<PolicyCommandCode>(policy, {CommandCode::Unseal}), rc::Success);
  EXPECT_EQ(assert_policy<PolicyDuplicationSelect>(policy, {object, parent, 0}), rc::PolicyCc);
  Bytes bad{0, 0, 0, 0, 2};
  Bytes command = TestTpm::assemble(CommandCode::PolicyDuplicationSelect, {policy.handle}, {}, bad);
  EXPECT_EQ(TestTpm::parse<PolicyDuplicationSelect>(tpm.execute(command).view()).code,
            rc::Value.parameter(3));
}

TEST_F(PolicyBound, PhysicalPresenceIsAskedForWhenItIsUsed) {
  Made item = seal_under(tpm, extended(AlgId::Sha256, zeros, CommandCode::PolicyPhysicalPresence));
  ClientSession policy = start();
  ASSERT_EQ(assert_policy<PolicyPhysicalPresence>(policy, {}), rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Pp.session(1));
  tpm.physical_presence = true;
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Success);
}

TEST_F(PolicyBound, NvWrittenIsOfNvIndicesOnly) {
  for (uint8_t written : {uint8_t{0}, uint8_t{1}}) {
    Made item = seal_under(
        tpm, extended(AlgId::Sha256, zeros, CommandCode::PolicyNvWritten, {ByteView(&written, 1)}));
    ClientSession policy = start();
    ASSERT_EQ(assert_policy<PolicyNvWritten>(policy, {written}), rc::Success);
    EXPECT_EQ(assert_policy<PolicyNvWritten>(policy, {static_cast<uint8_t>(1 - written)}),
              rc::Value.parameter(1));
    EXPECT_EQ(unseal(tpm, item, {&policy}), rc::PolicyFail.session(1));
  }
  EXPECT_EQ(
      TestTpm::parse<PolicyNvWritten>(tpm.execute(TestTpm::assemble(CommandCode::PolicyNvWritten,
                                                                    {start().handle}, {}, Bytes{2}))
                                          .view())
          .code,
      rc::Value.parameter(1));
}

// The Name of a key that a secure channel was made with.
wire::Name key_name(AlgId hash, size_t size) {
  Bytes name = wire::to_wire(hash);
  append(name, Bytes(size, 9));
  return wire::Name(name);
}

TEST_F(PolicyBound, TransportDigestsTellTheKeysApart) {
  const wire::Name none, one = key_name(AlgId::Sha256, 32), other = key_name(AlgId::Sha1, 20);
  for (AlgId hash : kHashes) {
    for (SessionType type : {SessionType::Policy, SessionType::Trial}) {
      ClientSession policy = start(type, hash);
      auto check = [&](const wire::Name& requester, const wire::Name& tpm_key, ByteView names) {
        EXPECT_EQ(assert_policy<PolicyTransportSpdm>(policy, {requester, tpm_key}), rc::Success);
        EXPECT_EQ(digest_of(tpm, policy), extended(hash, Bytes(digest_size(hash)),
                                                   CommandCode::PolicyTransportSpdm, {names}));
        tpm.run<PolicyRestart>({policy.handle}, {});
      };
      auto names = [&](const wire::Name& first, const wire::Name& second) {
        return formula::hash(hash, {wire::to_wire(first), wire::to_wire(second)});
      };
      check(none, none, {});
      check(one, none, names(one, none));
      check(none, one, names(none, one));
      check(one, other, names(one, other));
      tpm.run<FlushContext>({}, {.flush_handle = {policy.handle}});
    }
  }
}

TEST_F(PolicyBound, TransportRefusesWhatIsNoNameOfAKey) {
  const wire::Name none, good = key_name(AlgId::Sha256, 32);
  const std::pair<wire::Name, Rc> bad[] = {
      {wire::Name(Bytes{0}), rc::Hash},
      {wire::Name(Bytes{0, 0x0B}), rc::Size},
      {key_name(AlgId::Sha256, 31), rc::Size},
      {key_name(AlgId::Sha256, 33), rc::Size},
      {key_name(AlgId::Null, 0), rc::Hash},
      {key_name(AlgId::Rsa, 32), rc::Hash},
      {wire::Name(wire::to_wire(rh::Owner)), rc::Hash},
  };
  for (const auto& [name, code] : bad) {
    ClientSession policy = start();
    EXPECT_EQ(assert_policy<PolicyTransportSpdm>(policy, {name, none}), code.parameter(1));
    EXPECT_EQ(assert_policy<PolicyTransportSpdm>(policy, {good, name}), code.parameter(2));
    EXPECT_EQ(assert_policy<PolicyTransportSpdm>(policy, {name, name}), code.parameter(1));
    EXPECT_EQ(digest_of(tpm, policy), zeros);
    EXPECT_FALSE(loaded(tpm, policy).policy.channel_needed);
    // Once in a policy, whatever else is wrong with the second.
    ASSERT_EQ(assert_policy<PolicyTransportSpdm>(policy, {none, good}), rc::Success);
    Bytes before = digest_of(tpm, policy);
    EXPECT_EQ(assert_policy<PolicyTransportSpdm>(policy, {none, good}), rc::Value);
    EXPECT_EQ(assert_policy<PolicyTransportSpdm>(policy, {name, none}), rc::Value);
    EXPECT_EQ(digest_of(tpm, policy), before);
    ClientSession computing = trial();
    EXPECT_EQ(assert_policy<PolicyTransportSpdm>(computing, {name, none}), rc::Success);
    EXPECT_EQ(assert_policy<PolicyTransportSpdm>(computing, {name, none}), rc::Success);
    for (const ClientSession& session : {policy, computing})
      tpm.run<FlushContext>({}, {.flush_handle = {session.handle}});
  }
}

// No command comes through a secure channel here.
TEST_F(PolicyBound, TransportNeverAuthorizes) {
  Made item = seal_under(tpm, extended(AlgId::Sha256, zeros, CommandCode::PolicyTransportSpdm));
  ClientSession policy = start();
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::PolicyFail.session(1));
  ASSERT_EQ(assert_policy<PolicyTransportSpdm>(policy, {}), rc::Success);
  EXPECT_EQ(unseal(tpm, item, {&policy}), rc::Channel.session(1));
  // The other branches of a policy open as ever.
  wire::Digest here(digest_of(tpm, policy)), elsewhere = digest(1);
  ASSERT_EQ(tpm.run<PolicyRestart>({policy.handle}, {}).code, rc::Success);
  PolicyOr::Params branches{{{here, wire::Digest(zeros), elsewhere}}};
  Made either = seal_under(
      tpm, extended(AlgId::Sha256, zeros, CommandCode::PolicyOr, {here, zeros, elsewhere}));
  ASSERT_EQ(assert_policy<PolicyOr>(policy, branches), rc::Success);
  EXPECT_EQ(unseal(tpm, either, {&policy}), rc::Success);
  ASSERT_EQ(assert_policy<PolicyTransportSpdm>(policy, {}), rc::Success);
  ASSERT_EQ(assert_policy<PolicyOr>(policy, branches), rc::Success);
  EXPECT_EQ(unseal(tpm, either, {&policy}), rc::Channel.session(1));
}

// TPM2_PolicyRestart gives up whatever was collected.
TEST_F(PolicyBound, RestartForgetsAll) {
  ClientSession policy = start();
  ASSERT_EQ(assert_policy<PolicyPhysicalPresence>(policy, {}), rc::Success);
  ASSERT_EQ(assert_policy<PolicyNvWritten>(policy, {1}), rc::Success);
  ASSERT_EQ(assert_policy<PolicyDuplicationSelect>(policy, {}), rc::Success);
  ASSERT_EQ(assert_policy<PolicyTransportSpdm>(policy, {}), rc::Success);
  ASSERT_EQ(
      tpm.run<PolicySecret>({rh::Owner, policy.handle}, {.nonce_tpm = wire::Nonce(policy.nonce_tpm),
                                                         .expiration = Expiration{10}})
          .code,
      rc::Success);
  ASSERT_EQ(tpm.run<PolicyRestart>({policy.handle}, {}).code, rc::Success);
  const PolicyState& state = loaded(tpm, policy).policy;
  EXPECT_EQ(to_bytes(state.digest), zeros);
  EXPECT_EQ(state.binding, PolicyBinding());
  EXPECT_FALSE(state.command || state.nv_written || state.timeout || state.presence_needed ||
               state.channel_needed);
  EXPECT_EQ(to_bytes(loaded(tpm, policy).nonce_tpm), policy.nonce_tpm);
}

}  // namespace
}  // namespace vtpm::engine
