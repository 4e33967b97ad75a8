// SPDX-License-Identifier: Apache-2.0
#include "engine/commands/random.h"

#include "engine/crypto/random.h"

namespace vtpm::engine {

TpmResult<GetRandom::Reply> GetRandom::run(Context& context, const Authorized<GetRandom>&,
                                           const Params& params) {
  // No more than the largest digest comes at a time (16.1.1).
  std::array<uint8_t, kMaximumDigestSize> bytes;
  auto out =
      MutableByteView(bytes).first(std::min<size_t>(params.bytes_requested, kMaximumDigestSize));
  context.ports.random.fill(out);
  return Reply{.random_bytes = wire::Digest(out)};
}
VTPM_COMMAND(GetRandom);

TpmResult<StirRandom::Reply> StirRandom::run(Context& context, const Authorized<StirRandom>&,
                                             const Params& params) {
  context.ports.random.stir(params.in_data.view());
  return Reply{};
}
VTPM_COMMAND(StirRandom);

}  // namespace vtpm::engine
