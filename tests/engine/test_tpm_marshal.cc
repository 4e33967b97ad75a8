// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/all_commands.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {

template <class C>
Bytes TestTpm::marshal_params(const typename C::Params& params) {
  Bytes bytes;
  Writer out(bytes);
  wire::visit_fields(params, [&](const auto& field) {
    wire::marshal(out, field);
    return true;
  });
  return bytes;
}

#define VTPM_MARSHAL_PARAMS(Command) \
  template Bytes TestTpm::marshal_params<Command>(const Command::Params&);
VTPM_COMMANDS(VTPM_MARSHAL_PARAMS)

}  // namespace vtpm::engine::testing
