// SPDX-License-Identifier: Apache-2.0
// Authorization sessions (Part 1, clause 17) and policy state (Part 1, clause 17.6).
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "engine/wire/structures.h"

namespace vtpm::engine {

// What an assertion has tied the policy to: one thing at most (Part 3, 23.13.1).
struct PolicyBinding {
  enum class To : uint8_t {
    Nothing,
    Command,     // cpHash: TPM2_PolicyCpHash; cpHashA of PolicySigned, PolicySecret, PolicyTicket
    Names,       // nameHash: TPM2_PolicyNameHash, TPM2_PolicyDuplicationSelect
    Template,    // templateHash: TPM2_PolicyTemplate
    Parameters,  // pHash: TPM2_PolicyParameters
  };
  To to = To::Nothing;
  wire::Digest hash;

  bool operator==(const PolicyBinding&) const = default;
};

// What a policy session has collected (Part 1, 16.7.8). Each is checked when the session is used.
struct PolicyState {
  wire::Digest digest;
  PolicyBinding binding;
  std::optional<wire::CommandCode> command;
  std::optional<uint8_t> locality;             // TPMA_LOCALITY bits, or an extended locality
  std::optional<uint32_t> pcr_update_counter;  // the value when TPM2_PolicyPCR checked PCR
  std::optional<uint64_t> timeout;             // on the TPM's Time, milliseconds
  bool auth_value_needed = false;              // TPM2_PolicyAuthValue: an HMAC with the authValue
  bool password_needed = false;                // TPM2_PolicyPassword
  bool presence_needed = false;                // TPM2_PolicyPhysicalPresence
  bool channel_needed = false;                 // TPM2_PolicyTransportSPDM: checkSecureChannel
  std::optional<bool> nv_written;              // TPM2_PolicyNvWritten
};

struct Session {
  wire::SessionType type = wire::SessionType::Hmac;
  wire::HashAlgorithm hash;
  wire::SymmetricDefinition symmetric;
  SharedSecret key;  // sessionKey; empty for an unbound and unsalted session
  wire::Nonce nonce_tpm;
  // Name and authValue of the entity that the session is bound to (Part 1, 17.6.9): a session whose
  // entity's authValue has changed since is bound to it no longer.
  wire::Name bound_name;
  SharedSecret bound_auth;
  bool is_bound = false;
  // A failure with a session bound to an entity under dictionary attack protection counts, whatever
  // the session authorizes (Part 3, 11.1.1); one bound to lockout counts against lockoutAuth.
  bool bound_to_protected = false;
  bool bound_to_lockout = false;
  // TPM's Time when nonceTPM was last chosen for a policy, milliseconds, and the stretch of Time
  // that it belongs to: limits of time hold within one (Part 1, 16.7.8 and 16.7.12).
  uint64_t start_time = 0;
  uint64_t time_epoch = 0;
  std::optional<wire::Digest> audit;  // session audit digest once used for audit
  PolicyState policy;

  bool is_policy() const { return type != wire::SessionType::Hmac; }
};
using SessionPtr = std::shared_ptr<const Session>;

// Makes a session's policy as it was when the session started: after it has authorized something,
// and for TPM2_PolicyRestart.
void reset_policy(Session& session);

inline constexpr size_t kMaximumSessions = 64;
// TPM_PT_CONTEXT_GAP_MAX: contextIDs are kept in full, so that no saved context is ever too old.
inline constexpr uint32_t kMaximumContextGap = 0xFFFFFFFF;

// One handle of a session. Its context is in the TPM (loaded), or with the caller (saved).
struct SessionSlot {
  SessionPtr loaded;
  uint64_t saved_context = 0;  // contextID of the one saved context that may come back; 0: none
  bool policy = false;         // handle type of a saved context

  bool active() const { return loaded || saved_context != 0; }
};

struct SessionTable {
  std::array<SessionSlot, kMaximumSessions> slots;
  uint64_t context_counter = 0;  // contextID of the newest saved session context
  // The same of objects and sequences, which survives whenever that of sessions does.
  uint64_t object_context_counter = 0;
  // The session whose audit is exclusive (Part 1, 17.5), if any.
  std::optional<wire::Handle> exclusive_audit;
};

// The handle of the session in a slot: HMAC sessions have 0x02, policy sessions 0x03 on top.
constexpr wire::Handle session_handle(size_t slot, bool policy) {
  return wire::first_handle(policy ? wire::HandleType::PolicySession
                                   : wire::HandleType::HmacSession) |
         static_cast<wire::Handle>(slot);
}
constexpr size_t session_slot(wire::Handle handle) {
  return handle & 0x00FFFFFF;
}
constexpr bool is_session_handle(wire::Handle handle) {
  auto type = wire::handle_type(handle);
  return type == wire::HandleType::HmacSession || type == wire::HandleType::PolicySession;
}

}  // namespace vtpm::engine
