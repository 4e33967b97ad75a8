// SPDX-License-Identifier: Apache-2.0
// Prints the record of this version for tests/vectors/engine/saved_states.txt:
//   print_saved_state VERSION >> tests/vectors/engine/saved_states.txt
#include <iostream>

#include "tests/engine/busy_tpm.h"
#include "tests/engine/hex.h"
#include "tests/engine/objects.h"

int main(int argc, char** argv) {
  using namespace vtpm::engine::testing;
  namespace engine = vtpm::engine;
  if (argc != 2) {
    std::cerr << "usage: print_saved_state VERSION\n";
    return 1;
  }
  BusyTpm busy;
  const engine::State& state = busy.tpm.state;
  std::cout << "\nversion = " << argv[1]
            << "\ndurable = " << hex(vtpm::encode_sections(engine::save(state, nullptr)).view())
            << "\nsnapshot = "
            << hex(vtpm::encode_sections(engine::save_all(state, busy.tpm.clock)).view());
  auto primary = create_primary(busy.tpm, engine::wire::rh::Owner, ecc_storage());
  std::cout << "\nprimary = " << hex(primary.name) << "\n";
}
