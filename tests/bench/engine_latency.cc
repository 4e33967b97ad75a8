// SPDX-License-Identifier: Apache-2.0
// How long the engine alone takes for the commands that the guest's program sends, with no device,
// transport or store around it: what is left of a guest's figure is theirs.
#include <cstdio>
#include <cstdlib>

#include "guest/latency.h"
#include "tests/engine/test_tpm.h"

int main(int argc, char** argv) {
  const long samples = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 20000;
  if (argc > 2 || samples < 1 || samples > 10'000'000) {
    std::fprintf(stderr, "usage: engine_latency [SAMPLES]\n");
    return 2;
  }
  vtpm::engine::testing::TestTpm tpm;
  vtpm::latency::measure(
      static_cast<size_t>(samples), [&](const vtpm::latency::NamedCommand& command) {
        const vtpm::Secret response = tpm.execute(command.bytes);
        const uint32_t code = vtpm::latency::response_code(response.view());
        if (code == 0) return;
        std::fprintf(stderr, "engine_latency: %s: response code 0x%x\n", command.name, code);
        std::exit(1);
      });
  return 0;
}
