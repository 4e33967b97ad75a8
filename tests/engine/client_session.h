// SPDX-License-Identifier: Apache-2.0
// A caller's side of authorization sessions, written from Part 1, clauses 15 to 18, apart from the
// engine's pipeline: parameter hashes, HMACs, session keys, parameter encryption, audit digests.
#pragma once

#include <map>

#include "engine/commands/session.h"
#include "tests/engine/formulas.h"
#include "tests/engine/test_tpm.h"

namespace vtpm::engine::testing {

wire::SymmetricDefinition aes_cfb(uint16_t bits);
wire::SymmetricDefinition xor_with(AlgId hash);

struct SessionOptions {
  wire::SessionType type = wire::SessionType::Hmac;
  AlgId hash = AlgId::Sha256;
  wire::SymmetricDefinition symmetric{};
  wire::Handle salt_key = wire::rh::Null;  // a loaded asymmetric decryption key
  wire::Handle bind = wire::rh::Null;
  Bytes bind_auth{};      // authValue of `bind`
  size_t nonce_size = 0;  // of nonceCaller; 0: as long as the digest
  // An ephemeral point whose x begins with zeros, and is given without them.
  bool short_salt_point = false;
};

// What the caller keeps of a session.
struct ClientSession {
  wire::Handle handle = 0;
  AlgId hash = AlgId::Sha256;
  wire::SymmetricDefinition symmetric;
  bool policy = false;
  Bytes key;  // sessionKey
  Bytes nonce_tpm, nonce_caller;
  size_t nonce_size = 0;  // of the nonces that the caller sends
  Bytes bound_name, bound_auth;
  bool bound = false;
  // After TPM2_PolicyAuthValue and TPM2_PolicyPassword.
  bool auth_value_needed = false;
  bool password_needed = false;
  std::optional<Bytes> audit;  // the audit digest as it must be
};

struct Salt {
  Bytes value;
  wire::EncryptedSecret encrypted;
};
// A salt for the holder of a loaded asymmetric decryption key.
Salt salt_for(Peer& peer, wire::Handle key, bool short_point = false);

// Starts a session; the TPM must agree (EXPECT).
ClientSession start_session(Peer& peer, const SessionOptions& options = {});

// One block of a command's authorization area.
struct Use {
  ClientSession* session = nullptr;   // null: a password
  Bytes auth{};                       // authValue of what the block authorizes
  std::optional<Bytes> new_auth{};    // the same once the command has been executed
  uint8_t attributes = 0x01;          // TPMA_SESSION: continueSession
  bool hmac_under_empty_key = false;  // give one even where Part 1, 16.6.16 lets the caller omit it
};
inline constexpr uint8_t kContinue = 0x01, kAuditExclusive = 0x02, kAuditReset = 0x04,
                         kDecrypt = 0x20, kEncrypt = 0x40, kAudit = 0x80;

// The Name of what a handle refers to (Part 1, clause 13).
Bytes name_of(Peer& peer, wire::Handle handle);

// A command on its way: what the caller must remember to check the response.
struct Sent {
  wire::CommandCode code{};
  std::vector<wire::Handle> handles;
  std::vector<Use> uses;
  std::vector<bool> authorizes, includes_auth, omits_hmac;
  Bytes parameters;  // as sent, encrypted where that is asked for
  Bytes names;       // of the handles, one after the other
  Bytes session_area;
  Bytes command;
};

// Assembles a command; a fresh nonceCaller for each session.
Sent prepare(Peer& peer, const CommandRow& row, const std::vector<wire::Handle>& handles,
             ByteView parameters, std::vector<Use> uses);

// Checks the sessions of a successful response, updates the caller's, and gives the response
// without its sessions and with its first parameter decrypted. An error response comes back as it
// is and changes nothing.
Bytes accept(const Sent& sent, ByteView response, bool returns_handle);

template <class C>
Sent prepare(Peer& peer, const std::vector<wire::Handle>& handles, const typename C::Params& params,
             std::vector<Use> uses) {
  return prepare(peer, command_row<C>(), handles, TestTpm::marshal_params<C>(params),
                 std::move(uses));
}

template <class C>
Answer<C> deliver(Peer& peer, const Sent& sent) {
  Bytes response = peer.transact(sent.command);
  return TestTpm::parse<C>(accept(sent, response, command_row<C>().returns_handle));
}

template <class C>
Answer<C> run_with(Peer& peer, const std::vector<wire::Handle>& handles,
                   const typename C::Params& params, std::vector<Use> uses) {
  return deliver<C>(peer, prepare<C>(peer, handles, params, std::move(uses)));
}

}  // namespace vtpm::engine::testing
