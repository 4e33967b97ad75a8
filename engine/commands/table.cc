// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/table.h"

#include <algorithm>
#include <array>

namespace vtpm::engine {

// Every command, in ascending order of its code. Schemas are only named here: a change in a
// command compiles its own file and links.
// clang-format off
#define VTPM_COMMANDS(X)        \
  X(NvUndefineSpaceSpecial)     \
  X(EvictControl)               \
  X(HierarchyControl)           \
  X(NvUndefineSpace)            \
  X(ChangeEps)                  \
  X(ChangePps)                  \
  X(Clear)                      \
  X(ClearControl)               \
  X(ClockSet)                   \
  X(HierarchyChangeAuth)        \
  X(NvDefineSpace)              \
  X(PcrAllocate)                \
  X(PpCommands)                 \
  X(SetPrimaryPolicy)           \
  X(ClockRateAdjust)            \
  X(CreatePrimary)              \
  X(NvGlobalWriteLock)          \
  X(GetCommandAuditDigest)      \
  X(NvIncrement)                \
  X(NvSetBits)                  \
  X(NvExtend)                   \
  X(NvWrite)                    \
  X(NvWriteLock)                \
  X(DictionaryAttackLockReset)  \
  X(DictionaryAttackParameters) \
  X(NvChangeAuth)               \
  X(PcrEvent)                   \
  X(PcrReset)                   \
  X(SequenceComplete)           \
  X(SetCommandCodeAuditStatus)  \
  X(IncrementalSelfTest)        \
  X(SelfTest)                   \
  X(Startup)                    \
  X(Shutdown)                   \
  X(StirRandom)                 \
  X(ActivateCredential)         \
  X(Certify)                    \
  X(PolicyNv)                   \
  X(CertifyCreation)            \
  X(Duplicate)                  \
  X(GetTime)                    \
  X(GetSessionAuditDigest)      \
  X(NvRead)                     \
  X(NvReadLock)                 \
  X(ObjectChangeAuth)           \
  X(PolicySecret)               \
  X(Rewrap)                     \
  X(Create)                     \
  X(EcdhZGen)                   \
  X(Mac)                        \
  X(Import)                     \
  X(Load)                       \
  X(Quote)                      \
  X(RsaDecrypt)                 \
  X(MacStart)                   \
  X(SequenceUpdate)             \
  X(Sign)                       \
  X(Unseal)                     \
  X(PolicySigned)               \
  X(ContextLoad)                \
  X(ContextSave)                \
  X(EcdhKeyGen)                 \
  X(EncryptDecrypt)             \
  X(FlushContext)               \
  X(LoadExternal)               \
  X(MakeCredential)             \
  X(NvReadPublic)               \
  X(PolicyAuthorize)            \
  X(PolicyAuthValue)            \
  X(PolicyCommandCode)          \
  X(PolicyCounterTimer)         \
  X(PolicyCpHash)               \
  X(PolicyLocality)             \
  X(PolicyNameHash)             \
  X(PolicyOr)                   \
  X(PolicyTicket)               \
  X(ReadPublic)                 \
  X(RsaEncrypt)                 \
  X(StartAuthSession)           \
  X(VerifySignature)            \
  X(EccParameters)              \
  X(GetCapability)              \
  X(GetRandom)                  \
  X(GetTestResult)              \
  X(Hash)                       \
  X(PcrRead)                    \
  X(PolicyPcr)                  \
  X(PolicyRestart)              \
  X(ReadClock)                  \
  X(PcrExtend)                  \
  X(NvCertify)                  \
  X(EventSequenceComplete)      \
  X(HashSequenceStart)          \
  X(PolicyPhysicalPresence)     \
  X(PolicyDuplicationSelect)    \
  X(PolicyGetDigest)            \
  X(TestParms)                  \
  X(Commit)                     \
  X(PolicyPassword)             \
  X(ZGen2Phase)                 \
  X(EcEphemeral)                \
  X(PolicyNvWritten)            \
  X(PolicyTemplate)             \
  X(CreateLoaded)               \
  X(PolicyAuthorizeNv)          \
  X(EncryptDecrypt2)            \
  X(EccEncrypt)                 \
  X(EccDecrypt)                 \
  X(PolicyCapability)           \
  X(PolicyParameters)           \
  X(NvDefineSpace2)             \
  X(NvReadPublic2)              \
  X(VerifySequenceComplete)     \
  X(SignSequenceComplete)       \
  X(VerifyDigestSignature)      \
  X(SignDigest)                 \
  X(VerifySequenceStart)        \
  X(SignSequenceStart)
// clang-format on

#define VTPM_DECLARE(Command) \
  struct Command;             \
  template <>                 \
  const CommandRow& command_row<Command>();
VTPM_COMMANDS(VTPM_DECLARE)

namespace {

using wire::CommandCode;

struct Entry {
  CommandCode code;
  const CommandRow& (*row)();
};

#define VTPM_ENTRY(Command) Entry{CommandCode::Command, command_row<Command>},
constexpr std::array kTable = {VTPM_COMMANDS(VTPM_ENTRY)};
static_assert(std::ranges::is_sorted(kTable, std::ranges::less{}, &Entry::code));

constexpr size_t kCodes = wire::kLastCommandCode - wire::kFirstCommandCode + 1;

struct Index {
  std::array<const CommandRow*, kCodes> by_code{};
  std::array<const CommandRow*, kTable.size()> rows{};

  Index() {
    for (size_t i = 0; i < kTable.size(); ++i) {
      rows[i] = &kTable[i].row();
      by_code[static_cast<uint32_t>(kTable[i].code) - wire::kFirstCommandCode] = rows[i];
    }
  }
};

const Index& index() {
  static const Index built;
  return built;
}

}  // namespace

const CommandRow* find_command(CommandCode code) {
  uint32_t offset = static_cast<uint32_t>(code) - wire::kFirstCommandCode;
  return offset < kCodes ? index().by_code[offset] : nullptr;
}

std::span<const CommandRow* const> all_commands() {
  return index().rows;
}

}  // namespace vtpm::engine
