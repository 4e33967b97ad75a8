// SPDX-License-Identifier: Apache-2.0
// Command post-processing (Part 3, 5.9): audit, nonces, parameter encryption, response HMACs.
#pragma once

#include "engine/pipeline/session_crypto.h"

namespace vtpm::engine {

inline constexpr size_t kHeaderSize = 10;

// A response that is only a header: TPM_ST_NO_SESSIONS and the code.
Secret error_response(Rc code);

// A successful response without sessions. TPM_RC_NO_RESULT: larger than the transport's maximum.
TpmResult<Secret> plain_response(const ReplyBuffer& reply, size_t maximum_size);

// A successful response with sessions; updates them in `state`. The same code.
TpmResult<Secret> session_response(State& state, const Ports& ports, wire::CommandCode code,
                                   SessionArea& area, const CommandHash& command_hash,
                                   ReplyBuffer& reply, size_t maximum_size);

// What audit there is of a command without a session of its own: the end of another session's
// exclusiveness (Part 1, 17.2).
void note_unaudited_command(State& state, const CommandRow& row);

}  // namespace vtpm::engine
