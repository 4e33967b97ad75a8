// SPDX-License-Identifier: Apache-2.0
// What the PC Client Platform TPM Profile asks of the TPM beyond the library specification, seen
// through TPM2_GetCapability and in what commands do. Clause numbers are those of version 1.07 as
// public conformance tests cite them; the TPM itself reports 1.05, whose limits are the lower ones.
#include <algorithm>
#include <map>
#include <set>

#include "engine/commands/context.h"
#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/pcr.h"
#include "engine/commands/startup.h"
#include "tests/engine/capabilities.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Capability;
using wire::CommandCode;
using wire::PcrPropertyTag;
using wire::PropertyTag;
using wire::StartupType;
namespace rh = wire::rh;

class PcClient : public ::testing::Test {
 protected:
  bool reports(AlgId algorithm) {
    return std::ranges::any_of(listed<wire::AlgorithmProperties>(tpm, Capability::Algs),
                               [&](const auto& item) { return item.algorithm == algorithm; });
  }
  uint32_t pcrs(unsigned tag) {
    for (const auto& item : listed<wire::TaggedPcrProperties>(tpm, Capability::PcrProperties))
      if (static_cast<unsigned>(item.property) == tag) return item.mask;
    ADD_FAILURE() << "no TPM_PT_PCR " << tag;
    return 0;
  }

  TestTpm tpm;
};

// Clause 4.2.
TEST_F(PcClient, PlatformProperties) {
  EXPECT_EQ(tpm_property(tpm, PropertyTag::PlatformFamily), 1u);  // TPM_PS_PC
  EXPECT_EQ(tpm_property(tpm, PropertyTag::PlatformLevel), 0u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::PlatformRevision), 0x105u);
}

// Clause 4.2. Version 1.07 raises the size of an index, for certificates of keys that we lack.
TEST_F(PcClient, Minimums) {
  EXPECT_GE(tpm_property(tpm, PropertyTag::TransientMinimum), 3u);
  EXPECT_GE(tpm_property(tpm, PropertyTag::PersistentMinimum), 9u);
  EXPECT_GE(tpm_property(tpm, PropertyTag::LoadedMinimum), 3u);
  EXPECT_GE(tpm_property(tpm, PropertyTag::ActiveSessionsMaximum), 64u);
  EXPECT_EQ(tpm_property(tpm, PropertyTag::PcrCount), 24u);
  EXPECT_GE(tpm_property(tpm, PropertyTag::PcrSelectMinimum), 3u);
  EXPECT_GE(tpm_property(tpm, PropertyTag::NvIndexMaximum), 2048u);
  EXPECT_GE(tpm_property(tpm, PropertyTag::NvBufferMaximum), 512u);
}

// What is reported can be had, all at once.
TEST_F(PcClient, MinimumsHold) {
  for (uint32_t i = 0; i < tpm_property(tpm, PropertyTag::TransientMinimum); ++i)
    create_primary(tpm, rh::Null, hmac_key());
  for (uint32_t i = 0; i < tpm_property(tpm, PropertyTag::ActiveSessionsMaximum); ++i)
    start_session(tpm);
  EXPECT_EQ(handles_from(tpm, 0x80000000).size(), tpm_property(tpm, PropertyTag::TransientMinimum));
  EXPECT_EQ(handles_from(tpm, 0x02000000).size(),
            tpm_property(tpm, PropertyTag::ActiveSessionsMaximum));
  tpm.run<FlushContext>({}, {.flush_handle = {0x80000000}});
  Made made = create_primary(tpm, rh::Owner, hmac_key());
  for (uint32_t i = 0; i < tpm_property(tpm, PropertyTag::PersistentMinimum); ++i)
    EXPECT_EQ(
        tpm.run<EvictControl>({rh::Owner, made.handle}, {.persistent_handle = {0x81000000 + i}})
            .code,
        rc::Success);
  auto size = static_cast<uint16_t>(tpm_property(tpm, PropertyTag::NvIndexMaximum));
  ASSERT_EQ(define(tpm, nv_public({}, NvType::Ordinary, size)), rc::Success);
  auto buffer = static_cast<uint16_t>(tpm_property(tpm, PropertyTag::NvBufferMaximum));
  EXPECT_EQ(nv_write(tpm, Bytes(buffer, 3), static_cast<uint16_t>(size - buffer)), rc::Success);
  EXPECT_EQ(nv_read(tpm, buffer).code, rc::Success);
}

// Clause 4.3, the algorithms that are mandatory.
TEST_F(PcClient, Algorithms) {
  for (AlgId algorithm :
       {AlgId::Rsa, AlgId::Hmac, AlgId::Aes, AlgId::Mgf1, AlgId::KeyedHash, AlgId::Xor,
        AlgId::Sha256, AlgId::Sha384, AlgId::Sha512, AlgId::RsaSsa, AlgId::RsaPss, AlgId::Oaep,
        AlgId::EcDsa, AlgId::Ecdh, AlgId::Ecc, AlgId::SymCipher, AlgId::Cfb})
    EXPECT_TRUE(reports(algorithm)) << std::hex << static_cast<unsigned>(algorithm);
  // TDES is not allowed.
  EXPECT_FALSE(reports(static_cast<AlgId>(0x0003)));
}

// Clause 4.3 of RSA: 3072 bits and not 1024; 2048 is what the EK templates L-1 have.
TEST_F(PcClient, RsaKeySizes) {
  auto allows = [&](uint16_t bits) {
    PublicParms parameters{.type = wire::PublicType{AlgId::Rsa},
                           .parameters = wire::RsaParameters{.key_bits = bits}};
    return tpm.run<TestParms>({}, {parameters}).code == rc::Success;
  };
  EXPECT_TRUE(allows(2048));
  EXPECT_TRUE(allows(3072));
  EXPECT_FALSE(allows(1024));
}

// Clause 4.4.
TEST_F(PcClient, Curves) {
  auto curves = listed<wire::Curves>(tpm, Capability::EccCurves);
  for (CurveId curve : {CurveId::NistP256, CurveId::NistP384}) {
    EXPECT_TRUE(std::ranges::count(curves, curve) == 1);
    create_primary(tpm, rh::Null, ecdsa_key(curve));
  }
}

// Clause 4.7: SHA-256 and SHA-384 have all PCR from the start, and SHA-1 none.
TEST_F(PcClient, DefaultBanks) {
  std::map<AlgId, uint32_t> banks;
  for (const auto& bank : listed<wire::PcrSelections>(tpm, Capability::Pcrs))
    banks[bank.hash.value] = bank.mask;
  EXPECT_EQ(banks[AlgId::Sha256], 0xFFFFFFu);
  EXPECT_EQ(banks[AlgId::Sha384], 0xFFFFFFu);
  EXPECT_EQ(banks[AlgId::Sha1], 0u);
}

// The table of PCR attributes: who may extend and reset which, from each locality.
struct PcrRule {
  unsigned first, last;
  uint8_t extend, reset;  // localities as bits
};
constexpr PcrRule kPcrRules[] = {
    {0, 15, 0x1F, 0x00},   // static root of trust
    {16, 16, 0x1F, 0x0F},  // debug
    {17, 18, 0x1C, 0x10},  // dynamic root of trust
    {19, 19, 0x0C, 0x10}, {20, 20, 0x0E, 0x14},
    {21, 22, 0x04, 0x14}, {23, 23, 0x1F, 0x0F},  // applications
};

TEST_F(PcClient, PcrAttributesByLocality) {
  for (const PcrRule& rule : kPcrRules)
    for (unsigned pcr = rule.first; pcr <= rule.last; ++pcr)
      for (uint8_t locality = 0; locality < 5; ++locality) {
        SCOPED_TRACE(::testing::Message() << "PCR " << pcr << ", locality " << int{locality});
        bool extend = (rule.extend >> locality & 1) != 0;
        EXPECT_EQ((pcrs(1 + 2u * locality) >> pcr & 1) != 0, extend);
        tpm.locality = locality;
        EXPECT_EQ(tpm.run<PcrEvent>({pcr}, {wire::Event(Bytes{1})}).code,
                  extend ? rc::Success : rc::Locality);
        tpm.locality = 0;
        // Locality 4 is the hardware's; the debug and application PCR are nothing to it.
        if (locality == 4 && (pcr == 16 || pcr == 23)) continue;
        bool reset = (rule.reset >> locality & 1) != 0;
        EXPECT_EQ((pcrs(2 + 2u * locality) >> pcr & 1) != 0, reset);
        tpm.locality = locality;
        EXPECT_EQ(tpm.run<PcrReset>({pcr}, {}).code, reset ? rc::Success : rc::Locality);
        tpm.locality = 0;
      }
}

TEST_F(PcClient, PcrAttributesOfAllLocalities) {
  EXPECT_EQ(pcrs(static_cast<unsigned>(PcrPropertyTag::Save)), 0x00FFFFu);
  EXPECT_EQ(pcrs(static_cast<unsigned>(PcrPropertyTag::DrtmReset)), 0x7E0000u);
  EXPECT_EQ(pcrs(static_cast<unsigned>(PcrPropertyTag::NoIncrement)), 0xE10000u);
}

// Clause 4.7, item 8: the D-RTM goes to PCR[17], an H-CRTM to PCR[0]. What they do is in
// hardware_measurement_test.cc.
TEST_F(PcClient, HardwareMeasurementsGoToPcr0And17) {
  PcrBanks before = *tpm.state.pcrs;
  tpm.state = hash_end(hash_start(tpm.state, tpm.ports));
  for (size_t bank = 0; bank < before.values.size(); ++bank)
    for (unsigned pcr = 0; pcr < 24; ++pcr)
      if (pcr < 17 || pcr > 22) {
        EXPECT_EQ(tpm.state.pcrs->values[bank][pcr], before.values[bank][pcr]);
      }
}

// Clause 4.7, items 5 and 6: every PCR has an Empty Auth and an Empty Policy.
TEST_F(PcClient, PcrHaveNoAuthorizationOfTheirOwn) {
  EXPECT_EQ(tpm.run<PcrEvent>({8}, {wire::Event(Bytes{1})}, {{}}).code, rc::Success);
  EXPECT_EQ(tpm.run<PcrEvent>({8}, {wire::Event(Bytes{1})}, {{1}}).code, rc::BadAuth.session(1));
}

// Clause 5.3.2, item 1.
TEST_F(PcClient, StartupComesFromLocality0Or3) {
  for (uint8_t locality = 0; locality < 5; ++locality) {
    tpm.power_cycle();
    tpm.locality = locality;
    bool allowed = locality == 0 || locality == 3;
    EXPECT_EQ(tpm.run<Startup>({}, {StartupType::Clear}).code,
              allowed ? rc::Success : rc::Locality);
  }
}

// Clause 4.6.1, item 1.b: TPMA_MEMORY says that RAM is not shared.
TEST_F(PcClient, MemoryIsNotShared) {
  EXPECT_EQ(tpm_property(tpm, PropertyTag::Memory) & 1u, 0u);
}

// The commands that Windows requires (Microsoft, "TPM V2.0 Command and Signal Profile") and those
// that it recommends.
constexpr CommandCode kRequiredCommands[] = {
    CommandCode::Startup,
    CommandCode::Shutdown,
    CommandCode::SelfTest,
    CommandCode::GetTestResult,
    CommandCode::StartAuthSession,
    CommandCode::PolicyRestart,
    CommandCode::Create,
    CommandCode::Load,
    CommandCode::ReadPublic,
    CommandCode::ActivateCredential,
    CommandCode::Unseal,
    CommandCode::ObjectChangeAuth,
    CommandCode::Duplicate,
    CommandCode::Import,
    CommandCode::RsaDecrypt,
    CommandCode::Hash,
    CommandCode::GetRandom,
    CommandCode::StirRandom,
    CommandCode::Certify,
    CommandCode::CertifyCreation,
    CommandCode::Quote,
    CommandCode::Sign,
    CommandCode::PcrExtend,
    CommandCode::PcrEvent,
    CommandCode::PcrRead,
    CommandCode::PcrReset,
    CommandCode::PolicySecret,
    CommandCode::PolicyOr,
    CommandCode::PolicyPcr,
    CommandCode::PolicyNv,
    CommandCode::PolicyCommandCode,
    CommandCode::PolicyAuthValue,
    CommandCode::PolicyGetDigest,
    CommandCode::CreatePrimary,
    CommandCode::HierarchyControl,
    CommandCode::Clear,
    CommandCode::ClearControl,
    CommandCode::HierarchyChangeAuth,
    CommandCode::DictionaryAttackLockReset,
    CommandCode::DictionaryAttackParameters,
    CommandCode::ContextSave,
    CommandCode::ContextLoad,
    CommandCode::FlushContext,
    CommandCode::EvictControl,
    CommandCode::ReadClock,
    CommandCode::ClockSet,
    CommandCode::GetCapability,
    CommandCode::NvDefineSpace,
    CommandCode::NvUndefineSpace,
    CommandCode::NvReadPublic,
    CommandCode::NvWrite,
    CommandCode::NvIncrement,
    CommandCode::NvRead,
    CommandCode::NvChangeAuth,
    // Recommended:
    CommandCode::LoadExternal,
    CommandCode::MakeCredential,
    CommandCode::HashSequenceStart,
    CommandCode::SequenceUpdate,
    CommandCode::SequenceComplete,
    CommandCode::EventSequenceComplete,
    CommandCode::VerifySignature,
    CommandCode::PolicySigned,
    CommandCode::PolicyTicket,
    CommandCode::PolicyCounterTimer,
    CommandCode::PolicyCpHash,
    CommandCode::PolicyNameHash,
    CommandCode::PolicyDuplicationSelect,
    CommandCode::PolicyAuthorize,
    CommandCode::PolicyPassword,
};

TEST_F(PcClient, Commands) {
  std::set<uint32_t> reported;
  for (const auto& item : listed<wire::CommandAttributesList>(tpm, Capability::Commands))
    reported.insert(item.raw & 0xFFFF);
  for (CommandCode code : kRequiredCommands) {
    EXPECT_EQ(reported.count(static_cast<uint32_t>(code) & 0xFFFF), 1u)
        << std::hex << static_cast<uint32_t>(code);
    EXPECT_NE(tpm.code_of(TestTpm::assemble(code, {}, {}, {})), rc::CommandCode);
  }
}

// Indices of every type and attribute that firmware and operating systems define: written, locked
// and read by each authority.
TEST_F(PcClient, IndexAttributes) {
  wire::Handle next = kIndex;
  for (NvType type : {NvType::Ordinary, NvType::Counter, NvType::Bits, NvType::Extend,
                      NvType::PinFail, NvType::PinPass})
    for (NvBit bit : {NvBit::AuthRead, NvBit::PolicyRead, NvBit::AuthWrite, NvBit::PolicyWrite,
                      NvBit::PpRead, NvBit::PpWrite, NvBit::WriteDefine, NvBit::WriteStClear,
                      NvBit::ReadStClear, NvBit::GlobalLock, NvBit::Orderly, NvBit::ClearStClear}) {
      bool pin = type == NvType::PinFail || type == NvType::PinPass;
      // Part 3, 31.3.1: a PIN is written by an authority other than its own, and a counter stays.
      if (pin && (bit == NvBit::AuthWrite || bit == NvBit::GlobalLock || bit == NvBit::WriteDefine))
        continue;
      if (type == NvType::Counter && bit == NvBit::ClearStClear) continue;
      wire::NvPublic pub = nv_public({bit}, type, type == NvType::Extend ? 32 : 8, next++);
      ASSERT_EQ(define(tpm, pub), rc::Success)
          << static_cast<int>(type) << std::hex << ' ' << static_cast<uint64_t>(bit);
      EXPECT_TRUE(nv_attributes(tpm, pub.index).has(bit));
      ASSERT_EQ(nv_undefine(tpm, pub.index), rc::Success);
    }
}

// The handles of the EK Credential Profile can hold certificates and templates, and outlive an
// owner (TPMA_NV_PLATFORMCREATE).
TEST_F(PcClient, EndorsementKeyIndices) {
  for (wire::Handle index : {0x01C00002u, 0x01C0000Au, 0x01C00016u, 0x01C0001Cu}) {
    wire::NvPublic pub = platform_public({NvBit::WriteDefine, NvBit::AuthRead}, index);
    pub.data_size = {1500};
    ASSERT_EQ(define(tpm, pub), rc::Success);
    EXPECT_EQ(nv_write(tpm, Bytes(1000, 1), 0, {rh::Platform}, index), rc::Success);
    EXPECT_EQ(nv_write(tpm, Bytes(500, 2), 1000, {rh::Platform}, index), rc::Success);
    EXPECT_EQ(nv_read(tpm, 500, 1000, by_index({}, index), index).code, rc::Success);
  }
  EXPECT_EQ(tpm.run<Clear>({rh::Platform}, {}).code, rc::Success);
  EXPECT_EQ(handles_from(tpm, 0x01C00000).size(), 4u);
}

}  // namespace
}  // namespace vtpm::engine
