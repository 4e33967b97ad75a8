// SPDX-License-Identifier: Apache-2.0
#include "engine/wire/names.h"

#include <gtest/gtest.h>

#include "engine/commands/table.h"

namespace vtpm::engine::wire {
namespace {

TEST(Names, OfCommands) {
  EXPECT_EQ(command_name(CommandCode::NvRead), "TPM2_NV_Read");
  EXPECT_EQ(command_name(CommandCode::Startup), "TPM2_Startup");
  EXPECT_EQ(command_name(static_cast<CommandCode>(0x20000001)), "TPM_CC 0x20000001");
  for (const CommandRow* row : all_commands())
    EXPECT_EQ(command_name(row->code).substr(0, 5), "TPM2_");
}

// Part 2, 6.6.2.
TEST(Names, OfResponseCodesWithTheirPositions) {
  EXPECT_EQ(response_code_name(rc::Success), "TPM_RC_SUCCESS");
  EXPECT_EQ(response_code_name(Rc(0x01E)), "TPM_RC_BAD_TAG");
  EXPECT_EQ(response_code_name(rc::Value), "TPM_RC_VALUE");
  EXPECT_EQ(response_code_name(rc::Value.parameter(2)), "TPM_RC_VALUE, parameter 2");
  EXPECT_EQ(response_code_name(rc::Value.parameter(15)), "TPM_RC_VALUE, parameter 15");
  EXPECT_EQ(response_code_name(rc::Handle.handle(1)), "TPM_RC_HANDLE, handle 1");
  EXPECT_EQ(response_code_name(rc::AuthFail.session(3)), "TPM_RC_AUTH_FAIL, session 3");
  EXPECT_EQ(response_code_name(rc::Lockout), "TPM_RC_LOCKOUT");
  EXPECT_EQ(response_code_name(rc::NvSpace), "TPM_RC_NV_SPACE");
  EXPECT_EQ(response_code_name(Rc(0x1F)), "TPM_RC 0x1f");
  EXPECT_EQ(response_code_name(Rc(0xB0001)), "TPM_RC 0xb0001");
}

}  // namespace
}  // namespace vtpm::engine::wire
