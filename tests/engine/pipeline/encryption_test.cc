// SPDX-License-Identifier: Apache-2.0
// Parameter encryption (Part 1, clause 18; Part 3, 5.7).
#include <algorithm>

#include "engine/commands/hash.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/policy.h"
#include "engine/commands/random.h"
#include "tests/engine/client_session.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::SessionType;
namespace rh = wire::rh;

const Bytes kSecret = {'s', 'e', 'c', 'r', 'e', 't', ' ', 'd', 'a', 't', 'a',
                       ' ', 'o', 'f', ' ', 'm', 'o', 'r', 'e', ' ', 't', 'h',
                       'a', 'n', ' ', 'a', ' ', 'b', 'l', 'o', 'c', 'k'};

struct Encryption {
  const char* name;
  wire::SymmetricDefinition symmetric;
  AlgId hash;
};

class EveryAlgorithm : public ::testing::TestWithParam<Encryption> {
 protected:
  EveryAlgorithm() {
    tpm.run<HierarchyChangeAuth>({rh::Endorsement}, {wire::Auth(ByteView(bind_auth))});
    item = create_primary(tpm, rh::Owner, sealed_data(), auth, kSecret);
  }

  ClientSession session() {
    return start_session(tpm, {.hash = GetParam().hash,
                               .symmetric = GetParam().symmetric,
                               .bind = rh::Endorsement,
                               .bind_auth = bind_auth});
  }

  const Bytes bind_auth = {3, 1, 4, 1, 5, 9};
  const Bytes auth = {2, 7, 1, 8};
  TestTpm tpm;
  Made item;
};

INSTANTIATE_TEST_SUITE_P(
    Algorithms, EveryAlgorithm,
    ::testing::Values(Encryption{"Aes128", aes_cfb(128), AlgId::Sha256},
                      Encryption{"Aes192", aes_cfb(192), AlgId::Sha384},
                      Encryption{"Aes256", aes_cfb(256), AlgId::Sha512},
                      Encryption{"Aes256Sha1", aes_cfb(256), AlgId::Sha1},
                      // The hash of the session counts, not the one in the definition (18.2).
                      Encryption{"Xor", xor_with(AlgId::Sha256), AlgId::Sha256},
                      Encryption{"XorOfAnotherHash", xor_with(AlgId::Sha1), AlgId::Sha384}),
    [](const auto& each) { return each.param.name; });

void expect_secret(const Answer<Unseal>& answer) {
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_bytes(answer.reply.out_data.view()), kSecret);
}

TEST_P(EveryAlgorithm, TheAuthorizingSessionEncryptsTheResponse) {
  ClientSession first = session();
  Use use{&first, auth};
  use.attributes = kContinue | kEncrypt;
  for (int i = 0; i < 2; ++i) expect_secret(run_with<Unseal>(tpm, {item.handle}, {}, {use}));
  // The response does not hold the plain text.
  Sent sent = prepare<Unseal>(tpm, {item.handle}, {}, {use});
  Secret response = tpm.execute(sent.command);
  ByteView bytes = response.view();
  EXPECT_EQ(std::search(bytes.begin(), bytes.end(), kSecret.begin(), kSecret.end()), bytes.end());
}

TEST_P(EveryAlgorithm, ASeparateSessionEncryptsTheResponse) {
  ClientSession first = start_session(tpm), second = session(), third = session();
  Use authorize{&first, auth};
  Use encrypt{.session = &second, .attributes = kContinue | kEncrypt};
  Use audit{.session = &third, .attributes = kContinue | kAudit};
  expect_secret(run_with<Unseal>(tpm, {item.handle}, {}, {authorize, encrypt}));
  expect_secret(run_with<Unseal>(tpm, {item.handle}, {}, {Use{.auth = auth}, encrypt}));
  expect_secret(run_with<Unseal>(tpm, {item.handle}, {}, {authorize, encrypt, audit}));
  expect_secret(run_with<Unseal>(tpm, {item.handle}, {}, {authorize, audit, encrypt}));
}

TEST_P(EveryAlgorithm, TheCommandIsDecrypted) {
  ClientSession one = session(), other = session();
  Use authorize{&one, {}};
  authorize.attributes = kContinue | kDecrypt;
  wire::SensitiveCreate sensitive{.user_auth = wire::Auth(ByteView(auth)),
                                  .data = wire::SensitiveData(ByteView(kSecret))};
  CreatePrimary::Params params{.in_sensitive = sensitive, .in_public = sealed_data()};
  auto made = run_with<CreatePrimary>(tpm, {rh::Owner}, params, {authorize});
  ASSERT_EQ(made.code, rc::Success);
  Use unseal{&other, auth};
  unseal.attributes = kContinue | kEncrypt;
  expect_secret(run_with<Unseal>(tpm, {made.reply.object_handle.value}, {}, {unseal}));
}

// Each combination of the positions 1 to 3 of the two attributes, on a command without handles.
TEST_P(EveryAlgorithm, BothDirectionsInEachPosition) {
  Hash::Params params{
      .data = wire::MaxBuffer(kSecret), .hash = {AlgId::Sha256}, .hierarchy = {rh::Null}};
  for (size_t decrypt = 0; decrypt < 3; ++decrypt) {
    for (size_t encrypt = 0; encrypt < 3; ++encrypt) {
      std::array sessions = {session(), session(), session()};
      std::vector<Use> uses;
      for (size_t i = 0; i < sessions.size(); ++i) {
        uint8_t attributes =
            static_cast<uint8_t>((i == decrypt ? kDecrypt : 0) | (i == encrypt ? kEncrypt : 0));
        // A session that does neither must have another purpose; only one may audit.
        if (attributes == 0 && decrypt == encrypt && i == 2) continue;
        if (attributes == 0 && decrypt == encrypt && i == 1 && decrypt == 2) continue;
        if (attributes == 0) attributes = kAudit;
        uses.push_back(
            {.session = &sessions[i], .attributes = static_cast<uint8_t>(attributes | kContinue)});
      }
      int audits = 0;
      for (const Use& use : uses) audits += (use.attributes & kAudit) != 0;
      if (audits > 1) uses.erase(uses.begin());
      SCOPED_TRACE(std::to_string(decrypt) + " " + std::to_string(encrypt));
      auto answer = run_with<Hash>(tpm, {}, params, uses);
      ASSERT_EQ(answer.code, rc::Success);
      EXPECT_EQ(to_bytes(answer.reply.out_hash), formula::hash(AlgId::Sha256, {kSecret}));
      for (ClientSession& each : sessions)
        tpm.state.sessions.write().slots[session_slot(each.handle)] = {};
    }
  }
}

TEST_P(EveryAlgorithm, EmptyParameters) {
  ClientSession one = session();
  Use use{.session = &one, .attributes = kContinue | kDecrypt | kEncrypt};
  auto answer = run_with<Hash>(tpm, {}, {.hash = {AlgId::Sha1}, .hierarchy = {rh::Null}}, {use});
  ASSERT_EQ(answer.code, rc::Success);
  EXPECT_EQ(to_bytes(answer.reply.out_hash), formula::hash(AlgId::Sha1, {}));
}

// The response's key is that of the new authValue, as the session authorizes (18.1).
TEST_P(EveryAlgorithm, ANewAuthValueTravelsEncrypted) {
  ClientSession one = session();
  Bytes next = {1, 2, 3};
  Use use{&one, {}, next};
  use.attributes = kContinue | kDecrypt;
  EXPECT_EQ(
      run_with<HierarchyChangeAuth>(tpm, {rh::Owner}, {wire::Auth(ByteView(next))}, {use}).code,
      rc::Success);
  EXPECT_EQ(to_bytes(tpm.state.hierarchies->owner.auth.view()), next);
}

// A policy session uses the authValue for encryption even when the policy does not (18.1).
TEST_P(EveryAlgorithm, InAPolicySession) {
  Bytes digest =
      formula::hash(AlgId::Sha256, {Bytes(32), wire::to_wire(CommandCode::PolicyCommandCode),
                                    wire::to_wire(CommandCode::Unseal)});
  wire::Public sealed = sealed_data();
  sealed.auth_policy = wire::Digest(digest);
  Made under_policy = create_primary(tpm, rh::Owner, sealed, auth, kSecret);
  if (GetParam().hash != AlgId::Sha256) return;
  ClientSession policy = start_session(tpm, {.type = SessionType::Policy,
                                             .symmetric = GetParam().symmetric,
                                             .bind = rh::Endorsement,
                                             .bind_auth = bind_auth});
  tpm.run<PolicyCommandCode>({policy.handle}, {CommandCode::Unseal});
  Use use{&policy, auth};
  use.attributes = kContinue | kEncrypt;
  expect_secret(run_with<Unseal>(tpm, {under_policy.handle}, {}, {use}));
}

TEST(Encryption, AnUnboundSessionEncryptsWithTheAuthValueAlone) {
  TestTpm tpm;
  Made item = create_primary(tpm, rh::Owner, sealed_data(), {1, 2}, kSecret);
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128)});
  Use use{&session, {1, 2}};
  use.attributes = kContinue | kEncrypt;
  expect_secret(run_with<Unseal>(tpm, {item.handle}, {}, {use}));
}

TEST(Encryption, SizesThatDoNotFit) {
  TestTpm tpm;
  ClientSession session = start_session(tpm, {.symmetric = aes_cfb(128)});
  Use use{.session = &session, .attributes = kContinue | kDecrypt};
  const CommandRow& row = command_row<StirRandom>();
  auto stir = [&](const Bytes& parameters) {
    return deliver<StirRandom>(tpm, prepare(tpm, row, {}, parameters, {use})).code;
  };
  EXPECT_EQ(stir({}), rc::Insufficient.parameter(1));
  EXPECT_EQ(stir({0}), rc::Insufficient.parameter(1));
  EXPECT_EQ(stir({0, 2, 1}), rc::Size.parameter(1));
  EXPECT_EQ(stir({0, 1, 1, 9}), rc::Size);
  EXPECT_EQ(stir({0, 1, 1}), rc::Success);
}

}  // namespace
}  // namespace vtpm::engine
