// SPDX-License-Identifier: Apache-2.0
// NV indices for tests: defining, writing and reading them with passwords, and starting the TPM
// again in each way.
#pragma once

#include "engine/commands/nv.h"
#include "engine/commands/startup.h"
#include "engine/nv/storage.h"
#include "tests/engine/capabilities.h"

namespace vtpm::engine::testing {

using wire::NvBit;
using wire::NvType;

inline constexpr wire::Handle kIndex = 0x01C00001;

// Read and written by the owner, beyond what a test says.
inline wire::NvPublic nv_public(std::initializer_list<NvBit> bits = {},
                                NvType type = NvType::Ordinary, uint16_t size = 8,
                                wire::Handle handle = kIndex) {
  wire::NvAttributes attributes{NvBit::OwnerWrite, NvBit::OwnerRead, NvBit::NoDa};
  for (NvBit bit : bits) attributes.set(bit);
  attributes.raw |= static_cast<uint32_t>(type) << 4;
  return {
      .index = handle, .name_hash = {AlgId::Sha256}, .attributes = attributes, .data_size = {size}};
}

// The same of the platform.
inline wire::NvPublic platform_public(std::initializer_list<NvBit> bits = {},
                                      wire::Handle handle = kIndex) {
  wire::NvPublic pub = nv_public(bits, NvType::Ordinary, 8, handle);
  for (NvBit bit : {NvBit::PlatformCreate, NvBit::PpRead, NvBit::PpWrite}) pub.attributes.set(bit);
  return pub;
}

inline Rc define(TestTpm& tpm, const wire::NvPublic& pub, const Bytes& auth = {}) {
  wire::Handle authority =
      pub.attributes.has(NvBit::PlatformCreate) ? wire::rh::Platform : wire::rh::Owner;
  return tpm.run<NvDefineSpace>({authority}, {wire::Auth(ByteView(auth)), pub}).code;
}

struct By {
  wire::Handle authority = wire::rh::Owner;
  Bytes password{};
};
inline By by_index(const Bytes& password, wire::Handle index = kIndex) {
  return {index, password};
}

inline Rc nv_write(TestTpm& tpm, const Bytes& data, uint16_t offset = 0, const By& by = {},
                   wire::Handle index = kIndex) {
  return tpm
      .run<NvWrite>({by.authority, index}, {wire::MaxNvBuffer(ByteView(data)), offset},
                    {by.password})
      .code;
}
inline Answer<NvRead> nv_read(TestTpm& tpm, uint16_t size = 8, uint16_t offset = 0,
                              const By& by = {}, wire::Handle index = kIndex) {
  return tpm.run<NvRead>({by.authority, index}, {size, offset}, {by.password});
}
// The whole data, read by the owner.
inline Bytes nv_data(TestTpm& tpm, uint16_t size = 8, wire::Handle index = kIndex) {
  auto answer = nv_read(tpm, size, 0, {}, index);
  EXPECT_EQ(answer.code, rc::Success);
  return to_bytes(answer.reply.data.view());
}
inline uint64_t nv_number(TestTpm& tpm, wire::Handle index = kIndex) {
  Bytes data = nv_data(tpm, 8, index);
  return data.size() == 8 ? load_be<uint64_t>(data) : ~uint64_t{0};
}
inline Rc nv_increment(TestTpm& tpm, wire::Handle index = kIndex) {
  return tpm.run<NvIncrement>({wire::rh::Owner, index}, {}).code;
}
inline Rc nv_undefine(TestTpm& tpm, wire::Handle index = kIndex) {
  return tpm.run<NvUndefineSpace>({wire::rh::Owner, index}, {}).code;
}
inline wire::NvAttributes nv_attributes(TestTpm& tpm, wire::Handle index = kIndex) {
  auto answer = tpm.run<NvReadPublic>({index}, {});
  EXPECT_EQ(answer.code, rc::Success);
  return answer.reply.nv_public->attributes;
}

// Those that are defined, from this handle on.
inline std::vector<wire::Handle> handles_from(TestTpm& tpm, wire::Handle first) {
  return listed<wire::HandleList>(tpm, wire::Capability::Handles, first);
}

// Ways to the next TPM2_Startup (Part 3, 9.3.1).
enum class Restarting { Reset, DisorderlyReset, Restart, Resume };
inline constexpr Restarting kAllRestarts[] = {Restarting::Reset, Restarting::DisorderlyReset,
                                              Restarting::Restart, Restarting::Resume};
inline void restart(TestTpm& tpm, Restarting kind) {
  using wire::StartupType;
  bool state = kind == Restarting::Restart || kind == Restarting::Resume;
  if (kind != Restarting::DisorderlyReset) {
    ASSERT_EQ(tpm.run<Shutdown>({}, {state ? StartupType::State : StartupType::Clear}).code,
              rc::Success);
  }
  tpm.power_cycle();
  StartupType type = kind == Restarting::Resume ? StartupType::State : StartupType::Clear;
  ASSERT_EQ(tpm.run<Startup>({}, {type}).code, rc::Success);
}

}  // namespace vtpm::engine::testing
