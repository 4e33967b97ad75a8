// SPDX-License-Identifier: Apache-2.0
// State files and state blobs.
#include <cstdlib>

#include "device/store/log_format.h"

// What was accepted must be the same TPM when it is written and read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vtpm;
  using namespace vtpm::device;
  auto log = parse_log({data, size});
  if (!log) return 0;
  if (log->good_size + log->torn_size != size) std::abort();
  auto again = parse_log(encode_log(log->generation, log->sections).view());
  if (!again || again->sections.size() != log->sections.size()) std::abort();
  for (size_t i = 0; i < log->sections.size(); ++i)
    if (to_bytes(log->sections[i].payload.view()) != to_bytes(again->sections[i].payload.view()))
      std::abort();
  return 0;
}
