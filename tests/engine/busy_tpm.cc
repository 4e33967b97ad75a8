// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/busy_tpm.h"

#include <gtest/gtest.h>

#include "engine/commands/clock.h"
#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/mac.h"
#include "engine/commands/management.h"
#include "engine/commands/pcr.h"
#include "engine/commands/policy.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_bound.h"
#include "engine/commands/random.h"
#include "engine/commands/signature_sequence.h"
#include "engine/commands/startup.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/objects.h"

namespace vtpm::engine::testing {

using wire::SessionType;
namespace rh = wire::rh;

BusyTpm::BusyTpm() {
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
  auto verifying = tpm.run<VerifySequenceStart>({mac.handle}, {});
  EXPECT_EQ(verifying.reply.sequence.value, 0x80000008);
  EXPECT_EQ(tpm.run<SignSequenceStart>({mac.handle}, {}).reply.sequence.value, 0x80000009);
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
  tpm.run<PolicyPhysicalPresence>({policy.handle}, {});
  tpm.run<PolicyNvWritten>({policy.handle}, {1});
  tpm.run<PolicySecret>({rh::Owner, policy.handle}, {.nonce_tpm = wire::Nonce(policy.nonce_tpm),
                                                     .cp_hash = wire::Digest(Bytes(32, 4)),
                                                     .expiration = Expiration{100}});
  ClientSession saved = start_session(tpm, {.type = SessionType::Policy});
  tpm.run<ContextSave>({saved.handle}, {});

  tpm.physical_presence = true;
  tpm.run<PpCommands>({rh::Platform}, {{{wire::CommandCode::ChangePps}}, {}});
  tpm.physical_presence = false;
  wire::Digest digest{crypto::Digest(32, 5).view()};
  tpm.run<SetPrimaryPolicy>({rh::Owner}, {digest, {AlgId::Sha256}});
  tpm.run<PcrSetAuthPolicy>({rh::Platform}, {digest, {AlgId::Sha256}, {20}});
  tpm.run<PcrSetAuthValue>({22}, {wire::Auth(ByteView(Bytes{6}))});
  tpm.run<HierarchyChangeAuth>({rh::Platform}, {wire::Auth(ByteView(Bytes{5}))});
  tpm.run<Unseal>({0x80000002}, {}, {{9}});
  define(tpm, nv_public({NvBit::AuthRead}), {3, 4});
  nv_write(tpm, {1, 2, 3});
  define(tpm, nv_public({NvBit::Orderly}, NvType::Counter, 8, kIndex + 1));
  nv_increment(tpm, kIndex + 1);
  define(tpm, nv_public({NvBit::Orderly, NvBit::ReadStClear}, NvType::Ordinary, 8, kIndex + 2));
  nv_write(tpm, {5}, 0, {}, kIndex + 2);
  tpm.run<NvReadLock>({rh::Owner, kIndex + 2}, {});
  tpm.clock.now += 5000;
  tpm.run<ClockRateAdjust>({rh::Owner}, {ClockAdjust::CoarseFaster});
  tpm.run<Shutdown>({}, {wire::StartupType::State});
  ClientSession audit = start_session(tpm);
  run_with<GetRandom>(tpm, {}, {8}, {{.session = &audit, .attributes = kContinue | kAudit}});
  tpm.clock.now += 777;
}

}  // namespace vtpm::engine::testing
