// SPDX-License-Identifier: Apache-2.0
// Who may do what with an NV index, and when.
#include "engine/commands/attestation.h"
#include "engine/commands/nv.h"
#include "engine/commands/policy.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/nv_indices.h"
#include "tests/engine/policies.h"

namespace vtpm::differential {

using engine::testing::command_code_policy;
using engine::testing::kIndex;
using engine::testing::nv_public;
using engine::testing::NvBit;
using engine::testing::NvType;
using engine::testing::platform_public;

namespace {

void define(Client& client, const wire::NvPublic& pub, const std::string& auth = {},
            Handle authority = rh::Owner) {
  client.must<NvDefineSpace>({authority}, {wire::Auth(text_bytes(auth)), pub});
}
wire::MaxNvBuffer data(const Bytes& bytes) {
  return wire::MaxNvBuffer(ByteView(bytes));
}
void read_all(Client& client, const std::string& step, uint16_t size = 8) {
  client.run<NvRead>(step, {rh::Owner, kIndex}, {size, 0}, same(kQuiet));
}

}  // namespace

void nv_pins(Client& client) {
  for (auto [name, type] :
       {std::pair{"PIN fail", NvType::PinFail}, {"PIN pass", NvType::PinPass}}) {
    std::string kind = name;
    wire::NvPublic pub = nv_public({NvBit::AuthRead}, type);
    define(client, pub, "pin");
    client.run<NvRead>(kind + " unwritten", {kIndex, kIndex}, {8, 0},
                       {.passwords = {bytes_of("pin")}, .break_it = false});
    client.run<NvWrite>(kind + " too short", {rh::Owner, kIndex}, {data({0, 0, 0, 1}), 0}, kQuiet);
    client.run<NvWrite>(kind + " written", {rh::Owner, kIndex}, {data({0, 0, 0, 0, 0, 0, 0, 3}), 0},
                        kQuiet);
    int count = 0;
    for (const char* password : {"pin", "wrong", "pin", "wrong", "wrong", "wrong", "pin"}) {
      std::string step = kind + " " + std::to_string(++count) + " " + password;
      client.run<NvRead>(
          step, {kIndex, kIndex}, {8, 0},
          {.passwords = {bytes_of(password)}, .same_reply = true, .break_it = false});
      read_all(client, step + ": data");
    }
    client.must<NvUndefineSpace>({rh::Owner, kIndex}, {});
  }
}

void nv_locks(Client& client) {
  for (NvBit bit : {NvBit::WriteDefine, NvBit::WriteStClear, NvBit::GlobalLock, NvBit::WriteAll}) {
    std::string name = std::to_string(static_cast<int>(bit)) + " ";
    define(client, nv_public({bit, NvBit::ReadStClear}));
    client.run<NvWrite>(name + "NV_Write", {rh::Owner, kIndex}, {data(Bytes(8, 1)), 0}, kQuiet);
    client.run<NvWrite>(name + "NV_Write a part", {rh::Owner, kIndex}, {data(Bytes(4, 2)), 4},
                        kQuiet);
    read_all(client, name + "NV_Read at first");
    client.run<NvWriteLock>(name + "NV_WriteLock", {rh::Owner, kIndex}, {}, kQuiet);
    client.run<NvReadPublic>(name + "NV_ReadPublic", {kIndex}, {}, same(kQuiet));
    client.run<NvGlobalWriteLock>(name + "NV_GlobalWriteLock", {rh::Owner}, {}, kQuiet);
    client.run<NvWrite>(name + "NV_Write again", {rh::Owner, kIndex}, {data(Bytes(8, 3)), 0},
                        kQuiet);
    client.run<NvReadLock>(name + "NV_ReadLock", {rh::Owner, kIndex}, {}, kQuiet);
    client.run<NvReadLock>(name + "NV_ReadLock again", {rh::Owner, kIndex}, {}, kQuiet);
    read_all(client, name + "NV_Read");
    client.run<NvReadPublic>(name + "NV_ReadPublic at last", {kIndex}, {}, same(kQuiet));
    client.must<NvUndefineSpace>({rh::Owner, kIndex}, {});
  }
  define(client, nv_public({NvBit::WriteDefine, NvBit::ReadStClear}));
  client.run<NvWriteLock>("NV_WriteLock unwritten", {rh::Owner, kIndex}, {}, kQuiet);
  client.run<NvReadLock>("NV_ReadLock unwritten", {rh::Owner, kIndex}, {}, kQuiet);
  client.run<NvWrite>("NV_Write unwritten", {rh::Owner, kIndex}, {data(Bytes(8, 1)), 0}, kQuiet);
  read_all(client, "unwritten NV_Read");
}

void nv_changes(Client& client) {
  for (AlgId hash : {AlgId::Sha1, AlgId::Sha384}) {
    auto size = static_cast<uint16_t>(digest_size(hash));
    std::string name = std::to_string(static_cast<int>(hash)) + " ";
    wire::NvPublic pub = nv_public({}, NvType::Extend, size);
    pub.name_hash = hash;
    define(client, pub);
    read_all(client, name + "unwritten", size);
    for (const char* step : {"first", "second"}) {
      client.run<NvExtend>(name + step, {rh::Owner, kIndex}, {data({1, 2, 3})}, kQuiet);
      read_all(client, name + step + " data", size);
    }
    client.must<NvUndefineSpace>({rh::Owner, kIndex}, {});
  }
  define(client, nv_public({}, NvType::Bits));
  for (uint64_t bits : {uint64_t{0}, uint64_t{5}, uint64_t{1} << 63}) {
    client.run<NvSetBits>("bits " + std::to_string(bits), {rh::Owner, kIndex}, {bits}, kQuiet);
    read_all(client, "after bits " + std::to_string(bits));
  }
  client.run<NvIncrement>("NV_Increment of bits", {rh::Owner, kIndex}, {}, kQuiet);
  client.run<NvExtend>("NV_Extend of bits", {rh::Owner, kIndex}, {data({1})}, kQuiet);
}

void nv_authorizations(Client& client) {
  wire::NvPublic pub = platform_public({NvBit::AuthRead, NvBit::AuthWrite, NvBit::PolicyDelete});
  pub.auth_policy = wire::Digest(command_code_policy(wire::CommandCode::NvUndefineSpaceSpecial));
  define(client, pub, "old", rh::Platform);
  ClientSession session = start_session(client.peer());
  const Options by_hmac = with({{.session = &session, .auth = bytes_of("old")}});
  client.run<NvWrite>("NV_Write by HMAC", {kIndex, kIndex}, {data(Bytes(8, 1)), 0}, by_hmac);
  client.run<NvRead>("NV_Read by HMAC", {kIndex, kIndex}, {8, 0}, same(by_hmac));
  client.run<NvChangeAuth>("NV_ChangeAuth by HMAC", {kIndex}, {wire::Auth(text_bytes("new"))},
                           quiet(by_hmac));
  client.run<NvUndefineSpace>("NV_UndefineSpace", {rh::Platform, kIndex}, {}, kQuiet);
  ClientSession policy = start_session(client.peer(), {.type = wire::SessionType::Policy});
  const Options by_policy{.uses =
                              [&] {
                                client.must<PolicyRestart>({policy.handle}, {});
                                client.must<PolicyCommandCode>(
                                    {policy.handle}, {wire::CommandCode::NvUndefineSpaceSpecial});
                                return std::vector<Use>{{.session = &policy}, Use()};
                              },
                          .except = {"a", "s"}};
  client.run<NvUndefineSpaceSpecial>("NV_UndefineSpaceSpecial by passwords", {kIndex, rh::Platform},
                                     {}, kQuiet);
  client.run<NvUndefineSpaceSpecial>("NV_UndefineSpaceSpecial", {kIndex, rh::Platform}, {},
                                     by_policy);
}

void nv_certifying(Client& client) {
  define(client, nv_public());
  Handle key = primary(client, ecdsa_key());
  const wire::SignatureScheme scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256);
  auto certify = [&](const std::string& step, uint16_t size, uint16_t offset) {
    client.run<NvCertify>(step, {key, rh::Owner, kIndex},
                          {.in_scheme = scheme, .size = size, .offset = offset}, kQuiet);
  };
  certify("unwritten", 8, 0);
  client.must<NvWrite>({rh::Owner, kIndex}, {data(Bytes(8, 3)), 0});
  certify("all", 8, 0);
  certify("a digest", 0, 0);
  certify("nothing", 0, 1);
  certify("behind the end", 4, 5);
  client.run<NvCertify>("without a key", {rh::Null, rh::Owner, kIndex}, {.size = 8}, kQuiet);
}

}  // namespace vtpm::differential
