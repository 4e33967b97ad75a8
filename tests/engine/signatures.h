// SPDX-License-Identifier: Apache-2.0
// Signatures by the keys of a TPM.
#pragma once

#include "engine/commands/signing.h"
#include "engine/ticket.h"
#include "tests/engine/objects.h"

namespace vtpm::engine::testing {

inline wire::HashCheckTicket no_ticket() {
  return null_ticket<wire::StructureTag::HashCheck>();
}

// The key's signature over a digest that it need not have made.
inline wire::Signature sign(TestTpm& tpm, const Made& key, ByteView digest, AlgId scheme,
                            AlgId hash) {
  auto answer = tpm.run<Sign>({key.handle}, {.digest = wire::Digest(digest),
                                             .in_scheme = signature_scheme(scheme, hash),
                                             .validation = no_ticket()});
  EXPECT_EQ(answer.code, rc::Success);
  return answer.reply.signature;
}

}  // namespace vtpm::engine::testing
