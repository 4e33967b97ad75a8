// SPDX-License-Identifier: Apache-2.0
// What each kind of start keeps (Part 3, 9.3 and 9.4; Part 1, 14.1 and 34.4).
#include <functional>

#include "engine/commands/attestation.h"
#include "engine/commands/command_audit.h"
#include "engine/commands/context.h"
#include "engine/commands/dictionary_attack.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/key_exchange.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/self_test.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
using wire::PropertyTag;
using wire::StartupClearBit;
namespace rh = wire::rh;

struct Subject {
  TestTpm tpm;
  wire::Context context;
  Made made;
};

uint32_t startup_clear(Subject& subject, StartupClearBit bit) {
  auto answer = subject.tpm.run<GetCapability>(
      {}, {wire::Capability::TpmProperties, static_cast<uint32_t>(PropertyTag::StartupClear), 1});
  return answer.reply.data.data.get<wire::TaggedProperties>()->items.at(0).value &
         static_cast<uint32_t>(bit);
}
Bytes pcr_value_of(Subject& subject, unsigned pcr) {
  auto answer = subject.tpm.run<PcrRead>({}, {{{{.hash = {AlgId::Sha256}, .mask = 1u << pcr}}}});
  return to_bytes(answer.reply.values.items.at(0));
}
Bytes yes(bool value) {
  return {static_cast<uint8_t>(value)};
}

struct Kept {
  const char* what;
  std::function<void(Subject&)> change;
  std::function<Bytes(Subject&)> look;
  bool disorderly_reset, reset, restart, resume;
  bool as_new = true;  // what is not kept is as in a TPM that has just started for the first time
};

void disable(Subject& subject, Handle enable) {
  EXPECT_EQ(subject.tpm.run<HierarchyControl>({rh::Platform}, {enable, uint8_t{0}}).code,
            rc::Success);
}
std::function<Bytes(Subject&)> enabled(StartupClearBit bit) {
  return [bit](Subject& subject) { return yes(startup_clear(subject, bit) != 0); };
}

Kept pcr_row(unsigned pcr) {
  auto change = [pcr](Subject& subject) {
    subject.tpm.locality = 2;  // extends them all
    EXPECT_EQ(subject.tpm.run<PcrEvent>({pcr}, {wire::Event(Bytes{1})}).code, rc::Success);
    subject.tpm.locality = 0;
  };
  auto look = [pcr](Subject& subject) { return pcr_value_of(subject, pcr); };
  // Only the static PCR are preserved, and the debug PCR is not one (PTP, PCR attributes).
  return {"a PCR", change, look, false, false, false, pcr < 16};
}

Kept auth_row(Handle hierarchy, bool always) {
  auto change = [hierarchy](Subject& subject) {
    EXPECT_EQ(subject.tpm.run<HierarchyChangeAuth>({hierarchy}, {wire::Auth(Bytes{8})}).code,
              rc::Success);
  };
  auto look = [hierarchy](Subject& subject) {
    const Authorization& is = hierarchy == rh::Platform ? subject.tpm.state.platform->platform
                              : hierarchy == rh::Owner  ? subject.tpm.state.hierarchies->owner
                              : hierarchy == rh::Lockout
                                  ? subject.tpm.state.hierarchies->lockout
                                  : subject.tpm.state.hierarchies->endorsement;
    return to_bytes(is.auth.view());
  };
  return {"an authValue", change, look, always, always, always, true};
}

Kept policy_row(Handle hierarchy, bool always) {
  auto change = [hierarchy](Subject& subject) {
    EXPECT_EQ(subject.tpm
                  .run<SetPrimaryPolicy>({hierarchy}, {wire::Digest(Bytes(32, 6)), {AlgId::Sha256}})
                  .code,
              rc::Success);
  };
  auto look = [hierarchy](Subject& subject) {
    auto answer =
        subject.tpm.run<GetCapability>({}, {wire::Capability::AuthPolicies, hierarchy, 1});
    return to_bytes(answer.reply.data.data.get<wire::TaggedPolicies>()->items.at(0).digest.view());
  };
  return {"a policy", change, look, always, always, always, true};
}

Bytes written(Subject& subject) {
  return yes(nv_attributes(subject.tpm).has(NvBit::Written));
}
Bytes write_locked(Subject& subject) {
  return yes(nv_attributes(subject.tpm).has(NvBit::WriteLocked));
}
std::function<void(Subject&)> index_with(std::initializer_list<NvBit> bits,
                                         std::function<void(TestTpm&)> then) {
  return [pub = nv_public(bits), then](Subject& subject) {
    EXPECT_EQ(define(subject.tpm, pub), rc::Success);
    EXPECT_EQ(nv_write(subject.tpm, Bytes(8, 1)), rc::Success);
    then(subject.tpm);
  };
}
void nothing_more(TestTpm&) {}
void lock_writing(TestTpm& tpm) {
  EXPECT_EQ(tpm.run<NvWriteLock>({rh::Owner, kIndex}, {}).code, rc::Success);
}

std::function<void(Subject&)> saved_object(Handle hierarchy, bool st_clear) {
  return [=](Subject& subject) {
    wire::Public pub = hmac_key();
    pub.attributes.set(wire::ObjectBit::StClear, st_clear);
    Made made = create_primary(subject.tpm, hierarchy, pub);
    subject.context = subject.tpm.run<ContextSave>({made.handle}, {}).reply.context;
  };
}
Bytes loads(Subject& subject) {
  return yes(subject.tpm.run<ContextLoad>({}, {subject.context}).code == rc::Success);
}
Bytes handle_count(Subject& subject, Handle first) {
  return {static_cast<uint8_t>(handles_from(subject.tpm, first).size())};
}

wire::CommandAuditInfo audit_info(Subject& subject) {
  auto answer = subject.tpm.run<GetCommandAuditDigest>({rh::Endorsement, rh::Null}, {});
  auto attest = wire::from_wire<wire::Attest>(answer.reply.audit_info);
  return attest ? *attest->attested.get<wire::CommandAuditInfo>() : wire::CommandAuditInfo();
}
void audit_something(Subject& subject) {
  EXPECT_EQ(subject.tpm
                .run<SetCommandCodeAuditStatus>({rh::Owner},
                                                {.audit_alg = {AlgId::Null},
                                                 .set_list = {{wire::CommandCode::GetRandom}},
                                                 .clear_list = {}})
                .code,
            rc::Success);
}

std::vector<Kept> kept_pcrs() {
  std::vector<Kept> rows;
  for (unsigned pcr = 0; pcr < 24; ++pcr) rows.push_back(pcr_row(pcr));
  return rows;
}

std::vector<Kept> kept_hierarchies() {
  std::vector<Kept> rows = {
      {"shEnable", [](Subject& s) { disable(s, rh::Owner); }, enabled(StartupClearBit::ShEnable),
       false, false, false, true},
      {"ehEnable", [](Subject& s) { disable(s, rh::Endorsement); },
       enabled(StartupClearBit::EhEnable), false, false, false, true},
      {"phEnableNV", [](Subject& s) { disable(s, rh::PlatformNv); },
       enabled(StartupClearBit::PhEnableNv), false, false, false, true},
      {"phEnable", [](Subject& s) { disable(s, rh::Platform); }, enabled(StartupClearBit::PhEnable),
       false, false, false, false},
      {"the null seed", [](Subject&) {},
       [](Subject& s) {
         Made made = create_primary(s.tpm, rh::Null, ecc_storage());
         s.tpm.run<FlushContext>({}, {.flush_handle = {made.handle}});
         return made.name;
       },
       false, false, true, true, false},
      {"the storage seed", [](Subject&) {},
       [](Subject& s) {
         Made made = create_primary(s.tpm, rh::Owner, ecc_storage());
         s.tpm.run<FlushContext>({}, {.flush_handle = {made.handle}});
         return made.name;
       },
       true, true, true, true},
  };
  for (Handle hierarchy : {rh::Owner, rh::Endorsement, rh::Lockout, rh::Platform}) {
    rows.push_back(auth_row(hierarchy, hierarchy != rh::Platform));
    rows.push_back(policy_row(hierarchy, hierarchy != rh::Platform));
  }
  return rows;
}

std::vector<Kept> kept_indices() {
  auto read_lock = [](TestTpm& tpm) { tpm.run<NvReadLock>({rh::Owner, kIndex}, {}); };
  return {
      {"an index", index_with({}, nothing_more), written, true, true, true, true},
      {"an index of TPMA_NV_CLEAR_STCLEAR", index_with({NvBit::ClearStClear}, nothing_more),
       written, false, false, false, true, false},
      {"an orderly index", index_with({NvBit::Orderly}, nothing_more), written, false, false, true,
       true, false},
      {"TPMA_NV_READLOCKED", index_with({NvBit::ReadStClear}, read_lock),
       [](Subject& s) { return yes(nv_attributes(s.tpm).has(NvBit::ReadLocked)); }, false, false,
       false, true, false},
      {"TPMA_NV_WRITELOCKED", index_with({NvBit::WriteStClear}, lock_writing), write_locked, false,
       false, false, true, false},
      {"TPMA_NV_WRITELOCKED of TPMA_NV_WRITEDEFINE", index_with({NvBit::WriteDefine}, lock_writing),
       write_locked, true, true, true, true},
  };
}

std::vector<Kept> kept_contexts() {
  return {
      {"an object", [](Subject& s) { create_primary(s.tpm, rh::Owner, hmac_key()); },
       [](Subject& s) { return handle_count(s, 0x80000000); }, false, false, false, false},
      {"a sequence",
       [](Subject& s) { s.tpm.run<HashSequenceStart>({}, {.hash = {AlgId::Sha256}}); },
       [](Subject& s) { return handle_count(s, 0x80000000); }, false, false, false, false},
      {"a persistent object",
       [](Subject& s) {
         Made made = create_primary(s.tpm, rh::Owner, hmac_key());
         s.tpm.run<EvictControl>({rh::Owner, made.handle}, {.persistent_handle = {0x81000000}});
       },
       [](Subject& s) { return handle_count(s, 0x81000000); }, true, true, true, true},
      {"a session", [](Subject& s) { start_session(s.tpm); },
       [](Subject& s) { return handle_count(s, 0x02000000); }, false, false, false, false},
      {"a saved session",
       [](Subject& s) {
         ClientSession session = start_session(s.tpm);
         s.context = s.tpm.run<ContextSave>({session.handle}, {}).reply.context;
       },
       [](Subject& s) { return handle_count(s, 0x03000000); }, false, false, true, true},
      {"a saved object", saved_object(rh::Owner, false), loads, false, false, true, true, false},
      {"a saved object of no hierarchy", saved_object(rh::Null, false), loads, false, false, true,
       true, false},
      {"a saved stClear object", saved_object(rh::Owner, true), loads, false, false, false, true,
       false},
  };
}

std::vector<Kept> kept_counts() {
  return {
      // Part 1, clause 32: lost only with a loss of power that nobody announced.
      {"the audit digest", audit_something,
       [](Subject& s) { return to_bytes(audit_info(s).audit_digest.view()); }, false, true, true,
       true},
      {"the audit counter", audit_something,
       [](Subject& s) { return wire::to_wire(audit_info(s).audit_counter); }, true, true, true,
       true},
      {"failedTries",
       [](Subject& s) {
         Made made = create_primary(s.tpm, rh::Owner, sealed_data({wire::ObjectBit::UserWithAuth}),
                                    {1}, {2});
         EXPECT_EQ(s.tpm.run<Unseal>({made.handle}, {}, {{9}}).code, rc::AuthFail.session(1));
       },
       [](Subject& s) { return wire::to_wire(s.tpm.state.dictionary_attack->failed_tries); }, true,
       true, true, true},
      {"the lock of lockoutAuth",
       [](Subject& s) { s.tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {{9}}); },
       [](Subject& s) { return yes(s.tpm.state.dictionary_attack->lockout_auth_enabled); }, true,
       true, true, true},
      {"the lock of lockoutAuth with lockoutRecovery of zero",
       [](Subject& s) {
         s.tpm.run<DictionaryAttackParameters>({rh::Lockout}, {5, 100, 0});
         s.tpm.run<DictionaryAttackLockReset>({rh::Lockout}, {}, {{9}});
       },
       [](Subject& s) { return yes(s.tpm.state.dictionary_attack->lockout_auth_enabled); }, false,
       false, false, false},
      {"the count of ephemeral keys",
       [](Subject& s) { s.tpm.run<EcEphemeral>({}, {CurveId::NistP256}); },
       [](Subject& s) { return wire::to_wire(s.tpm.state.commits->count); }, false, false, true,
       true},
      {"the nonce of ephemeral keys", [](Subject&) {},
       [](Subject& s) { return to_bytes(s.tpm.state.commits->nonce.view()); }, false, false, true,
       true, false},
      {"self tests", [](Subject& s) { s.tpm.run<SelfTest>({}, {uint8_t{1}}); },
       [](Subject& s) { return wire::to_wire(s.tpm.state.lifecycle->tests_passed); }, false, false,
       false, false},
  };
}

class StartupKeeps : public ::testing::TestWithParam<Restarting> {
 protected:
  static bool kept_by(const Kept& row, Restarting kind) {
    switch (kind) {
      case Restarting::DisorderlyReset:
        return row.disorderly_reset;
      case Restarting::Reset:
        return row.reset;
      case Restarting::Restart:
        return row.restart;
      case Restarting::Resume:
        return row.resume;
    }
    return false;
  }
  void expect(const std::vector<Kept>& rows) {
    for (const Kept& row : rows) {
      SCOPED_TRACE(row.what);
      Subject subject;
      row.change(subject);
      Bytes before = row.look(subject);
      restart(subject.tpm, GetParam());
      Bytes after = row.look(subject);
      if (kept_by(row, GetParam())) {
        EXPECT_EQ(after, before);
        continue;
      }
      EXPECT_NE(after, before);
      Subject fresh;
      if (row.as_new) {
        EXPECT_EQ(after, row.look(fresh));
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, StartupKeeps, ::testing::ValuesIn(kAllRestarts));

TEST_P(StartupKeeps, Pcrs) {
  expect(kept_pcrs());
}
TEST_P(StartupKeeps, Hierarchies) {
  expect(kept_hierarchies());
}
TEST_P(StartupKeeps, Indices) {
  expect(kept_indices());
}
TEST_P(StartupKeeps, Contexts) {
  expect(kept_contexts());
}
TEST_P(StartupKeeps, Counts) {
  expect(kept_counts());
}

// Part 3, 9.3.1: a policy that has looked at PCR before a restart must not pass for one after it.
TEST_P(StartupKeeps, NoPolicyThatHasLookedAtPcr) {
  Subject subject;
  ClientSession session = start_session(subject.tpm, {.type = wire::SessionType::Policy});
  wire::PcrSelections seven{{{.hash = {AlgId::Sha256}, .mask = 1u << 7}}};
  ASSERT_EQ(subject.tpm.run<PolicyPcr>({session.handle}, {{}, seven}).code, rc::Success);
  subject.context = subject.tpm.run<ContextSave>({session.handle}, {}).reply.context;
  restart(subject.tpm, GetParam());
  bool back = GetParam() == Restarting::Restart || GetParam() == Restarting::Resume;
  EXPECT_EQ(loads(subject), yes(back));
  if (back) {
    EXPECT_EQ(subject.tpm.run<PolicyPcr>({session.handle}, {{}, seven}).code, rc::PcrChanged);
  }
}

}  // namespace
}  // namespace vtpm::engine
