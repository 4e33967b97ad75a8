// SPDX-License-Identifier: Apache-2.0
// Signatures of ML-DSA are the largest things that a TPM answers: what fits a front door, and what
// does not.
#include "engine/commands/attestation.h"
#include "engine/commands/nv.h"
#include "tests/engine/ml_dsa_signing.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

constexpr size_t kRegisterWindow = 3968;

class MlDsaSizes : public MlDsaSigning {};

// Three sessions with the longest nonces, and the largest signature that the registers carry, or
// the largest of all.
TEST_F(MlDsaSizes, ResponsesThatFit) {
  for (MlDsaSet set : {MlDsaSet::Dsa65, MlDsaSet::Dsa87}) {
    tpm.maximum_size = set == MlDsaSet::Dsa65 ? kRegisterWindow : kMaximumMessageSize;
    Made key = create_primary(tpm, rh::Owner, ml_dsa_key(set));
    std::vector<ClientSession> sessions;
    for (int i = 0; i < 3; ++i) sessions.push_back(start_session(tpm, {.hash = AlgId::Sha512}));
    Handle sequence = start_signing(key.handle);
    auto made = run_with<SignSequenceComplete>(
        tpm, {sequence, key.handle}, {},
        {{&sessions[0]},
         {&sessions[1]},
         {.session = &sessions[2], .attributes = kContinue | kAudit}});
    EXPECT_EQ(made.code, rc::Success);
    for (const ClientSession& session : sessions) tpm.run<FlushContext>({}, {session.handle});
    tpm.run<FlushContext>({}, {key.handle});
  }
}

// The transport cannot carry the signature: nothing has happened, and another one goes on.
TEST_F(MlDsaSizes, ASignatureTooLargeForTheRegisters) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key(MlDsaSet::Dsa87));
  Handle sequence = start_signing(key.handle);
  update(sequence, kMessage);
  ClientSession session = start_session(tpm);
  auto complete = [&] {
    return run_with<SignSequenceComplete>(tpm, {sequence, key.handle}, {}, {{}, {&session}});
  };
  for (size_t size : {kRegisterWindow, size_t{4096}, size_t{4627}}) {
    tpm.maximum_size = size;
    const State before = tpm.state;
    EXPECT_EQ(tpm.run<SignSequenceComplete>({sequence, key.handle}, {}).code, rc::NoResult);
    EXPECT_EQ(complete().code, rc::NoResult);
    EXPECT_TRUE(tpm.state.transient.same_as(before.transient));
    EXPECT_TRUE(tpm.state.sessions.same_as(before.sessions));
  }
  tpm.maximum_size = kMaximumMessageSize;
  auto made = complete();
  ASSERT_EQ(made.code, rc::Success);
  EXPECT_TRUE(is_good(key.pub, made.reply.signature, mu_of(key.pub, kMessage)));

  Handle verifying = start_verifying(key.handle);
  update(verifying, kMessage);
  tpm.maximum_size = kRegisterWindow;
  auto verify_it = [&] {
    return tpm.run<VerifySequenceComplete>({verifying, key.handle}, {made.reply.signature}).code;
  };
  EXPECT_EQ(verify_it(), rc::CommandSize);
  tpm.maximum_size = kMaximumMessageSize;
  EXPECT_EQ(verify_it(), rc::Success);
}

// More than a response can hold, which changes nothing.
TEST_F(MlDsaSizes, AResponseThatDoesNotFit) {
  Made key = create_primary(tpm, rh::Owner, ml_dsa_key());
  tpm.maximum_size = kRegisterWindow;
  constexpr Handle kIndex = 0x01000000;
  using wire::NvBit;
  wire::NvPublic area{.index = kIndex,
                      .name_hash = AlgId::Sha256,
                      .attributes = {NvBit::OwnerRead, NvBit::OwnerWrite},
                      .data_size = 2048};
  ASSERT_EQ(tpm.run<NvDefineSpace>({rh::Owner}, {{}, area}).code, rc::Success);
  ASSERT_EQ(
      tpm.run<NvWrite>({rh::Owner, kIndex}, {wire::MaxNvBuffer(ByteView(Bytes(2048))), 0}).code,
      rc::Success);
  auto certify = [&](uint16_t size) {
    return tpm.run<NvCertify>({key.handle, rh::Owner, kIndex}, {{}, {}, size, 0}).code;
  };
  EXPECT_EQ(certify(300), rc::Success);
  EXPECT_EQ(certify(2048), rc::NoResult);
  EXPECT_EQ(certify(300), rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
