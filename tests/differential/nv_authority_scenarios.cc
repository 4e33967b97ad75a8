// SPDX-License-Identifier: Apache-2.0
// Every command on an NV index of every type, by whoever might authorize it, for attributes that
// allow it to some of them, in each state of the index.
#include "engine/commands/attestation.h"
#include "engine/commands/nv.h"
#include "engine/commands/policy_authorized.h"
#include "engine/commands/policy_nv.h"
#include "tests/differential/scenario_tools.h"
#include "tests/differential/scenarios.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::differential {

using engine::testing::kIndex;
using engine::testing::NvBit;
using engine::testing::NvType;

namespace {

const Bytes kPassword = bytes_of("pin");

struct IndexKind {
  const char* name;
  NvType type;
  uint16_t size;
};
constexpr IndexKind kKinds[] = {
    {"ordinary", NvType::Ordinary, 34}, {"counter", NvType::Counter, 8},
    {"bits", NvType::Bits, 8},          {"extend", NvType::Extend, 32},
    {"PIN fail", NvType::PinFail, 8},   {"PIN pass", NvType::PinPass, 8}};

struct Access {
  const char* name;
  NvBit read, write;
};
constexpr Access kAccesses[] = {{"owner", NvBit::OwnerRead, NvBit::OwnerWrite},
                                {"platform", NvBit::PpRead, NvBit::PpWrite},
                                {"index", NvBit::AuthRead, NvBit::AuthWrite},
                                {"policy", NvBit::PolicyRead, NvBit::PolicyWrite},
                                {"index reads", NvBit::AuthRead, NvBit::OwnerWrite}};

const std::pair<const char*, Handle> kAuthorities[] = {
    {"owner", rh::Owner}, {"platform", rh::Platform}, {"index", kIndex}};

// The sessions and the key of all steps.
struct Tools {
  Handle policy, trial, key;
};

bool is_pin(NvType type) {
  return type == NvType::PinFail || type == NvType::PinPass;
}

wire::NvPublic index_of(const IndexKind& kind, const Access& access) {
  wire::NvAttributes attributes{access.read, access.write, NvBit::NoDa, NvBit::ReadStClear,
                                NvBit::WriteStClear};
  attributes.raw |= static_cast<uint32_t>(kind.type) << 4;
  return {.index = kIndex,
          .name_hash = {AlgId::Sha256},
          .attributes = attributes,
          .data_size = {kind.size}};
}

Options by(Handle authority, size_t at = 0) {
  std::vector<Bytes> passwords(at + 1);
  if (authority == kIndex) passwords[at] = kPassword;
  return {.passwords = passwords, .break_it = false};
}

void read_in_every_way(Client& client, const std::string& step, Handle authority,
                       const Tools& tools) {
  const Options use = by(authority);
  client.run<NvRead>(step + "NV_Read", {authority, kIndex}, {4, 0}, use);
  client.run<NvCertify>(step + "NV_Certify", {tools.key, authority, kIndex},
                        {.in_scheme = signature_scheme(AlgId::EcDsa, AlgId::Sha256), .size = 4},
                        by(authority, 1));
  for (auto [name, session] : {std::pair{" policy", tools.policy}, {" trial", tools.trial}}) {
    client.run<PolicyNv>(step + "PolicyNV" + name, {authority, kIndex, session},
                         {wire::Operand(Bytes{0}), 0, {wire::Relation::UnsignedGreaterOrEqual}},
                         use);
    client.run<PolicyAuthorizeNv>(step + "PolicyAuthorizeNV" + name, {authority, kIndex, session},
                                  {}, use);
    if (authority == kIndex)
      client.run<PolicySecret>(step + "PolicySecret" + name, {kIndex, session}, {}, use);
  }
}

void write_in_every_way(Client& client, const std::string& step, Handle authority, NvType type) {
  const Options use = by(authority);
  const std::vector<Handle> handles = {authority, kIndex};
  Bytes data = is_pin(type) ? Bytes{0, 0, 0, 0, 0, 0, 0, 9} : Bytes{1};
  client.run<NvWrite>(step + "NV_Write", handles, {wire::MaxNvBuffer(data), 0}, use);
  client.run<NvIncrement>(step + "NV_Increment", handles, {}, use);
  client.run<NvExtend>(step + "NV_Extend", handles, {wire::MaxNvBuffer(data)}, use);
  client.run<NvSetBits>(step + "NV_SetBits", handles, {1}, use);
}

void try_everything(Client& client, const std::string& step, NvType type, const Tools& tools) {
  for (auto [name, authority] : kAuthorities)
    read_in_every_way(client, step + name + " ", authority, tools);
  for (auto [name, authority] : kAuthorities)
    write_in_every_way(client, step + name + " ", authority, type);
}

void lock_in_every_way(Client& client, const std::string& step) {
  for (auto [name, authority] : kAuthorities) {
    client.run<NvReadLock>(step + name + " NV_ReadLock", {authority, kIndex}, {}, by(authority));
    client.run<NvWriteLock>(step + name + " NV_WriteLock", {authority, kIndex}, {}, by(authority));
  }
}

}  // namespace

void nv_authorities(Client& client) {
  Tools tools{.policy = start_policy(client, wire::SessionType::Policy, "policy"),
              .trial = start_policy(client, wire::SessionType::Trial, "trial"),
              .key = primary(client, ecdsa_key())};
  for (const IndexKind& kind : kKinds) {
    for (const Access& access : kAccesses) {
      std::string step = std::string(kind.name) + ", " + access.name + ": ";
      client.run<NvDefineSpace>(step + "NV_DefineSpace", {rh::Owner},
                                {wire::Auth(ByteView(kPassword)), index_of(kind, access)}, kQuiet);
      try_everything(client, step + "new, ", kind.type, tools);
      try_everything(client, step + "written, ", kind.type, tools);
      lock_in_every_way(client, step);
      try_everything(client, step + "locked, ", kind.type, tools);
      lock_in_every_way(client, step + "again, ");
      client.run<NvUndefineSpace>(step + "NV_UndefineSpace", {rh::Owner, kIndex}, {}, kQuiet);
    }
  }
}

}  // namespace vtpm::differential
