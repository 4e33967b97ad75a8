// SPDX-License-Identifier: Apache-2.0
// Command audit (Part 1, clause 32; Part 3, 21.1).
#pragma once

#include "engine/pipeline/session_crypto.h"

namespace vtpm::engine {

// Whether a command is under audit: one that was chosen, or the command that chooses them.
bool is_audited(const CommandAudit& audit, wire::CommandCode code);
// All of them, in ascending order.
std::set<wire::CommandCode> audited_commands(const CommandAudit& audit);

// Notes a command that has succeeded. `parameters` are those of the response as they are sent.
void audit_command(State& state, wire::CommandCode code, const CommandHash& command_hash,
                   ByteView parameters);

// The digest of audited_commands(), by the algorithm of the audit.
wire::Digest audited_commands_digest(const CommandAudit& audit);

}  // namespace vtpm::engine
