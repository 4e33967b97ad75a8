// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/self_test.h"

#include "engine/self_tests.h"

namespace vtpm::engine {

TpmResult<SelfTest::Reply> SelfTest::run(Context& context, const Authorized<SelfTest>&,
                                         const Params& params) {
  if (*params.full_test) context.state.lifecycle.write().tests_passed = 0;
  TRY(run_self_tests(context.state, context.ports, all_tests()));
  return Reply{};
}
VTPM_COMMAND(SelfTest);

TpmResult<IncrementalSelfTest::Reply> IncrementalSelfTest::run(
    Context& context, const Authorized<IncrementalSelfTest>&, const Params& params) {
  SelfTests wanted = 0;
  for (AlgId algorithm : params.to_test.items) {
    REQUIRE(is_implemented(algorithm) && context.state.profile->has(algorithm),
            rc::Value.parameter(1));
    wanted |= tests_of(algorithm);
  }
  TRY(run_self_tests(context.state, context.ports, wanted));
  Reply reply;
  for (const Algorithm& algorithm : kAlgorithms)
    if (context.state.profile->has(algorithm.id) &&
        untested(context.state, tests_of(algorithm.id)) != 0)
      reply.to_do.items.push_back(algorithm.id);
  return reply;
}
VTPM_COMMAND(IncrementalSelfTest);

TpmResult<GetTestResult::Reply> GetTestResult::run(Context& context,
                                                   const Authorized<GetTestResult>&,
                                                   const Params&) {
  const Lifecycle& lifecycle = *context.state.lifecycle;
  if (lifecycle.mode == Mode::Failure)
    return Reply{.out_data = wire::MaxBuffer(text_bytes(lifecycle.fault)),
                 .test_result = rc::Failure.value()};
  bool tested = untested(context.state, all_tests()) == 0;
  return Reply{.test_result = (tested ? rc::Success : rc::NeedsTest).value()};
}
VTPM_COMMAND(GetTestResult);

}  // namespace vtpm::engine
