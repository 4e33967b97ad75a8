// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/attestation.h"
#include "engine/commands/nv.h"
#include "engine/commands/policy_nv.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::differential {

using engine::testing::kIndex;
using engine::testing::nv_public;
using engine::testing::NvBit;
using engine::testing::NvType;

namespace {

void define_index(Client& client, const wire::NvPublic& pub, const std::string& step) {
  client.run<NvDefineSpace>(step, {rh::Owner}, {wire::Auth(), pub}, kQuiet);
}

wire::MaxNvBuffer some_bytes() {
  return wire::MaxNvBuffer(ByteView(Bytes{1, 2, 3, 4}));
}

}  // namespace

// Every broken form that defines an index uses a handle up, so most attributes are tried apart.
void nv_definitions(Client& client) {
  client.run<NvDefineSpace>("NV_DefineSpace", {rh::Owner},
                            {wire::Auth(text_bytes("pin")), nv_public()},
                            {.depth = Depth::Few, .except = {"p2.2="}});
  client.run<NvReadPublic>("NV_ReadPublic", {kIndex}, {}, {.same_reply = true});
  client.run<NvUndefineSpace>("NV_UndefineSpace", {rh::Owner, kIndex}, {});
}

// Each bit of TPMA_NV by itself; what comes to be is deleted again.
void nv_attributes(Client& client) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    wire::NvPublic pub = nv_public();
    pub.attributes.raw ^= 1u << bit;
    std::string name = "bit " + std::to_string(bit);
    client.run<NvDefineSpace>("NV_DefineSpace " + name, {rh::Owner}, {wire::Auth(), pub}, kQuiet);
    client.run<NvUndefineSpace>("NV_UndefineSpace " + name, {rh::Owner, kIndex}, {}, kQuiet);
  }
}

void nv_data(Client& client) {
  define_index(
      client,
      nv_public({NvBit::AuthRead, NvBit::AuthWrite, NvBit::ReadStClear, NvBit::WriteStClear}),
      "define");
  client.run<NvRead>("NV_Read unwritten", {rh::Owner, kIndex}, {8, 0}, kQuiet);
  client.run<NvWrite>("NV_Write", {rh::Owner, kIndex}, {some_bytes(), 2});
  client.run<NvRead>("NV_Read", {rh::Owner, kIndex}, {4, 2});
  client.run<NvRead>("NV_Read all", {rh::Owner, kIndex}, {8, 0},
                     {.same_reply = true, .break_it = false});
  client.run<NvReadLock>("NV_ReadLock", {rh::Owner, kIndex}, {}, {.except = {"h1=", "a1"}});
  client.run<NvRead>("NV_Read locked", {rh::Owner, kIndex}, {8, 0}, kQuiet);
  client.run<NvWriteLock>("NV_WriteLock", {rh::Owner, kIndex}, {}, {.except = {"h1=", "a1"}});
  client.run<NvWrite>("NV_Write locked", {rh::Owner, kIndex}, {some_bytes(), 0}, kQuiet);
}

void nv_kinds(Client& client) {
  define_index(client, nv_public({}, NvType::Counter), "define a counter");
  client.run<NvWrite>("NV_Write to a counter", {rh::Owner, kIndex}, {some_bytes(), 0}, kQuiet);
  client.run<NvIncrement>("NV_Increment", {rh::Owner, kIndex}, {});
  define_index(client, nv_public({}, NvType::Bits, 8, kIndex + 1), "define bits");
  client.run<NvSetBits>("NV_SetBits", {rh::Owner, kIndex + 1}, {5});
  define_index(client, nv_public({}, NvType::Extend, 32, kIndex + 2), "define an extend index");
  client.run<NvExtend>("NV_Extend", {rh::Owner, kIndex + 2}, {some_bytes()});
  for (auto [index, size] :
       {std::pair<Handle, uint16_t>{kIndex, 8}, {kIndex + 1, 8}, {kIndex + 2, 32}})
    client.run<NvRead>("NV_Read " + std::to_string(index), {rh::Owner, index}, {size, 0},
                       {.same_reply = index != kIndex, .break_it = false});
  client.run<NvGlobalWriteLock>("NV_GlobalWriteLock", {rh::Owner}, {});
}

void nv_in_policies(Client& client) {
  define_index(client, nv_public(), "define");
  client.run<NvWrite>("write", {rh::Owner, kIndex}, {wire::MaxNvBuffer(ByteView(Bytes(8, 3))), 0},
                      kQuiet);
  Handle session = start_policy(client, wire::SessionType::Policy);
  client.run<PolicyNv>("PolicyNV", {rh::Owner, kIndex, session},
                       {wire::Operand(Bytes{3, 3}), 1, {wire::Relation::Equal}},
                       {.except = {"p3"}});
  note_digest(client, session, "PolicyNV");
  Handle key = primary(client, ecdsa_key());
  client.run<NvCertify>(
      "NV_Certify", {key, rh::Owner, kIndex},
      {.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256), .size = 4, .offset = 2});
}

}  // namespace vtpm::differential
