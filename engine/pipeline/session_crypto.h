// SPDX-License-Identifier: Apache-2.0
// Command and response HMACs and parameter encryption (Part 1, 16.6 and clause 18).
#pragma once

#include <string>

#include "engine/pipeline/session_area.h"

namespace vtpm::engine {

// cpHash = H(commandCode || Names of the handles || parameters) (Part 1, 16.7).
class CommandHash {
 public:
  CommandHash(wire::CommandCode code, std::span<const Entity> entities, ByteView parameters);
  // The digest is computed once for each algorithm that a session asks for.
  const crypto::Digest& of(wire::AlgId hash) const;
  // pHash, which leaves the Names out (Part 3, 23.24.1).
  crypto::Digest without_names(wire::AlgId hash) const;

  // As they were sent.
  ByteView parameters() const { return parameters_; }

 private:
  Bytes prefix_;
  ByteView parameters_;
  mutable std::vector<std::pair<wire::AlgId, crypto::Digest>> computed_;
};

// rpHash = H(responseCode || commandCode || parameters) of a successful response.
crypto::Digest response_hash(wire::AlgId hash, wire::CommandCode code, ByteView parameters);

// The HMAC that the caller gives for the session at `index`.
crypto::Digest command_hmac(const SessionArea& area, size_t index, const CommandHash& hash);
// The HMAC of the response's session, over the new nonceTPM.
crypto::Digest response_hmac(const SessionUse& use, const wire::Nonce& nonce_tpm,
                             wire::SessionAttributes attributes, const crypto::Digest& rp_hash);

// Decrypts the first parameter in place, `parameters` beginning with its size (TPM_RC_SIZE,
// TPM_RC_INSUFFICIENT).
TpmResult<void> decrypt_parameter(const SessionUse& use, MutableByteView parameters);
// Encrypts the first response parameter in place.
void encrypt_parameter(const SessionUse& use, const wire::Nonce& nonce_tpm,
                       MutableByteView parameters);

}  // namespace vtpm::engine
