// SPDX-License-Identifier: Apache-2.0
// The saved form of what is loaded: objects, sequences, sessions. TPM2_ContextSave puts it into
// contexts, and the volatile state is saved by it. Structures of the wire codec, apart from those
// that the engine runs on; fields are only ever appended.
#pragma once

#include <optional>

#include "engine/object/object.h"
#include "engine/session/session.h"

namespace vtpm::engine {

// A value or nothing: an octet that says which, and the value.
template <class T>
struct SavedOptional {
  std::optional<T> value;

  TpmResult<void> unmarshal(wire::Reader& in) {
    wire::YesNo present;
    TRY(wire::unmarshal(in, present));
    value.reset();
    if (!*present) return ok;
    T loaded{};
    TRY(wire::unmarshal(in, loaded));
    value = std::move(loaded);
    return ok;
  }
  void marshal(Writer& out) const {
    wire::marshal(out, wire::YesNo(value ? 1 : 0));
    if (value) wire::marshal(out, *value);
  }
};

struct SavedLoadedObject {
  wire::Handle hierarchy = wire::rh::Null;
  wire::YesNo primary, external, st_clear;
  wire::Public pub;
  wire::Name qualified_name;
  SavedOptional<wire::Sensitive> sensitive;
};

// Signature sequences by their purpose and by how the message goes into the signature.
enum class SavedSequenceKind : uint8_t {
  Hash = 0,
  Hmac = 1,
  Event = 2,
  SignHash = 3,
  SignHmac = 4,
  VerifyHash = 5,
  VerifyHmac = 6,
  Cmac = 7,
  SignMlDsa = 8,
  VerifyMlDsa = 9,
};
struct SavedSequence {
  wire::Auth auth;
  SavedSequenceKind kind{};
  wire::YesNo ticket_safe, empty;  // of a hash or signature sequence
  // Exported hash or MAC states. Of a signature sequence: the message, then any evidence.
  wire::List<wire::SecretBuffer<1024>, 8> states;
  wire::Digest key;    // of a signature sequence
  uint16_t count = 0;  // of a signature sequence
};

struct SavedPolicyBinding {
  uint8_t to = 0;  // PolicyBinding::To
  wire::Digest hash;
};
struct SavedPolicy {
  wire::Digest digest;
  SavedPolicyBinding binding;
  SavedOptional<wire::CommandCode> command;
  SavedOptional<uint8_t> locality;
  SavedOptional<uint32_t> pcr_update_counter;
  SavedOptional<uint64_t> timeout;
  wire::YesNo auth_value_needed, password_needed;
  uint8_t conditions = 0;  // SavedPolicyCondition
  SavedOptional<wire::YesNo> nv_written;
};
// Presence was alone at first, as TPMI_YES_NO: a version that knows no more refuses such a session.
enum SavedPolicyCondition : uint8_t { kSavedPresence = 1, kSavedChannel = 2 };
struct SavedSessionBinding {
  wire::Name name;
  wire::Auth auth;
  wire::YesNo bound, to_protected, to_lockout;
};
struct SavedSession {
  wire::SessionType type{};
  wire::HashAlgorithm hash;
  wire::SymmetricDefinition symmetric;
  wire::Auth key;
  wire::Nonce nonce_tpm;
  SavedSessionBinding binding;
  uint64_t start_time = 0;
  uint64_t time_epoch = 0;
  SavedOptional<wire::Digest> audit;
  SavedPolicy policy;
};

SavedLoadedObject to_saved(const Object& object);
SavedSequence to_saved(const Sequence& sequence);
SavedSession to_saved(const Session& session);

// The reverse, with names and keys prepared. Nothing when the values cannot be those of an object,
// sequence or session.
std::optional<Object> from_saved(const SavedLoadedObject& saved);
std::optional<Sequence> from_saved(const SavedSequence& saved);
std::optional<Session> from_saved(const SavedSession& saved);

}  // namespace vtpm::engine
