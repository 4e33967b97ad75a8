// SPDX-License-Identifier: Apache-2.0
// Loaded objects and sequence objects (Part 1, clauses 24 to 32).
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "engine/crypto/cmac.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/hmac.h"
#include "engine/crypto/ml_dsa.h"
#include "engine/crypto/rsa.h"
#include "engine/wire/structures.h"

namespace vtpm::engine {

// A key or data object with its public area and, unless only that was loaded, its sensitive area.
// Immutable once loaded, so that states share it.
struct Object {
  wire::Public pub;
  wire::Name name;
  wire::Name qualified_name;
  std::optional<wire::Sensitive> sensitive;
  wire::Handle hierarchy = wire::rh::Null;  // owner, endorsement, platform or null
  bool primary = false;                     // made by CreatePrimary: no parent object
  bool external = false;                    // made by LoadExternal: no parent at all
  bool st_clear = false;                    // it or an ancestor has stClear

  // RSA keys prepared once at load; absent for other types, private absent without sensitive.
  std::optional<crypto::RsaPublicKey> rsa_public;
  std::optional<crypto::RsaPrivateKey> rsa_private;

  wire::AlgId type() const { return pub.type.value; }
  bool has(wire::ObjectBit bit) const { return pub.has(bit); }
  // A storage parent: an asymmetric or cipher key that only decrypts, restricted (Part 1, 22.1.5).
  bool is_parent() const;
  // One that secrets can be encrypted to: an RSA, ECC or ML-KEM key.
  bool is_asymmetric_parent() const { return is_parent() && type() != AlgId::SymCipher; }
  // The same of a keyed hash: objects are derived from it (Part 1, clause 25).
  bool is_derivation_parent() const;
};
using ObjectPtr = std::shared_ptr<const Object>;

// TPM2_HashSequenceStart, TPM2_MAC_Start: a running computation behind a transient handle.
struct HashSequence {
  crypto::Hasher hasher;
  // The first octets of the message decide whether a ticket may be given (Part 3, 17.6).
  bool ticket_safe = true;
  bool empty = true;
};
struct HmacSequence {
  crypto::Hmac hmac;
};
struct CmacSequence {
  crypto::Cmac cmac;
};
// One running hash for each PCR bank, in the order of kPcrBanks.
struct EventSequence {
  std::vector<crypto::Hasher> hashers;
};
// TPM2_SignSequenceStart, TPM2_VerifySequenceStart: a message that will be signed, or whose
// signature will be checked, with one key (engine/signing/message.h).
struct SignatureSequence {
  enum class Purpose : uint8_t { Sign, Verify };
  Purpose purpose = Purpose::Sign;
  crypto::Digest key;  // identifies it
  std::variant<crypto::Hasher, crypto::Hmac, crypto::MlDsaMessage> message;
  std::optional<crypto::Hmac> evidence;  // the ticket so far; absent where a NULL Ticket is due
  uint16_t count = 0;                    // of TPM2_Commit, for an anonymous scheme
  // Whether a restricted key may sign it, as for HashSequence::ticket_safe.
  bool safe = true;
  bool empty = true;
};
struct Sequence {
  wire::Auth auth;
  std::variant<HashSequence, HmacSequence, EventSequence, SignatureSequence, CmacSequence> running;
};
using SequencePtr = std::shared_ptr<const Sequence>;

// What a transient slot holds; neither when it is free.
struct TransientSlot {
  ObjectPtr object;
  SequencePtr sequence;

  bool occupied() const { return object || sequence; }
};

// Name = nameAlg || H_nameAlg(public area) (Part 1, 13); empty when nameAlg is TPM_ALG_NULL.
wire::Name compute_name(const wire::Public& pub);
// QN = nameAlg || H(QN_parent || Name) (Part 1, 23.5).
wire::Name compute_qualified_name(ByteView parent_qualified_name, const wire::Public& pub,
                                  const wire::Name& name);
// A handle's own bytes, which are the Name of every entity that has no public area.
wire::Name name_of_handle(wire::Handle handle);

// Fills in name, the prepared keys and st_clear from the public and sensitive areas.
// TPM_RC_BINDING: the numbers of an RSA key do not make a key.
TpmResult<void> try_prepare(Object& object);
// The same for areas that are known to belong together: it is a Fault when they do not.
void prepare(Object& object);

}  // namespace vtpm::engine
