// SPDX-License-Identifier: Apache-2.0
// What of commands and responses others may see.
#include "engine/masking.h"

#include "engine/commands/asymmetric.h"
#include "engine/commands/attestation.h"
#include "engine/commands/context.h"
#include "engine/commands/credential.h"
#include "engine/commands/duplication.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/key_exchange.h"
#include "engine/commands/random.h"
#include "engine/commands/table.h"
#include "engine/object/ecc_key.h"
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/objects.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::Handle;
namespace rh = wire::rh;

const Bytes kHidden = {'h', 'i', 'd', 'd', 'e', 'n', '!', '!'};
const Bytes kPass = {'p', 'a', 's', 's', 'w', 'o', 'r', 'd'};

bool has_bytes(ByteView bytes, ByteView part) {
  return std::search(bytes.begin(), bytes.end(), part.begin(), part.end()) != bytes.end();
}

// The masked command: of the same size, and without either of the two.
Bytes masked(const Bytes& command) {
  EXPECT_TRUE(has_bytes(command, kHidden) || has_bytes(command, kPass));
  Bytes result = command;
  mask_command(result);
  EXPECT_EQ(result.size(), command.size());
  EXPECT_FALSE(has_bytes(result, kHidden));
  EXPECT_FALSE(has_bytes(result, kPass));
  return result;
}

// What differs: the number of octets that were masked, if they were not zero before.
size_t differences(ByteView a, ByteView b) {
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i] ? 1 : 0;
  return count;
}

// A command that succeeds, and both forms of its response.
template <class C>
struct Ran {
  typename C::Reply reply;
  Bytes shown, hidden;
};
template <class C>
Ran<C> run(TestTpm& tpm, const std::vector<Handle>& handles, const typename C::Params& params) {
  const Bytes command = TestTpm::password_command<C>(handles, params);
  Ran<C> ran{.shown = to_bytes(tpm.execute(command).view())};
  auto answer = TestTpm::parse<C>(ran.shown);
  EXPECT_EQ(answer.code, rc::Success);
  ran.reply = answer.reply;
  ran.hidden = ran.shown;
  mask_response(command, ran.hidden);
  return ran;
}

TEST(Masking, PasswordsAndAuthValues) {
  Bytes command = TestTpm::password_command<HierarchyChangeAuth>(
      {rh::Owner}, {wire::Auth(ByteView(kHidden))}, {kPass});
  EXPECT_EQ(differences(masked(command), command), kHidden.size() + kPass.size());
}

TEST(Masking, SensitiveAreasButNotPublicOnes) {
  wire::SensitiveCreate sensitive{.user_auth = wire::Auth(ByteView(kHidden)),
                                  .data = wire::SensitiveData(ByteView(kPass))};
  wire::Public pub = sealed_data();
  pub.auth_policy = wire::Digest(Bytes(32, 0xAB));
  Bytes command = TestTpm::password_command<CreatePrimary>(
      {rh::Owner}, {.in_sensitive = {sensitive}, .in_public = pub});
  EXPECT_TRUE(has_bytes(masked(command), Bytes(32, 0xAB)));
  wire::Sensitive private_area{.type = AlgId::KeyedHash,
                               .auth = wire::Auth(ByteView(kPass)),
                               .value = wire::PrivateValue(ByteView(kHidden))};
  masked(TestTpm::password_command<LoadExternal>({}, {{private_area}, pub, {rh::Null}}));
}

TEST(Masking, DataOfNv) {
  masked(TestTpm::password_command<NvWrite>({rh::Owner, kIndex},
                                            {wire::MaxNvBuffer(ByteView(kHidden)), 0}, {kPass}));
  TestTpm tpm;
  define(tpm, nv_public());
  nv_write(tpm, kHidden);
  Bytes read = TestTpm::password_command<NvRead>({rh::Owner, kIndex}, {8, 0});
  Bytes response = to_bytes(tpm.execute(read).view());
  ASSERT_TRUE(has_bytes(response, kHidden));
  Bytes hidden = response;
  mask_response(read, hidden);
  EXPECT_FALSE(has_bytes(hidden, kHidden));
  EXPECT_EQ(differences(hidden, response), kHidden.size());
}

TEST(Masking, BitsOfNvAndAttestedContents) {
  masked(TestTpm::password_command<NvSetBits>({rh::Owner, kIndex},
                                              {load_be<uint64_t>(ByteView(kHidden))}, {kPass}));
  TestTpm tpm;
  define(tpm, nv_public());
  nv_write(tpm, kHidden);
  auto certified = run<NvCertify>(tpm, {rh::Null, rh::Owner, kIndex}, {.size = 8});
  EXPECT_TRUE(has_bytes(certified.shown, kHidden));
  EXPECT_FALSE(has_bytes(certified.hidden, kHidden));
}

TEST(Masking, SharedPointsOfKeyExchanges) {
  TestTpm tpm;
  Made key = create_primary(tpm, rh::Owner, decrypting(ecdsa_key()));
  auto made = run<EcdhKeyGen>(tpm, {key.handle}, {});
  const wire::EccPoint point = *made.reply.pub_point;
  auto taken = run<EcdhZGen>(tpm, {key.handle}, {point});
  uint16_t counter = tpm.run<EcEphemeral>({}, {{CurveId::NistP256}}).reply.counter;
  auto both = run<ZGen2Phase>(
      tpm, {key.handle},
      {.static_b = point, .ephemeral_b = point, .scheme = {AlgId::Ecdh}, .counter = counter});
  auto expect_hidden = [](const auto& ran, const wire::SecretEccPoint& secret) {
    for (const auto& coordinate : {secret.x, secret.y}) {
      ASSERT_EQ(coordinate.size(), 32u);
      EXPECT_TRUE(has_bytes(ran.shown, coordinate.view()));
      EXPECT_FALSE(has_bytes(ran.hidden, coordinate.view()));
    }
  };
  expect_hidden(made, *made.reply.z_point);
  EXPECT_TRUE(has_bytes(made.hidden, point.x));
  expect_hidden(taken, *taken.reply.out_point);
  expect_hidden(both, *both.reply.z1);
  expect_hidden(both, *both.reply.z2);
}

TEST(Masking, CredentialsBeforeAndAfter) {
  TestTpm tpm;
  Made key = create_primary(tpm, rh::Owner, ecc_storage());
  MakeCredential::Params params{.credential = wire::SecretDigest(ByteView(kHidden)),
                                .object_name = wire::Name(key.name)};
  masked(TestTpm::password_command<MakeCredential>({key.handle}, params));
  auto made = tpm.run<MakeCredential>({key.handle}, params);
  auto activated = run<ActivateCredential>(tpm, {key.handle, key.handle},
                                           {made.reply.credential_blob, made.reply.secret});
  EXPECT_TRUE(has_bytes(activated.shown, kHidden));
  EXPECT_EQ(differences(activated.hidden, activated.shown), kHidden.size());
}

// A duplicate without wrappers is a sensitive area in the clear (Part 1, 20.3.2).
TEST(Masking, Duplicates) {
  TestTpm tpm;
  Made root = create_primary(tpm, rh::Owner, ecc_storage());
  wire::Sensitive sensitive{.type = AlgId::KeyedHash,
                            .value = wire::PrivateValue(ByteView(kHidden))};
  const wire::SecretPrivate blob(wire::to_wire(wire::Sized<wire::Sensitive>(sensitive)));
  masked(TestTpm::password_command<Import>({root.handle},
                                           {.object_public = sealed_data(), .duplicate = blob}));
  masked(TestTpm::password_command<Rewrap>({rh::Null, root.handle}, {.in_duplicate = blob}));
  auto back = run<Rewrap>(tpm, {rh::Null, rh::Null}, {.in_duplicate = blob});
  EXPECT_TRUE(has_bytes(back.shown, kHidden));
  EXPECT_FALSE(has_bytes(back.hidden, kHidden));
  const Bytes command = TestTpm::password_command<Duplicate>({root.handle, rh::Null}, {});
  Bytes response = {0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0};
  append(response, wire::to_wire(Duplicate::Reply{.duplicate = blob}));
  EXPECT_TRUE(has_bytes(response, kHidden));
  mask_response(command, response);
  EXPECT_FALSE(has_bytes(response, kHidden));
}

TEST(Masking, WhatIsStirredIn) {
  masked(TestTpm::password_command<StirRandom>({}, {wire::SensitiveData(ByteView(kHidden))}));
}

// The HMAC proves a secret, but does not tell it.
TEST(Masking, ResponsesWithSessionsKeepTheirHmacs) {
  TestTpm tpm;
  Made item = create_primary(tpm, rh::Owner, sealed_data(), kPass, kHidden);
  ClientSession session = start_session(tpm);
  Sent sent = prepare<Unseal>(tpm, {item.handle}, {}, {{&session, kPass}});
  Bytes command = sent.command;
  mask_command(command);
  EXPECT_EQ(command, sent.command);
  Bytes response = to_bytes(tpm.execute(sent.command).view());
  Bytes hidden = response;
  mask_response(sent.command, hidden);
  EXPECT_TRUE(has_bytes(response, kHidden));
  EXPECT_EQ(differences(hidden, response), kHidden.size());
}

TEST(Masking, WhatCannotBeReadIsMaskedToItsEnd) {
  Bytes whole = TestTpm::password_command<HierarchyChangeAuth>(
      {rh::Owner}, {wire::Auth(ByteView(kHidden))}, {kPass});
  for (size_t size = 0; size < whole.size(); ++size) {
    Bytes command(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    mask_command(command);
    for (const Bytes& secret : {kHidden, kPass})
      EXPECT_FALSE(has_bytes(command, ByteView(secret).first(3))) << size;
  }
}

// Where its authorization area is, only its schema would tell.
TEST(Masking, CommandsThatTheTpmDoesNotHave) {
  Bytes command = TestTpm::password_command<HierarchyChangeAuth>(
      {rh::Owner}, {wire::Auth(ByteView(kHidden))}, {kPass});
  store_be<uint32_t>(MutableByteView(command).subspan(6), 0x20000001);
  masked(command);
}

TEST(Masking, AnyBytes) {
  FixedEntropy entropy(7);
  for (const CommandRow* row : all_commands())
    for (size_t size = 0; size < 200; size += 7) {
      Bytes command(size);
      entropy.fill(command);
      if (size >= 10) {
        store_be<uint16_t>(command, size % 2 ? 0x8001 : 0x8002);
        store_be<uint32_t>(MutableByteView(command).subspan(6), static_cast<uint32_t>(row->code));
      }
      Bytes before = command, response = command;
      mask_command(command);
      EXPECT_TRUE(std::equal(before.begin(),
                             before.begin() + std::min<ptrdiff_t>(10, ptrdiff_t(size)),
                             command.begin()));
      if (size >= 10) store_be<uint32_t>(MutableByteView(response).subspan(6), 0);
      mask_response(before, response);
      EXPECT_EQ(response.size(), size);
    }
}

}  // namespace
}  // namespace vtpm::engine
