// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 21, 18.5 and 18.6; Part 1, clause 32.
#include "engine/commands/command_audit.h"

#include "engine/commands/attestation.h"
#include "engine/commands/capability.h"
#include "engine/commands/clock.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/random.h"
#include "engine/commands/self_test.h"
#include "engine/commands/startup.h"
#include "engine/engine.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
using wire::StructureTag;
namespace rh = wire::rh;

const wire::SignatureScheme kEcdsa = signature_scheme(AlgId::EcDsa, AlgId::Sha256);

class CommandAuditing : public ::testing::Test {
 protected:
  using Codes = std::vector<CommandCode>;

  static SetCommandCodeAuditStatus::Params choose(Codes set, Codes clear = {},
                                                  AlgId hash = AlgId::Null) {
    return {.audit_alg = {hash}, .set_list = {std::move(set)}, .clear_list = {std::move(clear)}};
  }
  Rc set_status(const SetCommandCodeAuditStatus::Params& params, Handle auth = rh::Owner) {
    return tpm.run<SetCommandCodeAuditStatus>({auth}, params).code;
  }
  // What the TPM says, without a signature and so without an end of the log.
  wire::CommandAuditInfo report() {
    auto answer = tpm.run<GetCommandAuditDigest>({rh::Endorsement, rh::Null}, {});
    EXPECT_EQ(answer.code, rc::Success);
    auto attest = wire::from_wire<wire::Attest>(answer.reply.audit_info);
    return attest ? *attest->attested.get<wire::CommandAuditInfo>() : wire::CommandAuditInfo();
  }
  static Bytes digest_of(const Codes& codes, AlgId hash = AlgId::Sha256) {
    Bytes all;
    for (CommandCode code : codes) append(all, wire::to_wire(code));
    return formula::hash(hash, {all});
  }
  // Runs a command without sessions and enters it into the expected log.
  template <class C>
  void run_audited(const typename C::Params& params, AlgId hash = AlgId::Sha256) {
    Bytes parameters = TestTpm::marshal_params<C>(params);
    Secret response = tpm.execute(TestTpm::assemble(command_row<C>().code, {}, {}, parameters));
    note<C>(parameters, response.view().subspan(10), {}, hash);
  }
  template <class C>
  void note(ByteView parameters, ByteView reply, ByteView names, AlgId hash = AlgId::Sha256) {
    Bytes code = wire::to_wire(command_row<C>().code);
    if (log.empty()) log = Bytes(digest_size(hash));
    log = formula::hash(hash, {log, formula::hash(hash, {code, names, parameters}),
                               formula::hash(hash, {Bytes(4), code, reply})});
  }

  Bytes log;
  TestTpm tpm;
};

TEST_F(CommandAuditing, ChoosesTheCommands) {
  const CommandCode always = CommandCode::SetCommandCodeAuditStatus;
  EXPECT_EQ(to_bytes(report().command_digest), digest_of({always}));
  EXPECT_EQ(set_status(choose({CommandCode::GetRandom, CommandCode::Clear})), rc::Success);
  EXPECT_EQ(to_bytes(report().command_digest),
            digest_of({CommandCode::Clear, always, CommandCode::GetRandom}));
  // In both lists: not audited. Not implemented, or never or always audited: no error.
  EXPECT_EQ(set_status(choose({CommandCode::Load, CommandCode::Shutdown, CommandCode{0x1FF}},
                              {CommandCode::Load, CommandCode::Clear, CommandCode::Quote, always,
                               CommandCode{0x1FF}}),
                       rh::Platform),
            rc::Success);
  EXPECT_EQ(to_bytes(report().command_digest), digest_of({always, CommandCode::GetRandom}));
  auto listed = tpm.run<GetCapability>(
      {}, {.capability = {wire::Capability::AuditCommands}, .property_count = 10});
  EXPECT_EQ(listed.reply.data.data.get<wire::CommandCodes>()->items,
            (Codes{always, CommandCode::GetRandom}));
}

TEST_F(CommandAuditing, KeepsALogOfThem) {
  ASSERT_EQ(set_status(choose({CommandCode::GetRandom})), rc::Success);
  note<SetCommandCodeAuditStatus>(
      TestTpm::marshal_params<SetCommandCodeAuditStatus>(choose({CommandCode::GetRandom})), {},
      wire::to_wire(rh::Owner));
  EXPECT_EQ(to_bytes(report().audit_digest), log);
  EXPECT_EQ(report().audit_counter, 1u);
  run_audited<GetRandom>({.bytes_requested = 8});
  run_audited<GetRandom>({.bytes_requested = 9});
  tpm.run<ReadClock>({}, {});
  EXPECT_EQ(to_bytes(report().audit_digest), log);
  // A command that fails is not in it.
  EXPECT_EQ(set_status(choose({}, {}, AlgId::Null), rh::Lockout), rc::Value.handle(1));
  EXPECT_EQ(to_bytes(report().audit_digest), log);
  EXPECT_EQ(report().audit_counter, 1u);
}

// cpHash and rpHash are those of the bytes as they travel, with any sessions.
TEST_F(CommandAuditing, CountsParametersAsTheyTravel) {
  ASSERT_EQ(set_status(choose({CommandCode::GetRandom})), rc::Success);
  log = to_bytes(report().audit_digest);
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128), .bind = rh::Owner});
  Sent sent = prepare<GetRandom>(tpm, {}, {.bytes_requested = 8},
                                 {{.session = &session, .attributes = kContinue | kEncrypt}});
  Secret response = tpm.execute(sent.command);
  size_t size = load_be<uint32_t>(response.view().subspan(10));
  note<GetRandom>(sent.parameters, response.view().subspan(14, size), {});
  EXPECT_EQ(to_bytes(report().audit_digest), log);
}

TEST_F(CommandAuditing, ASignatureEndsTheLog) {
  ASSERT_EQ(set_status(choose({CommandCode::GetRandom})), rc::Success);
  run_audited<GetRandom>({.bytes_requested = 1});
  Bytes before = to_bytes(report().audit_digest);
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  auto answer = tpm.run<GetCommandAuditDigest>({rh::Endorsement, key.handle}, {});
  ASSERT_EQ(answer.code, rc::Success);
  auto attest = wire::from_wire<wire::Attest>(answer.reply.audit_info);
  EXPECT_EQ(attest->type.value, StructureTag::AttestCommandAudit);
  const auto& info = *attest->attested.get<wire::CommandAuditInfo>();
  EXPECT_EQ(to_bytes(info.audit_digest), before);
  EXPECT_EQ(*info.digest_alg, AlgId::Sha256);
  EXPECT_TRUE(report().audit_digest.empty());
  EXPECT_EQ(report().audit_counter, 1u);
  log.clear();
  run_audited<GetRandom>({.bytes_requested = 1});
  EXPECT_EQ(to_bytes(report().audit_digest), log);
  EXPECT_EQ(report().audit_counter, 2u);
}

// The report itself is not in what it reports, but first in what follows.
TEST_F(CommandAuditing, TheReportBeginsTheNextLog) {
  ASSERT_EQ(set_status(choose({CommandCode::GetCommandAuditDigest})), rc::Success);
  Made key = create_primary(tpm, rh::Endorsement, attestation_key());
  auto answer = tpm.run<GetCommandAuditDigest>({rh::Endorsement, key.handle}, {});
  ASSERT_EQ(answer.code, rc::Success);
  Bytes reply = wire::to_wire(answer.reply.audit_info);
  append(reply, wire::to_wire(answer.reply.signature));
  note<GetCommandAuditDigest>(TestTpm::marshal_params<GetCommandAuditDigest>({}), reply,
                              formula::concat({wire::to_wire(rh::Endorsement), key.name}));
  auto next = report();
  EXPECT_EQ(to_bytes(next.audit_digest), log);
  EXPECT_EQ(next.audit_counter, 2u);
}

TEST_F(CommandAuditing, ANewAlgorithmBeginsAnew) {
  ASSERT_EQ(set_status(choose({CommandCode::GetRandom})), rc::Success);
  EXPECT_EQ(set_status(choose({CommandCode::Clear}, {}, AlgId::Sha384)), rc::Value.parameter(1));
  EXPECT_EQ(set_status(choose({}, {CommandCode::Clear}, AlgId::Sha384)), rc::Value.parameter(1));
  // The current one is no change.
  EXPECT_EQ(set_status(choose({}, {}, AlgId::Sha256)), rc::Success);
  EXPECT_FALSE(report().audit_digest.empty());
  EXPECT_EQ(set_status(choose({}, {}, AlgId::Sha384)), rc::Success);
  auto info = report();
  EXPECT_EQ(*info.digest_alg, AlgId::Sha384);
  EXPECT_TRUE(info.audit_digest.empty());
  EXPECT_EQ(info.audit_counter, 1u);
  EXPECT_EQ(
      to_bytes(info.command_digest),
      digest_of({CommandCode::SetCommandCodeAuditStatus, CommandCode::GetRandom}, AlgId::Sha384));
  run_audited<GetRandom>({.bytes_requested = 1}, AlgId::Sha384);
  EXPECT_EQ(to_bytes(report().audit_digest), log);
  EXPECT_EQ(report().audit_counter, 2u);
}

TEST_F(CommandAuditing, TheLogOutlastsAnOrderlyShutdownOnly) {
  ASSERT_EQ(set_status(choose({CommandCode::GetRandom})), rc::Success);
  Bytes digest = to_bytes(report().audit_digest);
  for (auto type : {wire::StartupType::Clear, wire::StartupType::State}) {
    ASSERT_EQ(tpm.run<Shutdown>({}, {type}).code, rc::Success);
    auto saved = load(save(tpm.state, nullptr), tpm.clock);
    ASSERT_TRUE(saved);
    tpm.state = power_on(*saved, tpm.ports);
    ASSERT_EQ(tpm.run<Startup>({}, {type}).code, rc::Success);
    EXPECT_EQ(to_bytes(report().audit_digest), digest);
  }
  tpm.power_cycle();
  ASSERT_EQ(tpm.run<Startup>({}, {wire::StartupType::Clear}).code, rc::Success);
  EXPECT_TRUE(report().audit_digest.empty());
  EXPECT_EQ(report().audit_counter, 1u);
}

// Version 1 of the section ends before the digest.
TEST_F(CommandAuditing, AStateOfAnEarlierVersionHasNoLog) {
  ASSERT_EQ(set_status(choose({CommandCode::GetRandom})), rc::Success);
  auto sections = save(tpm.state, nullptr);
  auto audit = std::ranges::find(sections, section_tag("AUDT"), &Section::tag);
  ASSERT_NE(audit, sections.end());
  EXPECT_EQ(audit->version, 2);
  ByteView whole = audit->payload.view();
  audit->payload = Secret(whole.first(whole.size() - 2 - 32));
  audit->version = 1;
  auto loaded = load(sections, tpm.clock);
  ASSERT_TRUE(loaded) << loaded.error().reason;
  EXPECT_TRUE(loaded->command_audit->digest.empty());
  EXPECT_EQ(loaded->command_audit->audited, std::set{CommandCode::GetRandom});
  EXPECT_EQ(loaded->command_audit->counter, 1u);
  // A digest of another length than the algorithm's.
  Bytes odd = to_bytes(audit->payload.view());
  append(odd, Bytes{0, 1, 7});
  audit->payload = Secret(ByteView(odd));
  EXPECT_EQ(load(sections, tpm.clock).error().reason,
            "section AUDT has an audit digest of a wrong size");
}

// Part 1, clause 32: what answers in Failure mode is not audited then.
TEST_F(CommandAuditing, StandsStillInFailureMode) {
  ASSERT_EQ(set_status(choose({CommandCode::GetTestResult, CommandCode::GetCapability})),
            rc::Success);
  tpm.ports.self_test = [](crypto::SelfTest) noexcept { return false; };
  ASSERT_EQ(tpm.run<SelfTest>({}, {uint8_t{1}}).code, rc::Failure);
  State before = tpm.state;
  EXPECT_EQ(tpm.run<GetTestResult>({}, {}).code, rc::Success);
  EXPECT_EQ(tpm.run<GetCapability>({}, {wire::Capability::TpmProperties, 0x100, 1}).code,
            rc::Success);
  EXPECT_TRUE(tpm.state.command_audit.same_as(before.command_audit));
}

TEST_F(CommandAuditing, ClearResetsTheCounter) {
  ASSERT_EQ(set_status(choose({CommandCode::GetRandom})), rc::Success);
  ASSERT_EQ(tpm.run<Clear>({rh::Lockout}, {}).code, rc::Success);
  EXPECT_EQ(report().audit_counter, 0u);
}

TEST_F(CommandAuditing, NeedsOwnerOrPlatformAndForTheReportEndorsement) {
  tpm.run<HierarchyChangeAuth>({rh::Owner}, {wire::Auth(ByteView(Bytes{1}))});
  tpm.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(Bytes{2}))});
  EXPECT_EQ(set_status(choose({})), rc::BadAuth.session(1));
  EXPECT_EQ(set_status(choose({}), rh::Platform), rc::Success);
  EXPECT_EQ(set_status(choose({}), rh::Endorsement), rc::Value.handle(1));
  auto code = [&](Handle admin, Handle key, const Bytes& auth) {
    return tpm.run<GetCommandAuditDigest>({admin, key}, {}, {auth}).code;
  };
  EXPECT_EQ(code(rh::Endorsement, rh::Null, {}), rc::BadAuth.session(1));
  EXPECT_EQ(code(rh::Endorsement, rh::Null, {2}), rc::Success);
  EXPECT_EQ(code(rh::Owner, rh::Null, {1}), rc::Value.handle(1));
  Made storage = create_primary(tpm, rh::Null, ecc_storage());
  EXPECT_EQ(code(rh::Endorsement, storage.handle, {2}), rc::Key.handle(2));
}

TEST_F(CommandAuditing, TooLongListsAreRefused) {
  Codes many(wire::CommandCodes::kMaximumItems + 1, CommandCode::Clear);
  EXPECT_EQ(set_status(choose(many)), rc::Size.parameter(2));
  EXPECT_EQ(set_status(choose({}, many)), rc::Size.parameter(3));
  Codes most(wire::CommandCodes::kMaximumItems, CommandCode::Clear);
  EXPECT_EQ(set_status(choose(most)), rc::Success);
}

class SessionAuditing : public ::testing::Test {
 protected:
  SessionAuditing() : session(start_session(tpm, {.bind = rh::Owner})) {}

  Answer<GetSessionAuditDigest> report(Handle key = rh::Null, Handle of = 0) {
    return tpm.run<GetSessionAuditDigest>({rh::Endorsement, key, of ? of : session.handle},
                                          {.in_scheme = kEcdsa});
  }
  static wire::SessionAuditInfo info(const Answer<GetSessionAuditDigest>& answer) {
    EXPECT_EQ(answer.code, rc::Success);
    auto attest = wire::from_wire<wire::Attest>(answer.reply.audit_info);
    return attest ? *attest->attested.get<wire::SessionAuditInfo>() : wire::SessionAuditInfo();
  }
  void run_audited() {
    auto answer =
        run_with<ReadClock>(tpm, {}, {}, {{.session = &session, .attributes = kContinue | kAudit}});
    EXPECT_EQ(answer.code, rc::Success);
  }

  TestTpm tpm;
  ClientSession session;
};

TEST_F(SessionAuditing, TellsTheDigestAndWhetherItIsAll) {
  run_audited();
  run_audited();
  auto first = info(report());
  EXPECT_EQ(to_bytes(first.session_digest), *session.audit);
  EXPECT_EQ(*first.exclusive_session, 1);
  // The report was a command without the session.
  EXPECT_EQ(*info(report()).exclusive_session, 0);
  Made key = create_primary(tpm, rh::Endorsement, ecdsa_key());
  auto answer = report(key.handle);
  EXPECT_EQ(*answer.reply.signature.algorithm, AlgId::EcDsa);
  EXPECT_EQ(to_bytes(info(answer).session_digest), *session.audit);
}

// The command is entered as any other, but after it has been answered.
TEST_F(SessionAuditing, AReportUnderTheSameAuditIsNotInItself) {
  run_audited();
  Bytes before = *session.audit;
  Use use{.session = &session, .attributes = kContinue | kAudit};
  auto answer = run_with<GetSessionAuditDigest>(tpm, {rh::Endorsement, rh::Null, session.handle},
                                                {}, {Use{}, Use{}, use});
  EXPECT_EQ(to_bytes(info(answer).session_digest), before);
  EXPECT_EQ(*info(answer).exclusive_session, 1);
  EXPECT_NE(*session.audit, before);
  EXPECT_EQ(to_bytes(info(report()).session_digest), *session.audit);
}

TEST_F(SessionAuditing, Refusals) {
  EXPECT_EQ(report().code, rc::Type.handle(3));
  run_audited();
  Made storage = create_primary(tpm, rh::Owner, ecc_storage());
  EXPECT_EQ(report(storage.handle).code, rc::Key.handle(2));
  Made rsa = create_primary(tpm, rh::Owner, rsa_signing_key());
  EXPECT_EQ(report(rsa.handle).code, rc::Scheme.parameter(2));
  ClientSession policy = start_session(tpm, {.type = wire::SessionType::Policy});
  EXPECT_EQ(report(rh::Null, policy.handle).code, rc::Value.handle(3));
  EXPECT_EQ(report(rh::Null, 0x0200003F).code, rc::ReferenceH0.plus(2));
  tpm.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(Bytes{2}))});
  EXPECT_EQ(report().code, rc::BadAuth.session(1));
}

}  // namespace
}  // namespace vtpm::engine
