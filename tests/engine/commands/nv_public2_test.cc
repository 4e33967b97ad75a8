// SPDX-License-Identifier: Apache-2.0
// TPM2_NV_DefineSpace2 and TPM2_NV_ReadPublic2 (Part 3, 31.17 and 31.18).
#include "tests/engine/client_session.h"
#include "tests/engine/nv_indices.h"

namespace vtpm::engine {
namespace {

using namespace testing;
using wire::CommandCode;
using wire::Handle;
namespace rh = wire::rh;

TEST(NvPublic2, BothFormsDescribeTheSame) {
  TestTpm tpm;
  wire::NvPublic pub = nv_public({NvBit::AuthRead}, NvType::Extend, 32);
  wire::NvPublic2 general{.handle_type = wire::HandleType::NvIndex, .area = pub};
  ASSERT_EQ(tpm.run<NvDefineSpace2>({rh::Owner}, {{}, general}).code, rc::Success);
  auto one = tpm.run<NvReadPublic>({kIndex}, {});
  auto two = tpm.run<NvReadPublic2>({kIndex}, {});
  ASSERT_EQ(two.code, rc::Success);
  EXPECT_EQ(wire::to_wire(*one.reply.nv_public), wire::to_wire(pub));
  Bytes expected = {0x01};
  append(expected, wire::to_wire(pub));
  EXPECT_EQ(wire::to_wire(*two.reply.nv_public), expected);
  EXPECT_EQ(one.reply.name, two.reply.name);
  EXPECT_EQ(tpm.run<NvDefineSpace2>({rh::Owner}, {{}, general}).code, rc::NvDefined);
}

TEST(NvPublic2, TheTypeOfTheHandleIsThatOfTheArea) {
  TestTpm tpm;
  auto code = [&](uint8_t type, Handle handle) {
    Bytes area = wire::to_wire(nv_public());
    store_be<uint32_t>(area, handle);
    Bytes params = {0, 0, 0, static_cast<uint8_t>(area.size() + 1), type};
    append(params, area);
    Bytes password = {0x40, 0, 0, 9, 0, 0, 1, 0, 0};
    Bytes command = TestTpm::assemble(CommandCode::NvDefineSpace2, {rh::Owner}, password, params);
    return TestTpm::parse<NvDefineSpace2>(tpm.execute(command).view()).code;
  };
  EXPECT_EQ(code(0x01, 0x11000000), rc::Value.parameter(2));
  EXPECT_EQ(code(0x11, kIndex), rc::Value.parameter(2));
  EXPECT_EQ(code(0x12, 0x12000000), rc::Selector.parameter(2));
  EXPECT_EQ(code(0x02, kIndex), rc::Selector.parameter(2));
  EXPECT_EQ(code(0x01, kIndex), rc::Success);
}

class ExternalIndex : public ::testing::Test {
 protected:
  static constexpr Handle kExternal = 0x11000007;
  wire::NvExpandedPublic area(std::initializer_list<NvBit> bits = {}) {
    wire::NvExpandedPublic pub{.index = kExternal, .name_hash = {AlgId::Sha256}, .data_size = {8}};
    pub.attributes = {NvBit::OwnerWrite, NvBit::OwnerRead, NvBit::AuthRead, NvBit::NoDa};
    for (NvBit bit : bits) pub.attributes.set(bit);
    return pub;
  }
  Rc define2(const wire::NvExpandedPublic& pub) {
    wire::NvPublic2 general{.handle_type = wire::HandleType::ExternalNv, .area = pub};
    return tpm.run<NvDefineSpace2>({rh::Owner}, {wire::Auth(ByteView(Bytes{1})), general}).code;
  }

  TestTpm tpm;
};

TEST_F(ExternalIndex, WorksAsAnyOther) {
  ASSERT_EQ(define2(area()), rc::Success);
  EXPECT_EQ(handles_from(tpm, 0x11000000), std::vector<Handle>{kExternal});
  EXPECT_TRUE(handles_from(tpm, 0x01000000).empty());
  auto answer = tpm.run<NvReadPublic2>({kExternal}, {});
  ASSERT_EQ(answer.code, rc::Success);
  Bytes bytes = wire::to_wire(area());
  Bytes expected = {0x00, 0x0B};
  append(expected, formula::hash(AlgId::Sha256, {bytes}));
  EXPECT_EQ(to_bytes(answer.reply.name), expected);
  EXPECT_EQ(bytes.size(), 4u + 2 + 8 + 2 + 2);
  EXPECT_EQ(nv_write(tpm, {1, 2}, 0, {}, kExternal), rc::Success);
  EXPECT_EQ(nv_read(tpm, 2, 0, by_index({1}, kExternal), kExternal).code, rc::Success);
  restart(tpm, Restarting::DisorderlyReset);
  EXPECT_EQ(nv_data(tpm, 8, kExternal), (Bytes{1, 2, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(nv_undefine(tpm, kExternal), rc::Success);
}

TEST_F(ExternalIndex, ClaimsNoProtectionThatItDoesNotHave) {
  for (NvBit bit :
       {NvBit::ExternalEncryption, NvBit::ExternalIntegrity, NvBit::ExternalAntiRollback})
    EXPECT_EQ(define2(area({bit})), rc::Attributes.parameter(2));
  wire::NvExpandedPublic pub = area();
  pub.attributes.raw |= uint64_t{1} << 35;
  EXPECT_EQ(define2(pub), rc::ReservedBits.parameter(2));
}

}  // namespace
}  // namespace vtpm::engine
