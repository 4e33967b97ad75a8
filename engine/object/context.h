// SPDX-License-Identifier: Apache-2.0
// Contexts of objects, sequences and sessions outside the TPM (Part 1, clause 27; Part 2, clause
// 14).
#pragma once

#include "engine/pipeline/entity.h"
#include "engine/ports.h"

namespace vtpm::engine {

// TPM_PT_CONTEXT_SYM and TPM_PT_CONTEXT_SYM_SIZE; the hash is kIntegrityHash.
inline constexpr AlgId kContextCipher = AlgId::Aes;
inline constexpr uint16_t kContextKeyBits = 256;

// The context of a loaded object, sequence or session. A session is no longer loaded afterwards
// and its handle waits for this one context.
wire::Context save_context(State& state, const Entity& entity, const Ports& ports);

// Loads a saved context and gives its handle: a session's own, or that of a free slot. Codes are
// bare:
// TPM_RC_VALUE: no context that this TPM has made since its reset says this of itself.
// TPM_RC_HIERARCHY: the hierarchy is disabled. TPM_RC_INTEGRITY: altered, or no longer valid.
// TPM_RC_HANDLE: not the newest context of its session, or the session has ended.
// TPM_RC_OBJECT_MEMORY.
TpmResult<wire::Handle> load_context(State& state, const wire::Context& context);

}  // namespace vtpm::engine
