// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 25: dictionary attack functions.
#pragma once

#include "engine/pipeline/command.h"

namespace vtpm::engine {

struct DictionaryAttackLockReset {
  static constexpr CommandInfo info{wire::CommandCode::DictionaryAttackLockReset, CommandFlag::Nv};
  struct Handles {
    UserAuth<kind::Lockout> lock;
  };
  struct Params {};
  struct Reply {};
  static TpmResult<Reply> run(Context& context,
                              const Authorized<DictionaryAttackLockReset>& handles,
                              const Params& params);
};

struct DictionaryAttackParameters {
  static constexpr CommandInfo info{wire::CommandCode::DictionaryAttackParameters, CommandFlag::Nv,
                                    ReadOnlyMode::Refused};
  struct Handles {
    UserAuth<kind::Lockout> lock;
  };
  struct Params {
    uint32_t new_max_tries = 0;
    uint32_t new_recovery_time = 0;  // seconds
    uint32_t lockout_recovery = 0;   // seconds
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context,
                              const Authorized<DictionaryAttackParameters>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
