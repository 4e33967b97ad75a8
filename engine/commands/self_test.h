// SPDX-License-Identifier: Apache-2.0
// Part 3, clause 10: testing.
#pragma once

#include "engine/pipeline/command.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// TPML_ALG: room for more identifiers than are assigned.
using AlgorithmList = wire::List<AlgId, 128>;

struct SelfTest {
  static constexpr CommandInfo info{wire::CommandCode::SelfTest,
                                    CommandFlag::Nv | CommandFlag::BeforeTests | CommandFlag::Slow};
  struct Handles {};
  struct Params {
    wire::YesNo full_test;
  };
  struct Reply {};
  static TpmResult<Reply> run(Context& context, const Authorized<SelfTest>& handles,
                              const Params& params);
};

struct IncrementalSelfTest {
  static constexpr CommandInfo info{wire::CommandCode::IncrementalSelfTest,
                                    CommandFlag::Nv | CommandFlag::BeforeTests | CommandFlag::Slow};
  struct Handles {};
  struct Params {
    AlgorithmList to_test;
  };
  struct Reply {
    AlgorithmList to_do;
  };
  static TpmResult<Reply> run(Context& context, const Authorized<IncrementalSelfTest>& handles,
                              const Params& params);
};

struct GetTestResult {
  static constexpr CommandInfo info{wire::CommandCode::GetTestResult, CommandFlag::BeforeTests};
  struct Handles {};
  struct Params {};
  struct Reply {
    wire::MaxBuffer out_data;  // the reason of failure mode as text, else empty
    uint32_t test_result = 0;  // TPM_RC
  };
  static TpmResult<Reply> run(Context& context, const Authorized<GetTestResult>& handles,
                              const Params& params);
};

}  // namespace vtpm::engine
