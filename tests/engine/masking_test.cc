// SPDX-License-Identifier: Apache-2.0
// What of commands and responses others may see.
#include "engine/masking.h"

#include "engine/commands/asymmetric.h"
#include "engine/commands/context.h"
#include "engine/commands/hierarchy.h"
#include "engine/commands/table.h"
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
